"""Deciding and approving: two people, or one and an alarm; what comes along, and what is taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.story.decisions_world import (
    APPROVER,
    BOTH,
    HOLDER,
    STRANGER,
    WORKER,
    RegisterOutside,
    World,
    act,
    certificate_row,
    proof_of,
)

from sulku_kernel.actor import Actor
from sulku_kernel.errors import (
    IllegalTransitionError,
    InputError,
    NotAllowedError,
)
from sulku_revocation import decisions, models, requests
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.request_models import revocation_requests
from sulku_tickets.domain.urgency import Assurance

COMPROMISE = ReasonCode.KEY_COMPROMISE


# --- four eyes -------------------------------------------------------------------------------------------------------


def test_two_people_decide_and_approve_and_an_order_is_stored(world: World) -> None:
    ticket_id = world.ticket(1, 2, assurance=Assurance.L3)
    assert {row["reason"] for row in world.decide(ticket_id, ReasonCode.CESSATION_OF_OPERATION)} == {5}
    assert world.orders(ticket_id) == []
    orders = world.approve(ticket_id)
    assert world.states(ticket_id) == ["ORDERED", "ORDERED"]
    assert [order["serial"] for order in world.orders(ticket_id)] == [order["serial"] for order in orders]
    row = world.rows(revocation_requests)[0]
    assert (row["decided_by"], row["approved_by"], row["policy_rule"]) == ("user:olli", "user:aino", "confirmed_holder")
    assert len(row["list_digest"]) == 64
    assert world.audit_faults() == []


def test_who_decided_may_not_approve(world: World) -> None:
    ticket_id = world.ticket(1, assurance=Assurance.L3)
    world.decide(ticket_id, actor=BOTH)
    with pytest.raises(NotAllowedError, match="four eyes") as refused:
        world.approve(ticket_id, actor=BOTH)
    assert "break-glass" in refused.value.next_step
    assert world.orders(ticket_id) == []
    world.approve(ticket_id, actor=APPROVER)
    assert len(world.orders(ticket_id)) == 1


def test_roles_bind_deciding_and_approving(lite: World) -> None:
    ticket_id = lite.ticket(1, assurance=Assurance.L3)
    for actor in (APPROVER, Actor.user("aune", frozenset({"auditor", "administrator"})), WORKER, Actor("link:16")):
        with pytest.raises(NotAllowedError):
            lite.decide(ticket_id, actor=actor)
    lite.decide(ticket_id)
    for actor in (Actor.user("toinen", frozenset({"operator"})), WORKER, Actor("link:16", frozenset({"approver"}))):
        with pytest.raises(NotAllowedError):
            lite.approve(ticket_id, actor=actor)
    assert lite.states(ticket_id) == ["DECIDED"]


# --- break glass -----------------------------------------------------------------------------------------------------


def test_one_person_alone_breaks_the_glass_and_somebody_is_paged(world: World) -> None:
    ticket_id = world.ticket(1, assurance=Assurance.L3)
    world.decide(ticket_id, actor=BOTH)
    world.approve(ticket_id, actor=BOTH, break_glass_reason="Yöllä yksin, avain verkossa.")
    assert world.states(ticket_id) == ["ORDERED"]
    assert world.mails("page") == [("page", "duty@desk.example")]
    assert world.actions(ticket_id, "BREAK_GLASS") == 1
    assert world.rows(revocation_requests)[0]["break_glass_reason"].startswith("Yöllä")
    assert world.audit_faults() == []


def test_the_glass_is_broken_with_a_reason_an_alarm_and_only_when_alone(lite: World) -> None:
    ticket_id = lite.ticket(1, assurance=Assurance.L3)
    lite.decide(ticket_id, actor=BOTH)
    with pytest.raises(InputError, match="a reason in words"):
        lite.approve(ticket_id, actor=BOTH, break_glass_reason=" ")
    with pytest.raises(InputError, match="nothing needs breaking"):
        lite.approve(ticket_id, actor=APPROVER, break_glass_reason="Kiire.")
    with pytest.raises(NotAllowedError, match="needs an alarm"):
        act(
            lite, decisions.approve, ticket_id, actor=BOTH, shown_digest=lite.shown(ticket_id).digest,
            break_glass_reason="Kiire.",
        )  # fmt: skip
    assert lite.orders(ticket_id) == []


def test_breaking_the_glass_lowers_no_assurance(lite: World) -> None:
    ticket_id = lite.ticket(1, assurance=Assurance.L2)
    lite.decide(ticket_id, COMPROMISE, actor=BOTH)
    with lite.store.writing() as connection:
        connection.execute(models.contacts.delete().where(models.contacts.c.email == HOLDER))
    with pytest.raises(NotAllowedError, match="does not allow this yet"):
        lite.approve(ticket_id, actor=BOTH, break_glass_reason="Kiire.")


# --- the same key ----------------------------------------------------------------------------------------------------


def test_the_other_certificates_with_a_proven_key_come_along(world: World) -> None:
    spki = certificate_row(1)["spki"]
    world.add_certificate(10, spki=spki)
    world.add_certificate(11, spki=spki, account_id=2)
    world.add_certificate(12, spki=spki, revoked_at=world.clock.now(), reason=4)
    ticket_id = world.ticket(1, requester=STRANGER, assurance=Assurance.L0, proofs=(proof_of(1),))
    decided = world.decide(ticket_id, COMPROMISE)
    assert {row["certificate_id"] for row in decided} == {1, 10, 11}
    assert len(world.approve(ticket_id)) == 3
    assert world.actions(ticket_id, "CASCADE") == 2
    assert world.audit_faults() == []


def test_on_a_holders_word_only_the_holders_own_come_along_and_the_rest_is_proposed(lite: World) -> None:
    spki = certificate_row(1)["spki"]
    lite.add_certificate(10, spki=spki)
    lite.add_certificate(11, spki=spki, account_id=2)
    ticket_id = lite.ticket(1)
    assert {row["certificate_id"] for row in lite.decide(ticket_id, COMPROMISE)} == {1, 10}
    states = {row["certificate_id"]: row["state"] for row in lite.rows(revocation_requests)}
    assert states == {1: "DECIDED", 10: "DECIDED", 11: "PROPOSED"}


def test_another_reason_takes_nothing_along(lite: World) -> None:
    lite.add_certificate(10, spki=certificate_row(1)["spki"])
    ticket_id = lite.ticket(1, assurance=Assurance.L3)
    assert len(lite.decide(ticket_id, ReasonCode.SUPERSEDED)) == 1
    assert lite.states(ticket_id) == ["DECIDED"]


# --- rejecting and withdrawing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "template", "state"),
    [(decisions.reject, "rejected", "REJECTED"), (decisions.withdraw, "withdrawn", "WITHDRAWN")],
)
def test_who_asked_is_told_that_nothing_is_revoked_and_why(world: World, end, template: str, state: str) -> None:
    ticket_id = world.ticket(1, 2)
    act(world, end, ticket_id, because="Haltija kielsi.")
    assert world.states(ticket_id) == [state, state]
    assert world.mails(template) == [(template, HOLDER)]
    context = world.mail(template)["context"]
    assert (context["because"], len(context["certificates"])) == ("Haltija kielsi.", 2)
    assert world.running_clocks(ticket_id) == {"preliminary_report"}, "it stops when the mail was handed over"
    with pytest.raises(IllegalTransitionError):
        act(world, end, ticket_id, because="Uudestaan.")
    assert world.audit_faults() == []


def test_once_ordered_nothing_is_taken_back(world: World) -> None:
    ticket_id = world.ordered(1)
    for end in (decisions.reject, decisions.withdraw):
        with pytest.raises(IllegalTransitionError) as refused:
            act(world, end, ticket_id, because="Sittenkin ei.")
        assert "never restored" in refused.value.next_step
    with pytest.raises(IllegalTransitionError):
        world.decide(ticket_id)
    request_id = world.rows(revocation_requests)[0]["id"]
    with pytest.raises(IllegalTransitionError):
        act(world, requests.correct_match, ticket_id, register=RegisterOutside(world), because="x", drop=[request_id])
    assert world.states(ticket_id) == ["ORDERED"]


def test_what_was_ordered_goes_on_when_the_rest_is_withdrawn(lite: World) -> None:
    ticket_id = lite.ticket(1, 2, assurance=Assurance.L3)
    first = lite.shown(ticket_id).entries[0].request_id
    lite.decide(ticket_id, requests=[first])
    lite.approve(ticket_id)
    act(lite, decisions.withdraw, ticket_id, because="Toista ei.")
    assert lite.states(ticket_id) == ["ORDERED", "WITHDRAWN"]
    assert "publication" in lite.running_clocks(ticket_id)
    lite.run(timedelta(minutes=1))
    assert lite.states(ticket_id) == ["REVOKED", "WITHDRAWN"]
    assert "publication" not in lite.running_clocks(ticket_id)
