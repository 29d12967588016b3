"""Whether a mail has anything about it that may be a proof: only then is it examined, in the jail.

A glance at what was read already, cheap enough for every mail. An ordinary mail with a certificate attached has none of
these signs.
"""

from __future__ import annotations

import re

from sulku_mailbox.domain.mail import Mail
from sulku_revocation.domain.proofs.java_key_store import MAGIC
from sulku_revocation.domain.proofs.shapes import Shape, shape_of

_WORDS = ("PRIVATE KEY", "CERTIFICATE REQUEST", '"protected"', "sulku-S", "BEGIN PUBLIC KEY", '"kty"', "BEGIN PKCS12")
_OCTETS = tuple(word.encode() for word in _WORDS)
# `--------` of a PoCK's subject, in DER and, at one of three offsets, in base64.
_POCK_TEXT = "LS0tLS0tLS0t"
_POCK = (b"--------PROOF OF", _POCK_TEXT.encode())
_WEAKNESS = ("fermat", "roca", "debian", "weak", "heiko", "heikk", "svag")
# The beginnings, in base64, of DER whose first value is a version (keys, PKCS#12) or wraps one (requests), and of
# encrypted keys. A certificate's is [0] or another number.
_BARE = (
    r"M(?<![A-Za-z0-9+/]M)(?:II..[AQgw]IBA|I[GH].AgE[ABD]|[A-H].CAQ|II..[DTjz]C(?:C...CAQAw|B.[AQgw]IBA)"
    r"|I[GH].M(?:I[GH].AgEA|[A-H].CAQAw|[A-H].GCSqG)|II..[DTjz][AB].BgkqhkiG9w0BB)"
)
_BARE_TEXT, _BARE_OCTETS = re.compile(_BARE), re.compile(_BARE.encode())
_DEEPEST = 8


def shows_proof(mail: Mail, depth: int = 0) -> bool:
    """Whether the mail, a file of it or a forwarded one must be examined."""
    if _in_text(mail.text) or _in_text(mail.subject):
        return True
    if any(_in_file(file.content) for file in (*mail.attachments, *mail.extracted)):
        return True
    return depth < _DEEPEST and any(shows_proof(inner, depth + 1) for inner in mail.forwarded)


def _in_text(text: str) -> bool:
    if any(word in text for word in _WORDS) or _POCK_TEXT in text or _BARE_TEXT.search(text):
        return True
    lowered = text.lower()
    return any(word in lowered for word in _WEAKNESS)


def _in_file(content: bytes) -> bool:
    if content[:1] == b"\x30":
        return shape_of(content) not in {Shape.CERTIFICATE, Shape.CONTENT_INFO, Shape.OTHER} or _POCK[0] in content
    if content[:4] == MAGIC or content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return True
    head = content[:1_000_000]
    return any(word in head for word in (*_OCTETS, _POCK[1])) or bool(_BARE_OCTETS.search(head))
