"""BER with indefinite lengths and octet strings in pieces (X.690, 8.1.3.6 and 8.7.3) written as definite lengths.

Mail programs write what they sign in one go so, without knowing its length beforehand. Everything else stays as it was.
"""

from __future__ import annotations

from sulku_revocation.domain.certificate_der import OCTET_STRING, UnreadableError, encode

_CONSTRUCTED, _IN_PIECES, _END = 0x20, 0x24, b"\x00\x00"
_DEEPEST = 40
_MOST_VALUES = 100_000


def with_definite_lengths(data: bytes) -> bytes:
    """The first value of `data`. Raises UnreadableError. Quick where nothing is indefinite."""
    return _Reader(data).value(0, 0)[0]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.left = _MOST_VALUES

    def value(self, at: int, depth: int) -> tuple[bytes, int]:
        """The value at `at` rewritten, and where the next one begins."""
        self.left -= 1
        if depth > _DEEPEST or self.left < 0:
            raise UnreadableError("too deep or too many values")
        tag, begin, length = self._head(at)
        if length is not None and not tag & _CONSTRUCTED:
            if begin + length > len(self.data):
                raise UnreadableError("the bytes end in the middle of a value")
            return self.data[at : begin + length], begin + length
        parts, end = self._parts(begin, length, depth)
        if tag == _IN_PIECES:
            return encode(OCTET_STRING, *(_contents(part) for part in parts)), end
        return encode(tag, *parts), end

    def _parts(self, begin: int, length: int | None, depth: int) -> tuple[list[bytes], int]:
        parts: list[bytes] = []
        at = begin
        end = len(self.data) if length is None else begin + length
        while at < end:
            if length is None and self.data.startswith(_END, at):
                return parts, at + 2
            part, at = self.value(at, depth + 1)
            parts.append(part)
        if length is None or at != end:
            raise UnreadableError("the bytes end in the middle of a value")
        return parts, at

    def _head(self, at: int) -> tuple[int, int, int | None]:
        data = self.data
        if at + 1 >= len(data) or data[at] & 0x1F == 0x1F:
            raise UnreadableError("the bytes end in the middle of a value")
        tag, first = data[at], data[at + 1]
        if first < 0x80:
            return tag, at + 2, first
        count = first & 0x7F
        if count == 0:
            if not tag & _CONSTRUCTED:
                raise UnreadableError("an indefinite length where none may be")
            return tag, at + 2, None
        if count > 4:
            raise UnreadableError("a length of more than four octets")
        return tag, at + 2 + count, int.from_bytes(data[at + 2 : at + 2 + count], "big")


def _contents(octet_string: bytes) -> bytes:
    if octet_string[:1] != bytes([OCTET_STRING]):
        raise UnreadableError("a piece that is no octet string")
    first = octet_string[1]
    return octet_string[2 if first < 0x80 else 2 + (first & 0x7F) :]
