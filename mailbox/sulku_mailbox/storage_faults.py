"""Which fault of the storage is behind an exception: what the sender is told depends on it, and nothing else."""

from __future__ import annotations

import errno
import sqlite3

import psycopg
import sqlalchemy as sa

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_disk_full(error: BaseException) -> bool:
    """Whether there was no room: worth a 452 4.3.1, and it heals by itself when there is room again."""
    origin = _origin(error)
    if isinstance(origin, OSError):
        return origin.errno in _FULL
    if isinstance(origin, sqlite3.Error):
        return getattr(origin, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(origin, psycopg.errors.DiskFull)


def is_database_fault(error: BaseException) -> bool:
    """Whether the database as a whole refused, so that trying the mails of a batch one by one is pointless."""
    return isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError | OSError)


def named(error: BaseException) -> str:
    """A name of the fault for a log; never its text, which may hold a statement or a password."""
    return "DiskFull" if is_disk_full(error) else type(error).__name__


def _origin(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
