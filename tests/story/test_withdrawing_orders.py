"""An order that waits for somebody at the CA can be withdrawn; no other can, and none while it is being sent."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from tests.story.decisions_world import APPROVER, HOLDER, OPERATOR, STRANGER, WORKER, World

from sulku_kernel import outbox
from sulku_kernel.errors import ConflictError, IllegalTransitionError, InputError, NotAllowedError
from sulku_kernel.transaction import begin
from sulku_revocation import decisions
from sulku_revocation.answers import TakenBack, take_back
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.requests import undecided
from sulku_tickets import actions
from sulku_tickets.domain.urgency import Assurance

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def waiting(world: World, how: str = "want_key", *chosen: int) -> int:
    """A ticket whose orders the CA has answered with that somebody there must do something."""
    world.authority.behaves = itertools.repeat(how)
    ticket_id = world.ordered(*(chosen or (1,)))
    world.run(2 * MINUTE)
    assert set(world.states(ticket_id)) == {"ORDERED"}
    return ticket_id


def withdraw(world: World, ticket_id: int, actor=OPERATOR, because: str = "Haltija perui pyynnön puhelimitse.") -> None:
    with begin(world.store, world.clock, actor) as tx:
        decisions.withdraw(tx, ticket_id, because=because)


@pytest.mark.parametrize("how", ["want_key", "await_approval"])
def test_what_waits_for_somebody_at_the_ca_is_withdrawn_told_recorded_and_never_sent_again(
    world: World, how: str
) -> None:
    ticket_id = waiting(world, how)
    sent = len(world.authority.sent)
    withdraw(world, ticket_id)
    world.authority.behaves = itertools.repeat("accept")
    world.run(10 * MINUTE)
    assert (len(world.authority.sent), world.authority.revoked) == (sent, {})
    assert world.states(ticket_id) == ["WITHDRAWN"]
    assert [order["state"] for order in world.orders(ticket_id)] == ["WITHDRAWN"]
    assert world.mails("withdrawn", "called_off") == [("withdrawn", HOLDER)]
    assert world.mail("withdrawn")["context"]["because"] == "Haltija perui pyynnön puhelimitse."
    assert world.actions(ticket_id, "WITHDRAW") == 2, "the request and its order"
    assert not {"decision_to_visible", "publication"} & world.running_clocks(ticket_id)
    assert world.audit_faults() == []


def test_a_ticket_whose_order_was_withdrawn_can_be_closed(world: World) -> None:
    ticket_id = waiting(world)
    withdraw(world, ticket_id)
    with begin(world.store, world.clock, OPERATOR) as tx:
        actions.close(tx, ticket_id, because="Pyyntö peruttiin.", undecided=undecided)


def test_nobody_withdraws_it_without_the_role_or_a_reason(world: World) -> None:
    ticket_id = waiting(world)
    for actor in (WORKER, APPROVER):
        with pytest.raises(NotAllowedError):
            withdraw(world, ticket_id, actor)
    with pytest.raises(InputError):
        withdraw(world, ticket_id, because=" ")
    assert world.states(ticket_id) == ["ORDERED"]


@pytest.mark.parametrize("how", ["hang", "lose_answer"])
def test_what_the_ca_may_have_done_is_not_withdrawn(world: World, how: str) -> None:
    never_answered = waiting(world, "hang", 1)
    with pytest.raises(IllegalTransitionError, match="can be withdrawn any more"):
        withdraw(world, never_answered, because="Haltija perui.")
    ticket_id = waiting(world, "want_key", 2)
    world.authority.behaves = itertools.chain([how], itertools.repeat("hang"))
    world.run(2 * MINUTE)
    with pytest.raises(ConflictError, match="not known whether"):
        withdraw(world, ticket_id)
    assert world.states(ticket_id) == ["ORDERED"]


def test_what_the_ca_has_accepted_meanwhile_is_not_withdrawn(world: World) -> None:
    ticket_id = waiting(world)
    world.authority.behaves = itertools.repeat("accept")
    world.run(2 * MINUTE)
    assert world.states(ticket_id) == ["REVOKED"]
    with pytest.raises(IllegalTransitionError):
        withdraw(world, ticket_id)


def test_nothing_is_withdrawn_while_it_is_being_sent_or_whoever_sent_it_has_died(world: World) -> None:
    ticket_id = waiting(world)
    world.clock.advance(2 * MINUTE)
    with world.store.writing() as connection:
        (effect,) = outbox.claim(connection, owner="dispatcher:x", now=world.clock.now(), kinds=["ca_order"])
    with pytest.raises(ConflictError, match="being sent"):
        withdraw(world, ticket_id)
    world.clock.advance(DAY)  # its lease is long over, and what the CA answered to it is not known
    with pytest.raises(ConflictError, match="being sent"):
        withdraw(world, ticket_id)
    assert effect.key == f"order:{world.orders(ticket_id)[0]['id']}"
    world.run(2 * MINUTE)  # another dispatcher hears that it still waits
    withdraw(world, ticket_id)
    assert world.states(ticket_id) == ["WITHDRAWN"]


def test_a_proven_compromise_is_not_withdrawn_while_its_order_waits(world: World) -> None:
    with world.store.reading() as connection:
        certificate = DatabaseRegister(connection).certificate(1)
    assert certificate is not None
    proof = Proof("private_key", is_verified=True, spki=certificate.spki)
    world.authority.behaves = itertools.repeat("want_key")
    ticket_id = world.ticket(1, reason=ReasonCode.KEY_COMPROMISE, proofs=(proof,))
    world.decide(ticket_id, ReasonCode.KEY_COMPROMISE)
    world.approve(ticket_id)
    world.run(2 * MINUTE)
    assert "ORDERED" in world.states(ticket_id)
    with pytest.raises(IllegalTransitionError):
        withdraw(world, ticket_id)
    with begin(world.store, world.clock, WORKER) as tx:
        assert take_back(tx, ticket_id, because="Väärä hälytys.") is TakenBack.TOO_LATE


def test_a_mail_that_takes_back_what_waits_at_the_ca_stops_nothing_and_makes_somebody_decide(world: World) -> None:
    ticket_id = waiting(world)
    with begin(world.store, world.clock, WORKER) as tx:
        assert take_back(tx, ticket_id, because="Älkää sulkeko.") is TakenBack.STOPPED
    assert world.states(ticket_id) == ["ORDERED"]


def test_a_planned_order_that_waits_is_called_off_to_those_who_were_told_its_date(world: World) -> None:
    world.authority.behaves = itertools.repeat("want_key")
    ticket_id = world.ticket(1, requester=STRANGER, assurance=Assurance.L3)
    world.record_evidence(ticket_id)
    world.decide(ticket_id, wanted_at=world.clock.now() + DAY)
    world.approve(ticket_id)
    told = {to for _, to in world.mails("planned")}
    world.run(DAY + 2 * MINUTE, step=timedelta(hours=1))
    assert world.states(ticket_id) == ["ORDERED"]
    withdraw(world, ticket_id)
    assert world.mails("withdrawn") == [("withdrawn", STRANGER)]
    assert {to for _, to in world.mails("called_off")} == told - {STRANGER}
