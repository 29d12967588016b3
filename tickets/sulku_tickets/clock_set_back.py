"""A clock that ran ahead was set back: what was reckoned by it need not wait until the clock has caught up.

A deadline that began in what is the future now begins now: nobody knows when it truly did, but not later. Paging goes
on as if its last step had been paged now. What people have planned for a later day is left alone.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock
from sulku_kernel.events import Subject
from sulku_kernel.storage import Store, for_update
from sulku_kernel.transaction import Row, Transaction, begin
from sulku_tickets.clocks import WANTED
from sulku_tickets.domain.deadline_schedule import next_fire_at
from sulku_tickets.domain.escalation_policy import longest_wait, policy_from_json
from sulku_tickets.models import ESCALATIONS, deadlines, escalations

_CLOCKS_AGREE_WITHIN = timedelta(minutes=1)
_BECAUSE = "The clock ran ahead and was set back."


def bring_back(store: Store, clock: Clock) -> int:
    """Reckon anew what waits for a time that the clock has left behind. Returns how much that was."""
    with begin(store, clock, Actor.desk("scheduler")) as tx:
        # Deadlines before escalations, as `fire_due` locks them.
        return _deadlines(tx) + _escalations(tx)


def _deadlines(tx: Transaction) -> int:
    on = deadlines.c
    future = tx.now + _CLOCKS_AGREE_WITHIN
    query = sa.select(deadlines).where(
        on.next_fire_at > future, on.started_at > future, on.subject.not_like(f"{WANTED}%")
    )
    rows = tx.execute(for_update(tx.is_sqlite, query.order_by(on.id))).mappings().all()
    for row in rows:
        due_at = row["due_at"] - (row["started_at"] - tx.now)
        changes = {"started_at": tx.now, "due_at": due_at, "next_fire_at": next_fire_at(tx.now, due_at, row["fired"])}
        tx.execute(deadlines.update().where(on.id == row["id"]).values(changes))
        payload = {"clock": row["kind"], "due_at": due_at, "subject": row["subject"], "because": [_BECAUSE]}
        tx.record(Subject("ticket", row["ticket_id"]), "CLOCK_SET_BACK", payload, ticket_id=row["ticket_id"])
    return len(rows)


def _escalations(tx: Transaction) -> int:
    on = escalations.c
    query = sa.select(escalations).where(on.next_page_at > tx.now + _CLOCKS_AGREE_WITHIN).order_by(on.id)
    waiting = [dict(row) for row in tx.execute(for_update(tx.is_sqlite, query)).mappings()]
    return sum(_escalation(tx, row) for row in waiting)


def _escalation(tx: Transaction, row: Row) -> bool:
    latest = tx.now + longest_wait(policy_from_json(row["policy"]), row["step"])
    if row["next_page_at"] <= latest + _CLOCKS_AGREE_WITHIN:
        return False
    changes = {"started_at": min(row["started_at"], tx.now), "next_page_at": latest}
    tx.change(ESCALATIONS, row, "BRING_BACK", changes, because=[_BECAUSE])
    return True
