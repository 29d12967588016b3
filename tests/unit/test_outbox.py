"""Effects: stored once by key, carried out at least once, never forgotten, the urgent ones first."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from sulku_kernel import outbox
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import ConflictError
from sulku_kernel.outbox import ClaimedEffect, Effect, EffectState, back_off
from sulku_kernel.storage import Storage

MINUTE = timedelta(minutes=1)


def store(storage: Storage, clock: SetClock, *effects: Effect) -> None:
    with storage.desk.writing() as connection:
        outbox.store(connection, effects, now=clock.now())


def claim(storage: Storage, clock: SetClock, owner: str = "me", **given) -> list[ClaimedEffect]:
    with storage.desk.writing() as connection:
        return outbox.claim(connection, owner=owner, now=clock.now(), **given)


def row(storage: Storage, key: str) -> sa.RowMapping:
    with storage.desk.reading() as connection:
        return connection.execute(sa.select(outbox.outbox).where(outbox.outbox.c.key == key)).mappings().one()


def is_due(storage: Storage, clock: SetClock, *kinds: str) -> bool:
    with storage.desk.reading() as connection:
        return outbox.has_due(connection, now=clock.now(), kinds=kinds or ("mail",))


def test_the_same_key_is_one_effect_for_ever(storage: Storage, clock: SetClock) -> None:
    store(storage, clock, Effect("mail", "k", {"n": 1}), Effect("mail", "k", {"n": 2}))
    (effect,) = claim(storage, clock)
    assert effect.payload == {"n": 1}
    with storage.desk.writing() as connection:
        outbox.complete(connection, effect, now=clock.now())
    store(storage, clock, Effect("mail", "k", {"n": 3}))
    clock.advance(100 * MINUTE)
    assert claim(storage, clock) == []
    assert not is_due(storage, clock)


def test_the_urgent_go_first_and_then_the_oldest(storage: Storage, clock: SetClock) -> None:
    store(
        storage,
        clock,
        Effect("mail", "answer"),
        Effect("mail", "page", priority=0),
        Effect("mail", "order", priority=1),
    )
    clock.advance(MINUTE)
    store(storage, clock, Effect("mail", "later page", priority=0))
    assert [effect.key for effect in claim(storage, clock, limit=3)] == ["page", "later page", "order"]
    assert [effect.key for effect in claim(storage, clock)] == ["answer"]


def test_only_the_kinds_asked_for_are_handed_out(sqlite_storage: Storage, clock: SetClock) -> None:
    store(sqlite_storage, clock, Effect("mail", "m"), Effect("ca_order", "o"))
    assert is_due(sqlite_storage, clock, "ca_order")
    assert [effect.key for effect in claim(sqlite_storage, clock, kinds=["ca_order"])] == ["o"]
    assert not is_due(sqlite_storage, clock, "ca_order")
    assert is_due(sqlite_storage, clock, "mail")


def test_nothing_is_handed_out_before_its_time(sqlite_storage: Storage, clock: SetClock) -> None:
    store(sqlite_storage, clock, Effect("mail", "k", not_before=clock.now() + MINUTE))
    assert claim(sqlite_storage, clock) == []
    assert not is_due(sqlite_storage, clock)
    clock.advance(MINUTE)
    assert is_due(sqlite_storage, clock)
    assert len(claim(sqlite_storage, clock)) == 1


def test_when_its_holder_died_an_effect_is_handed_out_again_with_the_same_key(
    storage: Storage, clock: SetClock
) -> None:
    store(storage, clock, Effect("mail", "k"))
    (first,) = claim(storage, clock, "dead", lease_for=MINUTE)
    assert claim(storage, clock, "other") == []
    clock.advance(MINUTE)
    assert is_due(storage, clock)
    (second,) = claim(storage, clock, "other")
    assert (second.key, first.attempt, second.attempt) == ("k", 1, 2)


@pytest.mark.parametrize("late", ["complete", "retry", "give_up"])
def test_a_late_writer_is_refused_whatever_it_wants_to_write(storage: Storage, clock: SetClock, late: str) -> None:
    store(storage, clock, Effect("mail", "k"))
    (first,) = claim(storage, clock, "paused", lease_for=MINUTE)
    clock.advance(MINUTE)
    claim(storage, clock, "other")
    now = clock.now()
    with pytest.raises(ConflictError), storage.desk.writing() as connection:
        if late == "complete":
            outbox.complete(connection, first, now=now)
        elif late == "retry":
            outbox.retry(connection, first, at=now, error="late")
        else:
            outbox.give_up(connection, first, now=now, error="late")
    assert row(storage, "k")["state"] == EffectState.INFLIGHT


def test_a_clock_that_was_set_back_keeps_nothing_that_was_due_and_hurries_nothing_that_is_planned(
    storage: Storage, clock: SetClock
) -> None:
    tomorrow = clock.now() + 24 * 60 * MINUTE
    store(storage, clock, *(Effect("mail", key) for key in ("in hand", "tried")))
    for effect in claim(storage, clock, "dead"):
        if effect.key == "tried":
            with storage.desk.writing() as connection:
                outbox.retry(connection, effect, at=clock.now() + MINUTE, error="later")
    store(storage, clock, Effect("mail", "queued"), Effect("mail", "planned", not_before=tomorrow))
    clock.advance(-120 * MINUTE)
    assert claim(storage, clock) == []
    assert rescue(storage, clock) == 3
    assert {effect.key for effect in claim(storage, clock)} == {"in hand", "tried", "queued"}
    assert rescue(storage, clock) == 0


def test_of_effects_that_only_follow_each_other_at_a_pace_none_waits_for_the_old_time(
    storage: Storage, clock: SetClock
) -> None:
    later = clock.now() + MINUTE
    store(storage, clock, Effect("batch", "next batch", not_before=later), Effect("mail", "planned", not_before=later))
    clock.advance(-120 * MINUTE)
    with storage.desk.writing() as connection:
        assert outbox.rescue_from_clock(connection, now=clock.now(), paced={"batch"}) == 1
    assert [effect.key for effect in claim(storage, clock)] == ["next batch"]


def test_what_was_tried_behind_a_clock_that_was_set_back_waits_as_long_as_ever(
    storage: Storage, clock: SetClock
) -> None:
    store(storage, clock, Effect("mail", "k"))
    clock.advance(-120 * MINUTE)
    rescue(storage, clock)
    (effect,) = claim(storage, clock)
    with storage.desk.writing() as connection:
        outbox.retry(connection, effect, at=clock.now() + 5 * MINUTE, error="later")
    assert rescue(storage, clock) == 0
    assert not is_due(storage, clock)


def rescue(storage: Storage, clock: SetClock) -> int:
    with storage.desk.writing() as connection:
        return outbox.rescue_from_clock(connection, now=clock.now())


def test_a_failed_attempt_waits_and_stays_visible(sqlite_storage: Storage, clock: SetClock) -> None:
    store(sqlite_storage, clock, Effect("mail", "k"))
    (effect,) = claim(sqlite_storage, clock)
    with sqlite_storage.desk.writing() as connection:
        outbox.retry(connection, effect, at=clock.now() + MINUTE, error="450 later")
    assert (row(sqlite_storage, "k")["state"], row(sqlite_storage, "k")["last_error"]) == (
        EffectState.AWAITING_RETRY,
        "450 later",
    )
    assert claim(sqlite_storage, clock) == []
    clock.advance(MINUTE)
    assert [again.attempt for again in claim(sqlite_storage, clock)] == [2]


def test_what_was_given_up_or_withheld_says_why_and_never_comes_back(sqlite_storage: Storage, clock: SetClock) -> None:
    store(sqlite_storage, clock, Effect("mail", "failed"), Effect("mail", "withheld"))
    states = {"failed": EffectState.FAILED, "withheld": EffectState.WITHHELD}
    for effect in claim(sqlite_storage, clock):
        with sqlite_storage.desk.writing() as connection:
            outbox.give_up(connection, effect, now=clock.now(), error="because", state=states[effect.key])
    clock.advance(timedelta(days=365))
    assert claim(sqlite_storage, clock) == []
    for key, state in states.items():
        assert (row(sqlite_storage, key)["state"], row(sqlite_storage, key)["last_error"]) == (state, "because")
        assert row(sqlite_storage, key)["finished_at"] is not None


def test_waiting_doubles_from_seconds_to_five_minutes_and_never_beyond() -> None:
    full = [timedelta(seconds=s) for s in (5, 10, 20, 40, 80, 160, 300, 300)]
    for attempt, most in enumerate(full, 1):
        waits = [back_off(attempt) for _ in range(50)]
        assert all(most * 0.75 <= wait <= most for wait in waits)
        assert len(set(waits)) > 1, "without jitter all retries come at once"
    assert back_off(100_000) <= timedelta(minutes=5)


def test_a_page_is_tried_again_within_half_a_minute_however_often_it_failed() -> None:
    assert all(back_off(attempt, priority=0) <= timedelta(seconds=30) for attempt in range(1, 100))


def test_a_lane_finds_its_next_effects_as_soon_among_many_as_among_few(
    sqlite_storage: Storage, clock: SetClock
) -> None:
    def cost(act) -> int:
        """Instructions of SQLite, in hundreds."""
        counted: list[int] = []
        with sqlite_storage.desk.writing() as connection:
            driver = connection.connection.driver_connection
            driver.set_progress_handler(lambda: counted.append(1), 100)
            act(connection)
            driver.set_progress_handler(None, 0)
        return len(counted)

    def claim_four(connection: sa.Connection) -> None:
        assert len(outbox.claim(connection, owner="me", now=clock.now(), limit=4, kinds=["mail"])) == 4

    def look_for_orders(connection: sa.Connection) -> None:
        assert not outbox.has_due(connection, now=clock.now(), kinds=["ca_order"])

    store(sqlite_storage, clock, *(Effect("mail", f"few {number}") for number in range(10)))
    few = cost(claim_four), cost(look_for_orders)
    store(sqlite_storage, clock, *(Effect("mail", f"many {number}") for number in range(3_000)))
    many = cost(claim_four), cost(look_for_orders)
    assert many[0] <= few[0] + 5
    assert many[1] <= few[1] + 5
