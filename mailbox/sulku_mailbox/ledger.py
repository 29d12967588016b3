r"""The ledger of what was fetched from IMAP mailboxes: never `\Seen`, which any person who looks in sets.

A message is known by mailbox, folder, UIDVALIDITY and UID (RFC 3501, 2.3.1.1), and by the SHA-256 of its bytes when a
folder was numbered anew. Append-only, like the inbox it lies in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sulku_kernel.storage import Store
from sulku_mailbox.batches import in_batches
from sulku_mailbox.models import imap_departed, imap_fetched

_AT_ONCE = 500


class Departure(StrEnum):
    """How a message left its folder."""

    MOVED = "moved"  # by us, after it was stored
    GONE = "gone"  # it was stored; then somebody else took it (or we did, and were killed before we noted it)
    UNFETCHED = "unfetched"  # it was there, or must have been, and left before we could store it


@dataclass(frozen=True, slots=True)
class Place:
    """A folder as long as its UIDs mean the same."""

    mailbox: str
    folder: str
    uid_validity: int


class Ledger:
    """Answers what is known of the messages of a place, and writes what happened to them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def fetched(self, place: Place, uids: Iterable[int]) -> dict[int, bool]:
        """Which of `uids` are stored already; True when the message still has to leave the folder."""
        found: dict[int, bool] = {}
        with self._store.reading() as connection:
            for some in in_batches(uids, _AT_ONCE):
                query = _with_departure(place).where(imap_fetched.c.uid.in_(some))
                found.update({row.uid: row.how is None for row in connection.execute(query)})
        return found

    def remaining(self, place: Place, since: int = 0) -> set[int]:
        """All from UID `since` on that was fetched and, as far as we know, has not left."""
        query = _with_departure(place).where(imap_fetched.c.uid >= since, imap_departed.c.how.is_(None))
        with self._store.reading() as connection:
            return {row.uid for row in connection.execute(query)}

    def last_uid(self, place: Place) -> int | None:
        """The highest UID that is known in any way; None when the place is new to us."""
        with self._store.reading() as connection:
            found = [
                connection.execute(sa.select(sa.func.max(table.c.uid)).where(_is_in(table, place))).scalar_one()
                for table in (imap_fetched, imap_departed)
            ]
        return max((uid for uid in found if uid is not None), default=None)

    def earlier_deliveries(self, place: Place, digests: Iterable[str]) -> dict[str, int]:
        """For bytes that were fetched from this folder under another UIDVALIDITY: their delivery.

        They are the same message with a new number. The same bytes under the same UIDVALIDITY are a second message,
        and a delivery of their own.
        """
        found: dict[str, int] = {}
        table = imap_fetched.c
        with self._store.reading() as connection:
            for some in in_batches(sorted(set(digests)), _AT_ONCE):
                query = (
                    sa.select(table.sha256, sa.func.min(table.delivery_id).label("delivery_id"))
                    .where(table.mailbox == place.mailbox, table.folder == place.folder, table.sha256.in_(some))
                    .where(table.uid_validity != place.uid_validity)
                    .group_by(table.sha256)
                )
                found.update({row.sha256: row.delivery_id for row in connection.execute(query)})
        return found

    def note_departed(self, place: Place, uids: Iterable[int], how: Departure, at: datetime) -> None:
        """Write that messages have left. The first word about one stands."""
        rows = [{**_key(place, uid), "how": how.value, "at": at} for uid in sorted(set(uids))]
        if rows:
            dialect = sqlite if self._store.is_sqlite else postgresql
            with self._store.writing() as connection:
                connection.execute(dialect.insert(imap_departed).on_conflict_do_nothing(), rows)


def note_fetched(
    connection: sa.Connection, place: Place, messages: Mapping[int, tuple[str, int]], at: datetime
) -> None:
    """Write, in the inbox's own transaction, that messages are stored: UID → (SHA-256, delivery)."""
    rows = [
        {**_key(place, uid), "sha256": digest, "delivery_id": delivery_id, "fetched_at": at}
        for uid, (digest, delivery_id) in sorted(messages.items())
    ]
    connection.execute(imap_fetched.insert(), rows)


def _key(place: Place, uid: int) -> dict[str, str | int]:
    return {"mailbox": place.mailbox, "folder": place.folder, "uid_validity": place.uid_validity, "uid": uid}


def _is_in(table: sa.Table, place: Place) -> sa.ColumnElement[bool]:
    c = table.c
    return sa.and_(c.mailbox == place.mailbox, c.folder == place.folder, c.uid_validity == place.uid_validity)


def _with_departure(place: Place) -> sa.Select[Any]:
    a, b = imap_fetched.c, imap_departed.c
    same = sa.and_(a.mailbox == b.mailbox, a.folder == b.folder, a.uid_validity == b.uid_validity, a.uid == b.uid)
    return (
        sa.select(a.uid, b.how)
        .select_from(imap_fetched.outerjoin(imap_departed, same))
        .where(_is_in(imap_fetched, place))
    )
