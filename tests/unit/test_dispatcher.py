"""Effects are carried out outside every transaction, and what came of them is recorded with them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Self

import pytest
import sqlalchemy as sa

from sulku_desk.dispatcher import LANES, LEASE, UNRENEWED_LEASE, Dispatcher, Lane
from sulku_kernel import outbox
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock, SystemClock
from sulku_kernel.effects import Done, EffectOutcome, GiveUp, RetryLater, Withhold
from sulku_kernel.errors import ConflictError
from sulku_kernel.events import Subject, read_events
from sulku_kernel.outbox import ClaimedEffect, Effect, EffectState
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_mailbox import delivery
from sulku_revocation import bounded_http

MINUTE = timedelta(minutes=1)
Handle = Callable[[ClaimedEffect], EffectOutcome]


class Desk:
    """A dispatcher over one store, with a handler for mails that the test gives."""

    def __init__(self, storage: Storage, clock) -> None:
        self.store, self.clock = storage.desk, clock
        self.alarms: list[tuple[str, str]] = []

    def dispatcher(self, handle: Handle, **others: Handle) -> Dispatcher:
        return Dispatcher(
            self.store, self.clock, {"mail": handle, **others}, lambda _tx, e, why: self.alarms.append((e.key, why))
        )

    def store_effects(self, *effects: Effect) -> None:
        with begin(self.store, self.clock, Actor.desk("test")) as tx:
            for effect in effects:
                tx.enqueue(effect)

    def row(self, key: str) -> sa.RowMapping:
        with self.store.reading() as connection:
            return connection.execute(sa.select(outbox.outbox).where(outbox.outbox.c.key == key)).mappings().one()

    def states(self) -> list[str]:
        with self.store.reading() as connection:
            return list(connection.execute(sa.select(outbox.outbox.c.state).order_by(outbox.outbox.c.id)).scalars())

    def actions(self) -> list[str]:
        with self.store.reading() as connection:
            return [event.action for event in read_events(connection)]


@pytest.fixture
def desk(storage: Storage, clock: SetClock) -> Desk:
    return Desk(storage, clock)


@pytest.fixture
def lite(sqlite_storage: Storage, clock: SetClock) -> Desk:
    return Desk(sqlite_storage, clock)


def record(action: str):
    return lambda tx: tx.record(Subject("thing", 1), action)


def test_what_came_of_an_effect_is_recorded_with_it(desk: Desk) -> None:
    desk.store_effects(Effect("mail", "k"))
    handled: list[int] = []

    def handle(effect: ClaimedEffect) -> EffectOutcome:
        handled.append(effect.attempt)
        return RetryLater("450", MINUTE, record("TRIED")) if effect.attempt == 1 else Done(record("SENT"))

    dispatcher = desk.dispatcher(handle)
    assert dispatcher.run_due() == 1
    assert (desk.row("k")["state"], desk.row("k")["last_error"]) == (EffectState.AWAITING_RETRY, "450")
    assert dispatcher.run_due() == 0
    desk.clock.advance(MINUTE)
    assert dispatcher.run_due() == 1
    assert dispatcher.run_due() == 0
    assert (handled, desk.states(), desk.actions()) == ([1, 2], [EffectState.DONE], ["TRIED", "SENT"])


def test_what_is_given_up_is_recorded_and_alarms(desk: Desk) -> None:
    desk.store_effects(Effect("mail", "k", ticket_id=7))
    desk.dispatcher(lambda _: GiveUp("550 no such user", record("MAIL_FAILED"))).run_due()
    assert desk.alarms == [("k", "550 no such user")]
    with desk.store.reading() as connection:
        (failed, _) = read_events(connection)
    assert (failed.action, failed.ticket_id, failed.payload["because"]) == ("EFFECT_FAILED", 7, ["550 no such user"])
    assert desk.row("k")["state"] == EffectState.FAILED


def test_what_a_rule_forbids_is_withheld_with_its_reason_and_wakes_nobody(lite: Desk) -> None:
    lite.store_effects(Effect("mail", "k"))
    lite.dispatcher(lambda _: Withhold("five today already")).run_due()
    assert (lite.row("k")["state"], lite.row("k")["last_error"]) == (EffectState.WITHHELD, "five today already")
    assert (lite.actions(), lite.alarms) == (["EFFECT_WITHHELD"], [])


def test_a_handler_that_raises_is_tried_again_and_tells_no_secret(lite: Desk) -> None:
    lite.store_effects(Effect("mail", "k"))

    def handle(_: ClaimedEffect) -> EffectOutcome:
        raise RuntimeError("password=hunter2")

    lite.dispatcher(handle).run_due()
    row = lite.row("k")
    assert (row["state"], row["last_error"]) == (EffectState.AWAITING_RETRY, "internal error: RuntimeError")
    assert timedelta(seconds=3.75) <= row["next_attempt_at"] - lite.clock.now() <= timedelta(seconds=5)


def test_a_page_that_failed_often_is_not_kept_waiting_when_the_mail_server_is_back(lite: Desk) -> None:
    lite.store_effects(Effect("mail", "page", priority=0))
    dispatcher = lite.dispatcher(lambda _: RetryLater("connection refused"))
    for _ in range(12):
        assert dispatcher.run_due() == 1
        lite.clock.advance(timedelta(seconds=30))
    lite.dispatcher(lambda _: Done()).run_due()
    assert lite.row("page")["state"] == EffectState.DONE


def test_an_effect_of_a_kind_nobody_handles_yet_waits_and_is_not_lost(lite: Desk) -> None:
    lite.store_effects(Effect("fax", "k"))
    assert lite.dispatcher(lambda _: Done()).run_due(["fax"]) == 1
    assert lite.row("k")["state"] == EffectState.AWAITING_RETRY


def test_an_alarm_that_cannot_be_raised_leaves_the_effect_to_be_tried_again(lite: Desk) -> None:
    lite.store_effects(Effect("mail", "k"))

    def no_alarm(*_: object) -> None:
        raise LookupError

    dispatcher = Dispatcher(lite.store, lite.clock, {"mail": lambda _: GiveUp("550")}, no_alarm)
    with pytest.raises(LookupError):
        dispatcher.run_due()
    assert (lite.row("k")["state"], lite.actions()) == (EffectState.INFLIGHT, [])
    lite.clock.advance(UNRENEWED_LEASE)
    lite.dispatcher(lambda _: GiveUp("550")).run_due()
    assert lite.alarms == [("k", "550")]


def test_who_was_paused_beyond_the_lease_records_nothing(desk: Desk) -> None:
    desk.store_effects(Effect("mail", "k"))
    other = desk.dispatcher(lambda _: Done(record("SENT BY THE OTHER")))

    def paused(_: ClaimedEffect) -> EffectOutcome:
        desk.clock.advance(UNRENEWED_LEASE)
        other.run_due()
        return Done(record("SENT BY THE PAUSED"))

    with pytest.raises(ConflictError):
        desk.dispatcher(paused).run_due()
    assert desk.actions() == ["SENT BY THE OTHER"]
    assert desk.states() == [EffectState.DONE]


class Running:
    """A dispatcher that runs in threads until the block ends."""

    def __init__(self, dispatcher: Dispatcher, lanes: tuple[Lane, ...] = LANES) -> None:
        self.stop = threading.Event()
        self._thread = threading.Thread(target=dispatcher.run, args=(self.stop, lanes))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    waiting = threading.Event()
    for _ in range(int(seconds * 100)):
        if condition():
            return
        waiting.wait(0.01)
    raise AssertionError("it did not happen")


def test_a_certificate_authority_that_hangs_delays_no_mail(sqlite_storage: Storage) -> None:
    desk = Desk(sqlite_storage, SystemClock())
    answers = threading.Event()

    def hang(_: ClaimedEffect) -> EffectOutcome:
        answers.wait(30)
        return Done()

    desk.store_effects(*(Effect("ca_order", f"order {n}", priority=1) for n in range(20)))
    desk.store_effects(*(Effect("mail", f"mail {n}") for n in range(20)))
    with Running(desk.dispatcher(lambda _: Done(), ca_order=hang, publication_check=hang)):
        wait_for(lambda: desk.states().count(EffectState.DONE) == 20)
        assert desk.states().count(EffectState.INFLIGHT) <= 4, "no more is claimed than is carried out"
        answers.set()
        wait_for(lambda: set(desk.states()) == {EffectState.DONE})


def test_a_page_that_comes_now_goes_before_all_that_waits(sqlite_storage: Storage) -> None:
    desk = Desk(sqlite_storage, SystemClock())
    go_on, order = threading.Semaphore(0), []

    def handle(effect: ClaimedEffect) -> EffectOutcome:
        go_on.acquire(timeout=20)
        order.append(effect.key)
        return Done()

    desk.store_effects(*(Effect("mail", f"answer {n}") for n in range(6)))
    with Running(desk.dispatcher(handle), (Lane("mail", ("mail",), 1),)):
        wait_for(lambda: EffectState.INFLIGHT in desk.states())
        desk.store_effects(Effect("mail", "page", priority=0))
        for _ in range(7):
            go_on.release()
        wait_for(lambda: len(order) == 7)
    assert order[:2] == ["answer 0", "page"]


def test_a_fault_of_the_database_and_of_a_handler_end_no_lane(sqlite_storage: Storage, monkeypatch) -> None:
    desk = Desk(sqlite_storage, SystemClock())
    faults = iter([sa.exc.OperationalError("SELECT", {}, Exception("away"))])
    real = outbox.has_due

    def has_due(*given, **named):
        for fault in faults:
            raise fault
        return real(*given, **named)

    monkeypatch.setattr(outbox, "has_due", has_due)
    desk.store_effects(Effect("mail", "k"))
    with Running(desk.dispatcher(lambda _: Done()), (Lane("mail", ("mail",), 2),)):
        wait_for(lambda: desk.states() == [EffectState.DONE])


class Paces(SystemClock):
    """A clock that a test moves on while threads work."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


def lease_ends(desk: Desk, key: str) -> datetime:
    return desk.row(key)["lease_until"] or datetime.max.replace(tzinfo=UTC)


def test_who_works_long_keeps_the_effect_and_who_hangs_loses_it(sqlite_storage: Storage) -> None:
    desk = Desk(sqlite_storage, clock := Paces())
    go_on, others = threading.Event(), []

    def slow(_: ClaimedEffect) -> EffectOutcome:
        go_on.wait(20)
        return Done()

    desk.store_effects(Effect("mail", "k"))
    with Running(desk.dispatcher(slow), (Lane("mail", ("mail",), 1, 2 * LEASE),)):
        wait_for(lambda: EffectState.INFLIGHT in desk.states())
        clock.ahead += LEASE / 2
        wait_for(lambda: lease_ends(desk, "k") > clock.now() + LEASE * 0.8)
        clock.ahead += LEASE / 2
        wait_for(lambda: lease_ends(desk, "k") > clock.now() + LEASE * 0.8)
        other = desk.dispatcher(lambda effect: others.append(effect.attempt) or Done())
        assert other.run_due() == 0, "it is still in hand"
        clock.ahead += 2 * LEASE
        assert other.run_due() == 1, "nobody takes that long"
        go_on.set()
    assert (others, desk.states()) == ([2], [EffectState.DONE])


def test_a_clock_that_is_set_back_takes_nothing_from_who_is_at_work(sqlite_storage: Storage) -> None:
    desk = Desk(sqlite_storage, clock := Paces())
    go_on = threading.Event()

    def slow(_: ClaimedEffect) -> EffectOutcome:
        go_on.wait(20)
        return Done()

    desk.store_effects(Effect("mail", "k"))
    with Running(desk.dispatcher(slow), (Lane("mail", ("mail",), 1, 2 * LEASE),)):
        wait_for(lambda: EffectState.INFLIGHT in desk.states())
        clock.ahead -= timedelta(hours=1)
        wait_for(lambda: lease_ends(desk, "k") <= clock.now() + LEASE)
        go_on.set()
    assert (desk.states(), desk.row("k")["attempt"]) == ([EffectState.DONE], 1)


def test_what_a_killed_dispatcher_had_in_hand_is_another_s_within_half_a_minute(lite: Desk) -> None:
    lite.store_effects(Effect("ca_order", "k", priority=1))
    killed = Dispatcher(lite.store, lite.clock, {}, lambda *_: None)
    assert killed._claim_safely(LANES[3], 4, threading.Event())
    lite.clock.advance(MINUTE / 2)
    assert lite.dispatcher(lambda _: Done(), ca_order=lambda _: Done()).run_due() == 1


def test_every_kind_has_one_lane_whose_longest_time_outlives_its_handlers_time_limits() -> None:
    lanes = {kind: lane for lane in LANES for kind in lane.kinds}
    assert sorted(lanes) == [
        "automatic_decision", "ca_order", "campaign_batch", "campaign_look", "campaign_notices", "key_sweep",
        "legal_hold", "mail", "planned_revocation", "publication_check", "register_sync",
    ]  # fmt: skip
    assert len(lanes) == sum(len(lane.kinds) for lane in LANES)
    assert timedelta(seconds=delivery.WHOLE_SECONDS) < lanes["mail"].longest < MINUTE, "a page is out within 60 seconds"
    two_exchanges = 2 * timedelta(seconds=bounded_http.WHOLE_SECONDS)
    assert two_exchanges < min(lanes["ca_order"].longest, lanes["publication_check"].longest)
