"""The worker when something goes wrong: leases, faults of one mail, and faults that are no mail's."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from sulku_desk import reading
from sulku_desk.worker import FEW, LARGE, LEFT_SECONDS, MOST_SECONDS, Worker
from sulku_kernel.clock import Clock, SetClock, SystemClock
from sulku_kernel.errors import ConflictError, UnavailableError
from sulku_kernel.first_comer import FirstComer
from sulku_kernel.storage import Storage
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.inbox import Delivery, Inbox, open_inbox
from sulku_mailbox.raw_mail import RawMail
from sulku_tickets.models import tickets
from sulku_tickets.on_call import parse_policy

POLICY = parse_policy("""
[[step]]
after_minutes = 0
contacts = [{ name = "First line", email = "first@desk.example" }]
[[duty_manager]]
name = "Duty manager"
email = "duty@desk.example"
""")
LEASE = timedelta(seconds=15)


@pytest.fixture
def inbox(storage: Storage, tmp_path: Path, clock: SetClock) -> Inbox:
    return open_inbox(storage.inbox, tmp_path / "keys", clock)


def put(inbox: Inbox, clock: Clock, *contents: bytes) -> None:
    envelope = Envelope("a@example.fi", ("vptuotanto@vrk.fi",), clock.now(), Via.SMTP)
    inbox.add([Delivery(RawMail.of(content), envelope) for content in contents])


def worker(storage: Storage, inbox: Inbox, clock: Clock, judge) -> Worker:
    return Worker(storage, inbox, judge, lambda: POLICY, clock, lease=LEASE)


def count_tickets(storage: Storage) -> int:
    with storage.desk.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(tickets)).scalar_one()


def fails(error: Exception):
    def judge(batch: Sequence[object]):
        raise error

    return judge


def test_a_dead_workers_mails_are_anothers_when_its_lease_ends(storage: Storage, inbox: Inbox, clock: SetClock) -> None:
    put(inbox, clock, b"one")
    dead = worker(storage, inbox, clock, fails(UnavailableError("gone")))
    with pytest.raises(UnavailableError):
        dead.run_once()
    seen: list[int] = []
    other = worker(storage, inbox, clock, lambda batch: seen.append(len(batch)) or fails(UnavailableError("x"))(batch))
    assert other.run_once() == 0
    clock.advance(LEASE)
    with pytest.raises(UnavailableError):
        other.run_once()
    assert seen == [1]


def test_a_dead_workers_mails_are_anothers_at_once_when_the_clock_is_set_back_by_hours(
    storage: Storage, inbox: Inbox, clock: SetClock
) -> None:
    put(inbox, clock, b"one")
    with pytest.raises(UnavailableError):
        worker(storage, inbox, clock, fails(UnavailableError("gone"))).run_once()
    clock.advance(-timedelta(hours=3))
    with pytest.raises(UnavailableError, match="claimed"):
        worker(storage, inbox, clock, fails(UnavailableError("claimed"))).run_once()


def test_a_worker_that_takes_long_keeps_what_it_holds(storage: Storage, inbox: Inbox, clock: SetClock) -> None:
    put(inbox, clock, b"one")
    other = worker(storage, inbox, clock, fails(AssertionError("was claimed")))

    def slow(batch):
        for _ in range(4):
            clock.advance(LEASE / 2)
            first.renew_lease()
            assert other.run_once() == 0
        raise UnavailableError("enough")

    first = worker(storage, inbox, clock, slow)
    with pytest.raises(UnavailableError, match="enough"):
        first.run_once()


def test_a_worker_that_was_paused_past_its_lease_writes_nothing(
    storage: Storage, inbox: Inbox, clock: SetClock
) -> None:
    put(inbox, clock, b"one")

    def paused(batch):
        clock.advance(LEASE)
        with storage.desk.writing() as connection:
            taken = reading.claim(connection, owner="another", now=clock.now(), lease_for=LEASE, limit=10)
        assert len(taken) == 1
        return []

    with pytest.raises(ConflictError):
        worker(storage, inbox, clock, paused).run_once()
    assert count_tickets(storage) == 0


def test_a_reader_that_is_away_makes_no_mail_poison(storage: Storage, inbox: Inbox, clock: SetClock) -> None:
    put(inbox, clock, b"one")
    away = worker(storage, inbox, clock, fails(UnavailableError("no child")))
    for _ in range(5):
        with pytest.raises(UnavailableError):
            away.run_once()
        clock.advance(LEASE)
    assert count_tickets(storage) == 0


def test_a_mail_that_fails_three_times_becomes_a_ticket(storage: Storage, inbox: Inbox, clock: SetClock) -> None:
    put(inbox, clock, b"poison")
    failing = worker(storage, inbox, clock, fails(ValueError("cannot")))
    while failing.run_once():
        pass
    assert count_tickets(storage) == 1


class Killed(BaseException):
    """The worker's process ends here."""


def test_a_mail_that_kills_its_worker_takes_no_other_along_and_becomes_a_ticket_in_the_end(
    storage: Storage, inbox: Inbox, clock: SetClock
) -> None:
    put(inbox, clock, *(b"%d" % number for number in range(3)), b"deadly")
    together: list[int] = []

    def dies(batch):
        together.append(len(batch))
        if any(raw == b"deadly" for _, raw in batch):
            raise Killed
        raise ValueError("poison")

    for _ in range(reading.MOST_DEATHS):
        with pytest.raises(Killed):
            while worker(storage, inbox, clock, dies).run_once():
                pass
        clock.advance(LEASE)
    assert together[-1] == 1
    assert count_tickets(storage) == 3
    while worker(storage, inbox, clock, dies).run_once():
        pass
    assert count_tickets(storage) == 4


def test_a_few_new_mails_are_left_to_the_first_worker_and_no_others(
    storage: Storage, inbox: Inbox, clock: SetClock
) -> None:
    second = worker(storage, inbox, clock, lambda batch: [])
    put(inbox, clock, b"0")
    assert second.run_once(leaves_few=True) == 0
    clock.advance(timedelta(seconds=LEFT_SECONDS))
    assert second.run_once(leaves_few=True) == 1
    put(inbox, clock, *(b"many %d" % number for number in range(FEW)))
    assert second.run_once(leaves_few=True) == FEW


def test_what_a_dead_worker_held_is_not_left_to_the_first(storage: Storage, inbox: Inbox, clock: SetClock) -> None:
    put(inbox, clock, b"held")
    with pytest.raises(UnavailableError):
        worker(storage, inbox, clock, fails(UnavailableError("gone"))).run_once()
    clock.advance(LEASE)
    put(inbox, clock, b"new")
    assert worker(storage, inbox, clock, lambda batch: []).run_once(leaves_few=True) == 1


def test_a_running_worker_reads_what_comes_in_beside_one_that_stopped(
    storage: Storage, inbox: Inbox, clock: SetClock
) -> None:
    stopped, stop = FirstComer(storage.desk, "reader"), threading.Event()
    assert stopped.is_ours()
    seen: list[bytes] = []

    def judge(batch):
        seen.extend(raw for _, raw in batch)
        return []

    running = threading.Thread(target=worker(storage, inbox, SystemClock(), judge).run, args=(stop,))
    running.start()
    try:
        put(inbox, SystemClock(), b"new")
        end = time.monotonic() + 20
        while not seen and time.monotonic() < end:
            time.sleep(0.005)
    finally:
        stop.set()
        running.join()
        stopped.close()
    assert seen == [b"new"]


def test_a_database_that_is_away_is_told_in_a_line_each_time_and_waited_for(
    sqlite_storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, stop = SystemClock(), threading.Event()
    one = worker(sqlite_storage, open_inbox(sqlite_storage.inbox, tmp_path / "keys", clock), clock, lambda _: [])
    tries = iter(range(3))

    def away(**_: object) -> int:
        if next(tries) == 1:
            stop.set()
        raise sa.exc.OperationalError("SELECT secret", {}, Exception("a password"))

    monkeypatch.setattr(one, "run_once", away)
    with capture_logs() as logs:
        one.run(stop)
    told = {"event": "worker.waits_for_the_database", "error": "OperationalError", "log_level": "warning"}
    assert logs == [told] * 2


def test_of_a_backlog_who_is_in_haste_is_read_first_and_the_rest_in_its_order(
    storage: Storage, inbox: Inbox, clock: SetClock
) -> None:
    put(inbox, clock, *(b"%d" % number for number in range(30)), b"hasty", *(b"later %d" % n for n in range(5)))
    seen: list[bytes] = []

    def judge(batch):
        seen.extend(raw for _, raw in batch)
        raise UnavailableError("seen enough")

    one = Worker(
        storage,
        inbox,
        judge,
        lambda: POLICY,
        clock,
        batch=4,
        backlog=9,
        lease=LEASE,
        is_hasty=lambda raw: raw == b"hasty",
    )
    for _ in range(2):
        with pytest.raises(UnavailableError):
            one.run_once()
    assert seen == [b"0", b"1", b"2", b"hasty", b"3", b"4", b"5", b"6"]


def test_who_is_in_haste_is_read_soon_when_a_worker_died_over_its_glance_at_the_backlog(
    storage: Storage, inbox: Inbox, clock: SetClock
) -> None:
    class Died(BaseException):
        """The process ends here."""

    def die(_: bytes) -> bool:
        raise Died

    put(inbox, clock, *(b"%d" % number for number in range(12)))
    one = Worker(storage, inbox, lambda _: [], lambda: POLICY, clock, batch=2, backlog=5, is_hasty=lambda _: False)
    assert one.run_once() == 2
    put(inbox, clock, *(b"later %d" % number for number in range(6)), b"hasty")
    with pytest.raises(Died):
        Worker(storage, inbox, lambda _: [], lambda: POLICY, clock, batch=2, backlog=5, is_hasty=die).run_once()
    seen: list[bytes] = []

    def judge(batch):
        seen.extend(raw for _, raw in batch)
        raise UnavailableError("seen enough")

    other = Worker(storage, inbox, judge, lambda: POLICY, clock, batch=8, backlog=5, lease=LEASE)
    with pytest.raises(UnavailableError):
        other.run_once()
    assert seen == [b"2", *(b"later %d" % number for number in range(6)), b"hasty"]


def test_each_mail_of_a_backlog_is_glanced_at_once(storage: Storage, inbox: Inbox, clock: SetClock) -> None:
    put(inbox, clock, *(b"%d" % number for number in range(9)))
    glanced: list[bytes] = []

    def glance(raw: bytes) -> bool:
        glanced.append(raw)
        return False

    for _ in range(3):
        one = Worker(
            storage, inbox, fails(UnavailableError("x")), lambda: POLICY, clock, batch=2, backlog=5, is_hasty=glance
        )
        with pytest.raises(UnavailableError):
            one.run_once()
    assert sorted(glanced) == sorted(b"%d" % number for number in range(9))


def test_large_mails_wait_behind_all_others_unless_they_are_in_haste(
    storage: Storage, inbox: Inbox, clock: SetClock
) -> None:
    large = [bytes([65 + number]) * (LARGE + 1) for number in range(4)]
    put(inbox, clock, *large, b"small", b"another")
    seen: list[bytes] = []

    def judge(batch):
        seen.extend(raw[:1] for _, raw in batch)
        return []

    one = Worker(storage, inbox, judge, lambda: POLICY, clock, batch=1, is_hasty=lambda raw: raw.startswith(b"C"))
    while one.run_once():
        pass
    assert seen == [b"C", b"s", b"a", b"A", b"B", b"D"]


def test_what_a_worker_has_no_time_for_is_given_back_so_that_what_is_urgent_comes_before_it(
    storage: Storage, inbox: Inbox, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sulku_desk.worker.MOST_OCTETS", 1)
    put(inbox, clock, *(bytes([65 + number]) for number in range(6)))
    seen: list[bytes] = []
    passed = 0.0

    def judge(batch):
        nonlocal passed
        passed += MOST_SECONDS / 2
        seen.extend(raw[:1] for _, raw in batch)
        if len(seen) == 1:
            put(inbox, clock, b"K" * (LARGE + 1))
        return []

    one = Worker(
        storage,
        inbox,
        judge,
        lambda: POLICY,
        clock,
        lease=LEASE,
        is_hasty=lambda raw: raw.startswith(b"K"),
        elapsed=lambda: passed,
    )
    one.run_once()
    assert seen == [b"A", b"B"]
    one.run_once()
    assert seen == [b"A", b"B", b"K", b"C"]
    with storage.desk.reading() as connection:
        waiting = connection.execute(sa.select(reading.readings).where(reading.readings.c.state == "open")).all()
    assert [(row.lease_owner, row.attempt) for row in waiting] == [(None, 0)] * 3


def test_a_batch_of_large_mails_is_read_in_parts_that_fit_into_memory(
    storage: Storage, inbox: Inbox, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sulku_desk.worker.MOST_OCTETS", 2_500)
    put(inbox, clock, *(bytes([65 + number]) * 1_000 for number in range(5)), b"x" * 9_000, b"small")
    parts: list[int] = []

    def judge(batch):
        parts.append(sum(len(raw) for _, raw in batch))
        return []

    worker(storage, inbox, clock, judge).run_once()
    assert parts == [2_000, 2_000, 1_000, 9_000, 5]
