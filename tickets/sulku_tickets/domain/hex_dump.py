"""Octets as `xxd`, `hexdump -C`, `od -t x1` and certutil list them: an offset, octets in hex, and what they spell.

    00000000: 3082 0122 300d 0609 2a86 4886 f70d 0101  0.."0...*.H.....

A key listed like this is a key like any other, and the certificate in it is meant as one that is attached.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

_ROW = re.compile(
    r"^[ \t>|]{0,20}([0-9A-Fa-f]{4,10})(?::[ \t]{0,4}|[ \t]{1,8})"
    r"((?:[0-9A-Fa-f]{2}[ \t-]{0,3}+){1,64}+)[^\n]{0,200}\n?",
    re.MULTILINE,
)
# The first row has the offset zero; it stands at the beginning, or below a line's end, which is looked for quickly.
_FIRST = re.compile(r"[ \t>|]{0,20}0{4,10}[: \t][ \t]{0,8}[0-9A-Fa-f]{2}")
_BELOW = re.compile(rf"\n{_FIRST.pattern}")
# What an ordinary text lacks, serial numbers with zeros in them or not: so written, it is found by its letters.
_ZEROS = re.compile(r"0000(?<![0-9A-Za-z]0000)")
_OCTAL = re.compile(r"[0-7]+")
_NOT_HEX = re.compile(r"[^0-9A-Fa-f]")
# What they spell, pushed onto a line of its own by a mail program.
_REST = re.compile(r"[^\n]{0,40}\n")
# Where the listing ends, as most programs say once more.
_LAST = re.compile(r"[ \t>|]{0,20}[0-9A-Fa-f]{4,10}[ \t]{0,8}(?:\n|\Z)")
_NARROWEST, _WIDEST = 4, 64
_MOST_ROWS = 30_000
_MOST_LISTINGS = 20


def shows_dump(text: str) -> bool:
    """Whether a listing may begin in it."""
    return _ZEROS.search(text) is not None and _first_row(text, 0) is not None


def replace_dumps(text: str, choose: Callable[[bytes], str | None]) -> str:
    """The text with what `choose` makes of the octets in place of each listing; None leaves it. Total, linear."""
    if not shows_dump(text):
        return text
    kept, at = [], 0
    for start, end, octets in islice(_listings(text), _MOST_LISTINGS):
        instead = choose(octets)
        if instead is not None:
            kept += [text[at:start], instead]
            at = end
    return "".join([*kept, text[at:]])


def undump(text: str) -> str:
    """The text with each listing of DER as plain hex, and each listing of PEM as PEM."""
    return replace_dumps(text, _plain)


def _plain(octets: bytes) -> str | None:
    if octets[:1] == b"\x30":
        return f"{octets.hex()}\n"
    return octets.decode("latin-1") if b"-----BEGIN " in octets else None


def _listings(text: str) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while (start := _first_row(text, at)) is not None:
        rows, end = _rows(text, start)
        octets = _octets(rows)
        if octets:
            yield start, end, octets
        at = max(end, start + 1)


def _first_row(text: str, at: int) -> int | None:
    """Where the next line begins, from the one at `at` on, that may be a first row."""
    if not at and _FIRST.match(text):
        return 0
    below = _BELOW.search(text, max(at - 1, 0))
    return below.start() + 1 if below else None


def _rows(text: str, at: int) -> tuple[list[tuple[str, bytes]], int]:
    """Offset and octets of each row from `at` on, and where the last one ends."""
    rows: list[tuple[str, bytes]] = []
    while len(rows) < _MOST_ROWS:
        row = _ROW.match(text, at)
        if row is None and rows and (rest := _REST.match(text, at)):
            row = _ROW.match(text, rest.end())
        if row is None or (rows and int(row[1], 16) <= int(rows[-1][0], 16)):
            break
        rows.append((row[1], bytes.fromhex(_NOT_HEX.sub("", row[2]))))
        at = row.end()
    rest = _REST.match(text, at)
    if rows and rest and rest[0].strip(" \t\n|") == _spelt(rows[-1][1]):
        at = rest.end()
    last = _LAST.match(text, at)
    return rows, last.end() if last else at


def _spelt(octets: bytes) -> str:
    return "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in octets).strip(" |")


def _octets(rows: list[tuple[str, bytes]]) -> bytes:
    """The octets together. Empty when the offsets do not tell so many in each row as there are."""
    if len(rows) < 2:
        return b""
    second, found = rows[1][0], len(rows[0][1])
    widths = (int(second, base) for base in (16, 8) if base == 16 or _OCTAL.fullmatch(second))
    width = next((width for width in widths if _NARROWEST <= width <= min(found, _WIDEST)), 0)
    return b"".join(octets[:width] for _, octets in rows)
