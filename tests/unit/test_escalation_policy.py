"""Who is paged when: steps, turns, the next level, the duty managers, and policies that cannot be built."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import NIGHT

from sulku_kernel.errors import InputError
from sulku_kernel.language import Language
from sulku_tickets.domain.escalation_policy import (
    Contact,
    EscalationPolicy,
    EscalationStep,
    contacts_of,
    page_step,
    policy_from_json,
    policy_json,
)

MINUTE = timedelta(minutes=1)
FIRST = Contact("First", "first@desk.example")
SECOND = Contact("Second", "second@desk.example", Language.SV)
MANAGER = Contact("Manager", "manager@desk.example", Language.EN)
OFF_DUTY = Contact("Off duty", "off@desk.example", until=NIGHT - MINUTE)


def policy(*steps, repeat=5 * MINUTE, managers=(MANAGER,)):
    placed = tuple(EscalationStep(10 * MINUTE * place, contacts) for place, contacts in enumerate(steps))
    return EscalationPolicy("test", placed, managers, repeat)


def names(contacts):
    return [contact.name for contact in contacts]


def test_each_step_pages_its_own_people():
    both = policy((FIRST,), (SECOND,))
    assert names(contacts_of(both, 0, NIGHT)) == ["First"]
    assert names(contacts_of(both, 1, NIGHT)) == ["Second"]


def test_behind_the_last_step_the_duty_managers_are_paged_again_and_again():
    both = policy((FIRST,), (SECOND,))
    now = NIGHT + 25 * MINUTE
    for step in (2, 3, 40):
        paging = page_step(both, step, NIGHT, now)
        assert (names(paging.contacts), paging.next_at) == (["Manager"], now + 5 * MINUTE)


def test_the_next_step_is_due_when_the_policy_says():
    three = policy((FIRST,), (SECOND,), (FIRST,))
    assert page_step(three, 0, NIGHT, NIGHT).next_at == NIGHT + 10 * MINUTE
    assert page_step(three, 1, NIGHT, NIGHT + 10 * MINUTE + timedelta(seconds=2)).next_at == NIGHT + 20 * MINUTE


def test_after_a_time_down_one_page_at_a_time_goes_out():
    three = policy((FIRST,), (SECOND,), (FIRST,))
    assert page_step(three, 1, NIGHT, NIGHT + 300 * MINUTE).next_at == NIGHT + 310 * MINUTE


def test_a_step_whose_people_are_off_duty_falls_to_the_next_level():
    assert names(contacts_of(policy((OFF_DUTY,), (SECOND,)), 0, NIGHT)) == ["Second"]
    assert names(contacts_of(policy((OFF_DUTY,), ()), 0, NIGHT)) == ["Manager"]


def test_a_turn_begins_with_its_first_moment_and_ends_before_its_last():
    turn = Contact("Turn", "turn@desk.example", since=NIGHT, until=NIGHT + MINUTE)
    moments = (NIGHT - timedelta(microseconds=1), NIGHT, NIGHT + MINUTE - timedelta(microseconds=1), NIGHT + MINUTE)
    assert [turn.is_on_call(moment) for moment in moments] == [False, True, True, False]


def test_nobody_is_paged_twice_in_one_step():
    twice = policy((FIRST, Contact("Same", "FIRST@desk.example")))
    assert names(contacts_of(twice, 0, NIGHT)) == ["First"]


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: EscalationPolicy("v", (), (MANAGER,)), "first step"),
        (lambda: EscalationPolicy("v", (EscalationStep(MINUTE, (FIRST,)),), (MANAGER,)), "pages at once"),
        (lambda: policy((FIRST,), managers=()), "always reachable"),
        (lambda: policy((FIRST,), managers=(OFF_DUTY,)), "always reachable"),
        (lambda: policy((FIRST,), repeat=timedelta(seconds=59)), "a minute or more"),
        (lambda: Contact("Nobody", "no address"), "no usable email address"),
        (lambda: Contact("Wrong", "a@desk.example", since=NIGHT, until=NIGHT), "ends before it begins"),
        (
            lambda: EscalationPolicy(
                "v", (EscalationStep(0 * MINUTE, (FIRST,)), EscalationStep(0 * MINUTE, (SECOND,))), (MANAGER,)
            ),
            "after the one before",
        ),
    ],
)
def test_a_policy_that_could_page_nobody_or_at_no_time_cannot_be_built(build, words):
    with pytest.raises(InputError, match=words) as refused:
        build()
    assert refused.value.next_step


def test_a_policy_comes_back_from_an_escalation_as_it_went_in():
    turn = Contact("Turn", "turn@desk.example", Language.EN, NIGHT, NIGHT + MINUTE)
    kept = policy((FIRST, turn), (), (SECOND,), repeat=7 * MINUTE)
    assert policy_from_json(policy_json(kept)) == kept
