"""Names for rows that nobody has to be asked for, and that an index takes at its end instead of anywhere."""

from __future__ import annotations

import os
from datetime import datetime

from sulku_kernel.clock import to_microseconds

_VERSION, _VARIANT = 0x7 << 76, 0b10 << 62


def time_ordered_id(at: datetime) -> str:
    """A UUID of version 7 (RFC 9562, 5.7) of the moment `at`, as 32 hexadecimal digits.

    Unique by its 74 random bits whatever the clock says; later ones sort behind earlier ones but for the clock's faults
    and those of one millisecond.
    """
    milliseconds = to_microseconds(at) // 1_000
    chance = int.from_bytes(os.urandom(10))
    high, low = chance >> 64 & 0xFFF, chance & (1 << 62) - 1
    return f"{milliseconds << 80 | _VERSION | high << 64 | _VARIANT | low:032x}"
