"""Every effect outside the database is a row first: mail, call to the CA, page.

It is stored in the transaction that caused it, carried out after the commit at least once, and ends as done or as a
ticket event that pages somebody; nothing is given up silently.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from sulku_kernel import lease
from sulku_kernel.bulk import insert_rows
from sulku_kernel.columns import ROW_ID, JsonText, UtcDateTime
from sulku_kernel.crash_points import crossing
from sulku_kernel.lease import Fence
from sulku_kernel.storage import desk_metadata


class EffectState(StrEnum):
    """QUEUED → INFLIGHT → DONE, AWAITING_RETRY (→ INFLIGHT) or FAILED; WITHHELD by rule, with its reason."""

    QUEUED = "queued"
    INFLIGHT = "inflight"
    AWAITING_RETRY = "awaiting_retry"
    DONE = "done"
    FAILED = "failed"
    WITHHELD = "withheld"


outbox = sa.Table(
    "outbox",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("payload", JsonText, nullable=False),
    sa.Column("ticket_id", sa.BigInteger),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("next_attempt_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("last_error", sa.Text),
    *lease.lease_columns(),
    # In the order in which a lane claims: of a hundred thousand that wait the next ones are found at once.
    sa.Index(
        "ix_outbox_due",
        "kind",
        "priority",
        "next_attempt_at",
        sqlite_where=sa.text("next_attempt_at IS NOT NULL"),
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    ),
    sa.Index("ix_outbox_ticket", "ticket_id"),
)


_CLOCKS_AGREE_WITHIN = timedelta(minutes=1)

# Built once: idle dispatchers ask several times a second.
_OF_KINDS = outbox.c.kind.in_(sa.bindparam("kinds", expanding=True))
_CLAIM = {
    (dialect, by_kind): lease.claiming(
        outbox,
        dialect,
        due=sa.and_(
            outbox.c.next_attempt_at.is_not(None),
            outbox.c.next_attempt_at <= sa.bindparam("claim_now", type_=UtcDateTime()),
            *((_OF_KINDS,) if by_kind else ()),
        ),
        order_by=(outbox.c.priority, outbox.c.next_attempt_at, outbox.c.id),
        set_values={"state": EffectState.INFLIGHT},
    )
    for dialect in ("sqlite", "postgresql")
    for by_kind in (False, True)
}
_DUE = (
    sa.select(outbox.c.id)
    .where(outbox.c.next_attempt_at <= sa.bindparam("claim_now", type_=UtcDateTime()), lease.is_free(outbox), _OF_KINDS)
    .limit(1)
)


@dataclass(frozen=True)
class Effect:
    """An effect to be carried out. `key` makes it unique for ever: the same key stored twice is one effect.

    Lower `priority` goes first: pages 0, CA orders 1, answers to people 5.
    """

    kind: str
    key: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    ticket_id: int | None = None
    priority: int = 5
    not_before: datetime | None = None


@dataclass(frozen=True)
class ClaimedEffect:
    """An effect that is ours until `lease_until`."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    ticket_id: int | None
    attempt: int
    created_at: datetime
    fence: Fence
    priority: int = 5
    last_error: str | None = None


@crossing("effects_stored")
def store(connection: sa.Connection, effects: Iterable[Effect], *, now: datetime) -> None:
    """Store effects; one whose key is there already is left as it is."""
    rows = [
        {
            "kind": effect.kind,
            "key": effect.key,
            "payload": effect.payload,
            "ticket_id": effect.ticket_id,
            "state": EffectState.QUEUED,
            "priority": effect.priority,
            "created_at": now,
            "next_attempt_at": effect.not_before or now,
        }
        for effect in effects
    ]
    insert_rows(connection, outbox, rows, unless_there=("key",))


@crossing("effects_claimed")
def claim(
    connection: sa.Connection,
    *,
    owner: str,
    now: datetime,
    limit: int = 20,
    lease_for: timedelta = timedelta(seconds=60),
    kinds: Iterable[str] | None = None,
) -> list[ClaimedEffect]:
    """Lease effects that are due, most urgent first. An effect whose holder died is due again when its lease ends."""
    statement = _CLAIM[connection.dialect.name, kinds is not None]
    chosen = {} if kinds is None else {"kinds": list(kinds)}
    rows = lease.claim_by(connection, statement, owner=owner, now=now, lease=lease_for, limit=limit, given=chosen)
    return [_claimed(row, owner) for row in sorted(rows, key=lambda row: (row["priority"], row["id"]))]


def claim_waiting(
    connection: sa.Connection, key: str, *, owner: str, now: datetime, lease_for: timedelta
) -> ClaimedEffect | None:
    """Lease the effect of this key between two attempts, so that nobody carries it out meanwhile.

    None while somebody does or died of it, before its first attempt and after its last.
    """
    waits = sa.and_(outbox.c.key == key, outbox.c.state == EffectState.AWAITING_RETRY)
    rows = lease.claim(
        connection, outbox, due=waits, order_by=(outbox.c.id,), owner=owner, now=now, lease=lease_for, limit=1
    )
    return _claimed(rows[0], owner) if rows else None


def _claimed(row: sa.RowMapping, owner: str) -> ClaimedEffect:
    return ClaimedEffect(
        id=row["id"],
        kind=row["kind"],
        key=row["key"],
        payload=row["payload"],
        ticket_id=row["ticket_id"],
        attempt=row["attempt"],
        created_at=row["created_at"],
        fence=Fence(row["id"], owner, row["attempt"]),
        priority=row["priority"],
        last_error=row["last_error"],
    )


def has_due(connection: sa.Connection, *, now: datetime, kinds: Iterable[str]) -> bool:
    """Whether anything is due that nobody holds: asked before taking the write lock."""
    return connection.execute(_DUE, {**lease.moment(now), "kinds": list(kinds)}).first() is not None


def renew(connection: sa.Connection, effects: Iterable[ClaimedEffect], *, until: datetime) -> None:
    """They are still being carried out: hold them until then."""
    lease.renew(connection, outbox, [effect.fence for effect in effects], until)


def rescue_from_clock(connection: sa.Connection, *, now: datetime, paced: Collection[str] = ()) -> int:
    """What was due before the clock was set back is due now; it need not wait until the clock has caught up.

    Due it was when somebody has it in hand, or had and has not tried it since, or when it was stored to be carried out
    at once. What is planned for a later day stays so, but for the kinds in `paced`: those only follow each other at a
    pace. Returns how many there were.
    """
    future = now + _CLOCKS_AGREE_WITHIN
    on = outbox.c
    was_tried = sa.and_(on.state == EffectState.AWAITING_RETRY, on.next_attempt_at >= on.created_at)
    was_due = sa.or_(was_tried, on.next_attempt_at == on.created_at, on.kind.in_(list(paced)))
    rescued = connection.execute(
        outbox.update()
        .where(
            on.next_attempt_at > future,
            sa.or_(on.state == EffectState.INFLIGHT, sa.and_(on.created_at > future, was_due)),
        )
        .values(next_attempt_at=now)
    )
    return rescued.rowcount


def complete(connection: sa.Connection, effect: ClaimedEffect, *, now: datetime) -> None:
    """It is done. Call it in the transaction that records what came of it. Raises ConflictError."""
    lease.release(
        connection,
        outbox,
        effect.fence,
        {"state": EffectState.DONE, "next_attempt_at": None, "finished_at": now, "last_error": None},
    )


def retry(connection: sa.Connection, effect: ClaimedEffect, *, at: datetime, error: str) -> None:
    """It did not work; try again at `at`. Raises ConflictError."""
    lease.release(
        connection,
        outbox,
        effect.fence,
        {"state": EffectState.AWAITING_RETRY, "next_attempt_at": at, "last_error": error},
    )


def give_up(
    connection: sa.Connection,
    effect: ClaimedEffect,
    *,
    now: datetime,
    error: str,
    state: EffectState = EffectState.FAILED,
) -> None:
    """It will not be tried again. The caller records it on the ticket and pages somebody. Raises ConflictError."""
    lease.release(
        connection,
        outbox,
        effect.fence,
        {"state": state, "next_attempt_at": None, "finished_at": now, "last_error": error},
    )


def back_off(attempt: int, *, priority: int = 5) -> timedelta:
    """How long to wait after the given attempt (1 is the first): doubling from 5 s, with jitter of a quarter.

    At most five minutes; a page (priority 0) at most half a minute, since somebody is to be woken within one.
    """
    most = timedelta(seconds=30) if priority == 0 else timedelta(minutes=5)
    waiting: timedelta = min(timedelta(seconds=5) * 2 ** min(attempt - 1, 20), most)
    return waiting * random.uniform(0.75, 1.0)  # noqa: S311  jitter, not a secret
