"""Paging people until one of them says "I have it".

One escalation per ticket and kind of cause: a second cause joins the open one instead of paging again, so that a flood
cannot teach people to mute the pager. Its id follows from the ticket and the kind, so that opening a ticket needs no
read. Pages are effects of the transaction that decided them: priority 0, one per contact, step and round.

`advance_due` holds its rows locked from the look to the commit and does nothing outside the database, so that two
nodes never page the same step; a lease that outlives a transaction would add nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

import sqlalchemy as sa

from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock, to_text
from sulku_kernel.crash_points import crossing
from sulku_kernel.events import Subject
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Row, Transaction, begin
from sulku_tickets.clocks import stop_for_verb
from sulku_tickets.domain.escalation_policy import EscalationPolicy, Paging, page_step, policy_from_json, policy_json
from sulku_tickets.domain.ticket_states import EscalationState
from sulku_tickets.models import ESCALATIONS, escalations, tickets
from sulku_tickets.on_call_mail import mail_to_on_call


class EscalationKind(IntEnum):
    """Why people are paged. The numbers are part of escalations' ids: never reuse one."""

    SUSPECTED_COMPROMISE = 1
    DEADLINE = 2
    EFFECT_FAILED = 3
    POISON_MAIL = 4
    BREAK_GLASS = 5
    TAKEN_BACK = 6
    PUBLICATION_UNWELL = 7
    CRL_ENTRY_FOREIGN = 8
    CRL_ENTRY_GONE = 9
    LEGAL_HOLD_ENDS = 10
    NO_LONGER_REVOKED = 11

    @property
    def word(self) -> str:
        """How it stands in rows, events and templates."""
        return self.name.lower()


def escalation_id(ticket_id: int, kind: EscalationKind) -> int:
    """The id of a ticket's escalation of a kind."""
    return ticket_id * 16 + kind


def begin_escalation(
    tx: Transaction, ticket: Row, policy: EscalationPolicy, kind: EscalationKind, *, page: bool = True
) -> Row:
    """Start the first escalation of a ticket that was just created: buffered inserts, first page at once."""
    paging = page_step(policy, 0, tx.now, tx.now)
    row = tx.create(
        ESCALATIONS,
        escalation_id(ticket["id"], kind),
        "START",
        {
            "ticket_id": ticket["id"],
            "kind": kind.word,
            "urgency": ticket["urgency"],
            "causes": 1,
            "policy": policy_json(policy),
            **_started(tx, 1, paging),
        },
        paged=_addresses(paging),
    )
    if page:
        _enqueue_pages(tx, ticket, row, paging)
    return row


def start_escalation(
    tx: Transaction,
    ticket: Row,
    policy: EscalationPolicy,
    kind: EscalationKind = EscalationKind.SUSPECTED_COMPROMISE,
    *,
    because: str = "",
    page: bool = True,
) -> Row:
    """Page the first step at once; or join the open escalation of this kind, or start an acknowledged one again.

    `page=False` where the first step is told by other means in the same transaction; the next step still follows.
    """
    existing = tx.find(ESCALATIONS, escalations.c.id == escalation_id(ticket["id"], kind))
    if existing is None:
        return begin_escalation(tx, ticket, policy, kind, page=page)
    if existing["state"] == EscalationState.OPEN:
        return tx.change(ESCALATIONS, existing, "JOIN", {"causes": existing["causes"] + 1}, because=because)
    paging = page_step(policy, 0, tx.now, tx.now)
    row = tx.change(
        ESCALATIONS,
        existing,
        "RESTART",
        {
            "urgency": ticket["urgency"],
            "causes": existing["causes"] + 1,
            "policy": policy_json(policy),
            **_started(tx, existing["round"] + 1, paging),
        },
        because=because,
        paged=_addresses(paging),
    )
    if page:
        _enqueue_pages(tx, ticket, row, paging)
    return row


@crossing("pages_advanced")
def advance_due(store: Store, clock: Clock, owner: str, limit: int = 100) -> int:
    """Page the next step of every escalation whose time has come. Returns how many steps were paged.

    `owner` names this node in the events.
    """
    with begin(store, clock, Actor.desk("scheduler")) as tx:
        due = (
            sa.select(escalations)
            .where(escalations.c.next_page_at.is_not(None), escalations.c.next_page_at <= tx.now)
            .order_by(escalations.c.next_page_at)
            .limit(limit)
        )
        if not tx.is_sqlite:
            due = due.with_for_update(skip_locked=True)
        rows = [dict(row) for row in tx.execute(due).mappings()]
        ticket_of = tickets_by_id(tx, {row["ticket_id"] for row in rows})
        for row in rows:
            _page_next(tx, ticket_of[row["ticket_id"]], row, owner)
        return len(rows)


def acknowledge(tx: Transaction, ticket_id: int, *, by: str | None = None) -> int:
    """Somebody has it: every open escalation of the ticket is quiet from now on. Returns how many there were.

    `by` names the person where the actor does not (a signed link). The clock that waits for a person stops.
    """
    # Deadlines before escalations, as `fire_due` locks them, so that the two never wait for each other.
    stop_for_verb(tx, ticket_id, "ACKNOWLEDGE_PAGE")
    query = sa.select(escalations).where(
        escalations.c.ticket_id == ticket_id, escalations.c.state == EscalationState.OPEN.value
    )
    rows = tx.execute(query if tx.is_sqlite else query.with_for_update()).mappings().all()
    for row in rows:
        _acknowledge_one(tx, dict(row), by)
    if rows:
        payload = {"by": by or tx.actor.name, "escalations": [row["kind"] for row in rows]}
        tx.record(Subject("ticket", ticket_id), "ACKNOWLEDGE_PAGE", payload, ticket_id=ticket_id)
    return len(rows)


def tickets_being_escalated(tx: Transaction, ticket_ids: Iterable[int]) -> set[int]:
    """Which of these tickets have an escalation that still pages."""
    query = sa.select(escalations.c.ticket_id).where(
        escalations.c.ticket_id.in_(list(ticket_ids)), escalations.c.state == EscalationState.OPEN.value
    )
    return set(tx.execute(query).scalars())


def _acknowledge_one(tx: Transaction, row: Row, by: str | None) -> None:
    changes = {"acknowledged_at": tx.now, "acknowledged_by": by or tx.actor.name, "next_page_at": None}
    tx.change(ESCALATIONS, row, "ACKNOWLEDGE", changes)


def _page_next(tx: Transaction, ticket: Row, row: Row, owner: str) -> None:
    step = row["step"] + 1
    paging = page_step(policy_from_json(row["policy"]), step, row["started_at"], tx.now)
    changes = {"step": step, "next_page_at": paging.next_at}
    changed = tx.change(ESCALATIONS, row, "PAGE", changes, paged=_addresses(paging), node=owner)
    _enqueue_pages(tx, ticket, changed, paging)


def _started(tx: Transaction, round_: int, paging: Paging) -> dict[str, Any]:
    return {
        "round": round_,
        "step": paging.step,
        "started_at": tx.now,
        "next_page_at": paging.next_at,
        "acknowledged_at": None,
        "acknowledged_by": None,
    }


@crossing("page_enqueued")
def _enqueue_pages(tx: Transaction, ticket: Row, row: Row, paging: Paging) -> None:
    # No word of the mail itself: a page says which ticket waits, never what a stranger wrote.
    context = {
        "number": ticket["number"],
        "urgency": ticket["urgency"],
        "case_class": ticket["case_class"],
        "received_at": to_text(ticket["received_at"]),
        "started_at": to_text(row["started_at"]),
        "cause": row["kind"],
        "step": paging.step + 1,
        "escalation": row["id"],
        "round": row["round"],
    }
    for contact in paging.contacts:
        key = f"page:{row['id']}:{row['round']}:{paging.step}:{contact.email}"
        tx.enqueue(mail_to_on_call(key, "page", contact, context, ticket_id=ticket["id"]))


def _addresses(paging: Paging) -> list[str]:
    return [contact.email for contact in paging.contacts]


def tickets_by_id(tx: Transaction, ids: set[int]) -> dict[int, Row]:
    """The rows of some tickets, not locked."""
    rows = tx.execute(sa.select(tickets).where(tickets.c.id.in_(ids))).mappings()
    return {row["id"]: dict(row) for row in rows}
