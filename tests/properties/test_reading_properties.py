"""Reading is total, bounded and steady: for any bytes there is a mail, and spelling never changes what it says."""

from __future__ import annotations

import base64
import json
import quopri
from collections import Counter
from dataclasses import replace
from email.header import Header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.hostile_mails import HEAD, mail, multipart

from sulku_mailbox.domain.charsets import CODECS, decode_text
from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.html_shape import is_linear
from sulku_mailbox.domain.html_text import html_to_text, html_to_words
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.mail_frame import decode_mail, encode_mail
from sulku_mailbox.domain.mail_json import mail_to_json
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.quoted_text import split_quoted
from sulku_mailbox.domain.unreadable import unreadable_mail

WHOLE = multipart(
    b"Content-Type: text/plain; charset=utf-8; format=flowed\r\n\r\nHei \r\nnumero 4a3f009c.\r\nOn 1.1.2026 10:00 a@b.example wrote:\r\n> x\r\n",
    b"Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\na1234\r\n--c\r\nContent-Type: text/html\r\n\r\n<table><tr><td>b1234<blockquote type=cite>q</table>\r\n--c--",
    b"Content-Type: message/rfc822\r\n\r\n"
    + HEAD
    + b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B>Z\x1b(B",
    b"Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nStatus: 5.1.1",
    b"Content-Type: application/pdf; name*0*=utf-8''%C3%A4; name*1=.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD",
).replace(b"hostile", b"=?utf-8?Q?Sulku=C3=B6?= =?iso-8859-1?B?5A==?=")
PIECES = [
    b"\r\n", b"\n", b"\r", b"\0", b"--b", b"--", b'"', b";", b"=", b"=?utf-8?q?", b"?=", b"<", b">", b"@", b"(", b":", b"\xe4", b"\xff\xfe",
    b"From: x@y.example\r\n", b"charset=utf-16", b"charset=hz", b"charset=punycode", b"boundary=b", b"*0*=", b"\x1b$B", b"<pre>", b"</td>",
    b"Content-Type: message/rfc822\r\n\r\n", b"Date: 99", b"Content-Transfer-Encoding: base64\r\n", b" kirjoitti:\r\n> ",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    raw = bytearray(WHOLE)
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(raw)))
        cut = draw(st.integers(0, 30))
        raw[at : at + cut] = draw(st.sampled_from(PIECES) | st.binary(max_size=4))
    return bytes(raw)


def assert_sound(found: Mail, raw: bytes) -> None:
    assert found.size == len(raw)
    assert set(found.defects) <= {defect.value for defect in Defect}
    for line in (found.subject, found.header_from_shown, *(one.name for one in found.attachments)):
        assert not set("\r\n\0\u2028") & set(line)
    for text in (found.text, found.new_text, found.quoted_text, found.html or "", found.subject):
        text.encode("utf-8")
    assert decode_mail(encode_mail(found)) == found
    json.dumps(mail_to_json(found))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600) | mutated())
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    found = parse_mail(raw, trusted_authserv_ids={"mx.example"})
    assert "reader_fault" not in found.defects
    assert_sound(found, raw)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300) | mutated())
def test_any_bytes_can_become_an_unreadable_mail(raw: bytes) -> None:
    found = unreadable_mail(raw, Defect.TIME_LIMIT)
    assert found.header_from is None
    assert "reader_fault" not in found.defects
    assert_sound(found, raw)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"], exclude_characters="=?"), max_size=60))
def test_a_subject_survives_its_encodings(subject: str) -> None:
    plain = parse_mail(b"Subject: " + subject.encode() + b"\r\n\r\n").subject
    for method in ("utf-8", "iso-2022-jp", "iso-8859-15"):
        try:
            encoded = Header(subject, method, maxlinelen=60).encode(linesep="\r\n").encode("ascii")
        except (UnicodeError, ValueError):
            continue
        assert parse_mail(b"Subject: " + encoded + b"\r\n\r\n").subject.split() == plain.split()


TEXT = st.lists(
    st.text(st.characters(codec="iso-8859-15", categories=["L", "N"]), min_size=1, max_size=12), min_size=1, max_size=40
).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(TEXT)
def test_transfer_encoding_charset_and_line_ends_never_change_the_text(text: str) -> None:
    def read(body: bytes, charset: str, encoding: str) -> str:
        return parse_mail(
            mail(
                body,
                f"Content-Type: text/plain; charset={charset}".encode(),
                f"Content-Transfer-Encoding: {encoding}".encode(),
            )
        ).text

    expected = read(text.encode(), "utf-8", "8bit")
    assert expected.split() == text.split()
    for charset in ("utf-8", "iso-8859-15", "utf-16"):
        octets = text.encode(charset)
        assert read(base64.encodebytes(octets), charset, "base64") == expected
        assert read(quopri.encodestring(octets), charset, "quoted-printable") == expected
    assert parse_mail(mail(text.encode()).replace(b"\r\n", b"\n")).text == expected


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(sorted(CODECS)))
def test_any_octets_in_any_charset_are_text(raw: bytes, charset: str) -> None:
    decode_text(raw, charset, Findings()).encode("utf-8")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "text 4a3f",
                "> quoted",
                "",
                "a@b.example 1.1.2026 10:00 kirjoitti:",
                "From: x",
                "Sent: y",
                "To: z",
                "-----Original Message-----",
                "| a",
                ">From b",
            ]
        ),
        max_size=14,
    ),
    st.booleans(),
)
def test_splitting_quotes_loses_no_line(lines: list[str], is_reply: bool) -> None:
    split = split_quoted("\n".join(lines), is_reply=is_reply)
    kept = [line.strip("> ") for line in f"{split.new}\n{split.quoted}".split("\n")]
    assert sorted(filter(None, kept)) == sorted(filter(None, (line.strip("> ") for line in lines)))


TAGS = [
    "<p>",
    "</p>",
    "<div>",
    "<td>",
    "<tr>",
    "<table>",
    "<pre>",
    "<br>",
    "<li>",
    "<blockquote type=cite>",
    "</blockquote>",
    "<b>",
    "<!--",
    "-->",
    "<script>",
    "</script>",
    '<a href="',
    '">',
    "<",
    "&auml;",
    "\n",
    "4a3f009c",
]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(TAGS), max_size=40).map("".join))
def test_any_html_is_text_and_its_shape_is_known(html: str) -> None:
    seen, everything = html_to_text(html), html_to_words(html)
    assert isinstance(is_linear(html + " " * 70_000), bool)
    assert _letters(seen) <= _letters(everything), "what a person sees, the quick look must not miss"


def _letters(text: str) -> Counter[str]:
    return Counter(filter(str.isalnum, text))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "a@good.example",
                "b@evil.example",
                "<",
                ">",
                '"',
                "(",
                ")",
                ",",
                ";",
                ":",
                " ",
                "\\",
                "=?utf-8?q?a=40good.example?=",
                " name ",
            ]
        ),
        min_size=1,
        max_size=8,
    ).map("".join)
)
def test_an_identity_is_the_only_address_that_can_be_seen(field: str) -> None:
    found = parse_mail(f"From: {field}\r\n\r\nx".encode())
    if found.header_from is not None:
        other = "b@evil.example" if found.header_from == "a@good.example" else "a@good.example"
        assert other not in field
        assert other not in found.header_from_shown


@pytest.mark.parametrize("where", range(0, len(WHOLE), 97))
def test_a_mail_cut_off_anywhere_is_read(where: int) -> None:
    found = parse_mail(WHOLE[:where])
    assert "unreadable" not in found.defects


def test_reading_twice_gives_the_same() -> None:
    assert parse_mail(WHOLE) == parse_mail(WHOLE)
    assert replace(parse_mail(WHOLE), defects=()) != parse_mail(HEAD)
