"""The parts of a message: files under their own names, attached mails, and limits that cut instead of failing."""

from __future__ import annotations

import base64
import hashlib

import pytest
from tests.unit.hostile_mails import HEAD, mail, multipart, nested_base64_messages, nested_messages, nested_multiparts

from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.entities import read_entities
from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.mail import Attachment
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.transfer import decode_transfer
from sulku_mailbox.domain.unreadable import unreadable_mail

CERTIFICATE = bytes(range(256)) * 4


def attachment_of(part: bytes) -> Attachment:
    (found,) = parse_mail(multipart(b"\r\nsee attached", part)).attachments
    return found


def test_a_file_is_its_octets_under_its_own_name() -> None:
    part = (
        b'Content-Type: application/pkix-cert; name="apteekki.cer"\r\nContent-Disposition: attachment; filename="apteekki.cer"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(CERTIFICATE)
    )
    found = attachment_of(part)
    assert (found.name, found.content_type, found.where) == ("apteekki.cer", "application/pkix-cert", "2")
    assert found.content == CERTIFICATE
    assert found.size == len(CERTIFICATE)
    assert found.sha256 == hashlib.sha256(CERTIFICATE).hexdigest()
    assert not found.is_inline


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b"attachment; filename*=UTF-8''Sulkupyynt%C3%B6%20%C3%85bo.pdf", "Sulkupyyntö Åbo.pdf"),
        (b"attachment; filename*=iso-8859-1'fi'p%E4iv%E4.pdf", "päivä.pdf"),
        (b"attachment; filename*0*=UTF-8''Sulku%C3; filename*1*=%B6; filename*2=.pdf", "Sulkuö.pdf"),
        (b"attachment; filename*1=b.pdf; filename*0=a", "ab.pdf"),
        (b'attachment; filename="=?utf-8?Q?Sulkupyynt=C3=B6.pdf?="', "Sulkupyyntö.pdf"),
        ('attachment; filename="päivä.pdf"'.encode(), "päivä.pdf"),
        ('attachment; filename="päivä.pdf"'.encode("latin-1"), "päivä.pdf"),
        (b'attachment; filename="a\\"b;c.pdf"', 'a"b;c.pdf'),
        (b"attachment; filename=a b.pdf", "a b.pdf"),
        (b'attachment; filename="../../etc/passwd"', "passwd"),
        (b'attachment; filename="C:\\\\Users\\\\a.pdf"', "a.pdf"),
        ('attachment; filename="a\u202efdp.exe"'.encode(), "afdp.exe"),
        (b'attachment; filename="a\0b.pdf"', "a\ufffdb.pdf"),
        (b"attachment; filename*=utf-8''a%0d%0ab.pdf", "a b.pdf"),
        (b"attachment; filename*=punycode''a%E4.pdf", "aä.pdf"),
        (b'attachment; filename="' + b"a" * 400 + b'.pdf"', "a" * 251 + ".pdf"),
        (b"attachment; filename=", ""),
        (b"attachment; ; =x; filename", ""),
        (b"attachment", ""),
    ],
)
def test_a_file_name_is_read_in_every_spelling_and_made_harmless(disposition: bytes, name: str) -> None:
    found = attachment_of(b"Content-Type: application/pdf\r\nContent-Disposition: " + disposition + b"\r\n\r\nx")
    assert found.name == name


def test_the_first_of_a_repeated_parameter_counts() -> None:
    found = attachment_of(b"Content-Type: application/pdf; name=a.pdf; NAME=b.pdf\r\nContent-ID: <1>\r\n\r\nx")
    assert (found.name, found.is_inline) == ("a.pdf", True)


def test_text_with_a_file_name_is_a_file_and_text_without_one_is_text() -> None:
    found = parse_mail(
        multipart(
            b"\r\none",
            b"Content-Type: text/plain; name=serials.txt\r\n\r\n4a3f",
            b"Content-Type: text/plain\r\n\r\ntwo",
        )
    )
    assert found.text == "one\n\ntwo"
    assert [attachment.name for attachment in found.attachments] == ["serials.txt"]


def test_text_sent_as_an_attachment_is_a_file() -> None:
    found = parse_mail(
        multipart(b"\r\none", b"Content-Disposition: attachment\r\n\r\n4a3f", b"Content-Type: ; x\r\n\r\ntwo")
    )
    assert found.text == "one\n\ntwo"
    assert [attachment.content for attachment in found.attachments] == [b"4a3f"]


def test_a_message_that_is_only_a_file_has_no_text() -> None:
    found = parse_mail(mail(b"JVBERi0=", b"Content-Type: application/pdf", b"Content-Transfer-Encoding: base64"))
    assert (found.text, found.attachments[0].content, found.attachments[0].where) == ("", b"%PDF-", "1")


@pytest.mark.parametrize("kind", [b"text", b"text/x-unknown", b"", b"garbage", b"text/plain;charset"])
def test_a_body_of_a_doubtful_type_is_shown_as_text(kind: bytes) -> None:
    assert parse_mail(mail(b"Close 4a3f", b"Content-Type: " + kind)).text == "Close 4a3f"


@pytest.mark.parametrize(
    ("raw", "encoding", "expected", "is_broken"),
    [
        (b"YWI=", b"base64", b"ab", False),
        (b"YWI", b"base64", b"ab", True),
        (b"YWI=YWI=", b"base64", b"abab", True),
        (b"Y\r\nW\tI=\r\n", b"BASE64", b"ab", False),
        (b"YWI=\r\n-- \r\nlist footer", b"base64", b"ab", True),
        (b"a=3D=\r\nb=", b"quoted-printable", b"a=b", False),
        (b"a=XYb", b"quoted-printable", b"a=XYb", False),
        (b"ab", b"8bit", b"ab", False),
        (b"ab", b' "7bit"; x', b"ab", False),
        (b"ab", b"x-uuencode", b"ab", True),
    ],
)
def test_transfer_encodings_are_taken_off_as_far_as_they_go(
    raw: bytes, encoding: bytes, expected: bytes, is_broken: bool
) -> None:
    findings = Findings()
    assert decode_transfer(raw, encoding, findings).startswith(expected)
    assert (Defect.TRANSFER_ENCODING in findings) == is_broken


def test_a_forwarded_mail_is_read_as_a_mail_of_its_own() -> None:
    inner = b"From: Anna <anna@apteekki.example>\r\nSubject: =?utf-8?q?Sulkupyynt=C3=B6?=\r\n\r\nSulkekaa 4a3f009c\r\n"
    found = parse_mail(multipart(b"\r\nfyi", b"Content-Type: message/rfc822\r\n\r\n" + inner))
    (forwarded,) = found.forwarded
    assert found.text == "fyi"
    assert (forwarded.header_from, forwarded.subject, forwarded.text) == (
        "anna@apteekki.example",
        "Sulkupyyntö",
        "Sulkekaa 4a3f009c",
    )
    assert found.attachments == ()


def test_a_forwarded_mail_in_base64_is_read_too() -> None:
    assert parse_mail(nested_base64_messages(1)).forwarded[0].text == "innermost"


def test_a_digest_is_a_set_of_mails() -> None:
    found = parse_mail(
        multipart(b"\r\n" + HEAD + b"\r\none", b"Content-Type: x\r\n\r\n" + HEAD + b"\r\ntwo", kind=b"digest")
    )
    assert [inner.text for inner in found.forwarded] == ["one", "two"]


def test_mails_in_each_other_are_opened_to_the_limit_and_kept_beyond() -> None:
    found = parse_mail(nested_messages(LIMITS.forwarded_depth + 3))
    depth = 0
    while found.forwarded:
        found, depth = found.forwarded[0], depth + 1
    assert depth == LIMITS.forwarded_depth
    assert "nesting" in found.defects
    assert b"innermost" in found.attachments[0].content


def test_only_so_many_attached_mails_are_opened_and_the_rest_kept_as_files() -> None:
    part = b"Content-Type: message/rfc822\r\n\r\n" + HEAD + b"\r\nx"
    found = parse_mail(multipart(*[part] * (LIMITS.forwarded + 5)))
    assert (len(found.forwarded), len(found.attachments)) == (LIMITS.forwarded, 5)
    assert "nesting" in found.defects


def test_the_innermost_of_too_many_levels_is_kept() -> None:
    found = parse_mail(nested_multiparts(LIMITS.nesting + 20))
    assert "nesting" in found.defects
    assert "innermost" in found.text + "".join(attachment.content.decode() for attachment in found.attachments)


def test_what_is_beyond_the_limit_of_parts_is_left_out_with_a_defect() -> None:
    found = parse_mail(multipart(*[b"Content-Type: image/png\r\n\r\nx"] * (LIMITS.parts + 10)))
    assert len(found.attachments) == LIMITS.parts - 1
    assert "parts_limit" in found.defects


def test_a_multipart_cut_off_keeps_what_came() -> None:
    found = parse_mail(mail(b"--b\r\n\r\nfirst\r\n--b\r\n\r\nsecond", b"Content-Type: multipart/mixed; boundary=b"))
    assert found.text == "first\n\nsecond"
    assert found.defects == ("boundary_not_closed",)


@pytest.mark.parametrize("parameter", [b"", b"; boundary=", b'; boundary="  "', b"; boundary=" + b"b" * 5_000])
def test_a_multipart_without_usable_boundary_is_read_as_text(parameter: bytes) -> None:
    found = parse_mail(mail(b"--b\r\n\r\nClose 4a3f\r\n--b--", b"Content-Type: multipart/mixed" + parameter))
    assert "Close 4a3f" in found.text
    assert "boundary_missing" in found.defects


def test_a_boundary_that_begins_another_is_not_taken_for_it() -> None:
    inner = b'Content-Type: multipart/mixed; boundary="bb"\r\n\r\n--bb\r\n\r\ninner\r\n--bb--'
    found = parse_mail(multipart(inner, b"\r\nouter"))
    assert found.text == "inner\n\nouter"
    assert not found.defects


def test_a_part_left_open_ends_where_its_parent_goes_on() -> None:
    inner = b'Content-Type: multipart/mixed; boundary="c"\r\n\r\n--c\r\n\r\ninner'
    assert parse_mail(multipart(inner, b"\r\nouter")).text == "inner\n\nouter"


def test_preamble_and_epilogue_are_not_text() -> None:
    body = b"preamble\r\n--b\r\n\r\ntext\r\n--b--\r\nepilogue\r\n--b\r\n\r\nmore"
    assert parse_mail(mail(body, b"Content-Type: multipart/mixed; boundary=b")).text == "text"


def test_each_part_knows_its_place() -> None:
    inner = b'Content-Type: multipart/mixed; boundary="c"\r\n\r\n--c\r\nContent-Type: image/png\r\n\r\nx\r\n--c--'
    root = read_entities(multipart(b"\r\na", inner), Findings())
    assert [part.where for part in root.walk()] == ["1", "1", "2", "2.1"]


def test_too_much_header_is_cut_and_the_body_still_found() -> None:
    found = parse_mail(
        b"Subject: s\r\n" + b"X-A: " + b"b" * 50_000 + b"\r\nX-B: " + b"c" * 60_000 + b"\r\nX-C: d\r\n\r\nbody"
    )
    assert (found.subject, found.text) == ("s", "body")
    assert "header_limit" in found.defects
    assert parse_mail(b"Subject: s\r\n" + b"X: y\r\n" * 30_000).text == ""


def test_a_header_of_exactly_the_limit_is_whole() -> None:
    field = b"Subject: " + b"s" * (LIMITS.header_bytes - 11) + b"\r\n"
    found = parse_mail(field + b"\r\nbody")
    assert found.text == "body"
    assert "header_limit" not in found.defects


def test_a_mail_beyond_the_largest_size_is_cut_with_a_defect() -> None:
    found = parse_mail(mail(b"Please revoke 4a3f.\r\n" + b"\r\n" * (LIMITS.size // 2)))
    assert "size_limit" in found.defects
    assert found.text == "Please revoke 4a3f."


def test_counts_beyond_the_limits_are_defects() -> None:
    assert "address_limit" in parse_mail(mail(b"", b"To: " + b"a@b.example," * 2_000)).defects
    assert (
        "encoded_words_limit"
        in parse_mail(mail(b"", b"Subject: x").replace(b"hostile", b"=?utf-8?q?a?= " * 600)).defects
    )
    parameters = b"".join(b"; p%d=v" % n for n in range(300))
    assert "parameter_limit" in parse_mail(mail(b"", b"Content-Type: text/plain" + parameters)).defects


def test_octets_that_no_mail_should_have_are_noted() -> None:
    assert parse_mail(mail(b"a\0b")).defects == ("nul",)
    assert parse_mail(mail(b"a\nb")).defects == ("bare_newline",)
    assert parse_mail(mail(b"a\rb")).defects == ("bare_newline",)
    assert parse_mail(mail(b"a\r\nb").replace(b"\r\n", b"\n")).defects == ()


def test_protected_messages_are_seen_as_such() -> None:
    signed = parse_mail(multipart(b"\r\na", b"Content-Type: application/pkcs7-signature\r\n\r\nx", kind=b"signed"))
    assert (signed.is_signed, signed.is_encrypted) == (True, False)
    encrypted = parse_mail(multipart(b"\r\na", kind=b"encrypted"))
    assert (encrypted.is_signed, encrypted.is_encrypted) == (False, True)


@pytest.mark.parametrize(
    ("head", "parameter", "expected"),
    [
        ("3080 06092a864886f70d010702", b"", (True, False)),
        ("3080 06092a864886f70d010703", b"", (False, True)),
        ("3080 060b2a864886f70d0109100117", b"", (False, True)),
        ("00", b"; smime-type=signed-data", (True, False)),
        ("00", b"; smime-type=enveloped-data", (False, True)),
        ("00", b"; smime-type=certs-only", (False, False)),
    ],
)
def test_smime_is_told_by_its_octets_and_then_by_its_label(
    head: str, parameter: bytes, expected: tuple[bool, bool]
) -> None:
    body = base64.encodebytes(bytes.fromhex(head.replace(" ", "")))
    found = parse_mail(
        mail(body, b"Content-Type: application/pkcs7-mime" + parameter, b"Content-Transfer-Encoding: base64")
    )
    assert (found.is_signed, found.is_encrypted) == expected


def test_pgp_armour_is_seen() -> None:
    assert parse_mail(mail(b"-----BEGIN PGP SIGNED MESSAGE-----\r\n")).is_signed
    assert parse_mail(mail(b"-----BEGIN PGP MESSAGE-----\r\n")).is_encrypted


def test_an_unreadable_mail_still_says_who_and_what() -> None:
    found = unreadable_mail(mail(b"x"), Defect.TIME_LIMIT)
    assert (found.subject, found.header_from, found.message_id) == ("hostile", None, "<1@example.fi>")
    assert found.header_from_shown == "Anna <anna@example.fi>"
    assert found.defects == ("unreadable", "time_limit")
    assert found.sha256 == hashlib.sha256(mail(b"x")).hexdigest()


def test_a_fault_of_the_reader_gives_a_person_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    for error, cause in ((RuntimeError, "reader_fault"), (RecursionError, "nesting"), (MemoryError, "memory_limit")):

        def fail(*_: object, error: type[Exception] = error) -> None:
            raise error

        monkeypatch.setattr("sulku_mailbox.domain.parsing.read_body", fail)
        found = parse_mail(mail(b"x"))
        assert found.defects == ("unreadable", cause)
        assert found.subject == "hostile"


def test_even_the_heading_of_an_unreadable_mail_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("sulku_mailbox.domain.unreadable.read_fields", fail)
    assert unreadable_mail(b"x", Defect.TIME_LIMIT).defects == ("unreadable", "time_limit", "reader_fault")


def test_text_that_the_end_of_the_mail_cuts_off_is_read_and_kept_as_a_file() -> None:
    part = b"Content-Type: text/plain\r\n\r\nSulkekaa 4a3f009c"
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    for raw, files in ((head + part, 1), (head + part + b"\r\n--b--\r\n", 0), (head + part + b"--b--", 0)):
        found = parse_mail(raw)
        assert found.text.startswith("Sulkekaa 4a3f009c")
        assert [one.content_type for one in found.attachments] == ["text/plain"] * files


def test_a_multipart_that_also_claims_to_be_text_is_read_both_ways() -> None:
    found = parse_mail(
        b"Content-Type: multipart/alternative; boundary=b\r\nContent-Type: text/plain\r\n\r\nClose 4a3f009c\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>Close 5b001122</p>\r\n--b--\r\n"
    )
    assert "4a3f009c" in found.text
    assert found.text.endswith("Close 5b001122")


def test_text_that_only_claims_to_be_base64_is_shown_as_it_stands() -> None:
    found = parse_mail(mail(b"!close 4a3f009c", b"Content-Transfer-Encoding: base64"))
    assert found.text == "!close 4a3f009c"
    assert [one.content_type for one in found.attachments] == ["text/plain"]


def test_a_forgotten_semicolon_loses_no_boundary() -> None:
    found = parse_mail(b"Content-Type: multipart/mixed\r\n boundary=b\r\n\r\n--b\r\n\r\na\r\n--b--\r\n")
    assert found.text == "a"


def test_enriched_text_beside_other_text_is_a_file() -> None:
    enriched = b"Content-Type: text/enriched\r\n\r\n<bold>b</bold>"
    found = parse_mail(multipart(b"\r\na", enriched))
    assert found.text == "a"
    assert [one.content_type for one in found.attachments] == ["text/enriched"]
