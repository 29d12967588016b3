"""One leader among all nodes: a term that is renewed, taken over when it ends, and left at once by who resigns."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sulku_desk import leader
from sulku_desk.leader import TERM_LENGTH, Term
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage

SECOND = timedelta(seconds=1)


class Office:
    def __init__(self, storage: Storage, clock: SetClock) -> None:
        self._store, self._clock = storage.desk, clock

    def stand(self, owner: str) -> Term | None:
        with self._store.writing() as connection:
            return leader.stand(connection, "scheduler", owner, self._clock.now())

    def resign(self, term: Term) -> None:
        with self._store.writing() as connection:
            leader.resign(connection, term, self._clock.now())


@pytest.fixture
def office(storage: Storage, clock: SetClock) -> Office:
    return Office(storage, clock)


def test_of_two_nodes_one_leads_and_keeps_leading(office: Office, clock: SetClock) -> None:
    for _ in range(20):
        assert office.stand("one") == Term("scheduler", "one", 1)
        assert office.stand("two") is None
        clock.advance(TERM_LENGTH - SECOND)


def test_when_the_leader_dies_the_other_takes_over_within_a_term(office: Office, clock: SetClock) -> None:
    office.stand("one")
    clock.advance(TERM_LENGTH - SECOND)
    assert office.stand("two") is None
    clock.advance(SECOND)
    assert office.stand("two") == Term("scheduler", "two", 2)
    assert office.stand("one") is None
    assert timedelta(seconds=10) > TERM_LENGTH


def test_who_resigns_is_followed_at_once_and_an_old_term_resigns_nothing(office: Office, clock: SetClock) -> None:
    first = office.stand("one")
    office.resign(first)
    second = office.stand("two")
    assert second.number == 2
    office.resign(first)
    assert office.stand("one") is None
    office.resign(second)
    assert office.stand("one") == Term("scheduler", "one", 3)


def test_a_dead_leaders_term_does_not_last_longer_because_the_clock_was_set_back(
    office: Office, clock: SetClock
) -> None:
    office.stand("one")
    clock.advance(-timedelta(hours=1))
    assert office.stand("two") == Term("scheduler", "two", 2)
    assert office.stand("one") is None


def test_a_clock_a_little_behind_the_leaders_steals_nothing(office: Office, clock: SetClock) -> None:
    office.stand("one")
    clock.advance(-TERM_LENGTH)
    assert office.stand("two") is None
