"""Copies an SQLite database that others write to, as it was at one moment (the online backup API)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote


def copy_sqlite(source: Path, target: Path) -> None:
    """One step, so that no writer makes it begin anew; in WAL mode a snapshot holds nobody up."""
    connected = sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, timeout=30)
    with closing(connected) as from_, closing(sqlite3.connect(target)) as to:
        from_.backup(to, pages=-1)
        # All in one file: what is left in a write-ahead log would not be packed.
        to.execute("PRAGMA journal_mode=DELETE")
    target.chmod(0o600)


def faults_of_sqlite(file: Path) -> list[str]:
    """What SQLite itself finds wrong with its pages and indexes."""
    with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as connection:
        said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)")]
    return [] if said == ["ok"] else [f"{file.name}: {one}" for one in said]
