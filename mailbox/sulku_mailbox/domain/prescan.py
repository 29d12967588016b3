"""One cheap look over the raw bytes, before anything is parsed: is this small and plain?

What is, is read at once in the worker; all else goes to the jailed reader. The estimates are upper bounds: a mail may
look worse than it is (then it only takes the longer way), never better.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sulku_mailbox.domain.limits import LIMITS

_HEADER_END = re.compile(rb"\n\r?\n")
# Both are looked for where all letters of ASCII are in lower case.
_TYPE = re.compile(rb"\ncontent-type[ \t]*:\s*([^\s;\"]{0,100})[^\n]*")
_NAME = re.compile(rb"\b(?:file)?name\*?[0-9*]*\s*=\s*\"?([^\";\r\n]{0,300})")

_PLAIN_TYPES = frozenset(
    b"text/plain text/html text/csv text/x-pem-file text/rfc822-headers multipart/mixed multipart/alternative "
    b"multipart/related multipart/report message/delivery-status application/pkix-cert application/x-x509-ca-cert "
    b"application/x-x509-user-cert application/x-x509-server-cert application/pem-certificate-chain "
    b"application/x-pem-file application/pkcs10 application/x-pkcs10 application/pkix-crl "
    b"application/pgp-signature".split()
)
_PLAIN_NAMES = (b".cer", b".crt", b".pem", b".der", b".csr", b".txt")
_PLAIN_SIZE = 65_536
_PLAIN_NESTING = 5
_PLAIN_PARTS = 20
_PLAIN_LINE = 16_384
_PLAIN_ADDRESSES = 200
_PLAIN_ENCODED_WORDS = 100
_PLAIN_HEADER = 32_768


class Shape(NamedTuple):
    """What the bytes look like. Counts are upper bounds; types are looked for in the first megabyte."""

    size: int
    header_bytes: int
    longest_line: int
    parts: int
    nesting: int
    addresses: int
    encoded_words: int
    has_nul: bool
    has_only_returns: bool
    """Lines end with CR alone, so that what is counted by lines here means nothing."""
    has_other_types: bool
    """Something else than text and certificates: archives, PDF, pictures, key containers, TNEF, S/MIME, mails …"""


def prescan(raw: bytes) -> Shape:
    """The shape of `raw`. Linear in its size, a few passes at the speed of a search. Never raises."""
    head = raw[: LIMITS.header_bytes + 4]
    end = _HEADER_END.search(head)
    header = head[: end.end()] if end else head
    looked_at = raw[:1_048_576].lower()
    is_short = len(raw) <= _PLAIN_LINE  # then no line of it is too long
    boundaries = looked_at.count(b"boundary") if b"multipart" in looked_at else 0
    return Shape(
        size=len(raw),
        header_bytes=len(header),
        longest_line=len(raw) if is_short else max(map(len, looked_at.split(b"\n"))),
        parts=raw.count(b"\n--") + 1 if boundaries else 1,
        nesting=boundaries,
        addresses=header.count(b"@") + header.count(b","),
        encoded_words=header.count(b"=?"),
        has_nul=b"\0" in raw,
        has_only_returns=b"\n" not in raw and b"\r" in raw,
        has_other_types=_has_other_types(looked_at),
    )


def is_small_and_plain(shape: Shape) -> bool:
    """Whether the mail may be read in the worker's own process."""
    return (
        shape.size <= _PLAIN_SIZE
        and not shape.has_other_types
        and not shape.has_nul
        and not shape.has_only_returns
        and shape.header_bytes <= _PLAIN_HEADER
        and shape.longest_line <= _PLAIN_LINE
        and shape.nesting <= _PLAIN_NESTING
        and shape.parts <= _PLAIN_PARTS
        and shape.addresses <= _PLAIN_ADDRESSES
        and shape.encoded_words <= _PLAIN_ENCODED_WORDS
    )


def has_mixed_newlines(raw: bytes) -> bool:
    """Whether bare CR, or bare LF beside CRLF, is in it (RFC 5321, 2.3.8). Files that know only LF are not odd."""
    pairs = raw.count(b"\r\n")
    feeds = raw.count(b"\n")
    return raw.count(b"\r") != pairs or (0 < pairs != feeds)


def _has_other_types(lowered: bytes) -> bool:
    if lowered.startswith(b"content-type"):
        return True  # no mail program begins with it, and the pattern below wants a line before
    for found in _TYPE.finditer(lowered):
        kind = found[1]
        if kind in _PLAIN_TYPES or not kind:
            continue
        if kind != b"application/octet-stream":
            return True
        name = _NAME.search(lowered, found.start(), found.end() + 400)
        if name is None or not name[1].strip().endswith(_PLAIN_NAMES):
            return True
    return False
