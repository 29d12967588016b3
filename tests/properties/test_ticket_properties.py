"""Over random schedules, rotas, histories and addresses: what may never happen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import NIGHT

from sulku_kernel.address import normalise_address
from sulku_kernel.errors import IllegalTransitionError
from sulku_tickets.domain.deadline_schedule import THRESHOLDS, Notice, firing, next_fire_at, threshold_at
from sulku_tickets.domain.escalation_policy import (
    Contact,
    EscalationPolicy,
    EscalationStep,
    contacts_of,
    page_step,
    policy_from_json,
    policy_json,
)
from sulku_tickets.domain.ticket_states import FACTS, TICKET_STATES
from sulku_tickets.domain.urgency import Urgency

lengths = st.timedeltas(timedelta(seconds=1), timedelta(days=5))
moments = st.lists(st.timedeltas(timedelta(days=-1), timedelta(days=6)), max_size=25)
urgencies = st.sampled_from(Urgency)


# --- deadlines -------------------------------------------------------------------------------------------------------


@given(lengths, moments, urgencies)
def test_whatever_the_clock_does_each_threshold_fires_at_most_once_and_never_early(length, looks, urgency):
    due_at, fired, said = NIGHT + length, 0, []
    for look in looks:
        now = NIGHT + look
        what = firing(NIGHT, due_at, fired, urgency, now)
        if what is not None:
            assert all(threshold_at(NIGHT, due_at, percent) <= now for percent in what.thresholds)
            said += what.thresholds
            fired = what.percent
    assert said == sorted(set(said))


@given(lengths, moments, urgencies)
def test_looking_often_or_seldom_says_the_same_thresholds(length, looks, urgency):
    due_at, fired, said = NIGHT + length, 0, []
    for look in [*sorted(looks), timedelta(days=7)]:
        what = firing(NIGHT, due_at, fired, urgency, NIGHT + look)
        said += what.thresholds if what else ()
        fired = what.percent if what else fired
    assert said == list(THRESHOLDS)


@given(lengths, st.sampled_from([0, *THRESHOLDS]))
def test_the_next_moment_to_look_is_the_first_at_which_something_fires(length, fired):
    due_at = NIGHT + length
    at = next_fire_at(NIGHT, due_at, fired)
    if at is None:
        assert firing(NIGHT, due_at, fired, Urgency.P0, due_at + timedelta(days=9)) is None
    else:
        assert firing(NIGHT, due_at, fired, Urgency.P0, at) is not None
        assert firing(NIGHT, due_at, fired, Urgency.P0, at - timedelta(microseconds=1)) is None


@given(lengths, st.timedeltas(timedelta(0), timedelta(days=6)), urgencies)
def test_the_more_urgent_never_hears_less(length, passed, urgency):
    loudness = [Notice.DIGEST, Notice.QUEUE, Notice.PAGE]
    now = NIGHT + passed
    what, urgent = (firing(NIGHT, NIGHT + length, 0, u, now) for u in (urgency, Urgency.P0))
    assert (what is None) == (urgent is None)
    if what is not None:
        assert loudness.index(what.notice) <= loudness.index(urgent.notice)
        assert (urgency is Urgency.P3) == (what.notice is Notice.DIGEST)


# --- escalation ------------------------------------------------------------------------------------------------------

edges = st.none() | st.timedeltas(timedelta(days=-2), timedelta(days=2))


@st.composite
def contacts(draw):
    since, until = draw(edges), draw(edges)
    if since is not None and until is not None and until <= since:
        since, until = until, since + timedelta(seconds=1)
    name = draw(st.sampled_from("abcdef"))
    at = [None if edge is None else NIGHT + edge for edge in (since, until)]
    return Contact(name, f"{name}@desk.example", since=at[0], until=at[1])


@st.composite
def policies(draw):
    waits = draw(st.lists(st.integers(1, 3600), max_size=4))
    after = [timedelta(seconds=sum(waits[:place])) for place in range(len(waits) + 1)]
    steps = tuple(EscalationStep(at, tuple(draw(st.lists(contacts(), max_size=3)))) for at in after)
    managers = (*draw(st.lists(contacts(), max_size=2)), Contact("manager", "manager@desk.example"))
    return EscalationPolicy("v", steps, managers, timedelta(seconds=draw(st.integers(60, 600))))


@given(policies(), st.integers(0, 20), st.timedeltas(timedelta(days=-3), timedelta(days=3)))
def test_whatever_the_rota_somebody_on_duty_is_paged(policy, step, at):
    now = NIGHT + at
    paged = contacts_of(policy, step, now)
    assert paged
    assert all(contact.is_on_call(now) for contact in paged)
    assert len({contact.email for contact in paged}) == len(paged)


@given(policies(), st.lists(st.timedeltas(timedelta(0), timedelta(hours=3)), max_size=20))
def test_steps_follow_each_other_and_the_next_one_always_lies_ahead(policy, delays):
    started_at = now = NIGHT
    for step, delay in enumerate(delays):
        paging = page_step(policy, step, started_at, now)
        assert paging.next_at > now
        now = paging.next_at + delay


@given(policies(), st.integers(0, 6))
def test_with_a_desk_that_is_never_down_each_step_comes_when_the_policy_says(policy, last):
    now = NIGHT
    for step in range(last):
        if step < len(policy.steps):
            assert now == NIGHT + policy.steps[step].after
        now = page_step(policy, step, NIGHT, now).next_at


@given(policies())
def test_a_policy_survives_being_kept(policy):
    assert policy_from_json(policy_json(policy)) == policy


# --- states and addresses --------------------------------------------------------------------------------------------

VERBS = sorted({verb for verbs in TICKET_STATES.transitions.values() for verb in verbs})


@given(st.lists(st.sampled_from(VERBS), max_size=30))
def test_no_history_leads_out_of_the_table(verbs):
    state = TICKET_STATES.begin("RECEIVE")
    for verb in verbs:
        try:
            after = TICKET_STATES.next(state, verb)
        except IllegalTransitionError:
            assert verb not in FACTS
            continue
        assert after in TICKET_STATES.states
        assert not (state == "CLOSED" and after != "CLOSED") or verb in {"ANSWERED", "REOPEN"}
        state = after


@given(st.text(max_size=60) | st.emails() | st.from_regex(r"\A[a-zA-ZäöåÄÖÅ.\"' ]{1,8}@[a-zA-ZäöåßİK.-]{1,12}\Z"))
def test_an_address_has_one_form_and_keeps_it(text):
    found = normalise_address(text)
    if found is not None:
        assert normalise_address(found) == found
        assert normalise_address(f" {text.strip()} ") == found
        assert not any(sign in found for sign in "\r\n\0<>")
        assert found.rpartition("@")[2].isascii()


@pytest.mark.parametrize("sign", ["\r", "\n", "\0", "\u2028", "\x85", "\u202e"])
def test_no_sign_that_could_end_a_header_survives(sign):
    assert normalise_address(f"a{sign}b@c.example") is None
    assert normalise_address(f"ab@c{sign}.example") is None
