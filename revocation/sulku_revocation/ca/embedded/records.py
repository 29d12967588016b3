"""The embedded CA's own database: what it issued, what it revoked, on whose order, and its CRL numbers.

A file of its own beside the keys: the desk's database says what the desk decided, this one what the CA did, and neither
can be mended from the other. Durable before an answer leaves (WAL, `synchronous=FULL`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sulku_kernel.clock import from_text, to_text
from sulku_kernel.errors import ConfigurationError
from sulku_kernel.serial_number import SerialNumber

_SCHEMA = """
CREATE TABLE IF NOT EXISTS certificate (
    id INTEGER PRIMARY KEY,
    issuer TEXT NOT NULL,                -- slug
    serial TEXT NOT NULL,                -- lower-case hex
    is_ca INTEGER NOT NULL,
    der BLOB NOT NULL,
    UNIQUE (issuer, serial)
) STRICT;
CREATE TABLE IF NOT EXISTS revocation (
    id INTEGER PRIMARY KEY,
    issuer TEXT NOT NULL,
    serial TEXT NOT NULL,
    reason INTEGER NOT NULL,
    revoked_at TEXT NOT NULL,
    crl_entry BLOB NOT NULL,             -- as it stands on the CRL
    UNIQUE (issuer, serial)
) STRICT;
CREATE TABLE IF NOT EXISTS revocation_order (
    idempotency_key TEXT PRIMARY KEY,
    issuer TEXT NOT NULL,
    serial TEXT NOT NULL,
    reason INTEGER NOT NULL,
    accepted_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS crl_number (
    issuer TEXT PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Revocation:
    """A certificate that the CA revoked: reason as a number (0: none) and date, aware UTC."""

    reason: int
    revoked_at: datetime


class Records:
    """One connection to the database. Not safe to share between threads without a lock around each use."""

    def __init__(self, file: Path) -> None:
        """Raises ConfigurationError when the file cannot be used."""
        try:
            self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=10)
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"{file}: {error}", next_step="Restore it from the backup; it holds what was issued and revoked."
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, durable at the end of the block and undone when it raises."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk has rolled it back already
                self._connection.execute("ROLLBACK")
            raise

    def add_certificate(self, issuer: str, serial: SerialNumber, der: bytes, *, is_ca: bool = False) -> None:
        """Keep a certificate that was issued."""
        self._connection.execute(
            "INSERT INTO certificate (issuer, serial, is_ca, der) VALUES (?, ?, ?, ?)",
            (issuer, serial.hex, is_ca, der),
        )

    def is_ca(self, issuer: str, serial: SerialNumber) -> bool | None:
        """Whether the certificate is one of a CA; None when it was never issued."""
        row = self._one("SELECT is_ca FROM certificate WHERE issuer = ? AND serial = ?", issuer, serial.hex)
        return None if row is None else bool(row[0])

    def certificates(self, after: int) -> list[tuple[int, bytes]]:
        """The next certificates behind number `after`, in the order in which they were issued."""
        query = "SELECT id, der FROM certificate WHERE id > ? ORDER BY id LIMIT ?"
        return self._connection.execute(query, (after, _ROWS_AT_ONCE)).fetchall()

    def revocation(self, issuer: str, serial: SerialNumber) -> Revocation | None:
        """The certificate's revocation, if there is one."""
        query = "SELECT reason, revoked_at FROM revocation WHERE issuer = ? AND serial = ?"
        row = self._one(query, issuer, serial.hex)
        return None if row is None else Revocation(row[0], from_text(row[1]))

    def put_revocation(self, issuer: str, serial: SerialNumber, revocation: Revocation, crl_entry: bytes) -> None:
        """Keep a revocation, or another reason of one that there is."""
        self._connection.execute(
            "INSERT INTO revocation (issuer, serial, reason, revoked_at, crl_entry) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (issuer, serial) DO UPDATE"
            " SET reason = excluded.reason, revoked_at = excluded.revoked_at, crl_entry = excluded.crl_entry",
            (issuer, serial.hex, revocation.reason, to_text(revocation.revoked_at), crl_entry),
        )

    def crl_entries(self, issuer: str, after: int) -> list[tuple[int, bytes]]:
        """The encoded entries of this issuer's revocations behind number `after`, with their numbers, in order of time.

        Another reason of a revocation that there is changes its entry, not its number.
        """
        query = "SELECT id, crl_entry FROM revocation WHERE id > ? AND issuer = ? ORDER BY id"
        return self._connection.execute(query, (after, issuer)).fetchall()

    def order(self, key: str) -> tuple[str, str, int] | None:
        """(issuer, serial as hex, reason) of the order that was accepted under this key."""
        row = self._one("SELECT issuer, serial, reason FROM revocation_order WHERE idempotency_key = ?", key)
        return None if row is None else (row[0], row[1], row[2])

    def add_order(self, key: str, issuer: str, serial: SerialNumber, reason: int, at: datetime) -> None:
        """Keep an order that was accepted."""
        self._connection.execute(
            "INSERT INTO revocation_order VALUES (?, ?, ?, ?, ?)", (key, issuer, serial.hex, reason, to_text(at))
        )

    def next_crl_number(self, issuer: str) -> int:
        """A number no CRL of this issuer ever had (RFC 5280, 5.2.3)."""
        row = self._one(
            "INSERT INTO crl_number VALUES (?, 1) ON CONFLICT (issuer) DO UPDATE SET last = last + 1 RETURNING last",
            issuer,
        )
        assert row is not None
        return int(row[0])

    def _one(self, query: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
        return row
