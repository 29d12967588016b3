"""The table of a ticket's states: what it promises."""

from __future__ import annotations

import pytest

from sulku_kernel.errors import IllegalTransitionError
from sulku_tickets.domain.ticket_states import ESCALATION_STATES, FACTS, TICKET_STATES, TicketState


@pytest.mark.parametrize("state", TicketState)
@pytest.mark.parametrize("verb", sorted(FACTS))
def test_a_fact_may_happen_at_any_time_and_changes_no_state(state, verb):
    assert TICKET_STATES.next(state, verb) == state


@pytest.mark.parametrize("verb", ["CLAIM", "ASK", "CLOSE"])
def test_nothing_but_an_answer_or_a_person_opens_a_closed_ticket(verb):
    with pytest.raises(IllegalTransitionError, match="not possible for a ticket that is CLOSED") as refused:
        TICKET_STATES.next("CLOSED", verb)
    assert "REOPEN" in refused.value.next_step


def test_an_answer_wakes_a_ticket_that_waits_or_is_closed():
    assert TICKET_STATES.next("AWAITING_REQUESTER", "ANSWERED") == "OPEN"
    assert TICKET_STATES.next("CLOSED", "ANSWERED") == "OPEN"
    assert TICKET_STATES.next("NEW", "ANSWERED") == "NEW"


def test_no_ticket_is_ever_at_an_end():
    assert TICKET_STATES.final == frozenset()
    assert TICKET_STATES.states == set(TicketState)


def test_an_acknowledged_escalation_pages_no_step_until_it_is_started_again():
    with pytest.raises(IllegalTransitionError):
        ESCALATION_STATES.next("ACKNOWLEDGED", "PAGE")
    assert ESCALATION_STATES.next("ACKNOWLEDGED", "RESTART") == "OPEN"
