"""Look, revoke, look in doubt: with a CA that overwrites, forgets, contradicts or never answers, nothing happens twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import NIGHT

from sulku_kernel.clock import SetClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import (
    Accepted,
    Adapter,
    AlreadyRevoked,
    Capabilities,
    CertificateState,
    CertificateStatus,
    Lookup,
    Lost,
    OrderToSend,
    PendingApproval,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.ca.careful import revoke_carefully
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

ISSUER = IssuerRecord(1, "CN=CA", "ab" * 20, False, "", "", None)
SERIAL = SerialNumber(0xC0FFEE)


class Overwriting(Adapter):
    """As bad as they come: it answers 200 to a second revocation and overwrites reason and date of the first."""

    def __init__(self, clock: SetClock, can: Capabilities | None = None) -> None:
        self.clock, self.capabilities = clock, can or Capabilities()
        self.held: tuple[int, datetime] | None = None
        self.revoked, self.looked = 0, 0
        self.troubles: Iterator[str] = iter(())

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        self.looked += 1
        if next(self.troubles, "") == "silence":
            raise TryLater("no answer")
        if self.held is None:
            return CertificateStatus(CertificateState.GOOD)
        return CertificateStatus(CertificateState.REVOKED, *self.held)

    def revoke(self, order: OrderToSend) -> Receipt:
        trouble = next(self.troubles, "")
        if trouble == "silence":
            raise TryLater("refused connection")
        self.revoked += 1
        reason = int(order.reason) if self.capabilities.keeps_reason else 0
        self.held = (reason, self.clock.now())
        if trouble == "lost":
            raise TryLater("cut behind the request")
        return Accepted(None)


def order(clock: SetClock, **given: object) -> OrderToSend:
    made = OrderToSend(
        "order:1", ISSUER.name, ISSUER.key_identifier, SERIAL, ReasonCode.KEY_COMPROMISE, first_sent_at=clock.now()
    )
    return replace(made, **given)


def test_a_lost_answer_is_found_out_by_looking_and_not_by_sending_again(clock: SetClock) -> None:
    ca = Overwriting(clock)
    ca.troubles = iter(["", "lost"])
    assert revoke_carefully(ca, ISSUER, order(clock)) == Accepted(clock.now(), is_repeat=True, reason=1)
    assert ca.revoked == 1


def test_an_order_that_came_through_before_the_desk_died_is_not_sent_again(clock: SetClock) -> None:
    ca, sent = Overwriting(clock), order(clock)
    revoke_carefully(ca, ISSUER, sent)
    first = ca.held
    clock.advance(timedelta(hours=1))
    assert revoke_carefully(ca, ISSUER, sent) == Accepted(first[1], is_repeat=True, reason=1)
    assert (ca.held, ca.revoked) == (first, 1)


@pytest.mark.parametrize(
    ("reason", "at", "is_ours"),
    [
        (1, timedelta(), True),
        (1, timedelta(minutes=-4), True),  # the CA's clock is behind ours
        (1, timedelta(minutes=-6), False),
        (4, timedelta(seconds=1), False),
    ],
)
def test_already_is_our_own_success_only_when_reason_and_date_agree(
    clock: SetClock, reason: int, at: timedelta, *, is_ours: bool
) -> None:
    ca = Overwriting(clock)
    ca.held = (reason, clock.now() + at)
    receipt = revoke_carefully(ca, ISSUER, order(clock))
    assert isinstance(receipt, Accepted if is_ours else AlreadyRevoked)
    assert ca.revoked == 0


def test_what_a_ca_lost_of_the_order_is_told(clock: SetClock) -> None:
    ca = Overwriting(clock, Capabilities(keeps_reason=False))
    receipt = revoke_carefully(ca, ISSUER, order(clock, invalidity_at=clock.now() - timedelta(days=2)))
    assert receipt == Accepted(clock.now(), reason=0, lost=(Lost.REASON, Lost.INVALIDITY_DATE))
    again = revoke_carefully(ca, ISSUER, order(clock))
    assert again == Accepted(clock.now(), is_repeat=True, reason=0, lost=(Lost.REASON,))


def test_a_silent_ca_is_not_sent_anything_before_it_could_be_looked_at(clock: SetClock) -> None:
    ca = Overwriting(clock)
    ca.troubles = iter(["silence"])
    with pytest.raises(TryLater):
        revoke_carefully(ca, ISSUER, order(clock))
    assert ca.revoked == 0


def test_an_order_that_awaits_an_approval_is_only_looked_for(clock: SetClock) -> None:
    ca = Overwriting(clock)
    waiting = order(clock, awaits_approval=True)
    assert revoke_carefully(ca, ISSUER, waiting) == PendingApproval()
    ca.held = (1, clock.now())
    assert isinstance(revoke_carefully(ca, ISSUER, waiting), Accepted)
    assert ca.revoked == 0


def test_a_reason_is_changed_to_key_compromise_only_where_the_ca_can_and_once(clock: SetClock) -> None:
    update = order(clock, update_reason=True)
    with pytest.raises(Refused) as refused:
        revoke_carefully(Overwriting(clock), ISSUER, update)
    assert refused.value.why == "reason"
    ca = Overwriting(clock, Capabilities(update_reason=True))
    ca.held = (4, clock.now() - timedelta(days=1))
    assert isinstance(revoke_carefully(ca, ISSUER, update), Accepted)
    assert isinstance(revoke_carefully(ca, ISSUER, update), Accepted)
    assert ca.revoked == 1


def test_a_ca_that_remembers_orders_by_itself_is_sent_the_order_at_once(clock: SetClock) -> None:
    ca = Overwriting(clock, Capabilities(is_idempotent=True))
    revoke_carefully(ca, ISSUER, order(clock))
    assert ca.looked == 0


def test_without_any_look_up_the_cas_word_is_all_there_is(clock: SetClock) -> None:
    ca = Overwriting(clock, Capabilities(lookup=Lookup.NONE))
    assert revoke_carefully(ca, ISSUER, order(clock)) == Accepted(None)
    assert ca.looked == 0


@settings(max_examples=60, deadline=None)
@given(troubles=st.lists(st.sampled_from(["", "silence", "lost"]), max_size=12))
def test_whatever_gets_lost_on_the_way_it_is_revoked_once_with_the_first_date(troubles: list[str]) -> None:
    clock = SetClock(NIGHT)
    ca, sent = Overwriting(clock), order(clock)
    ca.troubles = iter(troubles)
    for _ in range(len(troubles) + 1):
        try:
            revoke_carefully(ca, ISSUER, sent)
            break
        except TryLater:
            clock.advance(timedelta(minutes=10))
    ca.troubles = iter(())
    receipt = revoke_carefully(ca, ISSUER, sent)
    assert ca.revoked == 1
    assert isinstance(receipt, Accepted)
    assert receipt.revoked_at == ca.held[1]
