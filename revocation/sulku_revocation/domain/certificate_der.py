"""A small tolerant walk over DER and BER values with definite lengths (X.690, 8.1).

It reads what `cryptography` refuses as a whole (an explicitly encoded default, X.690 11.5) and never recurses: what it
is given decides nothing about how deep it goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from sulku_kernel.errors import InputError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31

_ENCODINGS = {0x0C: "utf-8", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}


class UnreadableError(InputError):
    """The bytes are not what they should be. Nothing was concluded from them."""


class Value(NamedTuple):
    """One value: its tag octet, its contents, and itself with tag and length."""

    tag: int
    contents: bytes
    whole: bytes

    def inside(self) -> Iterator[Value]:
        """The values within. Raises UnreadableError."""
        return values(self.contents)


def read_value(data: bytes, at: int = 0) -> tuple[Value, int]:
    """The value that begins at `at`, and where the next one would. Raises UnreadableError."""
    try:
        tag, first = data[at], data[at + 1]
    except IndexError:
        raise UnreadableError("the bytes end in the middle of a value") from None
    if tag & 0x1F == 0x1F:
        raise UnreadableError("a tag of several octets has no place in a certificate")
    begin = at + 2
    if first < 0x80:
        length = first
    else:
        count = first & 0x7F
        if not 1 <= count <= 4:
            raise UnreadableError("a length that is indefinite or longer than four octets")
        length = int.from_bytes(data[begin : begin + count], "big")
        begin += count
    end = begin + length
    if end > len(data):
        raise UnreadableError("the bytes end in the middle of a value")
    return Value(tag, data[begin:end], data[at:end]), end


def values(data: bytes) -> Iterator[Value]:
    """All values that follow one another in `data`. Raises UnreadableError."""
    at = 0
    while at < len(data):
        value, at = read_value(data, at)
        yield value


def only_value(data: bytes, tag: int) -> Value:
    """The one value that `data` consists of; it must have this tag. Raises UnreadableError."""
    value, end = read_value(data)
    if value.tag != tag or end != len(data):
        raise UnreadableError("these bytes are something else, or damaged")
    return value


def encode(tag: int, *parts: bytes) -> bytes:
    """A value in DER."""
    contents = b"".join(parts)
    length = len(contents)
    if length < 0x80:
        return bytes((tag, length)) + contents
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + contents


@lru_cache(maxsize=1_024)
def read_oid(contents: bytes) -> str:
    """`1.2.246.517.1.10.10.2`; certificates have the same few. Raises UnreadableError."""
    if not contents or contents[-1] & 0x80 or len(contents) > 128:
        raise UnreadableError("an object identifier is cut off or far too long")
    arcs: list[int] = []
    arc = 0
    for octet in contents:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def read_text(value: Value) -> str:
    """Any ASN.1 string type as text; octets that make no sense become U+FFFD. T61String is read as Latin-1."""
    encoding = _ENCODINGS.get(value.tag)
    if encoding:
        return value.contents.decode(encoding, "replace")
    try:
        return value.contents.decode("utf-8") if value.tag != 0x14 else value.contents.decode("latin-1")
    except UnicodeDecodeError:
        return value.contents.decode("latin-1")


def read_time(value: Value) -> datetime | None:
    """UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5), also without seconds or with an offset; None when it is none."""
    text = value.contents.decode("ascii", "replace")
    if value.tag == UTC_TIME:
        # RFC 5280, 4.1.2.5.1: 50…99 are 19xx.
        text = ("19" if text[:2] >= "50" else "20") + text
    elif value.tag != GENERALIZED_TIME:
        return None
    digits = text[:14] if text[:14].isdecimal() else text[:12] + "00"
    offset = text[14:] if text[:14].isdecimal() else text[12:]
    try:
        # strptime would take a twentieth of the whole judging of a mail with a certificate.
        year, *rest = (_read_digits(part) for part in (digits[:4], *(digits[at : at + 2] for at in range(4, 14, 2))))
        month, day, hour, minute, second = rest
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _read_offset(offset)
    except (ValueError, OverflowError):
        return None


def _read_digits(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(text)
    return int(text)


def _read_offset(text: str) -> timedelta:
    sign = text[:1]
    if sign not in {"+", "-"}:
        return timedelta()
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return offset if sign == "+" else -offset
