"""Claiming under a lease with a fence: one holder at a time, and a late one writes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from sulku_kernel import lease
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import ConflictError
from sulku_kernel.lease import Fence
from sulku_kernel.storage import Storage

METADATA = sa.MetaData(schema="desk")
ERRANDS = sa.Table(
    "errand",
    METADATA,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("done", sa.Boolean, nullable=False),
    *lease.lease_columns(),
)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def errands(storage: Storage) -> Storage:
    with storage.desk.writing() as connection:
        METADATA.create_all(connection)
        connection.execute(ERRANDS.insert(), [{"id": id_, "done": False} for id_ in range(1, 41)])
    return storage


def claim(storage: Storage, clock: SetClock, owner: str, limit: int = 3) -> list[int]:
    with storage.desk.writing() as connection:
        rows = lease.claim(
            connection, ERRANDS, due=ERRANDS.c.done.is_(False), order_by=(ERRANDS.c.id,), owner=owner,
            now=clock.now(), lease=MINUTE, limit=limit,
        )  # fmt: skip
    return sorted(row["id"] for row in rows)


def release(storage: Storage, fence: Fence) -> None:
    with storage.desk.writing() as connection:
        lease.release(connection, ERRANDS, fence, {"done": True})


def test_what_one_holds_another_does_not_get(errands: Storage, clock: SetClock) -> None:
    assert claim(errands, clock, "one") == [1, 2, 3]
    assert claim(errands, clock, "two") == [4, 5, 6]


def test_what_was_released_as_done_is_not_claimed_again(errands: Storage, clock: SetClock) -> None:
    claim(errands, clock, "one", limit=1)
    release(errands, Fence(1, "one", 1))
    clock.advance(2 * MINUTE)
    assert claim(errands, clock, "two", limit=1) == [2]


def test_a_lease_runs_out_and_the_late_writer_touches_nothing(errands: Storage, clock: SetClock) -> None:
    claim(errands, clock, "one", limit=1)
    clock.advance(MINUTE)
    assert claim(errands, clock, "two", limit=1) == [1]
    with pytest.raises(ConflictError, match="lost to another holder"):
        release(errands, Fence(1, "one", 1))
    release(errands, Fence(1, "two", 2))


def test_the_fence_refuses_the_same_owner_from_an_earlier_attempt(errands: Storage, clock: SetClock) -> None:
    claim(errands, clock, "one", limit=1)
    clock.advance(MINUTE)
    claim(errands, clock, "one", limit=1)
    with pytest.raises(ConflictError):
        release(errands, Fence(1, "one", 1))


def test_what_a_dead_holder_had_does_not_wait_until_a_clock_that_was_set_back_has_caught_up(
    errands: Storage, clock: SetClock
) -> None:
    claim(errands, clock, "dead", limit=1)
    clock.advance(-timedelta(hours=2))
    assert claim(errands, clock, "two", limit=1) == [1]
    with pytest.raises(ConflictError):
        release(errands, Fence(1, "dead", 1))
    assert claim(errands, clock, "three", limit=1) == [2]


def test_a_clock_that_runs_a_little_behind_takes_nothing_from_its_holder(errands: Storage, clock: SetClock) -> None:
    claim(errands, clock, "one", limit=1)
    clock.advance(-MINUTE)
    assert claim(errands, clock, "two", limit=1) == [2]


def test_a_lease_that_is_longer_than_others_is_no_void_one(errands: Storage, clock: SetClock) -> None:
    def claim_for(owner: str, lease_for: timedelta) -> list[int]:
        with errands.desk.writing() as connection:
            rows = lease.claim(
                connection, ERRANDS, due=ERRANDS.c.id == 1, order_by=(ERRANDS.c.id,), owner=owner,
                now=clock.now(), lease=lease_for, limit=1,
            )  # fmt: skip
        return [row["id"] for row in rows]

    assert claim_for("one", 10 * MINUTE) == [1]
    assert claim_for("two", 10 * MINUTE) == []
    clock.advance(10 * MINUTE)
    assert claim_for("two", 10 * MINUTE) == [1]


def test_four_who_claim_at_once_share_everything_and_nothing_twice(errands: Storage, clock: SetClock) -> None:
    def work(name: int) -> list[int]:
        got: list[int] = []
        while mine := claim(errands, clock, f"owner {name}", limit=3):
            assert len(mine) <= 3
            got += mine
        return got

    with ThreadPoolExecutor(4) as pool:
        found = [id_ for got in pool.map(work, range(4)) for id_ in got]
    assert sorted(found) == list(range(1, 41))
