"""A CA that is silent is left alone, asked once, and asked again when it is back; others never notice."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from sulku_kernel.clock import SetClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import Accepted, Adapter, OrderToSend, Receipt, Refused, TryLater
from sulku_revocation.ca.guarding import GuardedAuthority
from sulku_revocation.domain.circuit import FIRST_REST, LONGEST_REST, OPENS_AFTER, Circuit, CircuitState
from sulku_revocation.domain.reason_code import ReasonCode

ORDER = OrderToSend("order:1", "CN=CA", "ab" * 20, SerialNumber(1), ReasonCode.SUPERSEDED)


class Moody(Adapter):
    """`mood` is what the next calls meet."""

    def __init__(self) -> None:
        self.mood: Exception | None = None
        self.calls = 0

    def revoke(self, order: OrderToSend) -> Receipt:
        self.calls += 1
        if self.mood is not None:
            raise self.mood
        return Accepted(None)


def failing(guarded: GuardedAuthority, times: int) -> None:
    for _ in range(times):
        with pytest.raises(TryLater):
            guarded.revoke(ORDER)


def test_after_some_failures_in_a_row_the_ca_is_not_asked_until_it_had_a_rest(clock: SetClock) -> None:
    ca = Moody()
    guarded = GuardedAuthority("health", ca, clock, at_once=4)
    ca.mood = TryLater("silence")
    failing(guarded, OPENS_AFTER)
    with pytest.raises(TryLater, match="health") as resting:
        guarded.revoke(ORDER)
    assert ca.calls == OPENS_AFTER
    assert resting.value.after == FIRST_REST
    clock.advance(FIRST_REST)
    ca.mood = None
    assert guarded.revoke(ORDER) == Accepted(None)
    assert guarded.circuit.state is CircuitState.CLOSED


def test_each_failed_probe_makes_the_rest_longer_up_to_a_minute(clock: SetClock) -> None:
    ca = Moody()
    guarded = GuardedAuthority("health", ca, clock, at_once=4)
    ca.mood = TryLater("silence")
    failing(guarded, OPENS_AFTER)
    rests = []
    for _ in range(6):
        clock.advance(LONGEST_REST)
        failing(guarded, 1)
        rests.append(guarded.circuit.asks_again_in(clock.now()))
    assert rests[0] == 2 * FIRST_REST
    assert rests[-1] == LONGEST_REST
    assert ca.calls == OPENS_AFTER + 6


def test_a_refusal_is_an_answer_and_opens_nothing(clock: SetClock) -> None:
    ca = Moody()
    guarded = GuardedAuthority("health", ca, clock, at_once=4)
    ca.mood = Refused("reason", "no")
    for _ in range(3 * OPENS_AFTER):
        with pytest.raises(Refused):
            guarded.revoke(ORDER)
    assert guarded.circuit.state is CircuitState.CLOSED
    assert guarded.circuit.failures == 0
    assert guarded.circuit.calls == 3 * OPENS_AFTER


def test_only_failures_in_a_row_count(clock: SetClock) -> None:
    circuit, at = Circuit(), clock.now()
    for _ in range(3 * OPENS_AFTER):
        circuit = circuit.before_call(at).after_failure(at).after_success()
    assert circuit.state is CircuitState.CLOSED
    assert circuit.failures == 3 * OPENS_AFTER


def test_while_the_probe_is_awaited_no_other_call_goes_through(clock: SetClock) -> None:
    circuit = Circuit(state=CircuitState.OPEN, opened_at=clock.now() - FIRST_REST)
    assert circuit.asks_again_in(clock.now()) == timedelta()
    probing = circuit.before_call(clock.now())
    assert probing.state is CircuitState.HALF_OPEN
    assert probing.asks_again_in(clock.now()) == FIRST_REST
    assert probing.asks_again_in(clock.now() + FIRST_REST) == timedelta()


def test_a_rest_that_began_before_the_clock_was_set_back_is_over(clock: SetClock) -> None:
    resting = Circuit(state=CircuitState.OPEN, opened_at=clock.now() + timedelta(hours=1))
    assert resting.asks_again_in(clock.now()) == timedelta()


def test_a_slow_ca_takes_only_its_share_of_the_lanes(clock: SetClock) -> None:
    entered, leave = threading.Semaphore(0), threading.Event()

    class Slow(Adapter):
        def revoke(self, order: OrderToSend) -> Receipt:
            entered.release()
            leave.wait(20)
            return Accepted(None)

    guarded = GuardedAuthority("slow", Slow(), clock, at_once=3)
    threads = [threading.Thread(target=guarded.revoke, args=(ORDER,)) for _ in range(3)]
    for thread in threads:
        thread.start()
        assert entered.acquire(timeout=20)
    with pytest.raises(TryLater, match="under way"):
        guarded.revoke(ORDER)
    leave.set()
    for thread in threads:
        thread.join()
    assert guarded.revoke(ORDER) == Accepted(None)
