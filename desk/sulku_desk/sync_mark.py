"""The mark that a store's disk failed to keep what was written: a file beside the stores, for every process to see.

It need not reach the disk to be seen, and it holds since when.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sulku_kernel.clock import from_text

_NAMES = {"inbox": "sync-lost", "desk": "sync-lost-desk"}


def mark_of(home: Path, store: str) -> Path:
    """Where the mark of a store lies, when there is one."""
    return home / _NAMES[store]


def lost_since(home: Path, store: str) -> datetime | None:
    """Since when nothing is written to a store of this machine, as far as its mark says."""
    try:
        return from_text(mark_of(home, store).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
