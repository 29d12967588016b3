"""Whether anybody has committed to a store since it was asked last: cheap enough to ask every few milliseconds."""

from __future__ import annotations

from sulku_kernel.storage import Store


class ChangeWatch:
    """One asker's view of an SQLite file, by its data version; it keeps a connection. Not for several threads.

    PostgreSQL has nothing of the kind (`can_see` is false): there something may always have changed.
    """

    def __init__(self, store: Store) -> None:
        self.can_see = store.is_sqlite
        self._connection = store.engine.raw_connection() if store.is_sqlite else None
        self._seen = self._version()

    def has_changed(self) -> bool:
        """Whether another connection has committed since this was asked, or since the beginning."""
        before, self._seen = self._seen, self._version()
        return self._connection is None or self._seen != before

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()

    def _version(self) -> int:
        if self._connection is None:
            return 0
        cursor = self._connection.cursor()
        try:
            return int(cursor.execute("PRAGMA data_version").fetchone()[0])
        finally:
            cursor.close()
