"""The scheduler's work on deadlines: what is due fires, exactly once per threshold, on however many nodes.

    claim (lease, fence) → what fires (pure) → events, breaches' escalations, one mail per contact → next_fire_at

All of it is one transaction, so that a node that dies leaves nothing half done and its rows due for the next tick.
A bundle of warnings is one mail: five hundred deadlines that passed while the desk was down must not become five
hundred pages in somebody's pocket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from sulku_kernel import lease
from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock, to_text
from sulku_kernel.crash_points import crossing
from sulku_kernel.events import Subject
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Row, Transaction, begin
from sulku_tickets.clocks import start_clock, start_clocks, stop_clock
from sulku_tickets.domain.clock_rules import ClockKind
from sulku_tickets.domain.deadline_schedule import BREACH, Firing, Notice, firing, next_fire_at
from sulku_tickets.domain.escalation_policy import EscalationPolicy, contacts_of
from sulku_tickets.domain.urgency import Urgency
from sulku_tickets.escalation import (
    EscalationKind,
    start_escalation,
    tickets_being_escalated,
    tickets_by_id,
)
from sulku_tickets.models import deadlines
from sulku_tickets.on_call_mail import mail_to_on_call

__all__ = ["ClockKind", "FiredReport", "fire_due", "start_clock", "start_clocks", "stop_clock"]

LEASE = timedelta(seconds=60)

# A warning mail lists this many; the rest is a number, and all of them stand in the queue.
LISTED = 50


@dataclass(frozen=True, slots=True)
class FiredReport:
    """What one call did. `claimed` equal to the limit means: call again at once, more may be due."""

    claimed: int = 0
    warned: int = 0
    breached: int = 0
    late: int = 0
    paged: int = 0


@dataclass(frozen=True, slots=True)
class _Fired:
    deadline: Row
    ticket: Row
    firing: Firing


@crossing("deadlines_fired")
def fire_due(store: Store, clock: Clock, owner: str, *, policy: EscalationPolicy, limit: int = 1000) -> FiredReport:
    """Fire up to `limit` deadlines whose threshold has come: record, warn and, at a breach, escalate.

    Thresholds that passed together (the desk was down) are one event that lists them, marked `late`, and are never
    left out. `owner` names this node; `policy` is the one in force, whose first step the warnings go to.
    """
    with begin(store, clock, Actor.desk("scheduler")) as tx:
        claimed = lease.claim(
            tx.connection,
            deadlines,
            due=sa.and_(deadlines.c.next_fire_at.is_not(None), deadlines.c.next_fire_at <= tx.now),
            order_by=(deadlines.c.next_fire_at, deadlines.c.id),
            owner=owner,
            now=tx.now,
            lease=LEASE,
            limit=limit,
        )
        if not claimed:
            return FiredReport()
        rows = sorted((dict(row) for row in claimed), key=lambda row: (row["due_at"], row["id"]))
        fired = _fire(tx, rows)
        for one in fired:
            _record(tx, one, owner)
        _write_back(tx, rows, {one.deadline["id"]: one.firing for one in fired}, owner)
        _escalate_breaches(tx, fired, policy)
        paged = _warn(tx, fired, policy)
        return FiredReport(
            claimed=len(rows),
            warned=sum(not one.firing.is_breach for one in fired),
            breached=sum(one.firing.is_breach for one in fired),
            late=sum(one.firing.late for one in fired),
            paged=paged,
        )


def _fire(tx: Transaction, rows: Sequence[Row]) -> list[_Fired]:
    ticket_of = tickets_by_id(tx, {row["ticket_id"] for row in rows})
    fired = []
    for row in rows:
        what = firing(
            row["started_at"],
            row["due_at"],
            row["fired"],
            Urgency(row["urgency"]),
            tx.now,
            stopped=row["stopped_at"] is not None,
        )
        if what is not None:
            fired.append(_Fired(row, ticket_of[row["ticket_id"]], what))
    return fired


def _record(tx: Transaction, one: _Fired, owner: str) -> None:
    row = one.deadline
    payload = {
        "clock": row["kind"],
        "subject": row["subject"],
        "urgency": row["urgency"],
        "due_at": row["due_at"],
        "stopped_at": row["stopped_at"],
        "percent": one.firing.percent,
        "thresholds": one.firing.thresholds,
        "notice": one.firing.notice.value,
        "late": one.firing.late,
        "node": owner,
    }
    action = "DEADLINE_BREACHED" if one.firing.is_breach else "DEADLINE_WARNED"
    tx.record(Subject("ticket", row["ticket_id"]), action, payload, ticket_id=row["ticket_id"])


def _write_back(tx: Transaction, rows: Sequence[Row], fired: Mapping[int, Firing], owner: str) -> None:
    tx.execute(
        deadlines.update()
        .where(
            deadlines.c.id == sa.bindparam("the_id"),
            deadlines.c.lease_owner == owner,
            deadlines.c.attempt == sa.bindparam("the_attempt"),
        )
        .values(
            fired=sa.bindparam("percent"), next_fire_at=sa.bindparam("next_at"), lease_owner=None, lease_until=None
        ),
        [_written(row, fired.get(row["id"])) for row in rows],
    )


def _written(row: Row, what: Firing | None) -> dict[str, Any]:
    percent = row["fired"] if what is None else what.percent
    # A clock that was stopped too late has said all it had to say with its breach.
    next_at = next_fire_at(row["started_at"], row["due_at"], BREACH if row["stopped_at"] is not None else percent)
    return {"the_id": row["id"], "the_attempt": row["attempt"], "percent": percent, "next_at": next_at}


def _escalate_breaches(tx: Transaction, fired: Sequence[_Fired], policy: EscalationPolicy) -> None:
    """A breach of P0 or P1 pages until somebody acknowledges; whoever is being paged already is not paged twice.

    What was done too late is warned of once, with everything else: there is nothing left that a page could hasten.
    """
    breached = {
        one.ticket["id"]: one.ticket
        for one in fired
        if one.firing.is_breach
        and one.deadline["stopped_at"] is None
        and one.ticket["urgency"] in (Urgency.P0, Urgency.P1)
    }
    if not breached:
        return
    being_escalated = tickets_being_escalated(tx, breached)
    for ticket_id, ticket in breached.items():
        if ticket_id not in being_escalated:
            start_escalation(tx, ticket, policy, EscalationKind.DEADLINE, because="a deadline passed", page=False)


def _warn(tx: Transaction, fired: Sequence[_Fired], policy: EscalationPolicy) -> int:
    """One mail to each contact of the first step with everything that pages. Returns how many mails."""
    paging = [one for one in fired if one.firing.notice is Notice.PAGE]
    if not paging:
        return 0
    first = paging[0]
    ticket_ids = {one.ticket["id"] for one in paging}
    contacts = contacts_of(policy, 0, tx.now)
    context = {
        "count": len(paging),
        "breached": sum(one.firing.is_breach for one in paging),
        "items": [_item(one) for one in paging[:LISTED]],
    }
    for contact in contacts:
        # A threshold fires once, so the first one names the bundle it stands in for ever.
        key = f"deadline:{first.deadline['id']}:{first.firing.percent}:{contact.email}"
        ticket_id = first.ticket["id"] if len(ticket_ids) == 1 else None
        tx.enqueue(mail_to_on_call(key, "deadline_warning", contact, context, ticket_id=ticket_id))
    return len(contacts)


def _item(one: _Fired) -> dict[str, Any]:
    return {
        "number": one.ticket["number"],
        "urgency": one.deadline["urgency"],
        "clock": one.deadline["kind"],
        "due_at": to_text(one.deadline["due_at"]),
        "percent": one.firing.percent,
        "breached": one.firing.percent == BREACH,
        "late": one.firing.late,
    }
