"""A clock that ran ahead and is set back leaves no deadline and no page waiting for the time it had shown."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from tests.integration.tickets_world import (  # noqa: F401  the last two are fixtures
    FIRST,
    HOUR,
    MANAGER,
    MINUTE,
    OPERATOR,
    SECOND,
    Tickets,
    tickets_on_both,
    tickets_on_sqlite,
)

from sulku_tickets import clocks
from sulku_tickets.clock_set_back import bring_back
from sulku_tickets.domain.clock_rules import ClockKind
from sulku_tickets.domain.urgency import Urgency
from sulku_tickets.models import TICKETS, deadlines

AHEAD = 48 * HOUR


def set_back(desk: Tickets) -> int:
    desk.clock.advance(-AHEAD)
    return bring_back(desk.store, desk.clock)


def running(desk: Tickets, ticket_id: int) -> dict[str, timedelta]:
    """How far each deadline lies ahead."""
    rows = desk.rows(deadlines, deadlines.c.ticket_id == ticket_id, deadlines.c.stopped_at.is_(None))
    return {row["kind"]: row["due_at"] - desk.clock.now() for row in rows}


def test_a_deadline_that_began_in_the_future_begins_now_and_warns_in_its_time(desk: Tickets) -> None:
    ticket_id = desk.open(Urgency.P1)
    before = running(desk, ticket_id)
    set_back(desk)
    assert running(desk, ticket_id) == before
    assert desk.actions(ticket_id).count("CLOCK_SET_BACK") == len(before)
    desk.tick_until(desk.clock.now() + 16 * MINUTE)
    assert "DEADLINE_BREACHED" in desk.actions(ticket_id)
    assert desk.audit_faults() == []


def test_paging_goes_on_step_after_step_and_not_when_the_clock_has_caught_up(desk: Tickets) -> None:
    desk.open(Urgency.P1)
    set_back(desk)
    start = desk.clock.now()
    desk.tick_until(start + 10 * MINUTE)
    paged = [row["payload"]["to"] for row in desk.effects("page")]
    assert paged == [FIRST, SECOND]
    desk.tick_until(start + 20 * MINUTE)
    assert [row["payload"]["to"] for row in desk.effects("page")][2] == MANAGER
    assert desk.audit_faults() == []


def test_an_escalation_that_had_begun_before_the_clock_ran_ahead_goes_on_too(lite: Tickets) -> None:
    lite.open(Urgency.P1)
    lite.clock.advance(AHEAD)
    assert lite.advance() == 1
    set_back(lite)
    lite.tick_until(lite.clock.now() + 6 * MINUTE)
    assert (len(lite.effects("page")), lite.mails("page")[-1]) == (3, ("page", MANAGER))


def test_what_is_right_is_left_alone_whatever_is_asked_how_often(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P1)
    planned = lite.clock.now() + 7 * 24 * HOUR
    with lite.by(OPERATOR) as tx:
        clocks.start_clock(
            tx, tx.get(TICKETS, ticket_id), ClockKind.PUBLICATION, at=planned, subject=f"{clocks.WANTED}week"
        )
    for _ in range(3):
        lite.clock.advance(2 * MINUTE)
        lite.fire()
        lite.advance()
        before = lite.rows(deadlines), lite.escalations(ticket_id)
        assert bring_back(lite.store, lite.clock) == 0
        assert (lite.rows(deadlines), lite.escalations(ticket_id)) == before
    week = sa.and_(deadlines.c.kind == "publication", deadlines.c.subject.startswith(clocks.WANTED))
    assert lite.rows(deadlines, week)[0]["started_at"] == planned
