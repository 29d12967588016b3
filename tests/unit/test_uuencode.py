"""Files that stand in the text itself are files; whatever only looks like one stays text."""

from __future__ import annotations

import binascii
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.hostile_mails import mail

from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.uuencode import TextFile, decode_uuencoded, take_uuencoded


def uuencoded(content: bytes, name: str = "a.pem", *, backtick: bool = True) -> str:
    lines = [binascii.b2a_uu(content[at : at + 45], backtick=backtick).decode() for at in range(0, len(content), 45)]
    return f"begin 644 {name}\n{''.join(lines)}{'`' if backtick else ' '}\nend\n"


@settings(max_examples=60)
@given(st.binary(max_size=400), st.booleans())
def test_every_file_comes_out_as_it_went_in(content: bytes, backtick: bool) -> None:
    text = f"Hei,\n\n{uuencoded(content, backtick=backtick)}\nTerveisin\n"
    assert take_uuencoded(text) == ("Hei,\n\n\nTerveisin\n", (TextFile("a.pem", content),))


def test_lines_that_lost_their_trailing_blanks_are_still_read() -> None:
    text = "\n".join(line.rstrip() for line in uuencoded(bytes(100), backtick=False).split("\n"))
    assert take_uuencoded(text)[1][0].content == bytes(100)


@pytest.mark.parametrize(
    "text",
    [
        "begin 644 of the story\nwas long ago\nend\n",
        "begin 644 a\n#86%A\n",
        "begin with this\nend\n",
        "begin 644 a\n#86%Aäö\nend\n",
        "We begin 644 a\n#86%A\nend\n",
        "begin 999 a\n#86%A\nend\n",
        "",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_file_stays_text(text: str) -> None:
    assert take_uuencoded(text) == (text, ())


def test_a_file_in_a_mail_is_searched_and_its_lines_are_no_words() -> None:
    body = f"Sulkekaa tämä.\n\n{uuencoded(b'content', '../varmenne.pem')}".encode()
    found = parse_mail(mail(body, b"Content-Type: text/plain; charset=utf-8"))
    (file,) = found.extracted
    assert (file.name, file.content, file.where) == ("varmenne.pem", b"content", "t1!varmenne.pem")
    assert file.sha256 == hashlib.sha256(b"content").hexdigest()
    assert found.new_text == "Sulkekaa tämä."
    assert "begin 644" in found.text, "nothing that was sent is lost"


def test_a_part_may_be_encoded_as_a_whole() -> None:
    raw = mail(
        uuencoded(b"\x30\x82", "a.cer").replace("\n", "\r\n").encode(),
        b"Content-Type: application/pkix-cert; name=a.cer",
        b"Content-Transfer-Encoding: x-uuencode",
    )
    (attachment,) = parse_mail(raw).attachments
    assert attachment.content == b"\x30\x82"
    assert decode_uuencoded(b"no file") is None


@pytest.mark.parametrize(
    "text",
    [
        "begin 644 a\n" * 80_000,
        "begin 644 a\n`\nend\n" * 50_000,
        "begin 644 a\n" + "`\n" * 400_000,
        "begin 644 a\n" + "M" * 1_000_000,
        "begin 644 a\n" + ("M" + "`" * 60 + "\n") * 16_000,
    ],
)
def test_a_hostile_text_ends_with_a_bounded_number_of_files(text: str) -> None:
    _, files = take_uuencoded(text)
    assert len(files) <= 100
