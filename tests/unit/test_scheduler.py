"""Duties are done by the leader at their pace; a fault of one leaves the others, and a dead tick is seen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from sulku_desk import leader
from sulku_desk.leader import TERM_LENGTH
from sulku_desk.scheduler import WATCHDOG_LIMIT, Duty, Scheduler
from sulku_kernel.clock import SetClock, SystemClock
from sulku_kernel.storage import Storage

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def duty(name: str, every: timedelta, done: list[str], result: int = 1) -> Duty:
    def act() -> int:
        done.append(name)
        return result

    return Duty(name, every, act)


def test_each_duty_is_done_at_its_pace(sqlite_storage: Storage, clock: SetClock) -> None:
    done: list[str] = []
    scheduler = Scheduler(sqlite_storage.desk, clock, (duty("often", SECOND, done), duty("hourly", HOUR, done, 7)))
    assert scheduler.tick() == {"often": 1, "hourly": 7}
    for _ in range(5):
        clock.advance(SECOND)
        assert scheduler.tick() == {"often": 1}
    assert scheduler.tick() == {}
    clock.advance(HOUR)
    assert scheduler.tick() == {"often": 1, "hourly": 7}


def test_a_fault_of_one_duty_leaves_the_others_and_is_tried_again(sqlite_storage: Storage, clock: SetClock) -> None:
    done: list[str] = []

    def fail() -> int:
        done.append("fails")
        raise RuntimeError

    scheduler = Scheduler(sqlite_storage.desk, clock, (Duty("fails", SECOND, fail), duty("works", SECOND, done)))
    for _ in range(2):
        assert scheduler.tick() == {"fails": 0, "works": 1}
        clock.advance(SECOND)
    assert done == ["fails", "works"] * 2


def test_of_two_nodes_only_the_leader_acts_and_the_other_follows_when_it_is_gone(
    storage: Storage, clock: SetClock
) -> None:
    done: list[str] = []
    one, two = (Scheduler(storage.desk, clock, (duty(name, SECOND, done),)) for name in ("one", "two"))
    for _ in range(5):
        one.tick()
        two.tick()
        clock.advance(SECOND)
    assert done == ["one"] * 5
    clock.advance(TERM_LENGTH)
    two.tick()
    assert done[-1] == "two"
    assert one.tick() == {}


def test_a_clock_that_is_set_back_does_not_stop_the_duties(sqlite_storage: Storage, clock: SetClock) -> None:
    done: list[str] = []
    scheduler = Scheduler(sqlite_storage.desk, clock, (duty("deadlines", SECOND, done),))
    scheduler.tick()
    clock.advance(-HOUR)
    scheduler.tick()
    clock.advance(SECOND)
    scheduler.tick()
    assert len(done) == 3


class Elapsed:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_dead_tick_is_seen_whatever_the_clock_says(sqlite_storage: Storage, clock: SetClock) -> None:
    elapsed = Elapsed()
    scheduler = Scheduler(sqlite_storage.desk, clock, (), elapsed=elapsed)
    scheduler.tick()
    clock.advance(10 * WATCHDOG_LIMIT)
    elapsed.seconds += WATCHDOG_LIMIT.total_seconds()
    scheduler.require_ticking()
    clock.advance(-HOUR)
    elapsed.seconds += 1
    with pytest.raises(RuntimeError, match="tick thread is dead"):
        scheduler.require_ticking()
    scheduler.tick()
    scheduler.require_ticking()


def test_a_database_that_is_away_is_not_a_dead_tick(
    sqlite_storage: Storage, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    elapsed = Elapsed()
    scheduler = Scheduler(sqlite_storage.desk, clock, (), elapsed=elapsed)

    def away(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(leader, "stand", away)
    elapsed.seconds += 10 * WATCHDOG_LIMIT.total_seconds()
    scheduler._tick_safely()
    scheduler.require_ticking()


@contextmanager
def running(scheduler: Scheduler) -> Iterator[None]:
    stop = threading.Event()
    runner = threading.Thread(target=scheduler.run, args=(stop,))
    runner.start()
    try:
        yield
    finally:
        stop.set()
        runner.join(60)
    assert not runner.is_alive()


def test_it_goes_on_ticking_when_the_clock_is_set_back(sqlite_storage: Storage, clock: SetClock) -> None:
    ticked = threading.Semaphore(0)

    def act() -> int:
        ticked.release()
        return 1

    with running(Scheduler(sqlite_storage.desk, clock, (Duty("d", timedelta(), act),))):
        assert ticked.acquire(timeout=60)
        clock.advance(-HOUR)
        for _ in range(2):
            assert ticked.acquire(timeout=60)


def test_running_it_ticks_and_leaves_the_office_when_it_stops(sqlite_storage: Storage) -> None:
    ticked = threading.Event()

    def act() -> int:
        ticked.set()
        return 1

    with running(Scheduler(sqlite_storage.desk, SystemClock(), (Duty("d", SECOND, act),))):
        assert ticked.wait(60)
    assert Scheduler(sqlite_storage.desk, SystemClock(), (duty("next", SECOND, []),)).tick() == {"next": 1}
