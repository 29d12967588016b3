"""The tables of requests and orders: which ways exist, and which do not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sulku_kernel.errors import IllegalTransitionError
from sulku_revocation.domain.order_states import (
    ORDER_STATES,
    OrderAlarm,
    OrderState,
    lateness_alarms,
    look_again_after,
)
from sulku_revocation.domain.request_states import ENDED, REQUEST_STATES, RequestState


def ways_to(machine, target):
    """Every sequence of verbs without repeats that ends in `target`."""
    found = []

    def walk(state, verbs, been):
        if state == target:
            found.append(verbs)
            return
        for verb, following in machine.transitions[state].items():
            if following not in been:
                walk(following, [*verbs, verb], been | {following})

    for verb, state in machine.initial.items():
        walk(state, [verb], {state})
    return found


def test_every_way_to_revoked_decides_approves_orders_and_sees():
    for way in ways_to(REQUEST_STATES, RequestState.REVOKED):
        assert way[1:] == ["DECIDE", "APPROVE", "ORDER", "ACCEPT", "SEE"]


def test_revoked_never_returns():
    assert not REQUEST_STATES.transitions[RequestState.REVOKED]
    assert {"REVOKED", "ALREADY_REVOKED", "REJECTED", "WITHDRAWN", "DROPPED", "REFUSED"} == ENDED


def test_only_what_is_approved_and_not_ordered_ends_because_something_else_has_revoked_it():
    (way,) = {tuple(way[1:]) for way in ways_to(REQUEST_STATES, RequestState.ALREADY_REVOKED)}
    assert way == ("DECIDE", "APPROVE", "FIND_REVOKED")


@pytest.mark.parametrize("state", [RequestState.ORDERED, RequestState.ACCEPTED, RequestState.REVOKED])
@pytest.mark.parametrize("verb", ["WITHDRAW", "REJECT", "DROP", "DECIDE"])
def test_nothing_is_taken_back_once_it_is_ordered_but_what_waits_for_somebody_at_the_ca(state, verb):
    if (state, verb) == (RequestState.ORDERED, "WITHDRAW"):
        assert ways_to(ORDER_STATES, OrderState.WITHDRAWN) == [["STORE", "SEND", "WITHDRAW"]]
        return
    with pytest.raises(IllegalTransitionError):
        REQUEST_STATES.next(state, verb)


def test_an_order_is_confirmed_only_after_it_was_sent_and_accepted():
    assert ways_to(ORDER_STATES, OrderState.CONFIRMED) == [["STORE", "SEND", "ACCEPT", "CONFIRM"]]


def test_looking_begins_quickly_and_ends_at_once_a_minute_for_ever():
    waits = [look_again_after(attempt).total_seconds() for attempt in (1, 2, 3, 4, 5, 8, 9, 10_000)]
    assert waits == [0.5, 1, 2, 5, 10, 60, 60, 60]


def test_lateness_alarms_at_30_and_at_60_minutes():
    assert lateness_alarms(timedelta(minutes=29)) == ()
    assert lateness_alarms(timedelta(minutes=30)) == (OrderAlarm.NOT_VISIBLE_AFTER_30_MINUTES,)
    assert len(lateness_alarms(timedelta(minutes=61))) == 2
