"""Every spelling of a serial number, and the slips of the pen around one.

VRK prints serials short (`0bf4eab0`) and long (`0100000168f0a805c366b43b5de968c691fb`), in hex and in decimal; people
add colons, blanks, `0x` and capitals. A row of decimal digits is also valid hex, so one spelling can have two readings.
"""

from __future__ import annotations

import re

from sulku_kernel.serial_number import MAXIMUM

_PREFIX = re.compile(r"^(?:0x|#|\\x)", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s:.,;_\-\u00a0\u00ad\u2010-\u2015\u2009\u200b\u202f\u2212]+")
_HEX = re.compile(r"[0-9a-f]+")
_DIGITS = "0123456789abcdef"
# 20 octets are 40 hex digits or 49 decimal ones; anything much longer is no serial, whatever it is.
_LONGEST = 120


def read_serial(spelling: str) -> tuple[str, ...]:
    """What a spelling can mean: lower-case hex without leading zeros; the reading as hex first, then as decimal.

    Empty when it is no serial number (RFC 5280, 4.1.2.2). `0x` and letters rule out decimal; a leading zero does not.
    """
    text = spelling.strip()
    if not text or len(text) > _LONGEST:
        return ()
    if not text.isascii():
        text = "".join(str(ord(c) - 0xFF10) if "\uff10" <= c <= "\uff19" else c for c in text)
    bare = _PREFIX.sub("", text)
    digits = (bare if bare.isalnum() else _SEPARATORS.sub("", bare)).lower()
    if not _HEX.fullmatch(digits):
        return ()
    values = [int(digits, 16)]
    if digits.isdecimal() and bare == text and ":" not in text:
        values.append(int(digits))
    return tuple(dict.fromkeys(format(value, "x") for value in values if 1 <= value <= MAXIMUM))


def deletions(reading: str) -> frozenset[str]:
    """`reading` without each one of its digits in turn.

    Two serials one slip apart (a digit wrong, missing, doubled, or two neighbours swapped) share one of these or one
    is among the other's: that makes slips findable by an index.
    """
    return frozenset(reading[:at] + reading[at + 1 :] for at in range(len(reading)))


def near_readings(reading: str) -> frozenset[str]:
    """All serials one slip away from `reading`: about 34 per digit. Without leading zeros, without itself."""
    slips = set(deletions(reading))
    for at in range(len(reading) + 1):
        head, tail = reading[:at], reading[at:]
        slips.update(head + digit + tail for digit in _DIGITS)
        if tail:
            slips.update(head + digit + tail[1:] for digit in _DIGITS)
        if len(tail) > 1:
            slips.add(head + tail[1] + tail[0] + tail[2:])
    near = {slip.lstrip("0") for slip in slips}
    near -= {reading.lstrip("0"), ""}
    return frozenset(slip for slip in near if len(slip) <= 40)
