"""Whose turn it is to write to an SQLite file: a queue before SQLite's own lock.

Who finds SQLite's lock taken sleeps longer each time, up to a tenth of a second, and misses the moment when it is free:
with two workers the slowest hundredth of mails waited 30 ms for nothing. Here everybody looks again at once. Nothing
depends on it but speed: who cannot wait here, or has waited long, goes on to SQLite's lock.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOK_AGAIN_SECONDS, LONGEST_LOOK_AGAIN_SECONDS = 0.000_3, 0.002
PATIENCE_SECONDS = 5.0


@contextmanager
def write_turn(database: str) -> Iterator[None]:
    """Have the turn for the block. It is the kernel's (flock(2)): whoever dies gives it back."""
    try:
        descriptor = os.open(f"{database}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        end, pause = time.monotonic() + PATIENCE_SECONDS, LOOK_AGAIN_SECONDS
        while not _is_ours(descriptor) and time.monotonic() < end:
            time.sleep(pause)
            pause = min(pause * 1.05, LONGEST_LOOK_AGAIN_SECONDS)  # who writes for long writes much
        yield
    finally:
        os.close(descriptor)


def _is_ours(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
