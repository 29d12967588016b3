"""The queue: what falls due next stands first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import Response

from sulku_console.pages import render
from sulku_console.parts import ConsoleParts
from sulku_console.visitor import Reader, Visitor, parts_of
from sulku_kernel.errors import ConfigurationError
from sulku_revocation.domain.request_states import RequestState
from sulku_revocation.request_models import revocation_requests
from sulku_tickets.domain.escalation_policy import contacts_of
from sulku_tickets.domain.ticket_states import EscalationState, TicketState
from sulku_tickets.domain.urgency import Urgency
from sulku_tickets.models import escalations
from sulku_tickets.ticket_queue import QueueFilters, queue

router = APIRouter()

PAGE = 100
OPEN_STATES = tuple(state for state in TicketState if state is not TicketState.CLOSED)
# Which tickets, in the order of the links.
SHOW = ("open", "mine", "unassigned", "approval", "closed")
_TO_APPROVE = sa.select(revocation_requests.c.ticket_id).where(
    revocation_requests.c.state == RequestState.DECIDED.value
)


@dataclass(frozen=True)
class QueueView:
    """The tickets of a page, and which of them page somebody or wait for an approval."""

    tickets: Sequence[Mapping[str, Any]]
    paging: frozenset[int]
    waiting: frozenset[int]
    has_more: bool
    now: datetime

    @property
    def late(self) -> int:
        """How many have missed a deadline."""
        return sum(row["due_at"] is not None and row["due_at"] <= self.now for row in self.tickets)

    @property
    def soon(self) -> int:
        """How many have one within the hour."""
        hour = timedelta(hours=1)
        return sum(row["due_at"] is not None and self.now < row["due_at"] <= self.now + hour for row in self.tickets)


@router.get("/")
def queue_page(request: Request, visitor: Reader, show: str = "open", urgency: str = "", page: int = 1) -> Response:
    """The queue, filtered by links."""
    show = show if show in SHOW else "open"
    chosen = Urgency(urgency) if urgency in set(Urgency) else None
    page = min(max(page, 1), 1_000)
    parts = parts_of(request)
    return render(
        request,
        visitor,
        "queue.html.j2",
        view=_read(parts, visitor, show, chosen, page),
        show=show,
        shows=SHOW,
        urgency=urgency if chosen else "",
        urgencies=list(Urgency),
        page=page,
        on_call=_on_call(parts),
    )


def _on_call(parts: ConsoleParts) -> list[str]:
    """Who is on call now; nobody is named where the policy's file is broken, since the queue is needed all the same."""
    try:
        return [contact.name for contact in contacts_of(parts.escalation_policy(), 0, parts.clock.now())]
    except ConfigurationError:
        return ["?"]


def _read(parts: ConsoleParts, visitor: Visitor, show: str, urgency: Urgency | None, page: int) -> QueueView:
    filters = QueueFilters(
        states=(TicketState.CLOSED,) if show == "closed" else OPEN_STATES,
        urgencies=None if urgency is None else (urgency,),
        assignee={"mine": visitor.login, "unassigned": ""}.get(show),
        among=_TO_APPROVE if show == "approval" else None,
        limit=PAGE + 1,
        offset=(page - 1) * PAGE,
    )
    with parts.storage.desk.reading() as connection:
        tickets = [dict(row) for row in queue(connection, filters)]
        ids = [row["id"] for row in tickets]
        return QueueView(
            tickets=tickets[:PAGE],
            paging=_with(connection, escalations, EscalationState.OPEN, ids),
            waiting=_with(connection, revocation_requests, RequestState.DECIDED, ids),
            has_more=len(ids) > PAGE,
            now=parts.clock.now(),
        )


def _with(connection: sa.Connection, table: sa.Table, state: str, ids: Sequence[int]) -> frozenset[int]:
    query = sa.select(table.c.ticket_id).where(table.c.ticket_id.in_(ids), table.c.state == str(state))
    return frozenset(connection.execute(query).scalars())
