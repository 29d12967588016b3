"""When and from where on a CA's list is read: what is new every few minutes, the whole of it each day.

A CA that cannot tell what is new is read as a whole each hour. The whole is read for what a mark would pass over: the
CA's records restored from a backup, or a certificate that was entered late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from sulku_kernel.storage import Store
from sulku_kernel.transaction import Transaction
from sulku_revocation.ca.authorities import NamedAuthority
from sulku_revocation.models import register_marks

NEW_EVERY = timedelta(minutes=5)
WHOLE_EVERY = timedelta(days=1)
WHOLE_WITHOUT_MARKS_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class KnownMark:
    """Where the last reading ended, and when all was last read."""

    mark: str
    whole_at: datetime

    def is_whole_due(self, now: datetime) -> bool:
        """Whether all of it is to be read again. A clock that was set back does not put it off."""
        return not timedelta() <= now - self.whole_at < WHOLE_EVERY


def read_mark(store: Store, ca: NamedAuthority) -> KnownMark | None:
    """None when it was never read, or when another CA had this name then."""
    query = sa.select(register_marks).where(register_marks.c.ca == ca.name, register_marks.c.source == _source(ca))
    with store.reading() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else KnownMark(row.mark, row.whole_at)


def read_every(tx: Transaction) -> Mapping[str, timedelta]:
    """How often each CA is to be read that has a mark; the others `WHOLE_WITHOUT_MARKS_EVERY`."""
    query = sa.select(register_marks.c.ca).where(register_marks.c.mark != "")
    return dict.fromkeys(tx.execute(query).scalars(), NEW_EVERY)


def read_whole_at(connection: sa.Connection) -> dict[str, datetime]:
    """When all of what a CA has issued was last read, of each that was."""
    columns = register_marks.c
    return {row.ca: row.whole_at for row in connection.execute(sa.select(columns.ca, columns.whole_at))}


def keep_mark(tx: Transaction, ca: NamedAuthority, mark: str, whole_at: datetime) -> None:
    """Everything before the mark is on file."""
    tx.execute(register_marks.delete().where(register_marks.c.ca == ca.name))
    tx.insert(register_marks, {"ca": ca.name, "source": _source(ca), "mark": mark, "whole_at": whole_at})


def _source(ca: NamedAuthority) -> str:
    return f"{ca.adapter} {ca.url}"
