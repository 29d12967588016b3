"""A unit of work writes rows, events and effects together or not at all."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sulku_kernel import events, numbers, outbox
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.outbox import Effect
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin


def test_the_same_effect_stored_twice_is_one_effect(storage: Storage, clock: SetClock) -> None:
    for _ in range(2):
        with begin(storage.desk, clock, Actor.desk("test")) as tx:
            tx.enqueue(Effect("mail", "the-key"))
    with storage.desk.writing() as connection:
        assert len(outbox.claim(connection, owner="me", now=clock.now())) == 1


def test_nothing_is_kept_of_a_block_that_raises(storage: Storage, clock: SetClock) -> None:
    with pytest.raises(RuntimeError), begin(storage.desk, clock, Actor.desk("test")) as tx:
        tx.enqueue(Effect("mail", "the-key"))
        tx.record(events.Subject("thing", 1), "HAPPENED")
        raise RuntimeError
    with storage.desk.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(outbox.outbox)).scalar_one() == 0
        assert events.read_events(connection) == []


def test_numbers_are_never_given_twice(storage: Storage) -> None:
    with storage.desk.writing() as connection:
        first = numbers.reserve(connection, "ticket", 3)
    with storage.desk.writing() as connection:
        second = numbers.reserve(connection, "ticket", 2)
    assert [*first, *second] == [1, 2, 3, 4, 5]
