"""Keys, requests and certificates in texts and files, however damaged: lost line breaks, quote marks, no armour.

What comes out are bytes that look like something; nothing is loaded here.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sulku_revocation.domain import certificate_der as der
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.proofs.java_key_store import IN_BASE64

LONGEST_BLOCK = 400_000
# Word processors make dashes of hyphens.
_BEGIN = re.compile(r"(?<![-–—])[-–—]{2,}\s?BEGIN ([A-Z0-9 #]{1,40}?)\s?[-–—]{2,}")
_END = re.compile(r"[-–—]{2,}")
_HEADER = re.compile(r"^[ \t]*((?:Proc-Type|DEK-Info):[^\r\n]{1,80})", re.MULTILINE)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
# DER in base64 (also the alphabet for URLs) begins with M; further lines follow while they look like it.
_BARE = re.compile(r"(?<![A-Za-z0-9+/_])M[A-Za-z0-9+/_-]{39,}(?:[ \t]*\r?\n[ \t>|]*[A-Za-z0-9+/_-]{4,})*={0,2}")
_STORE = re.compile(
    rf"(?<![A-Za-z0-9+/]){re.escape(IN_BASE64)}"
    r"[A-Za-z0-9+/]*(?:[ \t]*\r?\n[ \t>|]*[A-Za-z0-9+/]{4,})*={0,2}"
)
_FOR_URLS = str.maketrans("-_", "+/")
_SIGNATURE = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40,}(?:[ \t]*\r?\n[ \t>|]*[A-Za-z0-9+/]{4,})*={0,2}")
# The same in hex: a SEQUENCE, its octets together, with separators or as programs write them, over several lines.
_HEX = re.compile(r"30(?<![0-9A-Fa-f]30)(?:[\s:,;>|-]{0,8}(?:0x|\\x)?[0-9A-Fa-f]{2}){40,20000}", re.ASCII)
_OCTET = re.compile(r"(?:0x|\\x)?[0-9A-Fa-f]{2}")
_NOT_HEX = re.compile(r"0x|\\x|[^0-9A-Fa-f]")
_MOST = 200


@dataclass(frozen=True, slots=True)
class Block:
    """One PEM block: its label, its contents decoded, and itself written again as it should be."""

    label: str
    contents: bytes
    pem: bytes


def blocks_in(text: str) -> Iterator[Block]:
    """The PEM blocks of a text. One that is not base64 has no contents."""
    if "BEGIN " not in text:
        return
    text = text.replace("\\r", "").replace("\\n", "\n")  # as it stands in JSON and in programs
    at = 0
    for _ in range(_MOST):
        begin = _BEGIN.search(text, at)
        if begin is None:
            return
        end = _END.search(text, begin.end())
        at = end.start() if end else len(text)
        yield _block(begin[1].strip(), text[begin.end() : min(at, begin.end() + LONGEST_BLOCK)])


def bare_in(text: str) -> Iterator[bytes]:
    """What stands in a text as base64 without armour and is DER."""
    for at, found in enumerate(_BARE.finditer(text)):
        if at >= _MOST:
            return
        value = first_value(_decode(_NOT_BASE64.sub("", found[0].translate(_FOR_URLS))))
        if value:
            yield value


def stores_in(text: str) -> Iterator[bytes]:
    """What stands in a text as base64 and begins as a key store that is no DER."""
    if IN_BASE64 in text:
        for found in islice(_STORE.finditer(text), _MOST):
            yield _decode(_NOT_BASE64.sub("", found[0]))


def hex_in(text: str) -> Iterator[bytes]:
    """What stands in a text as hex and is DER."""
    return (value for _, _, value in hex_values(text))


def hex_values(text: str) -> Iterator[tuple[int, int, bytes]]:
    """The same with where each value begins and ends."""
    for found in islice(_HEX.finditer(text), _MOST):
        bare = _NOT_HEX.sub("", found[0])
        octets, start = bytes.fromhex(bare[: len(bare) // 2 * 2]), found.start()
        while value := first_value(octets):
            end = next(islice(_OCTET.finditer(text, start), len(value) - 1, None)).end()
            yield start, end, value
            octets, start = octets[len(value) :], end


def signatures_in(text: str) -> Iterator[bytes]:
    """Base64 of the length of a signature: each row by itself, and rows together."""
    for at, found in enumerate(_SIGNATURE.finditer(text)):
        if at >= _MOST:
            return
        together = _decode(_NOT_BASE64.sub("", found[0]))
        yield together
        first = _decode(_NOT_BASE64.sub("", found[0].split()[0]))
        if first != together:
            yield first


def first_value(data: bytes) -> bytes:
    """The SEQUENCE at the beginning, without what follows; empty when there is none."""
    if data[:1] != b"\x30":
        return b""
    try:
        return der.read_value(data)[0].whole
    except UnreadableError:
        return b""


def _block(label: str, body: str) -> Block:
    headers = _HEADER.findall(body)
    for header in headers:
        body = body.replace(header, "")
    contents = _decode(_NOT_BASE64.sub("", body))
    lines = [f"-----BEGIN {label}-----"]
    if headers:
        lines += [*headers, ""]
    encoded = base64.b64encode(contents).decode()
    lines += [encoded[begin : begin + 64] for begin in range(0, len(encoded), 64)]
    lines += [f"-----END {label}-----", ""]
    return Block(label, contents, "\n".join(lines).encode())


def _decode(bare: str) -> bytes:
    bare = bare[: len(bare) - 1] if len(bare) % 4 == 1 else bare
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error:
        return b""
