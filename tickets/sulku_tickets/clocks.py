"""Starting and stopping the clocks of a ticket: rows in `deadline`. What fires them is `deadlines.py`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sulku_kernel.clock import to_text
from sulku_kernel.events import Subject
from sulku_kernel.transaction import Row, Transaction
from sulku_tickets.domain.clock_rules import ClockKind, ClockRule, rule_of, rules_at_opening, stopped_by_verb
from sulku_tickets.domain.deadline_schedule import next_fire_at
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency
from sulku_tickets.models import deadlines

# How the subject of a clock begins that runs from a day people have chosen.
WANTED = "wanted:"


def start_clocks(tx: Transaction, ticket: Row, *, acknowledge: bool) -> None:
    """Start the clocks a new ticket has, from its receipt. Only buffered inserts."""
    rules = rules_at_opening(
        CaseClass(ticket["case_class"]),
        Urgency(ticket["urgency"]),
        Assurance(ticket["assurance"]),
        acknowledge=acknowledge,
    )
    _insert(tx, ticket, rules, started_at=ticket["received_at"], subject="")


def start_missing_clocks(
    tx: Transaction, ticket: Row, *, started_at: datetime, subject: str, by_person: bool = False
) -> None:
    """Start the clocks that a case judged like `ticket` should have and that are not running on it.

    `by_person`: whoever does it is looking at the ticket, so that no clock has to wait for somebody to look.
    """
    running = set(
        tx.execute(
            sa.select(deadlines.c.kind).where(deadlines.c.ticket_id == ticket["id"], deadlines.c.stopped_at.is_(None))
        ).scalars()
    )
    rules = rules_at_opening(
        CaseClass(ticket["case_class"]), Urgency(ticket["urgency"]), Assurance(ticket["assurance"]), acknowledge=False
    )
    if by_person:
        running |= stopped_by_verb("CLAIM")
    _insert(tx, ticket, [rule for rule in rules if rule.kind not in running], started_at=started_at, subject=subject)


def start_clock(
    tx: Transaction,
    ticket: Row,
    kind: ClockKind,
    at: datetime,
    *,
    subject: str | None = None,
    within: timedelta | None = None,
) -> None:
    """Start one clock that another step begins: `decision_to_visible` at approval, with `subject` `order:7`.

    `subject` tells clocks of one kind on one ticket apart; started twice it is one clock, and without one the moment
    takes its place.
    """
    due_at = at + (within or rule_of(kind).within)
    row = _row(ticket, kind, started_at=at, due_at=due_at, subject=to_text(at) if subject is None else subject)
    dialect = sqlite if tx.is_sqlite else postgresql
    tx.execute(dialect.insert(deadlines).values(row).on_conflict_do_nothing())
    payload = {"clock": kind.value, "due_at": due_at, "subject": row["subject"]}
    tx.record(Subject("ticket", ticket["id"]), "CLOCK_STARTED", payload, ticket_id=ticket["id"])


def stop_clock(tx: Transaction, ticket_id: int, kind: ClockKind, at: datetime, *, subject: str | None = None) -> int:
    """Stop the running clocks of a kind (of one `subject`, or all) and record it. Returns how many there were.

    A clock stopped behind its deadline still has its breach recorded at the next tick, with nobody's help.
    """
    stopped = stop_clocks(tx, ticket_id, [kind], at=at, subject=subject)
    if stopped:
        payload = {"clock": kind.value, "at": at}
        tx.record(Subject("ticket", ticket_id), "CLOCK_STOPPED", payload, ticket_id=ticket_id)
    return stopped


def stop_clocks(
    tx: Transaction, ticket_id: int, kinds: Iterable[ClockKind], *, at: datetime, subject: str | None = None
) -> int:
    """Stop the running clocks of some kinds, as part of a step that has its own event. Returns how many there were."""
    names = [kind.value for kind in kinds]
    if not names:
        return 0
    running = [
        deadlines.c.ticket_id == ticket_id,
        deadlines.c.kind.in_(names),
        deadlines.c.stopped_at.is_(None),
    ]
    if subject is not None:
        running.append(deadlines.c.subject == subject)
    still_to_fire = sa.case((deadlines.c.due_at < at, deadlines.c.next_fire_at), else_=None)
    return tx.execute(deadlines.update().where(*running).values(stopped_at=at, next_fire_at=still_to_fire)).rowcount


def running_subjects(tx: Transaction, ticket_id: int, kind: ClockKind) -> set[str]:
    """The subjects of the ticket's running clocks of a kind."""
    here = (deadlines.c.ticket_id == ticket_id, deadlines.c.kind == kind.value, deadlines.c.stopped_at.is_(None))
    return set(tx.execute(sa.select(deadlines.c.subject).where(*here)).scalars())


def stop_for_verb(tx: Transaction, ticket_id: int, verb: str) -> int:
    """Stop what a ticket's verb stops, by the table of the clock rules."""
    return stop_clocks(tx, ticket_id, stopped_by_verb(verb), at=tx.now)


def raise_urgency(tx: Transaction, ticket_id: int, urgency: Urgency) -> None:
    """Let the running clocks of a ticket warn as its new urgency says."""
    tx.execute(
        deadlines.update()
        .where(deadlines.c.ticket_id == ticket_id, deadlines.c.stopped_at.is_(None))
        .values(urgency=urgency.value)
    )


def _insert(tx: Transaction, ticket: Row, rules: Iterable[ClockRule], *, started_at: datetime, subject: str) -> None:
    for rule in rules:
        due_at = started_at + rule.within
        tx.insert(deadlines, _row(ticket, rule.kind, started_at=started_at, due_at=due_at, subject=subject))


def _row(ticket: Row, kind: ClockKind, *, started_at: datetime, due_at: datetime, subject: str) -> dict[str, object]:
    return {
        "ticket_id": ticket["id"],
        "kind": kind.value,
        "subject": subject,
        "urgency": ticket["urgency"],
        "started_at": started_at,
        "due_at": due_at,
        "next_fire_at": next_fire_at(started_at, due_at, 0),
        "fired": 0,
    }
