"""What is inside attached files: found wherever it stands, and what stays shut is named with its cause."""

from __future__ import annotations

import io
from dataclasses import replace

import pypdf
import pytest
from tests.unit.packed_files import (
    attached,
    encrypted_zip,
    gzipped,
    mail_with,
    nested,
    open_document,
    pdf_page,
    pdf_saying,
    raw_mail,
    seven_zipped,
    tarred,
    word,
    zipped,
    zstandard,
)

from sulku_mailbox.domain.files import all_files, all_locked
from sulku_mailbox.domain.mail import Attachment, Mail, Why
from sulku_mailbox.domain.mail_frame import decode_mail, encode_mail
from sulku_mailbox.domain.passwords import password_candidates
from sulku_mailbox.jailed_reader import JailedReader
from sulku_mailbox.opening.attachments import lock_attachments, open_attachments
from sulku_mailbox.opening.inside import DEEPEST
from sulku_mailbox.reader import Reader

FILES = {"a.pem": b"-----BEGIN CERTIFICATE-----", "sub/b.txt": "päivää".encode()}
SECRET = "Kissa-Kello 77!"


def opened(name: str, content: bytes, text: str = "") -> Mail:
    return open_attachments(mail_with([attached(name, content)], text))


def places(mail: Mail) -> dict[str, bytes]:
    return {one.where: one.content for one in mail.extracted}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("keys.zip", zipped(FILES)),
        ("keys.7z", seven_zipped(FILES)),
        ("keys.tar", tarred(FILES)),
        ("keys.tar.gz", tarred(FILES, "gz")),
        ("keys.tar.bz2", tarred(FILES, "bz2")),
        ("keys.tar.xz", tarred(FILES, "xz")),
        ("keys.tar.zst", zstandard(tarred(FILES))),
        ("no name at all", zipped(FILES)),
        ("harmless.txt", seven_zipped(FILES)),
    ],
)
def test_an_archive_gives_its_files_whatever_it_is_called(name: str, content: bytes) -> None:
    found = opened(name, content)
    assert places(found) == {f"2!{name}!{inner}": content for inner, content in FILES.items()}
    assert [one.name for one in found.extracted] == ["a.pem", "b.txt"]
    assert found.locked == ()


def test_what_is_compressed_alone_is_a_file_without_its_ending() -> None:
    assert places(opened("a.pem.gz", gzipped(b"key"))) == {"2!a.pem.gz!a.pem": b"key"}
    assert places(opened("a.pem.zst", zstandard(b"key"))) == {"2!a.pem.zst!a.pem": b"key"}


def test_archives_in_archives_are_opened_some_levels_deep() -> None:
    inner = tarred({"key.pem": b"key"}, "xz")
    assert places(opened("a.zip", nested(inner, 2, "b.zip"))) == {"2!a.zip!b.zip!b.zip!key.pem": b"key"}
    too_deep = opened("a.zip", nested(zipped({"key.pem": b"key"}), DEEPEST, "b.zip"))
    assert too_deep.extracted == ()
    assert [one.why for one in too_deep.locked] == [Why.LIMIT]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (encrypted_zip(FILES, SECRET), "keys.zip"),
        (seven_zipped(FILES, SECRET), "keys.7z"),
        (seven_zipped(FILES, SECRET, hides_names=True), "keys.7z"),
    ],
)
def test_an_encrypted_archive_opens_with_the_password_of_the_text(content: bytes, name: str) -> None:
    assert len(opened(name, content, f"Zipin salasana on '{SECRET}'.").extracted) == 2
    assert len(open_attachments(mail_with([attached(name, content)]), [SECRET]).extracted) == 2
    for text in ("", "Salasana tulee toisessa viestissä."):
        shut = opened(name, content, text)
        assert shut.extracted == ()
        assert {one.why for one in shut.locked} == {Why.PASSWORD}


@pytest.mark.parametrize(
    "text",
    [
        "Salasana on Kesä-2026.",
        "salasana: Kesä-2026",
        "Paketin salasana:\n\nKesä-2026\n",
        "Liitteenä avaimet (salasana Kesä-2026).",
        "Lösenordet är Kesä-2026.",
        "lösenord = Kesä-2026",
        "The password is “Kesä-2026”, please revoke.",
        "PASSWORD FOR THE ZIP FILE: Kesä-2026",
        "pw: Kesä-2026",
        "passphrase\tKesä-2026",
    ],
)
def test_a_password_is_found_as_people_write_it(text: str) -> None:
    assert "Kesä-2026" in password_candidates([text])


def test_candidates_are_few_whatever_the_text() -> None:
    assert len(password_candidates(["password: a b c d e f g h " * 5_000])) <= 40
    assert password_candidates(["Ei täällä mitään sellaista ole, pääsy kielletty."]) == ()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("kirje.docx", word("Sarjanumero 0bf4eab0", "Avain on paljastunut.")),
        ("kirje.odt", open_document("Sarjanumero <text:span>0bf4</text:span>eab0", "Avain on paljastunut.")),
        ("kirje.pdf", pdf_saying("Sarjanumero 0bf4eab0\nAvain on paljastunut.")),
        ("kirje.eml", b"Subject: Sarjanumero 0bf4eab0\r\n\r\nAvain on paljastunut."),
    ],
)
def test_a_document_gives_its_text(name: str, content: bytes) -> None:
    (text,) = opened(name, content).extracted
    assert text.content_type == "text/plain"
    assert text.content.decode().split("\n") == ["Sarjanumero 0bf4eab0", "Avain on paljastunut."]


def test_text_in_a_row_of_a_table_stays_in_its_row() -> None:
    cells = "".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in ("Sarjanumero", "0bf4eab0"))
    content = word(f"</w:t></w:r></w:p><w:tbl><w:tr>{cells}</w:tr></w:tbl><w:p><w:r><w:t>")
    (text,) = opened("a.docx", content).extracted
    assert text.content.decode().split() == ["Sarjanumero", "0bf4eab0"]


def test_files_embedded_in_documents_are_found() -> None:
    document = word("Liitteenä avain, olkaa hyvä.", **{"word/embeddings/key.pem": b"key"})
    assert places(opened("a.docx", document))["2!a.docx!key.pem"] == b"key"
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_saying("Liitteenä avain, olkaa hyvä.")))
    writer.add_attachment("key.pem", b"key")
    carrier = io.BytesIO()
    writer.write(carrier)
    assert places(opened("a.pdf", carrier.getvalue()))["2!a.pdf!key.pem"] == b"key"


def test_a_locked_pdf_opens_with_the_password_of_the_text() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_saying("Sarjanumero 0bf4eab0, avain on paljastunut.")))
    writer.encrypt("Kissa77", algorithm="AES-256")
    locked = io.BytesIO()
    writer.write(locked)
    assert len(opened("a.pdf", locked.getvalue(), "salasana: Kissa77").extracted) == 1
    assert [one.why for one in opened("a.pdf", locked.getvalue()).locked] == [Why.PASSWORD]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("scan.pdf", pdf_page(b""), Why.PICTURE),
        ("kuva.JPG", b"\xff\xd8\xff\xe0", Why.PICTURE),
        ("kuva", b"\x89PNG\r\n\x1a\n", Why.PICTURE),
        ("kirje.docx", word(**{"word/media/image1.png": b"\x89PNG"}), Why.PICTURE),
        ("kirje.doc", b"\xd0\xcf\x11\xe0", Why.UNKNOWN),
        ("a.rar", b"Rar!\x1a\x07", Why.UNKNOWN),
        ("a.zst", zstandard(b"key" * 99)[:-4], Why.DAMAGED),
        ("a.zst", zstandard(b"key", window_log=27), Why.DAMAGED),
        ("a.zip", b"PK\x03\x04 cut off", Why.DAMAGED),
        ("a.zip", b"nothing of the kind", Why.DAMAGED),
        ("a.pdf", b"%PDF-1.4 not really", Why.DAMAGED),
        ("a.docx", zipped({"[Content_Types].xml": b"", "word/document.xml": b"<a><b></a>"}), Why.DAMAGED),
    ],
)
def test_what_cannot_be_read_is_named_with_its_cause(name: str, content: bytes, why: Why) -> None:
    found = opened(name, content)
    assert [(one.name, one.where, one.why) for one in found.locked] == [(name, "2", why)]


@pytest.mark.parametrize("name", ["a.pem", "a.cer", "a.p12", "a.jks", "a.txt", "smime.p7s", ""])
def test_what_hides_nothing_is_left_alone(name: str) -> None:
    found = opened(name, b"\x30\x82\x01\x00")
    assert (found.extracted, found.locked) == ((), ())


def test_one_bad_file_in_an_archive_costs_only_itself() -> None:
    found = opened("a.zip", zipped({"b.pdf": b"%PDF-1.4 x", "c.zip": b"PK\x03\x04", "key.pem": b"key"}))
    assert "2!a.zip!key.pem" in places(found)
    assert [(one.where, one.why) for one in found.locked] == [
        ("2!a.zip!b.pdf", Why.DAMAGED),
        ("2!a.zip!c.zip", Why.DAMAGED),
    ]


def test_the_files_of_forwarded_mails_are_opened_and_told_apart() -> None:
    inner = mail_with([attached("keys.zip", zipped({"key.pem": b"key"})), attached("scan.png", b"\x89PNG", where="3")])
    outer = open_attachments(replace(mail_with([attached("a.cer", b"cer")]), forwarded=(inner,)))
    assert [one.where for one in all_files(outer)] == ["2", "f1!2", "f1!3", "f1!2!keys.zip!key.pem"]
    assert [(one.where, one.why) for one in all_locked(outer)] == [("f1!3", Why.PICTURE)]


def test_what_the_time_does_not_suffice_for_is_locked() -> None:
    files = [attached("a.zip", zipped(FILES)), attached("b.txt", b"x", where="3")]
    found = open_attachments(mail_with(files), seconds=0.000_001)
    assert found.locked == () or [one.why for one in found.locked] == [Why.LIMIT]
    assert [one.why for one in lock_attachments(mail_with(files)).locked] == [Why.LIMIT]


def test_a_mail_with_opened_files_comes_out_of_its_frame_as_it_went_in() -> None:
    found = opened("a.zip", zipped({"key.pem": b"key", "scan.png": b"\x89PNG"}))
    found = replace(found, attachments=tuple(map(with_digest, found.attachments)))
    assert decode_mail(encode_mail(found)) == found


def with_digest(file: Attachment) -> Attachment:
    import hashlib

    return replace(file, sha256=hashlib.sha256(file.content).hexdigest())


def test_everything_opens_where_no_file_can_be_opened() -> None:
    """In the jail: whatever a library loads late was loaded before."""
    kinds = {
        "a.zip": encrypted_zip(FILES, SECRET),
        "a.7z": seven_zipped(FILES, SECRET),
        "b.7z": seven_zipped(FILES),
        "a.tar.xz": tarred(FILES, "xz"),
        "a.tar.bz2": tarred(FILES, "bz2"),
        "a.docx": word("Sarjanumero 0bf4eab0"),
        "a.pdf": pdf_saying("Sarjanumero 0bf4eab0, avain on paljastunut."),
    }
    jail = JailedReader()
    for name, content in kinds.items():
        found = jail.read(raw_mail(name, content), [SECRET])
        assert found.extracted, name
        assert found.locked == (), name
    assert jail.starts == 1
    jail.close()


def test_an_archive_under_a_harmless_type_goes_to_the_jail() -> None:
    raw = raw_mail("keys.txt", zipped(FILES)).replace(b"application/octet-stream", b"text/plain")
    with Reader() as reader:
        assert len(reader.read(raw).extracted) == 2
