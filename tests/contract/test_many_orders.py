"""Many orders in one message to the embedded CA: each acts once under its own key, and one refusal stops no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.servers.ca import RunningCa, issuer_record, open_ca, serial_of, serve_ca, to_issue

from sulku_kernel.clock import SetClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca import wire
from sulku_revocation.ca.authority import Accepted, AlreadyRevoked, OrderToSend, Refused, TryLater
from sulku_revocation.ca.careful import revoke_many_carefully
from sulku_revocation.domain.reason_code import ReasonCode


@pytest.fixture
def running(clock: SetClock, tmp_path: Path) -> Iterator[RunningCa]:
    with open_ca(tmp_path / "ca", clock) as ca, serve_ca(ca, tmp_path) as made:
        yield made


@pytest.fixture
def orders(running: RunningCa, clock: SetClock) -> list[OrderToSend]:
    issuer = issuer_record(running.ca, "care")
    issued = running.ca.issue_many("care", [to_issue(clock, f"host{n}.example") for n in range(3)])
    return [
        OrderToSend(f"key {n}", issuer.name, issuer.key_identifier, serial_of(der), ReasonCode.SUPERSEDED)
        for n, der in enumerate(issued)
    ]


def test_each_order_has_its_outcome_in_its_place(running: RunningCa, orders: list[OrderToSend]) -> None:
    unknown = replace(orders[0], idempotency_key="u", serial=SerialNumber.from_hex("abc"))
    outcomes = running.authority.revoke_many([orders[0], unknown, orders[1]])
    assert isinstance(outcomes[0], Accepted)
    assert isinstance(outcomes[1], Refused)
    assert outcomes[1].why == "unknown_serial"
    assert isinstance(outcomes[2], Accepted)


def test_a_repeat_acts_once_and_another_order_learns_the_first_reason(
    running: RunningCa, orders: list[OrderToSend], clock: SetClock
) -> None:
    first = running.authority.revoke_many(orders)
    clock.advance(timedelta(hours=1))
    again = running.authority.revoke_many(orders)
    assert [one.revoked_at for one in again if isinstance(one, Accepted)] == [
        one.revoked_at for one in first if isinstance(one, Accepted)
    ]
    assert all(isinstance(one, Accepted) and one.is_repeat for one in again)
    other = replace(orders[0], idempotency_key="other", reason=ReasonCode.KEY_COMPROMISE)
    (outcome,) = running.authority.revoke_many([other])
    assert isinstance(outcome, AlreadyRevoked)
    assert outcome.reason == 4


def test_more_than_fit_in_one_message_go_in_several(
    running: RunningCa, orders: list[OrderToSend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.authority, "capabilities", replace(running.authority.capabilities, batch=2))
    outcomes = revoke_many_carefully(running.authority, issuer_record(running.ca, "care"), orders)
    assert [type(one) for one in outcomes] == [Accepted] * 3


def test_a_ca_that_is_away_answers_for_none_of_them(running: RunningCa, orders: list[OrderToSend]) -> None:
    running.server.stop()
    outcomes = revoke_many_carefully(running.authority, issuer_record(running.ca, "care"), orders)
    assert [type(one) for one in outcomes] == [TryLater] * 3


@pytest.mark.parametrize(
    "body", [b"{}", b'{"orders": 1}', b'{"orders": [1]}', b'{"orders": [' + b",".join([b"{}"] * 501) + b"]}"]
)
def test_a_message_that_is_no_list_of_orders_is_refused(body: bytes) -> None:
    with pytest.raises(wire.MessageError):
        wire.read_orders(body)


def test_a_reason_that_is_never_written_is_refused_in_its_place(orders: list[OrderToSend]) -> None:
    body = wire.write_orders(orders).replace(b'"reason":4', b'"reason":6', 1)
    read = wire.read_orders(body)
    assert [type(one) for one in read] == [Refused, OrderToSend, OrderToSend]


@pytest.mark.parametrize("body", [b"{}", b'{"outcomes": []}', b'{"outcomes": [1]}', b'{"outcomes": [{"result": "?"}]}'])
def test_an_answer_that_does_not_fit_the_question_is_not_believed(body: bytes) -> None:
    with pytest.raises(wire.MessageError):
        wire.read_outcomes(body, 1)
