"""The inbox: every mail that was ever accepted, as it came, sealed.

A mail is accepted when `add` has returned: its bytes and its delivery row are durable then. The same bytes handed in
twice are one raw mail and two deliveries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from sulku_kernel.bulk import insert_rows
from sulku_kernel.clock import Clock, SystemClock
from sulku_kernel.columns import storable_text
from sulku_kernel.crash_points import crossing
from sulku_kernel.errors import ConfigurationError, NotFoundError, UnavailableError
from sulku_kernel.lost_sync import is_lost_sync
from sulku_kernel.storage import Store
from sulku_mailbox import models
from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.batches import in_batches
from sulku_mailbox.domain.glance import BEGINNING
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.raw_mail import PIECE, SMALL, RawMail
from sulku_mailbox.sealing import DataKeys, SealBrokenError

log = structlog.get_logger(__name__)

# Any number that no other part of the desk uses for an advisory lock ("inbox" in ASCII).
_ORDER_LOCK = 0x696E626F78
_AT_ONCE = 500
_DISK_FAILED = "Check the disk, then restart the desk; until then no mail is accepted."

# Built once: these are asked for every batch, however small.
_LAST = sa.select(sa.func.max(models.deliveries.c.id))
_CHUNKS = (
    sa.select(models.raw_chunks)
    .where(models.raw_chunks.c.sha256.in_(sa.bindparam("digests", expanding=True)))
    .order_by(models.raw_chunks.c.sha256, models.raw_chunks.c.chunk)
)
_FIRST_CHUNKS = _CHUNKS.where(models.raw_chunks.c.chunk == 0)
_AFTER = (
    sa.select(models.deliveries)
    .where(models.deliveries.c.id > sa.bindparam("after"))
    .order_by(models.deliveries.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A mail that was handed to us and is to be stored."""

    raw: RawMail
    envelope: Envelope
    anomalies: tuple[Anomaly, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery in the inbox. `size` is that of the raw mail, so that a reader can plan its memory."""

    id: int
    sha256: str
    size: int
    envelope: Envelope
    anomalies: tuple[Anomaly, ...]


AlsoWrite = Callable[[sa.Connection, Sequence[int]], None]


class Inbox:
    """The store of raw mails and deliveries. Safe to use from several threads and processes.

    Raises ConfigurationError when a key is missing with which stored mails were sealed.
    """

    def __init__(self, store: Store, keys: DataKeys, clock: Clock | None = None) -> None:
        self.store = store
        self._keys = keys
        self._clock = clock or SystemClock()
        self._dialect = sqlite if store.is_sqlite else postgresql
        self._is_key_noted = False
        self.sync_lost_at: datetime | None = None
        missing = sorted(used_key_ids(store) - keys.ids)
        if missing:
            raise ConfigurationError(
                f"the key {', '.join(missing)} is missing, with which mails in the inbox are sealed",
                next_step="Restore the folder of keys from the backup.",
            )

    # --- adding ------------------------------------------------------------------------------------------------

    def note_fault(self, error: BaseException) -> None:
        """After a lost sync (`is_lost_sync`) this process promises nothing any more: `sync_lost_at` says since when.

        It does not heal by itself; the disk is looked at by somebody, and a new process begins.
        """
        if self.sync_lost_at is None and is_lost_sync(error):
            self.sync_lost_at = self._clock.now()
            log.critical("inbox.sync_lost", next_step=_DISK_FAILED)

    def require_trust(self) -> None:
        """Nothing, while the disk may be trusted. Raises UnavailableError behind a lost sync."""
        if self.sync_lost_at is not None:
            raise UnavailableError("the inbox's disk failed to make a write durable", next_step=_DISK_FAILED)

    @crossing("inbox_stored")
    def add(self, batch: Sequence[Delivery], also: AlsoWrite | None = None) -> list[int]:
        """Store all of `batch` in one transaction and return the delivery ids in its order.

        When it returns, all of it is durable; when it raises, the outcome is that nothing is promised: answer with a
        temporary failure, the sender repeats and the duplicate collapses. `also` writes more rows in the same
        transaction (the IMAP ledger).

        Ids are dense and become visible in their order: a reader that has seen id 7 will never find a new 6. For
        that the ids are given out under a lock that is held until the commit: SQLite's write lock, or an advisory
        lock on PostgreSQL, where a sequence would let two intakes commit out of order and the desk overlook a mail.
        The lock is taken after the raw bytes were sent, so that a large mail holds nobody up.

        Raises UnavailableError behind a lost sync.
        """
        self.require_trust()
        with self.store.writing() as connection:
            self._note_key(connection)
            self._add_raw(connection, batch)
            if not self.store.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ORDER_LOCK)))
            last = connection.execute(_LAST).scalar_one() or 0
            ids = list(range(last + 1, last + 1 + len(batch)))
            if batch:
                rows = [_delivery_row(id_, delivery) for id_, delivery in zip(ids, batch, strict=True)]
                insert_rows(connection, models.deliveries, rows)
            if also is not None:
                also(connection, ids)
        self._is_key_noted = True
        return ids

    def _note_key(self, connection: sa.Connection) -> None:
        if not self._is_key_noted:
            row = {"key_id": self._keys.current, "first_used_at": self._clock.now()}
            connection.execute(self._insert_once(models.data_keys, "key_id"), row)

    def _add_raw(self, connection: sa.Connection, batch: Sequence[Delivery]) -> None:
        # In the order of their digests: two intakes with the same mails never wait for each other in a circle.
        mails = sorted({delivery.raw.sha256: delivery.raw for delivery in batch}.items())
        small = [self._chunk_row(digest, 0, raw.read()) for digest, raw in mails if raw.is_small]
        insert_rows(connection, models.raw_chunks, small, unless_there=("sha256", "chunk"))
        large = self._insert_once(models.raw_chunks, "sha256", "chunk")
        for digest, raw in mails:
            if not raw.is_small:
                self._add_large(connection, large, digest, raw)

    def _add_large(self, connection: sa.Connection, statement: sa.Insert, digest: str, raw: RawMail) -> None:
        for number, piece in enumerate(raw.pieces()):
            written = connection.execute(statement, self._chunk_row(digest, number, piece))
            if written.rowcount == 0:
                return  # the mail is here already, and all of it: a mail's chunks are written in one transaction

    def _chunk_row(self, digest: str, number: int, piece: bytes) -> dict[str, Any]:
        sealed = self._keys.seal(piece, _place(digest, number))
        return {"sha256": digest, "chunk": number, "key_id": self._keys.current, "sealed": sealed}

    def _insert_once(self, table: sa.Table, *key: str) -> sa.Insert:
        statement: sa.Insert = self._dialect.insert(table).on_conflict_do_nothing(index_elements=list(key))
        return statement

    # --- reading -----------------------------------------------------------------------------------------------

    def raw(self, sha256: str) -> bytes:
        """The bytes of a mail as they came. Raises NotFoundError, or SealBrokenError when they were changed."""
        with self.store.reading() as connection:
            rows = list(connection.execute(_CHUNKS, {"digests": [sha256]}))
        if not rows:
            raise NotFoundError(f"the inbox holds no mail {sha256}", next_step="Check the digest.")
        return self._join(sha256, rows)

    def raws(self, digests: Iterable[str]) -> dict[str, bytes]:
        """The bytes of many mails in few statements, by digest.

        A mail that cannot be opened is left out, so that it does not block the others; `raw` tells why. Everything is
        held in memory: plan with `StoredDelivery.size`.
        """
        found: dict[str, bytes] = {}
        with self.store.reading() as connection:
            for some in in_batches(sorted(set(digests)), _AT_ONCE):
                chunks = connection.execute(_CHUNKS, {"digests": some})
                for digest, rows in groupby(chunks, key=lambda row: str(row.sha256)):
                    try:
                        found[digest] = self._join(digest, list(rows))
                    except SealBrokenError:
                        continue
        return found

    def beginnings(self, deliveries: Iterable[StoredDelivery]) -> Iterator[tuple[str, bytes]]:
        """Digest and first octets (`BEGINNING`) of each mail; what cannot be opened is left out.

        Whatever the mails are, no more than some mebibytes are held at once.
        """
        sizes = {delivery.sha256: delivery.size for delivery in deliveries}
        small = sorted(digest for digest, size in sizes.items() if size <= SMALL)
        large = sorted(sizes.keys() - set(small))
        with self.store.reading() as connection:
            for some in (*in_batches(small, PIECE // SMALL * 8), *in_batches(large, 8)):
                for row in connection.execute(_FIRST_CHUNKS, {"digests": some}):
                    try:
                        plain = self._keys.open(row.key_id, row.sealed, _place(row.sha256, 0))
                    except SealBrokenError:
                        continue
                    yield row.sha256, plain[:BEGINNING]

    def _join(self, digest: str, rows: Sequence[sa.Row[Any]]) -> bytes:
        plain = b"".join(self._keys.open(row.key_id, row.sealed, _place(digest, row.chunk)) for row in rows)
        if hashlib.sha256(plain).hexdigest() != digest:
            raise SealBrokenError(
                f"parts of mail {digest} are missing or were exchanged",
                next_step="Restore the inbox from the backup.",
            )
        return plain

    def deliveries_after(self, id_: int, limit: int = 1_000) -> list[StoredDelivery]:
        """The next deliveries behind `id_`, in order. Nothing ever appears before what was already seen."""
        with self.store.reading() as connection:
            return [_stored(row) for row in connection.execute(_AFTER, {"after": id_, "most": limit})]

    def deliveries(self, ids: Iterable[int]) -> dict[int, StoredDelivery]:
        """These deliveries by id, as far as they exist."""
        table = models.deliveries
        found: dict[int, StoredDelivery] = {}
        with self.store.reading() as connection:
            for some in in_batches(sorted(set(ids)), _AT_ONCE):
                for row in connection.execute(sa.select(table).where(table.c.id.in_(some))):
                    found[row.id] = _stored(row)
        return found

    def first_deliveries(self, digests: Iterable[str]) -> dict[str, int]:
        """For each digest the id of its first delivery: a later one brought the same bytes again."""
        table = models.deliveries
        found: dict[str, int] = {}
        with self.store.reading() as connection:
            for some in in_batches(sorted(set(digests)), _AT_ONCE):
                query = sa.select(table.c.sha256, sa.func.min(table.c.id)).where(table.c.sha256.in_(some))
                found.update((digest, id_) for digest, id_ in connection.execute(query.group_by(table.c.sha256)))
        return found


def used_key_ids(store: Store) -> frozenset[str]:
    """Which data keys the mails in the inbox were sealed with."""
    with store.reading() as connection:
        return frozenset(connection.execute(sa.select(models.data_keys.c.key_id)).scalars())


def open_inbox(store: Store, keys_folder: Path, clock: Clock | None = None) -> Inbox:
    """The inbox with the keys of the instance; makes the first key when no mail was ever stored.

    Raises ConfigurationError when a key is missing.
    """
    return Inbox(store, DataKeys.load(keys_folder, used=used_key_ids(store)), clock)


def _place(digest: str, number: int) -> str:
    return f"mail {digest} chunk {number}"


def _delivery_row(id_: int, delivery: Delivery) -> dict[str, Any]:
    envelope = delivery.envelope
    return {
        "id": id_,
        "sha256": delivery.raw.sha256,
        "size": delivery.raw.size,
        "mail_from": storable_text(envelope.mail_from, 1_024),
        "rcpt_to": [storable_text(address, 1_024) for address in envelope.rcpt_to],
        "received_at": envelope.received_at,
        "via": envelope.via.value,
        "peer": storable_text(envelope.peer, 255),
        "helo": storable_text(envelope.helo, 255),
        "tls": storable_text(envelope.tls, 255),
        "anomalies": [anomaly.value for anomaly in delivery.anomalies],
    }


def _stored(row: sa.Row[Any]) -> StoredDelivery:
    envelope = Envelope(
        mail_from=row.mail_from,
        rcpt_to=tuple(row.rcpt_to),
        received_at=row.received_at,
        via=Via(row.via),
        peer=row.peer,
        helo=row.helo,
        tls=row.tls,
    )
    return StoredDelivery(row.id, row.sha256, row.size, envelope, tuple(map(Anomaly, row.anomalies)))
