"""Which deliveries of the inbox have been read: the desk's own ledger over the append-only inbox.

Intake only adds to the inbox; that a mail was read stands here, in the same transaction as the ticket it became.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from sulku_kernel import lease
from sulku_kernel.bulk import insert_rows
from sulku_kernel.clock import to_microseconds
from sulku_kernel.columns import ROW_ID, UtcDateTime
from sulku_kernel.crash_points import crossing
from sulku_kernel.errors import ConflictError
from sulku_kernel.plain_sql import run_plainly, spell
from sulku_kernel.storage import desk_metadata
from sulku_revocation.domain.reading_order import NOT_GLANCED_AT

MOST_TRIES = 3
# So often may a worker die over a mail; nobody can tell whether the mail killed it.
MOST_DEATHS = 10

# `id` is the delivery's id in the inbox.
readings = sa.Table(
    "reading",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    *lease.lease_columns(),
    sa.Index(
        "ix_reading_open",
        "priority",
        "id",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    ),
)

# Built once: these run for every batch, however small, and cost more to build than to run.
_CLAIM = {
    dialect: lease.claiming(
        readings, dialect, due=readings.c.state == "open", order_by=(readings.c.priority, readings.c.id)
    )
    for dialect in ("sqlite", "postgresql")
}
_LAST = spell("SELECT max(id) FROM {desk}reading")
_CLAIMABLE = sa.select(readings.c.id).where(readings.c.state == "open", lease.is_free(readings)).limit(1)
_BEHIND = (
    sa.select(readings.c.id).where(readings.c.state == "open").limit(1).offset(sa.bindparam("than", type_=sa.Integer()))
)
_COMPLETE = spell(
    "UPDATE {desk}reading SET state = 'done', finished_at = {one}, lease_owner = NULL, lease_until = NULL"
    " WHERE id {among} AND lease_owner = {one} AND state = 'open' RETURNING id"
)


@dataclass(frozen=True)
class ClaimedReading:
    """A delivery that is ours to read; `attempt` counts from 1."""

    delivery_id: int
    attempt: int
    priority: int


def note_arrivals(connection: sa.Connection, arrivals: Iterable[tuple[int, int]]) -> None:
    """Enter deliveries `(id, priority)` that are not in the ledger yet."""
    rows = [{"id": id_, "state": "open", "priority": priority, "attempt": 0} for id_, priority in arrivals]
    insert_rows(connection, readings, rows, unless_there=("id",))


def note_new(connection: sa.Connection, arrivals: Sequence[tuple[int, int]]) -> set[int]:
    """Enter deliveries that are not in the ledger yet and return those, so that one worker only glances at each.

    What is entered as NOT_GLANCED_AT waits for that (`order`); should its worker die over it, it goes before all that
    wait in their turn.
    """
    ids = [id_ for id_, _ in arrivals]
    known = set(connection.execute(sa.select(readings.c.id).where(readings.c.id.in_(ids))).scalars())
    note_arrivals(connection, (one for one in arrivals if one[0] not in known))
    return set(ids) - known


def order(connection: sa.Connection, ids: Sequence[int], priority: int) -> None:
    """They were glanced at: each is read when its priority has come.

    What somebody reads already is left alone; two who write the same rows could wait for each other for ever.
    """
    waits = sa.and_(readings.c.id.in_(ids), readings.c.lease_owner.is_(None))
    unordered = sa.and_(waits, readings.c.state == "open", readings.c.priority == NOT_GLANCED_AT)
    connection.execute(readings.update().where(unordered).values(priority=priority))


def last_noted(connection: sa.Connection) -> int:
    """The highest delivery id in the ledger, 0 when it is empty."""
    [(last,)] = run_plainly(connection, _LAST)
    return last or 0


@crossing("mails_claimed")
def claim(
    connection: sa.Connection, *, owner: str, now: datetime, lease_for: timedelta, limit: int
) -> list[ClaimedReading]:
    """Lease deliveries that wait to be read, the most urgent and then the oldest first."""
    statement = _CLAIM[connection.dialect.name]
    rows = lease.claim_by(connection, statement, owner=owner, now=now, lease=lease_for, limit=limit)
    claimed = (ClaimedReading(row["id"], row["attempt"], row["priority"]) for row in rows)
    return sorted(claimed, key=lambda one: one.delivery_id)


def complete(connection: sa.Connection, claimed: Sequence[ClaimedReading], *, owner: str, now: datetime) -> None:
    """They were read. Raises ConflictError when a lease was lost: then roll everything back.

    `owner` is unique for each claim, so that it is the fence.
    """
    ids = [one.delivery_id for one in claimed]
    written = run_plainly(connection, _COMPLETE, to_microseconds(now), ids, owner)
    if len(written) != len(claimed):
        raise ConflictError("the lease on a batch of deliveries was lost to another worker")


@crossing("lease_renewed")
def renew(connection: sa.Connection, *, owner: str, until: datetime) -> int:
    """Hold what `owner` holds until then: its batch takes long, and it is alive. Returns how many there are."""
    held = readings.update().where(readings.c.lease_owner == owner, readings.c.state == "open")
    return connection.execute(held.values(lease_until=until)).rowcount


def uncount(connection: sa.Connection, *, owner: str) -> None:
    """What hindered `owner` was no fault of these mails, nor did it die over them: the attempt counts for nothing."""
    held = readings.update().where(readings.c.lease_owner == owner, readings.c.state == "open")
    connection.execute(held.values(attempt=readings.c.attempt - 1))


def give_back(connection: sa.Connection, *, owner: str) -> None:
    """What `owner` has not come to: let it be claimed again at once, what is more urgent before it."""
    held = readings.update().where(readings.c.lease_owner == owner, readings.c.state == "open")
    connection.execute(held.values(lease_owner=None, lease_until=None, attempt=readings.c.attempt - 1))


def put_back(connection: sa.Connection, claimed: ClaimedReading, *, owner: str) -> None:
    """It could not be read this time: let it be claimed again at once, its attempts counted."""
    connection.execute(
        readings.update()
        .where(readings.c.id == claimed.delivery_id, readings.c.lease_owner == owner)
        .values(lease_owner=None, lease_until=None)
    )


def has_claimable(connection: sa.Connection, now: datetime) -> bool:
    """Whether anything waits that nobody holds: asked before taking the write lock."""
    return connection.execute(_CLAIMABLE, lease.moment(now)).first() is not None


def waits_longer(connection: sa.Connection, than: int) -> bool:
    """Whether more than so many deliveries wait to be read; looks at no more of them."""
    return connection.execute(_BEHIND, {"than": max(than, 0)}).first() is not None


def waiting(connection: sa.Connection) -> int:
    """How many deliveries wait to be read."""
    query = sa.select(sa.func.count()).select_from(readings).where(readings.c.state == "open")
    return connection.execute(query).scalar_one()
