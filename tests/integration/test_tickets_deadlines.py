"""Deadlines: each threshold fires once, on however many nodes, whatever the clock did; and warns by urgency."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.integration.tickets_world import (  # noqa: F401  the last two are fixtures
    FIRST,
    HOUR,
    MINUTE,
    OPERATOR,
    Tickets,
    tickets_on_both,
    tickets_on_sqlite,
)

from sulku_tickets import actions, clocks
from sulku_tickets.domain.clock_rules import ClockKind
from sulku_tickets.domain.urgency import CaseClass, Urgency
from sulku_tickets.models import TICKETS, deadlines


def fired(desk: Tickets, ticket_id: int, clock_kind: str | None = None) -> list[tuple[str, int]]:
    """(minutes since opening, percent) of every warning and breach."""
    start = desk.ticket(ticket_id)["received_at"]
    return [
        ((event.at - start) / MINUTE, event.payload["percent"])
        for event in desk.events(ticket_id)
        if event.action.startswith("DEADLINE_") and clock_kind in (None, event.payload["clock"])
    ]


def test_every_threshold_fires_once_at_its_moment(desk: Tickets) -> None:
    ticket_id = desk.open(Urgency.P2, acknowledge=False)
    start = desk.clock.now()
    desk.tick_until(start + 25 * HOUR, step=15 * MINUTE)
    hours = [(minutes / 60, percent) for minutes, percent in fired(desk, ticket_id, "publication")]
    assert hours == [(12.0, 50), (18.0, 75), (21.75, 90), (24.0, 100)]
    warned_at = {row["created_at"] - start for row in desk.effects("deadline_warning")}
    assert warned_at == {18 * HOUR, 21.75 * HOUR, 24 * HOUR}, "P2 pages from 75 percent"
    assert all(row["next_fire_at"] is None for row in desk.rows(deadlines))
    assert desk.audit_faults() == []


@pytest.mark.parametrize("urgency", [Urgency.P0, Urgency.P1])
def test_p0_and_p1_page_at_every_threshold(lite: Tickets, urgency: Urgency) -> None:
    lite.open(urgency, acknowledge=False)
    lite.tick_until(lite.clock.now() + 15 * MINUTE)
    warnings = lite.effects("deadline_warning")
    assert [row["payload"]["context"]["items"][0]["percent"] for row in warnings] == [50, 75, 90, 100]
    assert {(row["payload"]["to"], row["priority"]) for row in warnings} == {(FIRST, 0)}


def test_p3_never_pages_and_is_recorded_all_the_same(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P3, CaseClass.SUPPORT)
    lite.tick_until(lite.clock.now() + 73 * HOUR, step=HOUR)
    assert [percent for _, percent in fired(lite, ticket_id, "answer")] == [50, 75, 90, 100]
    assert lite.mails("deadline_warning", "page") == []
    assert lite.escalations(ticket_id) == []


def test_a_breach_of_p0_and_p1_escalates_and_one_of_p2_does_not(lite: Tickets) -> None:
    urgent, ordinary = lite.open(Urgency.P1, acknowledge=False), lite.open(Urgency.P2, acknowledge=False)
    lite.act(actions.claim, urgent)
    lite.tick_until(lite.clock.now() + 24 * HOUR, step=HOUR)
    assert [row["kind"] for row in lite.escalations(urgent) if row["state"] == "OPEN"] == ["deadline"]
    assert lite.escalations(ordinary) == []


def test_who_is_being_paged_already_is_not_paged_twice_by_a_breach(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P1)
    lite.tick_until(lite.clock.now() + 16 * MINUTE)
    assert [row["kind"] for row in lite.escalations(ticket_id)] == ["suspected_compromise"]
    assert len(lite.pages()) == len({row["key"] for row in lite.effects("page")})


def test_after_a_night_down_all_is_said_once_and_marked_late(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P2, acknowledge=False)
    lite.clock.advance(19 * HOUR)
    report = lite.fire()
    assert (report.warned, report.late) == (2, 2)
    events = [event for event in lite.events(ticket_id) if event.action == "DEADLINE_WARNED"]
    assert [(event.payload["thresholds"], event.payload["late"]) for event in events] == [([50, 75], True)] * 2
    assert lite.fire().claimed == 0


def test_a_clock_that_jumps_back_fires_nothing_twice(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P2, acknowledge=False)
    lite.clock.advance(13 * HOUR)
    lite.fire()
    lite.clock.advance(-5 * HOUR)
    lite.fire()
    lite.tick_until(lite.clock.now() + 7 * HOUR, step=HOUR)
    assert [percent for _, percent in fired(lite, ticket_id, "publication")] == [50]


def test_two_nodes_fire_each_threshold_once(desk: Tickets) -> None:
    for _ in range(2):
        desk.open_many(60, Urgency.P2, acknowledge=False)
    desk.clock.advance(19 * HOUR)

    def node(name: str) -> int:
        breached = 0
        while (report := desk.fire(name, limit=7)).claimed:
            breached += report.warned
        return breached

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(node, ["one", "two", "three", "four"])) == 240
    per_clock = Counter(
        (event.subject.id, event.payload["clock"])
        for id_ in range(1, 121)
        for event in desk.events(id_)
        if event.action == "DEADLINE_WARNED"
    )
    assert set(per_clock.values()) == {1}
    assert len(per_clock) == 240
    assert desk.audit_faults() == []


def test_five_hundred_deadlines_due_at_once_are_few_mails(lite: Tickets) -> None:
    lite.open_many(250, Urgency.P2, acknowledge=False)
    lite.clock.advance(19 * HOUR)
    report = lite.fire()
    assert (report.claimed, report.late, report.paged) == (500, 500, 1)
    ((_, to),) = lite.mails("deadline_warning")
    (effect,) = lite.effects("deadline_warning")
    assert (to, effect["payload"]["context"]["count"], len(effect["payload"]["context"]["items"])) == (FIRST, 500, 50)


def test_what_was_done_in_time_warns_no_more(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P1, acknowledge=False)
    lite.clock.advance(14 * MINUTE)
    lite.fire()
    lite.act(actions.claim, ticket_id)
    lite.tick_until(lite.clock.now() + HOUR)
    assert [percent for _, percent in fired(lite, ticket_id, "first_human")] == [90]


def test_what_was_done_too_late_is_recorded_and_said_once_and_pages_no_further(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P1, acknowledge=False)
    lite.clock.advance(20 * MINUTE)  # the scheduler was down
    lite.act(actions.claim, ticket_id)
    lite.tick_until(lite.clock.now() + HOUR)
    assert [percent for _, percent in fired(lite, ticket_id, "first_human")] == [100]
    (event,) = [event for event in lite.events(ticket_id) if event.action == "DEADLINE_BREACHED"]
    assert (event.payload["stopped_at"], event.payload["late"]) == ("2026-11-24T01:20:00.000000Z", True)
    assert [row["state"] for row in lite.escalations(ticket_id)] == ["ACKNOWLEDGED"]
    assert len(lite.effects("deadline_warning")) == 1


def test_a_closed_ticket_wakes_nobody(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P0)
    lite.clock.advance(30 * HOUR)
    lite.close(ticket_id)
    lite.tick_until(lite.clock.now() + HOUR)
    assert {row["state"] for row in lite.escalations(ticket_id)} == {"ACKNOWLEDGED"}


def test_a_clock_of_a_step_runs_on_its_own_and_started_twice_is_one(desk: Tickets) -> None:
    ticket_id = desk.open()
    with desk.by(OPERATOR) as tx:
        ticket = tx.get(TICKETS, ticket_id)
        for subject in ("order:1", "order:1", "order:2"):
            clocks.start_clock(tx, ticket, ClockKind.DECISION_TO_VISIBLE, tx.now, subject=subject)
    with desk.by(OPERATOR) as tx:
        assert clocks.stop_clock(tx, ticket_id, ClockKind.DECISION_TO_VISIBLE, tx.now, subject="order:1") == 1
        assert clocks.stop_clock(tx, ticket_id, ClockKind.DECISION_TO_VISIBLE, tx.now, subject="order:1") == 0
    kinds = [
        row["subject"]
        for row in desk.rows(deadlines, deadlines.c.kind == "decision_to_visible", deadlines.c.stopped_at.is_(None))
    ]
    assert kinds == ["order:2"]
    assert desk.audit_faults() == []


def test_the_moment_of_a_warning_is_at_most_one_tick_behind_its_threshold(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P0)
    lite.tick_until(lite.clock.now() + 61 * MINUTE, step=timedelta(seconds=20))
    assert not any(event.payload.get("late") for event in lite.events(ticket_id))
    assert [percent for _, percent in fired(lite, ticket_id, "decision")] == [50, 75, 90, 100]
