"""Certificate serial numbers (RFC 5280, 4.1.2.2: a positive integer of at most 20 octets)."""

from __future__ import annotations

from typing import Self

MAXIMUM = 2**159 - 1


def whole_octets(digits: str) -> str:
    """Hex digits as people see them everywhere: in whole octets, as openssl and the browsers write them."""
    return digits.zfill(len(digits) + len(digits) % 2)


class SerialNumber(int):
    """1 … 2^159 - 1. `hex`, without leading zeros, is the one form used inside, in JSON and in rows.

    For people it is written in whole octets (`str()`, or `whole_octets` for digits that came from a row).

    VRK prints serials both short (0bf4eab0) and long (0100000168f0a805c366b43b5de968c691fb), in hex and in decimal;
    `sulku_revocation.domain.serials` reads every spelling.
    """

    def __new__(cls, value: int) -> Self:
        if not 1 <= value <= MAXIMUM:
            raise ValueError("a serial number lies between 1 and 2^159 - 1 (RFC 5280, 4.1.2.2)")
        return super().__new__(cls, value)

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Read plain hex digits. Raises ValueError."""
        return cls(int(text, 16))

    @property
    def hex(self) -> str:
        """Lower-case hex, no leading zeros."""
        return format(int(self), "x")

    @property
    def tail(self) -> str:
        """The last eight hex digits in two groups, for people to compare and to type again."""
        digits = self.hex.rjust(8, "0")[-8:]
        return f"{digits[:4]} {digits[4:]}"

    def __str__(self) -> str:
        return whole_octets(self.hex)

    def __repr__(self) -> str:
        return f"SerialNumber(0x{self.hex})"
