"""Faults of the machine in plain words: a full disk, a database that is away or cannot be written."""

from __future__ import annotations

import errno

from sulku_kernel.errors import SulkuError, UnavailableError


def in_plain_words(error: Exception) -> SulkuError | None:
    """What a person can act on, or None when it is a fault of the program. Never the text of a statement."""
    # A command that only prints its help must not load the database's library.
    import sqlalchemy as sa

    from sulku_mailbox.storage_faults import is_disk_full

    if is_disk_full(error):
        return UnavailableError(
            "the disk is full; nothing was changed", next_step="Make room where SULKU_HOME lies, then try again."
        )
    if isinstance(error, sa.exc.OperationalError):
        return UnavailableError(
            f"the database cannot be used now ({_first_line(error)}); nothing was changed",
            next_step="Check that it runs and that its disk is well, then try again.",
        )
    if isinstance(error, OSError) and error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        where = f"{error.filename}: " if error.filename else ""
        return UnavailableError(f"{where}{error.strerror}", next_step="Run it as the owner of SULKU_HOME.")
    return None


def _first_line(error: Exception) -> str:
    """The driver's own words, without SQLAlchemy's statement and parameters."""
    origin = getattr(error, "orig", None)
    return (str(origin).splitlines() or [type(error).__name__])[0][:200]
