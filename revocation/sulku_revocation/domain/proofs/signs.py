"""Whether a mail has anything about it that may be a proof: only then is it examined, in the jail.

A glance at what was read already, cheap enough for every mail. An ordinary mail with a certificate attached has none of
these signs.
"""

from __future__ import annotations

import re

from sulku_mailbox.domain.mail import Mail
from sulku_revocation.domain.proofs.java_key_store import IN_BASE64 as STORE
from sulku_revocation.domain.proofs.java_key_store import KEY_STORES
from sulku_revocation.domain.proofs.printed_keys import SIGNS as PRINTED
from sulku_revocation.domain.proofs.putty_keys import SIGN as PUTTY
from sulku_revocation.domain.proofs.shapes import Shape, may_be_der, shape_of
from sulku_revocation.domain.proofs.xml_keys import SIGN as XML
from sulku_tickets.domain.hex_dump import shows_dump, undump
from sulku_tickets.domain.wrapped_pem import SIGN as WRAPPED

# `--------` of a PoCK's subject, in DER and, at one of three offsets, in base64.
_POCK, _POCK_TEXT = b"--------PROOF OF", "LS0tLS0tLS0t"
_WORDS = (
    "PRIVATE KEY", "CERTIFICATE REQUEST", '"protected"', "sulku-S", "BEGIN PUBLIC KEY", '"kty"', '\\"kty\\"',
    "BEGIN PKCS12", WRAPPED, PUTTY, XML, *PRINTED, STORE, _POCK_TEXT,
)  # fmt: skip
_OCTETS = tuple(word.encode() for word in _WORDS)
# Without these octets little is left of what a person writes, in which what is left of a word is looked for quickly.
_ORDINARY = bytes({*b"abcdefghijklmnopqrstuvwxyz0123456789 \t\r\n.,:;", *range(0x80, 0x100)})
_LEFT = {word: word.encode().translate(None, _ORDINARY) for word in _WORDS}
_LOUD = tuple({left for left in _LEFT.values() if len(left) > 1})
_QUIET = tuple(word for word, left in _LEFT.items() if len(left) < 2)
_WEAKNESS = (b"fermat", b"roca", b"debian", b"weak", b"heiko", b"heikk", b"svag")
# The beginnings, in base64, of DER whose first value is a version (keys, PKCS#12) or wraps one (requests), and of
# encrypted keys. A certificate's is [0] or another number.
_BARE = (
    r"M(?<![A-Za-z0-9+/]M)(?:II..[AQgw]IBA|I[GH].AgE[ABD]|[A-H].CAQ|II..[DTjz]C(?:C...CAQAw|B.[AQgw]IBA)"
    r"|I[GH].M(?:I[GH].AgEA|[A-H].CAQAw|[A-H].GCSqG)|II..[DTjz][AB].BgkqhkiG9w0BB)"
)
_BARE_TEXT, _BARE_OCTETS = re.compile(_BARE), re.compile(_BARE.encode())
# The same beginnings in hex, with whatever separates the octets: a version, or (encrypted) an algorithm of PKCS#5.
_S = r"[\s:,;>|-]{0,8}(?:0x|\\x)?"
_LENGTH = rf"{_S}(?:82{_S}[0-9A-Fa-f]{{2}}{_S}[0-9A-Fa-f]{{2}}|81{_S}[0-9A-Fa-f]{{2}}|[0-7][0-9A-Fa-f])"
_HEX = (
    rf"30(?<![0-9A-Fa-f]30){_LENGTH}{_S}"
    rf"(?:02{_S}01{_S}0[013]|30{_LENGTH}{_S}06{_S}09{_S}2[aA]{_S}86{_S}48{_S}86{_S}[fF]7{_S}0[dD]{_S}01{_S}05)"
)
_HEX_TEXT, _HEX_OCTETS = re.compile(_HEX, re.ASCII), re.compile(_HEX.encode())
_DEEPEST = 8


def shows_proof(mail: Mail, depth: int = 0) -> bool:
    """Whether the mail, a file of it or a forwarded one must be examined."""
    if _in_text(f"{mail.text}\0{mail.subject}"):
        return True
    if any(_in_file(file.content) for file in (*mail.attachments, *mail.extracted)):
        return True
    return depth < _DEEPEST and any(shows_proof(inner, depth + 1) for inner in mail.forwarded)


def shows_key_in_hex(octets: bytes) -> bool:
    """Whether they hold the beginning of a private key in hex."""
    return _HEX_OCTETS.search(octets) is not None


def _in_text(text: str) -> bool:
    octets = text.encode("utf-8", "replace")
    if _has_word(text, octets) or _BARE_TEXT.search(text):
        return True
    if "30" in text and "01" in text and _HEX_TEXT.search(text):
        return True
    return any(map(octets.lower().__contains__, _WEAKNESS)) or _in_listing(text)


def _has_word(text: str, octets: bytes) -> bool:
    """Whether one of the words stands in the text, of which these are the octets."""
    if any(map(text.__contains__, _QUIET)):
        return True
    left = octets.translate(None, _ORDINARY)
    return any(map(left.__contains__, _LOUD)) and any(map(text.__contains__, _WORDS))


def _in_file(content: bytes) -> bool:
    if may_be_der(content):
        return shape_of(content) not in {Shape.CERTIFICATE, Shape.CONTENT_INFO, Shape.OTHER} or _POCK in content
    if content[:4] in KEY_STORES or content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return True
    head = content[:1_000_000]
    if any(map(head.__contains__, _OCTETS)):
        return True
    if _BARE_OCTETS.search(head) is not None or shows_key_in_hex(head):
        return True
    return b"0000" in head and _in_listing(head.decode("latin-1"))


def _in_listing(text: str) -> bool:
    return shows_dump(text) and (listed := undump(text)) != text and _in_text(listed)
