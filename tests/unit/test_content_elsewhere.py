"""Mails whose content is not in them: a person must see to it (RFC 2046, 5.2.2 and 5.2.3)."""

from __future__ import annotations

import pytest
from tests.unit.hostile_mails import mail, multipart

from sulku_mailbox.domain.mail import Why
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.prescan import is_small_and_plain, prescan
from sulku_mailbox.opening.attachments import open_attachments

PIECE = mail(b"Subject: inner\r\n\r\nPlease revoke", b'Content-Type: message/partial; number=1; total=2; id="x@y"')
POINTER = multipart(
    b"\r\nSee the file.",
    b'Content-Type: message/external-body; access-type=URL; URL="http://x.example/a.pem"\r\n\r\n'
    b"Content-Type: application/x-pem-file\r\n\r\n",
)


@pytest.mark.parametrize("raw", [PIECE, POINTER])
def test_a_piece_or_a_pointer_is_told_to_a_person(raw: bytes) -> None:
    found = open_attachments(parse_mail(raw))
    assert [locked.why for locked in found.locked] == [Why.UNKNOWN]
    assert not is_small_and_plain(prescan(raw))


def test_pgp_is_known_in_both_its_forms() -> None:
    inline = mail(b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n")
    mime = multipart(
        b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
        b"Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----",
        kind=b'encrypted; protocol="application/pgp-encrypted"',
    )
    assert parse_mail(inline).is_encrypted
    assert parse_mail(mime).is_encrypted
    assert parse_mail(mail(b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nHei")).is_signed
