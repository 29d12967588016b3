"""Orders to CAs that lose what was said, want an approval, or publish when they are told to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.story.decisions_world import MisbehavingAuthority, World

from sulku_kernel.clock import SetClock
from sulku_kernel.events import read_events
from sulku_kernel.storage import Storage
from sulku_revocation.ca.authority import (
    Accepted,
    AlreadyRevoked,
    Capabilities,
    Lookup,
    NotSupported,
    OrderToSend,
    PendingApproval,
    Receipt,
    TryLater,
)
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord


class OddAuthority(MisbehavingAuthority):
    """`behaves` as its parent; `forget` drops the reason, `approve` is when somebody at the CA agrees."""

    def __init__(self, clock: SetClock) -> None:
        super().__init__(clock)
        self.capabilities = Capabilities()
        self.published: list[str] = []
        self.publishing_fails = False

    def revoke(self, order: OrderToSend) -> Receipt:
        match next(self.behaves):
            case "wait":
                self.sent.append(order)
                return PendingApproval("REQ-17")
            case "forget":
                self.sent.append(order)
                self.revoked[order.serial.hex] = (0, self._clock.now())
                return Accepted(None)
            case "say_already_of_nothing":
                return AlreadyRevoked()
        return super().revoke(order)

    def publish_crl(self, issuer: IssuerRecord) -> None:
        if self.publishing_fails:
            raise TryLater("busy")
        if not self.capabilities.crl_trigger:
            raise NotSupported("no")
        self.published.append(issuer.name)


@pytest.fixture
def world(storage: Storage, clock: SetClock) -> World:
    return odd(World(storage, clock))


@pytest.fixture
def lite(sqlite_storage: Storage, clock: SetClock) -> World:
    return odd(World(sqlite_storage, clock))


def odd(world: World) -> World:
    world.authority = OddAuthority(world.clock)
    world.publisher._authority = world.authority
    return world


def behave(world: World, *how: str) -> None:
    def moods() -> Iterator[str]:
        yield from how
        while True:
            yield "accept"

    world.authority.behaves = moods()


def because(world: World) -> list[str]:
    """What the history says beside the CA's acceptance."""
    with world.store.reading() as connection:
        found = read_events(connection)
    return [why for event in found if event.action == "ACCEPT" for why in event.payload.get("because", [])]


def test_a_reason_that_the_ca_lost_is_noted_on_the_order_and_the_order_ends_confirmed(world: World) -> None:
    world.authority.capabilities = Capabilities(keeps_reason=False)
    behave(world, "forget")
    ticket_id = world.ordered(1, reason=ReasonCode.KEY_COMPROMISE)
    world.run(timedelta(minutes=2))
    (order,) = world.orders(ticket_id)
    assert (order["state"], order["reason"], order["ca_reason"]) == ("CONFIRMED", 1, 0)
    assert order["alarms"] == []
    assert because(world) == ["The CA recorded reason 0, not 1 as ordered."]
    assert world.audit_faults() == []


def test_an_order_that_awaits_an_approval_pages_once_is_sent_once_and_ends_when_somebody_agreed(world: World) -> None:
    behave(world, "wait")
    ticket_id = world.ordered(1)
    world.run(timedelta(minutes=20))
    (order,) = world.orders(ticket_id)
    assert (order["state"], order["alarms"]) == ("SENT", ["ca_awaits_approval"])
    assert len(world.authority.sent) == 1
    world.authority.revoked[order["serial"]] = (int(ReasonCode.SUPERSEDED), world.clock.now())
    world.run(timedelta(minutes=5))
    assert world.orders(ticket_id)[0]["state"] == "CONFIRMED"
    assert len(world.authority.sent) == 1


@pytest.mark.parametrize("fails", [False, True])
def test_a_ca_that_publishes_when_it_is_told_to_is_told_and_a_failure_of_that_harms_nothing(
    lite: World, *, fails: bool
) -> None:
    lite.authority.capabilities = Capabilities(crl_trigger=True)
    lite.authority.publishing_fails = fails
    ticket_id = lite.ordered(1)
    lite.run(timedelta(minutes=2))
    assert lite.authority.published == ([] if fails else ["CN=Issuing CA,C=FI"])
    assert lite.orders(ticket_id)[0]["state"] == "CONFIRMED"


def test_already_revoked_by_a_ca_without_records_is_left_to_crl_and_ocsp(lite: World) -> None:
    lite.authority.capabilities = Capabilities(lookup=Lookup.NONE)
    behave(lite, "say_already_of_nothing")
    ticket_id = lite.ordered(1)
    lite.run(timedelta(minutes=2))
    (order,) = lite.orders(ticket_id)
    assert (order["state"], order["alarms"]) == ("ACCEPTED", [])
    lite.authority.revoked[order["serial"]] = (int(ReasonCode.SUPERSEDED), lite.clock.now())
    lite.run(timedelta(minutes=2))
    assert lite.orders(ticket_id)[0]["state"] == "CONFIRMED"


def test_a_reason_that_the_ca_does_not_take_is_refused_and_somebody_is_told(lite: World) -> None:
    lite.authority.capabilities = Capabilities(reasons=frozenset({ReasonCode.KEY_COMPROMISE}))
    ticket_id = lite.ordered(1)
    lite.run(timedelta(minutes=1))
    assert lite.orders(ticket_id)[0]["state"] == "REFUSED"
    assert lite.authority.sent == []
    assert len(lite.given_up) == 1
