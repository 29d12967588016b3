"""Who of several processes on this machine came first: the kernel says so (flock(2)), and whoever dies makes room.

Nothing may depend on it but who does what is to be done first: a process that was stopped stays the first.
"""

from __future__ import annotations

import fcntl
import os

from sulku_kernel.storage import Store


class FirstComer:
    """One process's claim to be the first of those that share a store's file; on PostgreSQL everybody is."""

    def __init__(self, store: Store, name: str) -> None:
        database = store.engine.url.database
        self._file = f"{database}-{name}" if store.is_sqlite and database is not None else None
        self._descriptor: int | None = None

    def is_ours(self) -> bool:
        """Whether we are the first; asked again, it may have become so."""
        if self._file is None or self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def close(self) -> None:
        """Make room for another."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
