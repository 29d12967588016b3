"""A campaign's orders on their way: pace, several issuers at one CA, and CAs that refuse, hang or take one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event, Semaphore, Thread

from tests.servers.ca import to_issue
from tests.story.campaign_world import APPROVER, CampaignWorld, certificate_of, world_of_campaigns  # noqa: F401  one is a fixture

from sulku_revocation import models
from sulku_revocation.block_list import list_blocked
from sulku_revocation.ca.authority import Accepted, Lookup, OrderToSend, PendingApproval, TryLater
from sulku_revocation.campaign_sending import AT_ONCE
from sulku_revocation.campaigns import (
    Plan,
    pause,
    resume,
)
from sulku_revocation.domain.reason_code import ReasonCode


def test_a_pace_is_kept_and_a_pause_stops_sending(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials(), plan=Plan(per_minute=6))
    world.approve(campaign_id)
    world.run(timedelta(seconds=29))
    sent = 12 - world.states(campaign_id)["LISTED"]
    assert 2 <= sent <= 4
    world.do(pause, campaign_id, because="Katsotaan ensin.", actor=APPROVER)
    world.run(timedelta(minutes=10))
    assert world.states(campaign_id) == {"LISTED": 12 - sent, "REVOKED": sent}
    world.do(resume, campaign_id, per_minute=0)
    world.run()
    assert world.states(campaign_id) == {"REVOKED": 12}
    assert len(world.mails("campaign_after")) == 3


def test_the_issuers_of_one_ca_share_its_pace(world: CampaignWorld) -> None:
    with world.store.writing() as connection:
        (first,) = connection.execute(models.issuers.select()).mappings()
        other = {**first, "id": 2, "name": "CN=Care CA 2", "name_key": "care 2", "key_identifier": "ab" * 20}
        connection.execute(models.issuers.insert().values(other))
        connection.execute(models.certificates.update().where(models.certificates.c.id < 2_000).values(issuer_id=2))
    world.authority = counting = _Counting(world.authority)
    campaign_id = world.decided(world.serials(), plan=Plan(per_minute=6))
    world.approve(campaign_id)
    world.run(timedelta(seconds=59))
    assert 5 <= len(counting.sent) <= 7
    assert {order.issuer_name for order in counting.sent} == {first["name"], "CN=Care CA 2"}


def test_what_somebody_at_the_ca_must_agree_to_holds_nothing_up_and_is_sent_once(world: CampaignWorld) -> None:
    world.authority = _Agreeing(world.authority)
    campaign_id = world.decided(world.serials(), plan=Plan(per_minute=30))
    world.approve(campaign_id)
    world.run(timedelta(minutes=5))
    assert world.states(campaign_id) == {"SENT": 1, "REVOKED": 11}
    assert world.alarms == ["somebody at the CA must agree to revoke one certificate of a campaign"]
    assert len(world.authority.sent) == 12, "asked for once: each order would be another matter for the CA's people"
    world.authority.agree()
    world.run(timedelta(minutes=3))
    assert (world.row(campaign_id)["state"], world.states(campaign_id)) == ("COMPLETED", {"REVOKED": 12})
    assert world.audit_faults() == []


def test_a_compromised_key_is_blocked_before_the_ca_is_asked(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials(), reason=ReasonCode.KEY_COMPROMISE)
    world.authority = _Silent(world.authority)
    world.approve(campaign_id)
    world.run(timedelta(seconds=5))
    with world.store.reading() as connection:
        assert len(list_blocked(connection)) == 12


def test_a_refused_certificate_is_told_of_and_stops_no_other(world: CampaignWorld) -> None:
    with world.store.writing() as connection:
        unknown = certificate_of(
            1_500, "unknown.example", world.running.ca.issue("care", to_issue(world.clock, "twin.example"))
        )
        connection.execute(models.certificates.insert().values({**unknown, "serial": "abc123"}))
    campaign_id = world.decided(world.serials())
    world.approve(campaign_id)
    world.run()
    assert world.states(campaign_id) == {"REFUSED": 1, "REVOKED": 12}
    assert len(world.alarms) == 1
    assert "unknown_serial" in world.alarms[0]


def test_a_silent_ca_is_asked_again_and_pages_once_after_a_quarter_of_an_hour(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials())
    real, world.authority = world.authority, _Silent(world.authority)
    world.approve(campaign_id)
    world.run(timedelta(minutes=14))
    assert world.alarms == []
    world.run(timedelta(minutes=20), step=timedelta(seconds=30))
    assert len(world.alarms) == 1
    world.authority = real
    world.run(timedelta(minutes=10), step=timedelta(seconds=30))
    assert world.states(campaign_id) == {"REVOKED": 12}


def test_orders_go_one_by_one_to_a_ca_that_takes_no_batch(world: CampaignWorld) -> None:
    world.authority = _OneByOne(world.authority)
    campaign_id = world.decided(world.serials())
    world.approve(campaign_id)
    world.run()
    assert world.states(campaign_id) == {"REVOKED": 12}
    assert len(world.authority.sent) == 12


def test_all_campaigns_together_leave_calls_to_a_ca_for_single_orders(world: CampaignWorld) -> None:
    world.authority = _Held(world.authority)
    serials = world.serials()
    for part in (serials[:6], serials[6:]):
        world.approve(world.decided(part))
    batches = [Thread(target=world.dispatcher.run_due, args=(("campaign_batch",), 1)) for _ in range(2)]
    for batch in batches:
        batch.start()
    for _ in range(AT_ONCE):
        assert world.authority.entered.acquire(timeout=20)
    assert not world.authority.entered.acquire(timeout=0.2)
    world.authority.leave.set()
    for batch in batches:
        batch.join()
    assert len(set(world.authority.sent)) == 12


class _Silent:
    """A CA that never answers."""

    def __init__(self, real) -> None:
        self.capabilities = real.capabilities

    def revoke_many(self, orders):
        raise TryLater("no answer within 30 s")


class _OneByOne:
    """A CA that takes one order at a time and remembers no keys."""

    def __init__(self, real) -> None:
        self._real = real
        self.capabilities = replace(real.capabilities, batch=1, is_idempotent=False, lookup=Lookup.RECORDS)
        self.sent: list[str] = []

    def lookup(self, issuer, serial):
        return self._real.lookup(issuer, serial)

    def revoke(self, order):
        self.sent.append(order.serial.hex)
        return self._real.revoke(order)


class _Held(_OneByOne):
    """A CA that keeps every call until it may go on."""

    def __init__(self, real) -> None:
        super().__init__(real)
        self.entered, self.leave = Semaphore(0), Event()

    def lookup(self, issuer, serial):
        self.entered.release()
        assert self.leave.wait(20)
        return super().lookup(issuer, serial)


class _Counting:
    """A CA that takes every order, and does nothing."""

    def __init__(self, real) -> None:
        self.capabilities = real.capabilities
        self.sent: list[OrderToSend] = []

    def revoke_many(self, orders):
        self.sent += orders
        return [Accepted(None) for _ in orders]

    def publish_crl(self, issuer):
        pass


class _Agreeing(_OneByOne):
    """A CA where somebody must agree to the first order that comes."""

    def __init__(self, real) -> None:
        super().__init__(real)
        self._first: OrderToSend | None = None

    def revoke(self, order):
        self._first = self._first or order
        if order.serial != self._first.serial:
            return super().revoke(order)
        self.sent.append(order.serial.hex)
        return PendingApproval("REQ-17")

    def agree(self) -> None:
        assert self._first is not None
        self._real.revoke(self._first)
