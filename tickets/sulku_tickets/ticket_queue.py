"""What the desk has to do, in the order in which it falls due; and one ticket's story."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel.errors import NotFoundError
from sulku_kernel.events import RecordedEvent, read_events
from sulku_tickets.domain.ticket_states import TicketState
from sulku_tickets.domain.urgency import Urgency
from sulku_tickets.models import deadlines, escalations, tickets

OPEN_STATES = (TicketState.NEW, TicketState.OPEN, TicketState.AWAITING_REQUESTER)


@dataclass(frozen=True, slots=True)
class QueueFilters:
    """Which tickets: by state (open ones by default), urgency, class, assignee (`""` for nobody), account.

    `among`: a query for ticket ids; only these.
    """

    states: Collection[str] = OPEN_STATES
    urgencies: Collection[str] | None = None
    classes: Collection[str] | None = None
    assignee: str | None = None
    account_id: int | None = None
    among: sa.Select[tuple[int]] | None = None
    limit: int = 200
    offset: int = 0


def queue(connection: sa.Connection, filters: QueueFilters | None = None) -> list[sa.RowMapping]:
    """Tickets with `due_at` (their next open deadline, or None): soonest first, then more urgent, then older ones."""
    filters = filters or QueueFilters()
    due_at = (
        sa.select(sa.func.min(deadlines.c.due_at))
        .where(deadlines.c.ticket_id == tickets.c.id, deadlines.c.stopped_at.is_(None))
        .scalar_subquery()
        .label("due_at")
    )
    query = (
        sa.select(tickets, sa.type_coerce(due_at, deadlines.c.due_at.type).label("due_at"))
        .where(*_conditions(filters))
        .order_by(sa.nulls_last(sa.literal_column("due_at")), tickets.c.urgency, tickets.c.received_at, tickets.c.id)
        .limit(filters.limit)
        .offset(filters.offset)
    )
    return list(connection.execute(query).mappings())


def _conditions(filters: QueueFilters) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [tickets.c.state.in_([str(state) for state in filters.states])]
    if filters.urgencies is not None:
        conditions.append(tickets.c.urgency.in_([str(urgency) for urgency in filters.urgencies]))
    if filters.classes is not None:
        conditions.append(tickets.c.case_class.in_([str(case_class) for case_class in filters.classes]))
    if filters.assignee is not None:
        nobody = tickets.c.assignee.is_(None)
        conditions.append(tickets.c.assignee == filters.assignee if filters.assignee else nobody)
    if filters.account_id is not None:
        conditions.append(tickets.c.account_id == filters.account_id)
    if filters.among is not None:
        conditions.append(tickets.c.id.in_(filters.among))
    return conditions


def get_ticket(connection: sa.Connection, ticket_id: int) -> sa.RowMapping:
    """A ticket's row, only to look at. Raises NotFoundError."""
    row = connection.execute(sa.select(tickets).where(tickets.c.id == ticket_id)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"there is no ticket {ticket_id}", next_step="See them all with: sulku ticket list.")
    return row


def timeline(connection: sa.Connection, ticket_id: int) -> list[RecordedEvent]:
    """Everything that happened to a ticket, its requests, orders and escalations, in order."""
    return read_events(connection, ticket_id=ticket_id)


def deadlines_of(connection: sa.Connection, ticket_id: int) -> list[sa.RowMapping]:
    """The clocks of a ticket, running and stopped, soonest first."""
    query = sa.select(deadlines).where(deadlines.c.ticket_id == ticket_id).order_by(deadlines.c.due_at, deadlines.c.id)
    return list(connection.execute(query).mappings())


def escalations_of(connection: sa.Connection, ticket_id: int) -> list[sa.RowMapping]:
    """The escalations of a ticket."""
    query = sa.select(escalations).where(escalations.c.ticket_id == ticket_id).order_by(escalations.c.id)
    return list(connection.execute(query).mappings())


def digest(connection: sa.Connection, now: datetime) -> list[dict[str, Any]]:
    """The open P3 deadlines that have warned or passed: what the queue shows and nobody was woken for."""
    query = (
        sa.select(tickets.c.number, deadlines.c.kind, deadlines.c.due_at, deadlines.c.fired)
        .join(tickets, tickets.c.id == deadlines.c.ticket_id)
        .where(deadlines.c.urgency == Urgency.P3.value, deadlines.c.stopped_at.is_(None), deadlines.c.fired > 0)
        .order_by(deadlines.c.due_at)
    )
    return [{**row, "is_breached": row["due_at"] <= now} for row in connection.execute(query).mappings()]
