"""Transfer encodings (RFC 2045, 6) taken off, tolerant of what broken senders do."""

from __future__ import annotations

import binascii
import re

from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.uuencode import decode_uuencoded

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_PADDED_END = re.compile(rb"(?<!=)=++(?=[A-Za-z0-9+/])")
_UUENCODE = frozenset({b"x-uuencode", b"x-uue", b"uuencode"})
_IDENTITY = frozenset({b"", b"7bit", b"8bit", b"binary", b"7-bit", b"8-bit"})


def decode_transfer(raw: bytes, encoding: bytes, findings: Findings) -> bytes:
    """`raw` without its `Content-Transfer-Encoding`. An unknown encoding is taken as none. Never raises."""
    name = encoding.partition(b";")[0].strip(b" \t\"'").lower()
    if name in _IDENTITY:
        return raw
    if name == b"quoted-printable":
        return binascii.a2b_qp(raw)
    if name == b"base64":
        return _decode_base64(raw, findings)
    decoded = decode_uuencoded(raw) if name in _UUENCODE else None
    if decoded is None:
        findings.add(Defect.TRANSFER_ENCODING)
        return raw
    return decoded


def _decode_base64(raw: bytes, findings: Findings) -> bytes:
    try:
        return binascii.a2b_base64(raw, strict_mode=False) if _is_whole(raw) else _rescue(raw, findings)
    except binascii.Error:
        return _rescue(raw, findings)


def _is_whole(raw: bytes) -> bool:
    """No padding before the end: the quick decoder stops at the first padding."""
    first = raw.find(b"=")
    return first < 0 or not raw[first:].strip(b"= \t\r\n")


def _rescue(raw: bytes, findings: Findings) -> bytes:
    """Several base64 texts one after another (list footers), or a cut one: as much as there is."""
    findings.add(Defect.TRANSFER_ENCODING)
    output = []
    for piece in _PADDED_END.split(_NOT_BASE64.sub(b"", raw)):
        letters = piece.rstrip(b"=")
        letters = letters[:-1] if len(letters) % 4 == 1 else letters
        output.append(binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)))
    return b"".join(output)
