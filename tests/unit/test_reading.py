"""The ledger of what was read: each delivery is one worker's at a time and is finished once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sulku_desk import reading
from sulku_desk.reading import ClaimedReading
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import ConflictError
from sulku_kernel.storage import Storage

MINUTE = timedelta(minutes=1)


class Ledger:
    def __init__(self, storage: Storage, clock: SetClock) -> None:
        self._store, self._clock = storage.desk, clock

    def note(self, *arrivals: tuple[int, int]) -> None:
        with self._store.writing() as connection:
            reading.note_arrivals(connection, arrivals)

    def claim(self, owner: str, limit: int = 10) -> list[ClaimedReading]:
        with self._store.writing() as connection:
            return reading.claim(connection, owner=owner, now=self._clock.now(), lease_for=MINUTE, limit=limit)

    def complete(self, claimed: list[ClaimedReading], owner: str) -> None:
        with self._store.writing() as connection:
            reading.complete(connection, claimed, owner=owner, now=self._clock.now())

    def put_back(self, claimed: ClaimedReading, owner: str) -> None:
        with self._store.writing() as connection:
            reading.put_back(connection, claimed, owner=owner)

    def ask(self) -> tuple[int, int, bool]:
        with self._store.reading() as connection:
            return (
                reading.last_noted(connection), reading.waiting(connection),
                reading.has_claimable(connection, self._clock.now()),
            )  # fmt: skip


@pytest.fixture
def ledger(storage: Storage, clock: SetClock) -> Ledger:
    return Ledger(storage, clock)


def ids(claimed: list[ClaimedReading]) -> list[int]:
    return [one.delivery_id for one in claimed]


def test_a_delivery_is_read_once_however_often_it_is_noted(ledger: Ledger) -> None:
    assert ledger.ask() == (0, 0, False)
    for _ in range(2):
        ledger.note((1, 5), (2, 5))
    claimed = ledger.claim("one")
    assert ids(claimed) == [1, 2]
    ledger.complete(claimed, "one")
    ledger.note((1, 5), (2, 5))
    assert ledger.claim("two") == []
    assert ledger.ask() == (2, 0, False)


def test_the_most_urgent_and_then_the_oldest_are_taken_first_and_given_in_order_of_receipt(ledger: Ledger) -> None:
    ledger.note((1, 5), (2, 5), (3, 1), (4, 5))
    assert ids(ledger.claim("one", limit=2)) == [1, 3]
    assert ids(ledger.claim("two", limit=1)) == [2]
    assert ledger.ask() == (4, 4, True)


def test_who_lost_the_lease_finishes_nothing(ledger: Ledger, clock: SetClock) -> None:
    ledger.note((1, 5), (2, 5))
    paused = ledger.claim("paused")
    assert ledger.ask()[2] is False
    clock.advance(MINUTE)
    assert ledger.ask()[2] is True
    again = ledger.claim("other", limit=1)
    assert [(one.delivery_id, one.attempt) for one in again] == [(1, 2)]
    with pytest.raises(ConflictError):
        ledger.complete(paused, "paused")
    ledger.complete(again, "other")
    with pytest.raises(ConflictError):
        ledger.complete(again, "other")
    assert ledger.ask() == (2, 1, True)


def test_what_is_put_back_is_claimed_again_at_once_with_its_attempts_counted(ledger: Ledger) -> None:
    ledger.note((1, 5))
    for attempt in (1, 2, 3):
        (claimed,) = ledger.claim(f"claim {attempt}")
        assert claimed.attempt == attempt
        ledger.put_back(claimed, "somebody else")
        assert ledger.claim("early") == []
        ledger.put_back(claimed, f"claim {attempt}")
