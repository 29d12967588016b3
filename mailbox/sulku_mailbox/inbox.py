"""The inbox: every mail that was ever accepted, as it came, sealed.

A mail is accepted when `add` has returned: its bytes and its delivery row are durable then. The same bytes handed in
twice are one raw mail and two deliveries.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from sulku_kernel.bulk import insert_plainly, insert_rows
from sulku_kernel.clock import Clock, SystemClock, from_microseconds, to_microseconds
from sulku_kernel.columns import canonical_json, storable_text
from sulku_kernel.crash_points import crossing
from sulku_kernel.errors import ConfigurationError, NotFoundError, UnavailableError
from sulku_kernel.lost_sync import is_lost_sync
from sulku_kernel.plain_sql import run_plainly, spell
from sulku_kernel.storage import Store
from sulku_kernel.time_ordered_id import time_ordered_id
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

_COLUMNS = ", ".join(column.name for column in models.deliveries.columns)
_LAST = spell("SELECT max(id) FROM {inbox}delivery")
_PLACES = spell("SELECT sha256, min(raw_id) FROM {inbox}delivery WHERE sha256 {among} GROUP BY sha256")
_AFTER = spell(f"SELECT {_COLUMNS} FROM {{inbox}}delivery WHERE id > {{one}} ORDER BY id LIMIT {{one}}")  # noqa: S608  our columns
_WITH_IDS = spell(f"SELECT {_COLUMNS} FROM {{inbox}}delivery WHERE id {{among}}")  # noqa: S608  as above
_FIRST = spell("SELECT sha256, min(id) FROM {inbox}delivery WHERE sha256 {among} GROUP BY sha256")
_CHUNKS = spell(
    "SELECT raw_id, chunk, key_id, sealed FROM {inbox}raw_chunk WHERE raw_id {among} ORDER BY raw_id, chunk"
)
_FIRST_CHUNKS = spell("SELECT raw_id, key_id, sealed FROM {inbox}raw_chunk WHERE raw_id {among} AND chunk = 0")

_Chunk = tuple[str, int, str, bytes]  # raw_id, chunk, key_id, sealed


@dataclass(frozen=True, slots=True)
class Delivery:
    """A mail that was handed to us and is to be stored."""

    raw: RawMail
    envelope: Envelope
    anomalies: tuple[Anomaly, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery in the inbox. `size` is that of the raw mail, so that a reader can plan its memory.

    `sha256` (hex) is of the raw mail's bytes, `raw_id` the place where they are kept.
    """

    id: int
    sha256: str
    raw_id: str
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
            raw_ids = self._add_raw(connection, batch)
            if not self.store.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ORDER_LOCK)))
            [(last,)] = run_plainly(connection, _LAST)
            ids = [(last or 0) + number for number in range(1, len(batch) + 1)]
            rows = [_delivery_row(id_, one, raw_ids[one.raw.sha256]) for id_, one in zip(ids, batch, strict=True)]
            insert_plainly(connection, models.deliveries, rows)
            if also is not None:
                also(connection, ids)
        self._is_key_noted = True
        return ids

    def _note_key(self, connection: sa.Connection) -> None:
        if not self._is_key_noted:
            row = {"key_id": self._keys.current, "first_used_at": self._clock.now()}
            insert_rows(connection, models.data_keys, [row], unless_there=("key_id",))

    def _add_raw(self, connection: sa.Connection, batch: Sequence[Delivery]) -> dict[str, str]:
        """Where each mail's bytes are kept, by digest: where they were already, or where they are written now.

        On PostgreSQL two intakes that get the same new bytes in the same moment keep them twice, which harms nobody.
        """
        mails = {delivery.raw.sha256: delivery.raw for delivery in batch}
        places = _places(connection, mails)
        new = {digest: time_ordered_id(self._clock.now()) for digest in mails.keys() - places.keys()}
        small = {digest: raw_id for digest, raw_id in new.items() if mails[digest].is_small}
        rows = [self._chunk_row(raw_id, digest, 0, mails[digest].read()) for digest, raw_id in small.items()]
        insert_plainly(connection, models.raw_chunks, rows)
        for digest in new.keys() - small.keys():
            for number, piece in enumerate(mails[digest].pieces()):
                insert_plainly(connection, models.raw_chunks, [self._chunk_row(new[digest], digest, number, piece)])
        return places | new

    def _chunk_row(self, raw_id: str, digest: str, number: int, piece: bytes) -> tuple[Any, ...]:
        return raw_id, number, self._keys.current, self._keys.seal(piece, _bound_to(digest, number))

    # --- reading -----------------------------------------------------------------------------------------------

    def raw(self, sha256: str) -> bytes:
        """The bytes of a mail as they came. Raises NotFoundError, or SealBrokenError when they were changed."""
        with self.store.reading() as connection:
            raw_ids = list(_places(connection, [sha256]).values())
            rows = run_plainly(connection, _CHUNKS, raw_ids)
        if not rows:
            raise NotFoundError(f"the inbox holds no mail {sha256}", next_step="Check the digest.")
        return self._join(sha256, rows)

    def raws(self, deliveries: Iterable[StoredDelivery]) -> dict[str, bytes]:
        """The bytes of many mails in few statements, by digest.

        A mail that cannot be opened is left out, so that it does not block the others; `raw` tells why. Everything is
        held in memory: plan with `StoredDelivery.size`.
        """
        digests = {delivery.raw_id: delivery.sha256 for delivery in deliveries}
        found: dict[str, bytes] = {}
        with self.store.reading() as connection:
            for some in in_batches(sorted(digests), _AT_ONCE):
                for raw_id, rows in groupby(run_plainly(connection, _CHUNKS, list(some)), key=itemgetter(0)):
                    try:
                        found[digests[raw_id]] = self._join(digests[raw_id], list(rows))
                    except SealBrokenError:
                        continue
        return found

    def beginnings(self, deliveries: Iterable[StoredDelivery]) -> Iterator[tuple[str, bytes]]:
        """Digest and first octets (`BEGINNING`) of each mail; what cannot be opened is left out.

        Whatever the mails are, no more than some mebibytes are held at once.
        """
        asked = {delivery.raw_id: delivery for delivery in deliveries}
        small = sorted(raw_id for raw_id, delivery in asked.items() if delivery.size <= SMALL)
        large = sorted(asked.keys() - set(small))
        with self.store.reading() as connection:
            for some in (*in_batches(small, PIECE // SMALL * 8), *in_batches(large, 8)):
                for raw_id, key_id, sealed in run_plainly(connection, _FIRST_CHUNKS, list(some)):
                    digest = asked[raw_id].sha256
                    try:
                        plain = self._keys.open(key_id, sealed, _bound_to(digest, 0))
                    except SealBrokenError:
                        continue
                    yield digest, plain[:BEGINNING]

    def _join(self, digest: str, chunks: Sequence[_Chunk]) -> bytes:
        plain = b"".join(self._keys.open(key_id, sealed, _bound_to(digest, n)) for _, n, key_id, sealed in chunks)
        if hashlib.sha256(plain).hexdigest() != digest:
            raise SealBrokenError(
                f"parts of mail {digest} are missing or were exchanged",
                next_step="Restore the inbox from the backup.",
            )
        return plain

    def deliveries_after(self, id_: int, limit: int = 1_000) -> list[StoredDelivery]:
        """The next deliveries behind `id_`, in order. Nothing ever appears before what was already seen."""
        with self.store.reading() as connection:
            return [_stored(*row) for row in run_plainly(connection, _AFTER, id_, limit)]

    def deliveries(self, ids: Iterable[int]) -> dict[int, StoredDelivery]:
        """These deliveries by id, as far as they exist."""
        found: list[StoredDelivery] = []
        with self.store.reading() as connection:
            for some in in_batches(sorted(set(ids)), _AT_ONCE):
                found += [_stored(*row) for row in run_plainly(connection, _WITH_IDS, list(some))]
        return {delivery.id: delivery for delivery in found}

    def first_deliveries(self, digests: Iterable[str]) -> dict[str, int]:
        """For each digest the id of its first delivery: a later one brought the same bytes again."""
        found: dict[str, int] = {}
        with self.store.reading() as connection:
            for some in in_batches(sorted(set(digests)), _AT_ONCE):
                found |= dict(run_plainly(connection, _FIRST, list(some)))
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


def _places(connection: sa.Connection, digests: Iterable[str]) -> dict[str, str]:
    """Where the mails with these digests are kept, as far as they are."""
    return dict(run_plainly(connection, _PLACES, list(digests)))


def _bound_to(digest: str, number: int) -> str:
    return f"mail {digest} chunk {number}"


def _delivery_row(id_: int, delivery: Delivery, raw_id: str) -> tuple[Any, ...]:
    """The columns of `models.deliveries`, in their order."""
    raw, envelope = delivery.raw, delivery.envelope
    return (
        id_,
        raw.sha256,
        raw_id,
        raw.size,
        storable_text(envelope.mail_from, 1_024),
        canonical_json([storable_text(address, 1_024) for address in envelope.rcpt_to]),
        to_microseconds(envelope.received_at),
        envelope.via.value,
        storable_text(envelope.peer, 255),
        storable_text(envelope.helo, 255),
        storable_text(envelope.tls, 255),
        canonical_json([anomaly.value for anomaly in delivery.anomalies]),
    )


def _stored(
    id_: int,
    sha256: str,
    raw_id: str,
    size: int,
    mail_from: str,
    rcpt_to: str,
    received_at: int,
    via: str,
    peer: str,
    helo: str,
    tls: str,
    anomalies: str,
) -> StoredDelivery:
    envelope = Envelope(
        mail_from=mail_from,
        rcpt_to=tuple(json.loads(rcpt_to)),
        received_at=from_microseconds(received_at),
        via=Via(via),
        peer=peer,
        helo=helo,
        tls=tls,
    )
    return StoredDelivery(id_, sha256, raw_id, size, envelope, tuple(map(Anomaly, json.loads(anomalies))))
