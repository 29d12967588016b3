"""A disk that failed to make written pages durable: behind that, nothing that is written can be trusted.

After a failed fsync(2) the kernel may drop the pages and report success the next time (PostgreSQL crashes itself for
that reason, and recovers from its log). So whoever meets it writes no more.
"""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

_FSYNC = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}


def is_lost_sync(error: BaseException) -> bool:
    """Whether the disk failed to make written pages durable, as SQLite tells it."""
    origin = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return isinstance(origin, sqlite3.Error) and getattr(origin, "sqlite_errorcode", None) in _FSYNC
