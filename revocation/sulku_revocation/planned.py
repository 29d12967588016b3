"""Revocations for a later day: approved now, ordered when their time has come, held back again until then.

A planned request waits as APPROVED, and the outbox wakes it: nothing is at the CA yet, so it can still be taken back.
Its 24 hours count from the wished time (ETSI EN 319 411-1 REV-6.2.4-05A), since two people approved that time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sulku_kernel.clock import to_text
from sulku_kernel.effects import Done, EffectOutcome
from sulku_kernel.outbox import ClaimedEffect, Effect
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.domain.request_states import RequestState
from sulku_revocation.orders import store_order
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import REQUESTS
from sulku_revocation.telling import tell_planned
from sulku_tickets.clocks import start_clock, stop_clock
from sulku_tickets.domain.clock_rules import ClockKind
from sulku_tickets.models import TICKETS

PLANNED_REVOCATION = "planned_revocation"
# Time enough to answer "not yet"; what is nearer was told of when it was approved.
REMIND_BEFORE = timedelta(hours=24)


def store_planned(tx: Transaction, ticket: Row, requests: Sequence[Row]) -> None:
    """Approved requests that wait for their time: wake each then, remind a day before, move the 24 hours, tell."""
    for row in requests:
        tx.enqueue(_wake(row, "order", row["wanted_at"]))
        if row["wanted_at"] - tx.now > REMIND_BEFORE * 1.5:
            tx.enqueue(_wake(row, "remind", row["wanted_at"] - REMIND_BEFORE))
    first = min(row["wanted_at"] for row in requests)
    stop_clock(tx, ticket["id"], ClockKind.PUBLICATION, at=tx.now)
    start_clock(tx, ticket, ClockKind.PUBLICATION, at=first, subject=f"wanted:{to_text(first)}")
    tell_planned(tx, ticket, requests, register=DatabaseRegister(tx.connection), step="approved")


def _wake(row: Row, step: str, at: datetime) -> Effect:
    # With the moment of approval in it: what was taken back and approved anew is woken anew.
    return Effect(
        PLANNED_REVOCATION,
        key=f"planned:{row['id']}:{step}:{to_text(row['approved_at'])}",
        payload={"request_id": row["id"], "step": step},
        ticket_id=row["ticket_id"],
        priority=1,
        not_before=at,
    )


def carry_out_planned(effect: ClaimedEffect) -> EffectOutcome:
    """Carry out `planned_revocation`: remind, or order what is still approved when its time has come."""
    request_id, step = int(effect.payload["request_id"]), effect.payload["step"]

    def commit(tx: Transaction) -> None:
        if step == "order":
            _order(tx, request_id)
        else:
            _remind(tx, request_id)

    return Done(commit)


def _order(tx: Transaction, request_id: int) -> None:
    ticket, row = _waiting(tx, request_id)
    # One that was taken back and approved for another day is woken again then.
    if row["state"] == RequestState.APPROVED and row["wanted_at"] is not None and row["wanted_at"] <= tx.now:
        store_order(tx, ticket, tx.change(REQUESTS, row, "ORDER"))


def _remind(tx: Transaction, request_id: int) -> None:
    ticket, row = _waiting(tx, request_id)
    if row["state"] == RequestState.APPROVED:
        tell_planned(tx, ticket, [row], register=DatabaseRegister(tx.connection), step="reminder")


def _waiting(tx: Transaction, request_id: int) -> tuple[Row, Row]:
    """The ticket and then the request, locked in the order in which approvals lock."""
    ticket = tx.get(TICKETS, tx.get(REQUESTS, request_id)["ticket_id"])
    return ticket, tx.get(REQUESTS, request_id)
