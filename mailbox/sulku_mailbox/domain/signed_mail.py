"""A mail as its signer saw it: raw header fields and body, and the canonical forms of RFC 6376, 3.4.

The fields are found by the reader's own rules, so that a field that is read is a field that was checked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.header_fields import whole_fields

_BLANKS = re.compile(rb"[ \t]+")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
# A header whose end or extent is open may have been signed as another one.
UNSOUND = (Defect.HEADER_BROKEN, Defect.HEADER_LIMIT, Defect.NO_HEADER)


@dataclass(slots=True)
class SignedMail:
    """`fields` top first: lower-case name and the whole field with its name, CRLF inside, none at the end."""

    fields: tuple[tuple[str, bytes], ...]
    body: bytes
    is_sound: bool
    _hashes: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def each(self, name: str) -> list[bytes]:
        """The whole fields of this name, top first."""
        return [whole for found, whole in self.fields if found == name]

    def body_hash(self, canonicalisation: str, algorithm: str) -> bytes:
        """The hash of the canonical body, computed once for all signatures that want the same."""
        key = canonicalisation, algorithm
        if key not in self._hashes:
            self._hashes[key] = hashlib.new(algorithm, canonical_body(self.body, canonicalisation)).digest()
        return self._hashes[key]


def split_signed(raw: bytes) -> SignedMail:
    """Header and body of `raw`. Files that know only LF are taken as they were sent: with CRLF."""
    if b"\r\n" not in raw:
        raw = raw.replace(b"\n", b"\r\n")
    findings = Findings()
    fields, body_start = whole_fields(raw, findings)
    return SignedMail(fields, raw[body_start:], not any(defect in findings for defect in UNSOUND))


def canonical_body(body: bytes, canonicalisation: str) -> bytes:
    """`simple` or `relaxed` (RFC 6376, 3.4.3 and 3.4.4). Linear."""
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    if canonicalisation == "relaxed":
        body = _BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n")
    body = body.rstrip(b"\r\n")
    if canonicalisation == "relaxed" and not body:
        return b""
    return body + b"\r\n"


def canonical_field(whole: bytes, canonicalisation: str) -> bytes:
    """One field without its final CRLF (RFC 6376, 3.4.1 and 3.4.2)."""
    if canonicalisation == "simple":
        return whole
    name, _, value = whole.partition(b":")
    value = _BLANKS.sub(b" ", _FOLD.sub(b"", value))
    return name.strip(b" \t").lower() + b":" + value.strip(b" ")


def chosen_fields(mail: SignedMail, names: Iterable[str]) -> list[bytes]:
    """The fields that `h=` names: each time the next one from the bottom up (RFC 6376, 5.4.2)."""
    left: dict[str, list[bytes]] = {}
    for name, whole in mail.fields:
        left.setdefault(name, []).append(whole)
    return [left[name].pop() for name in names if left.get(name)]


_SIGNATURE_VALUE = re.compile(rb"(\A[^:]*:[ \t\r\n]*b[ \t\r\n]*=|;[ \t\r\n]*b[ \t\r\n]*=)[^;]*")


def without_signature(whole: bytes) -> bytes:
    """The signature's own field with the value of `b=` taken out (RFC 6376, 3.7)."""
    return _SIGNATURE_VALUE.sub(rb"\1", whole, count=1)
