"""An approval is of exactly the list that was shown, and orders once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.story.decisions_world import APPROVER, SUPERVISOR, RegisterOutside, World, act

from sulku_kernel.errors import (
    ConflictError,
    IllegalTransitionError,
    InputError,
    NotAllowedError,
    NotFoundError,
)
from sulku_revocation import decisions, models, requests
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_tickets import actions
from sulku_tickets.domain.urgency import Assurance

COMPROMISE = ReasonCode.KEY_COMPROMISE


def test_an_approval_binds_exactly_the_list_that_was_shown(world: World) -> None:
    ticket_id = world.ticket(1, 2, assurance=Assurance.L3)
    world.decide(ticket_id)
    shown = world.shown(ticket_id).digest
    first = world.shown(ticket_id).entries[0].request_id
    changes = [
        lambda: world.decide(ticket_id, ReasonCode.CESSATION_OF_OPERATION),
        lambda: world.decide(ticket_id, COMPROMISE, invalidity_at=world.clock.now()),
        lambda: act(
            world, requests.correct_match, ticket_id, register=RegisterOutside(world), because="Väärä.", drop=[first]
        ),
    ]
    for change in changes:
        change()
        with pytest.raises(ConflictError, match="changed since it was shown"):
            world.approve(ticket_id, digest=shown)
        assert world.orders(ticket_id) == []
        shown = world.shown(ticket_id).digest
    world.approve(ticket_id, digest=shown)
    assert world.states(ticket_id) == ["DROPPED", "ORDERED"]
    assert world.audit_faults() == []


@pytest.mark.parametrize("digest", ["", "0" * 64, "x"])
def test_no_made_up_digest_approves(lite: World, digest: str) -> None:
    ticket_id = lite.ticket(1, assurance=Assurance.L3)
    lite.decide(ticket_id)
    with pytest.raises(ConflictError):
        lite.approve(ticket_id, digest=digest)


def test_approving_twice_orders_once(world: World) -> None:
    ticket_id = world.ticket(1, assurance=Assurance.L3)
    world.decide(ticket_id)
    shown = world.shown(ticket_id).digest
    first = world.approve(ticket_id, digest=shown)
    again = world.approve(ticket_id, digest=shown)
    assert [order["id"] for order in again] == [order["id"] for order in first]
    assert len(world.orders(ticket_id)) == 1
    with pytest.raises(IllegalTransitionError, match="nothing on this ticket waits"):
        world.approve(ticket_id, digest="f" * 64)


def test_two_who_approve_at_the_same_moment_order_once(world: World) -> None:
    ticket_id = world.ticket(1, 2, assurance=Assurance.L3)
    world.decide(ticket_id)
    shown = world.shown(ticket_id).digest
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda actor: world.approve(ticket_id, actor, shown), [APPROVER, SUPERVISOR] * 2))
    assert len({tuple(order["id"] for order in orders) for orders in found}) == 1
    assert world.states(ticket_id) == ["ORDERED", "ORDERED"]
    assert world.actions(ticket_id, "APPROVE") == 2
    assert world.audit_faults() == []


def test_a_list_of_a_ticket_that_is_not_there_is_not_found(lite: World) -> None:
    with pytest.raises(NotFoundError):
        lite.shown(999)


def test_a_certificate_that_was_revoked_meanwhile_or_left_the_register_is_named(lite: World) -> None:
    ticket_id = lite.ticket(1, 2, assurance=Assurance.L3)
    lite.decide(ticket_id)
    with lite.store.writing() as connection:
        connection.execute(
            models.certificates.update()
            .where(models.certificates.c.id == 1)
            .values(revoked_at=lite.clock.now(), reason=1)
        )
    with pytest.raises(InputError, match="is revoked already"):
        lite.approve(ticket_id)
    with lite.store.writing() as connection:
        connection.execute(models.certificates.delete().where(models.certificates.c.id == 1))
    with pytest.raises(InputError, match="the register no longer has"):
        lite.approve(ticket_id)


def test_part_of_a_list_may_be_decided(lite: World) -> None:
    ticket_id = lite.ticket(1, 2, assurance=Assurance.L3)
    first = lite.shown(ticket_id).entries[0].request_id
    lite.decide(ticket_id, requests=[first])
    lite.approve(ticket_id)
    assert lite.states(ticket_id) == ["ORDERED", "PROPOSED"]
    with pytest.raises(IllegalTransitionError):
        lite.decide(ticket_id, requests=[first])
    with pytest.raises(NotFoundError, match="is not on this ticket"):
        lite.decide(ticket_id, requests=[999])


def test_a_closed_ticket_is_opened_before_anything_is_decided_or_corrected(lite: World) -> None:
    ticket_id = lite.ticket(1, assurance=Assurance.L3)
    with pytest.raises(NotAllowedError, match="waits for a decision"):
        act(lite, actions.close, ticket_id, because="Valmis.", undecided=requests.undecided)
    act(lite, decisions.reject, ticket_id, because="Ei haltijan pyyntö.")
    act(lite, actions.close, ticket_id, because="Valmis.", undecided=requests.undecided)
    for try_ in (
        lambda: lite.decide(ticket_id),
        lambda: act(lite, requests.correct_match, ticket_id, register=RegisterOutside(lite), because="x", add=[2]),
        lambda: act(lite, decisions.reject, ticket_id, because="x"),
    ):
        with pytest.raises(IllegalTransitionError, match="is closed"):
            try_()


def test_a_ticket_stays_open_until_what_was_ordered_is_seen(lite: World) -> None:
    ticket_id = lite.ordered(1)
    with pytest.raises(NotAllowedError, match="the CA has not answered"):
        act(lite, actions.close, ticket_id, because="Valmis.", undecided=requests.undecided)
    lite.run(timedelta(minutes=1))
    assert lite.states(ticket_id) == ["REVOKED"]
    act(lite, actions.close, ticket_id, because="Valmis.", undecided=requests.undecided)
    assert lite.audit_faults() == []
