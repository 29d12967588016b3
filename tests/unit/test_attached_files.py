"""What came with a mail, as people are told: what each file is, and what became of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.certificates import issue, make_ca, pem
from tests.corpus.corpus_register import corpus_register
from tests.corpus.test_corpus import AUTHENTICATOR, CASES, NOW, OWN, envelope_of, read, read_case
from tests.unit.packed_files import attached, encrypted_zip, mail_with, pdf_saying, zipped

from sulku_desk.authenticating import Arrived
from sulku_mailbox.domain.mail import Attachment, Locked, Mail, Why
from sulku_mailbox.opening.attachments import open_attachments
from sulku_revocation.domain.attached_file import BECAME, FILE_KINDS, Became, FileKind
from sulku_revocation.domain.attached_files import MOST_FILES, files_json
from sulku_revocation.understanding import understand

CERTIFICATE = x509.load_pem_x509_certificate(read(read_case("m08-fi-certificate-attached")[0]).attachments[0].content)
DER, PEM = CERTIFICATE.public_bytes(Encoding.DER), CERTIFICATE.public_bytes(Encoding.PEM)
NAME, SERIAL = "lims.havukallio-labs.example", f"{CERTIFICATE.serial_number:x}"
LOGO = replace(attached("logo.png", b"\x89PNG"), is_inline=True, where="7")


def told(mail: Mail) -> list[dict[str, Any]]:
    """The files as they are kept, of a mail that the jail has opened."""
    kept = kept_of(open_attachments(mail))
    return [] if kept is None else kept["files"]


def kept_of(mail: Mail) -> dict[str, Any] | None:
    judgement = understand(mail, envelope_of(mail, None), corpus_register(), own_addresses=OWN, now=NOW)
    return files_json(mail, judgement)


def told_of_case(name: str) -> list[dict[str, Any]]:
    raw, _ = read_case(name)
    mail = read(raw)
    (mail,) = AUTHENTICATOR.authenticate([Arrived(raw, mail, envelope_of(mail, None))])
    kept = kept_of(mail)
    return [] if kept is None else kept["files"]


def in_short(files: list[dict[str, Any]]) -> list[Any]:
    """Name, kind and fate of each, with what is inside."""
    return [
        (one["name"], one["kind"], one["became"], *([in_short(one["inside"])] if "inside" in one else ()))
        for one in files
    ]


def test_a_mail_without_files_keeps_nothing() -> None:
    assert kept_of(mail_with([], "Sulkekaa 4a3f009c.")) is None


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("m06-fi-form-filled", [("sulkupyynto.pdf", "pdf", "read")]),
        ("m07-fi-scan", [("skannaus.pdf", "pdf", "picture")]),
        ("m07b-fi-photo", [("IMG_0412.jpg", "picture", "picture")]),
        ("m08-fi-certificate-attached", [("varmenne.crt", "certificate", "read")]),
        ("m09-en-chain-attached", [("chain.p7b", "certificate", "read")]),
        ("m14b-fi-forwarded-attached", [("Varmenteen sulkeminen", "mail", "read")]),
        ("m16j-sv-list-with-status", [("certifikat.csv", "text", "read")]),
        ("m18-en-private-key-attached", [("server.key", "key", "sealed")]),
        ("m18c-sv-pkcs12-password", [("server.p12", "key", "sealed")]),
        ("m18d-en-key-in-tar-xz", [("key.tar.xz", "archive", "opened", [("key.pem", "key", "sealed")])]),
        ("m18f-en-key-in-docx", [("key.docx", "document", "sealed")]),
        ("m18g-fi-encrypted-key-no-password", [("avain.pem", "key", "sealed")]),
        ("m19b-sv-locked-zip-without-password", [("cert.zip", "archive", "opened", [("lims.crt", "other", "password")])]),
        ("m20b-en-kca-request", [("proof.csr", "request", "read")]),
        ("m20d-en-pock", [("pock.pem", "certificate", "read")]),
        ("m22-fi-smime-valid", [("smime.p7s", "signature", "signature")]),
        ("m23-fi-smime-encrypted", [("smime.p7m", "other", "encrypted")]),
        ("m27b-sv-bounce", [("", "report", "read"), ("Certifikatet sparrat", "mail", "read")]),
        ("m27f-fi-calendar-answer", [("", "calendar", "read")]),
        ("x13-en-pdf-only", [("form.pdf", "pdf", "damaged")]),
        ("x17-fi-winmail", [("winmail.dat", "archive", "read", [("käytöstä poistuva varmenne.cer", "certificate", "read")])]),
        ("x22-fi-uuencoded-certificate", [("varmenne.pem", "certificate", "read")]),
        ("x30-fi-docx", [("kirje.docx", "document", "read")]),
        ("x38-fi-old-word-form", [("sulkupyynto.doc", "document", "unknown")]),
        ("x38b-en-report-in-rar", [("report.rar", "archive", "unknown")]),
    ],
)  # fmt: skip
def test_a_file_is_what_it_is_and_it_is_told_what_became_of_it(case: str, expected: list[Any]) -> None:
    assert in_short(told_of_case(case)) == expected


def test_what_is_told_of_the_whole_corpus_is_json_in_words_of_the_lists() -> None:
    def words(files: list[dict[str, Any]]) -> set[tuple[str, str]]:
        inside = [words(one.get("inside", [])) for one in files]
        return {(one["kind"], one["became"]) for one in files}.union(*inside)

    said = set().union(*(words(json.loads(json.dumps(told_of_case(case)))) for case in CASES))
    assert {kind for kind, _ in said} <= set(FILE_KINDS) == set(FileKind)
    assert {became for _, became in said} <= set(BECAME) == set(Became)
    assert set(Why) <= set(Became)


@pytest.mark.parametrize(
    "files", [[attached("a.cer", DER)], [attached("a.cer", DER), attached("b.txt", b"hei", where="3")]]
)
@pytest.mark.parametrize("known", [True, False])
def test_a_certificate_is_named_with_its_serial_number_and_whether_the_register_has_it(
    files: list[Attachment], *, known: bool
) -> None:
    mail = mail_with(files, "Sulkekaa liitteenä oleva varmenne.")
    judgement = understand(mail, envelope_of(mail, None), corpus_register(), own_addresses=OWN, now=NOW)
    kept = files_json(mail, judgement if known else replace(judgement, matches=()))
    assert kept is not None
    assert kept["files"][0]["certificates"] == [{"name": NAME, "serial": SERIAL, "is_ca": False, "is_known": known}]


def test_a_signature_that_nobody_checks_is_told_as_that() -> None:
    pgp = replace(attached("signature.asc", b"-----BEGIN PGP SIGNATURE-----"), content_type="application/pgp-signature")
    assert in_short(told(mail_with([pgp]))) == [("signature.asc", "signature", "unchecked")]


def test_of_a_bundle_the_first_few_certificates_are_named_and_the_others_counted() -> None:
    (authority,) = told_of_case("m09b-en-ca-certificate-only")
    assert [one["is_ca"] for one in authority["certificates"]] == [True]
    many = [issue(make_ca(), serial) for serial in range(100, 107)]
    (bundle,) = told(mail_with([attached("all.pem", pem(*many))]))
    assert [one["serial"] for one in bundle["certificates"]] == ["64", "65", "66", "67", "68"]
    assert bundle["more_certificates"] == 2
    (thrice,) = told(mail_with([attached("all.pem", PEM * 3)]))
    assert [one["serial"] for one in thrice["certificates"]] == [SERIAL]


def test_an_archive_is_a_tree_with_the_archives_in_it() -> None:
    inner = zipped({"a.cer": DER, "kuva.png": b"\x89PNG"})
    files = told(mail_with([attached("kaikki.zip", zipped({"kansio/sisempi.zip": inner, "lue.txt": b"hei"}))]))
    assert in_short(files) == [
        ("kaikki.zip", "archive", "opened", [
            ("sisempi.zip", "archive", "opened", [("a.cer", "certificate", "read"), ("kuva.png", "picture", "picture")]),
            ("lue.txt", "text", "read"),
        ])
    ]  # fmt: skip


def test_a_name_with_the_mark_of_the_way_is_one_file_all_the_same() -> None:
    files = told(mail_with([attached("heti!nyt!.zip", zipped({"a.cer": DER}))]))
    assert in_short(files) == [("heti!nyt!.zip", "archive", "opened", [("a.cer", "certificate", "read")])]


def test_files_of_a_forwarded_mail_stand_in_it() -> None:
    inner = replace(
        mail_with([attached("a.pdf", pdf_saying("Sulkekaa varmenne 4a3f009c heti"))]), subject="Pyyntö", size=700
    )
    files = told(replace(mail_with([], "Alla."), forwarded=(inner,)))
    assert in_short(files) == [("Pyyntö", "mail", "read", [("a.pdf", "pdf", "read")])]
    assert files[0]["size"] == 700


def test_pictures_in_the_text_come_last() -> None:
    files = told(mail_with([LOGO, attached("a.cer", DER)]))
    assert [(one["name"], one.get("is_in_text", False)) for one in files] == [("a.cer", False), ("logo.png", True)]


def test_what_an_earlier_mail_kept_locked_is_told_as_that() -> None:
    (found,) = open_attachments(mail_with([attached("a.zip", encrypted_zip({"a.cer": DER}, "x"))]), ["x"]).extracted
    later = replace(mail_with([], "Salasana on x"), extracted=(replace(found, where=f"earlier!{found.where}"),))
    kept = kept_of(later)
    assert kept is not None
    assert in_short(kept["files"]) == [("a.zip", "archive", "opened", [("a.cer", "certificate", "read")])]
    assert kept["files"][0]["is_earlier"]


def test_what_was_read_in_part_only_is_told_as_that() -> None:
    scan = attached("a.pdf", b"%PDF-1.7")
    text = Attachment("text", "text/plain", b"Sivu 1", "", "2!a.pdf!text")
    mail = replace(mail_with([scan]), extracted=(text,), locked=(Locked("a.pdf", "2", Why.PICTURE),))
    kept = kept_of(mail)
    assert kept is not None
    assert in_short(kept["files"]) == [("a.pdf", "pdf", "picture")]


def test_the_same_key_in_another_file_is_key_material_too() -> None:
    raw, _ = read_case("m18-en-private-key-attached")
    key = read(raw).attachments[0]
    copy = replace(key, name="copy.txt", where="9", content=key.content.replace(b"-----", b"----"))
    mail = read(raw)
    kept = kept_of(replace(mail, attachments=(key, copy)))
    assert kept is not None
    assert [one["became"] for one in kept["files"]] == ["sealed", "sealed"]


def test_names_are_masked_like_the_text_and_bounded() -> None:
    files = told(mail_with([attached("131052-308T.pdf", b"%PDF-1.7"), attached("x" * 900, b"", where="3")]))
    assert "131052-308T" not in files[0]["name"]
    assert len(files[1]["name"]) == 255


def test_of_very_many_files_the_first_are_kept_and_the_others_counted() -> None:
    many = [attached(f"{number}.txt", b"hei", where=str(number)) for number in range(2, MOST_FILES + 9)]
    kept = kept_of(mail_with(many))
    assert kept is not None
    assert (len(kept["files"]), kept["left_out"]) == (MOST_FILES, 7)


PLACES = st.text("12.!aé/\\ ft", max_size=40)


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.tuples(st.text(max_size=20), PLACES, st.binary(max_size=30)), max_size=6),
    shut=st.lists(st.tuples(PLACES, st.sampled_from(Why)), max_size=6),
)
def test_whatever_the_places_are_the_list_is_made(
    names: list[tuple[str, str, bytes]], shut: list[tuple[str, Why]]
) -> None:
    files = tuple(attached(name, content, where=where) for name, where, content in names)
    locked = tuple(Locked("a", where, why) for where, why in shut)
    mail = replace(mail_with(files[:3]), extracted=files[3:], locked=locked)
    json.dumps(kept_of(replace(mail, forwarded=(mail,))))


def test_names_full_of_marks_make_no_tower() -> None:
    mail = replace(mail_with([]), extracted=(attached("a", b"", where="2!" + "!" * 5_000),))
    kept = kept_of(mail)
    assert kept is not None
    assert kept["left_out"] == 0
