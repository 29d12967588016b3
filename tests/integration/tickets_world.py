"""A small world for tickets: a desk's store, a clock, people, and mails that a worker has judged."""

from __future__ import annotations

import itertools
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from sulku_kernel import audit, numbers, outbox
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.events import Subject, read_events
from sulku_kernel.language import Language
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import Transaction, begin
from sulku_tickets import actions, conversation, deadlines, escalation, opening
from sulku_tickets.domain.escalation_policy import Contact, EscalationPolicy, EscalationStep
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency
from sulku_tickets.models import ESCALATIONS, TICKETS
from sulku_tickets.models import deadlines as deadline_table
from sulku_tickets.models import escalations as escalation_table

OPERATOR = Actor.user("olli", frozenset({"operator"}))
AUDITOR = Actor.user("aune", frozenset({"auditor"}))
WORKER = Actor.desk("worker")
REQUESTER = "tuotanto@holder.example"
FIRST, SECOND, MANAGER = "first@desk.example", "second@desk.example", "manager@desk.example"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

POLICY = EscalationPolicy(
    "test",
    (
        EscalationStep(timedelta(0), (Contact("First", FIRST, Language.SV),)),
        EscalationStep(10 * MINUTE, (Contact("Second", SECOND),)),
    ),
    (Contact("Manager", MANAGER),),
)


class Tickets:
    """What the tests do and look at."""

    def __init__(self, storage: Storage, clock: SetClock, policy: EscalationPolicy = POLICY) -> None:
        self.store = storage.desk
        self.clock = clock
        self.policy = policy
        self._deliveries = itertools.count(1)

    def by(self, actor: Actor) -> AbstractContextManager[Transaction]:
        return begin(self.store, self.clock, actor)

    def mail(self, **given) -> conversation.IncomingMail:
        delivery = next(self._deliveries)
        ordinary = {
            "delivery_id": delivery,
            "sha256": f"{delivery:064x}",
            "from_address": REQUESTER,
            "to_addresses": ("desk@desk.example",),
            "subject": "Sulkupyyntö",
            "received_at": self.clock.now(),
            "message_id": f"<{delivery}@holder.example>",
        }
        return conversation.IncomingMail(**{**ordinary, **given})

    def open(self, urgency=Urgency.P2, case_class=CaseClass.REVOCATION_REQUEST, *, mail=None, **given) -> int:
        (ticket_id,) = self.open_many(1, urgency, case_class, mail=mail, **given)
        return ticket_id

    def open_many(self, count, urgency, case_class=CaseClass.REVOCATION_REQUEST, *, mail=None, **given) -> list[int]:
        with self.store.writing() as connection:
            ids = list(numbers.reserve(connection, "ticket", count))
        ordinary = {"requester": REQUESTER, "assurance": Assurance.L2, "outcome": "matched", "acknowledge": True}
        with self.by(WORKER) as tx:
            for id_ in ids:
                new = opening.NewTicket(
                    id=id_, mail=mail or self.mail(), case_class=case_class, urgency=urgency, language=Language.FI,
                    **{**ordinary, **given},
                )  # fmt: skip
                opening.open_ticket(tx, new, policy=self.policy)
        return ids

    def join(self, ticket_id, case_class=None, urgency=Urgency.P3, *, page_on_call=False, **given) -> None:
        joining = None if case_class is None else opening.Joining(case_class, urgency, page_on_call=page_on_call)
        with self.by(WORKER) as tx:
            ticket = tx.get(TICKETS, ticket_id)
            opening.join_mail(tx, ticket, self.mail(**given), policy=self.policy, joining=joining)

    def act(self, action, *given, actor: Actor = OPERATOR, **named):
        with self.by(actor) as tx:
            return action(tx, *given, **named)

    def close(self, ticket_id, *waiting: str):
        return self.act(actions.close, ticket_id, because="Valmis.", undecided=lambda _tx, _id: waiting)

    def fire(self, owner: str = "node", limit: int = 1000) -> deadlines.FiredReport:
        return deadlines.fire_due(self.store, self.clock, owner, policy=self.policy, limit=limit)

    def advance(self, owner: str = "node") -> int:
        return escalation.advance_due(self.store, self.clock, owner)

    def tick_until(self, end: datetime, step: timedelta = timedelta(seconds=30)) -> None:
        """Let time pass with a scheduler that ticks."""
        while self.clock.now() < end:
            self.clock.advance(min(step, end - self.clock.now()))
            self.fire()
            self.advance()

    def sent(self, ticket_id: int, template: str, to: str = REQUESTER) -> None:
        """The dispatcher handed a mail over."""
        key = f"sent:{ticket_id}:{template}:{self.clock.now()}"
        with self.by(Actor.desk("dispatcher")) as tx:
            conversation.record_sent(
                tx, ticket_id=ticket_id, message_id=f"<{key}@desk.example>", to=to, subject="s", text="t",
                at=self.clock.now(), template=template, key=key,
            )  # fmt: skip

    def rows(self, table: sa.Table, *conditions) -> list[dict]:
        with self.store.reading() as connection:
            query = sa.select(table).where(*conditions).order_by(table.c.id)
            return [dict(row) for row in connection.execute(query).mappings()]

    def ticket(self, ticket_id: int) -> dict:
        return self.rows(TICKETS.table, TICKETS.table.c.id == ticket_id)[0]

    def running(self, ticket_id: int) -> set[str]:
        table = deadline_table
        return {row["kind"] for row in self.rows(table, table.c.ticket_id == ticket_id, table.c.stopped_at.is_(None))}

    def escalations(self, ticket_id: int) -> list[dict]:
        return self.rows(escalation_table, escalation_table.c.ticket_id == ticket_id)

    def effects(self, *templates: str) -> list[dict]:
        rows = self.rows(outbox.outbox)
        return [row for row in rows if not templates or row["payload"]["template"] in templates]

    def mails(self, *templates: str) -> list[tuple[str, str]]:
        return [(row["payload"]["template"], row["payload"]["to"]) for row in self.effects(*templates)]

    def pages(self) -> list[tuple[str, float]]:
        """(to, minutes since the first) of every page."""
        rows = self.effects("page")
        start = rows[0]["created_at"] if rows else None
        return [(row["payload"]["to"], (row["created_at"] - start) / MINUTE) for row in rows]

    def actions(self, ticket_id: int) -> list[str]:
        return [event.action for event in self.events(ticket_id)]

    def events(self, ticket_id: int):
        with self.store.reading() as connection:
            return read_events(connection, subject=Subject("ticket", ticket_id))

    def audit_faults(self) -> list[str]:
        with self.store.reading() as connection:
            return audit.verify(connection, [TICKETS, ESCALATIONS]).faults


@pytest.fixture(name="desk")
def tickets_on_both(storage: Storage, clock: SetClock) -> Tickets:
    return Tickets(storage, clock)


@pytest.fixture(name="lite")
def tickets_on_sqlite(sqlite_storage: Storage, clock: SetClock) -> Tickets:
    """The same on SQLite alone, for what touches no storage of its own."""
    return Tickets(sqlite_storage, clock)
