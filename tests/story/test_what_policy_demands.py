"""What evidence the policy wants before anybody decides, and which reasons may be given."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from tests.story.decisions_world import (
    APPROVER,
    BOTH,
    HOLDER,
    OPERATOR,
    STRANGER,
    SUPERVISOR,
    RegisterOutside,
    World,
    act,
    proof_of,
)

from sulku_kernel.actor import Actor
from sulku_kernel.errors import (
    InputError,
    NotAllowedError,
)
from sulku_revocation import decisions, models, requests
from sulku_revocation.domain.default_policy import DEFAULT_POLICY
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_tickets import actions
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency

COMPROMISE = ReasonCode.KEY_COMPROMISE

HOURS_20 = timedelta(hours=20)

AUTOMATIC = dataclasses.replace(DEFAULT_POLICY, version="automatic", is_automatic_when_proven=True)


@pytest.mark.parametrize(
    ("requester", "assurance", "reason", "allowed"),
    [
        (HOLDER, Assurance.L0, ReasonCode.SUPERSEDED, False),
        (HOLDER, Assurance.L2, ReasonCode.SUPERSEDED, False),
        (HOLDER, Assurance.L3, ReasonCode.SUPERSEDED, True),
        (HOLDER, Assurance.L1, COMPROMISE, False),
        (HOLDER, Assurance.L2, COMPROMISE, True),
        (STRANGER, Assurance.L0, COMPROMISE, False),
        (STRANGER, Assurance.L4, COMPROMISE, False),
        (STRANGER, Assurance.L4, ReasonCode.SUPERSEDED, False),
        ("", Assurance.L0, COMPROMISE, False),
    ],
)
def test_deciding_needs_what_the_policy_says(lite: World, requester, assurance, reason, allowed) -> None:
    ticket_id = lite.ticket(1, requester=requester, assurance=assurance)
    if allowed:
        assert len(lite.decide(ticket_id, reason)) == 1
        return
    with pytest.raises(NotAllowedError, match="the policy does not allow this yet") as refused:
        lite.decide(ticket_id, reason)
    assert "host1.holder.example" in str(refused.value)
    assert "sulku ticket evidence" in refused.value.next_step
    assert lite.states(ticket_id) == ["PROPOSED"]


def test_a_call_back_that_succeeded_lets_the_holder_be_served(lite: World) -> None:
    ticket_id = lite.ticket(1)
    act(lite, actions.record_evidence, ticket_id, "callback", "Ei vastausta.", confirmed=False)
    with pytest.raises(NotAllowedError):
        lite.decide(ticket_id)
    act(lite, actions.record_evidence, ticket_id, "callback", "Numero rekisteristä, vahvisti.")
    lite.decide(ticket_id)
    lite.approve(ticket_id)
    assert lite.states(ticket_id) == ["ORDERED"]


def test_a_call_back_at_which_the_holder_said_no_serves_no_stranger(lite: World) -> None:
    ticket_id = lite.ticket(1, requester=STRANGER, assurance=Assurance.L4)
    act(lite, actions.record_evidence, ticket_id, "callback", "Haltija kielsi.", confirmed=False)
    with pytest.raises(NotAllowedError, match="no call-back or passphrase"):
        lite.decide(ticket_id)
    act(lite, actions.record_evidence, ticket_id, "callback", "Haltijan esihenkilö vahvisti.")
    lite.decide(ticket_id)


def test_whoever_writes_from_an_unknown_address_at_night_is_served_when_the_holder_agrees(world: World) -> None:
    """Their own mailbox may be what was broken into. It need not wait 20 hours for a supervisor."""
    ticket_id = world.ticket(1, requester=STRANGER, assurance=Assurance.L0, urgency=Urgency.P1)
    act(world, actions.record_evidence, ticket_id, "other", "Kuulosti aidolta.")
    with pytest.raises(NotAllowedError, match="no call-back or passphrase"):
        world.decide(ticket_id, COMPROMISE)
    act(world, actions.record_evidence, ticket_id, "callback", "Rekisterin numerosta: avain on vuotanut.")
    (row,) = world.decide(ticket_id, COMPROMISE)
    assert row["policy_rule"] == "confirmed_by_holder"
    world.approve(ticket_id, actor=APPROVER)
    assert world.states(ticket_id) == ["ORDERED"]


def test_one_holders_word_revokes_nothing_of_another_holder(lite: World) -> None:
    ticket_id = lite.ticket(1, 4, requester=STRANGER, assurance=Assurance.L0, urgency=Urgency.P1)
    act(lite, actions.record_evidence, ticket_id, "callback", "Haltija Oy vahvisti omansa.")
    first, other = (entry.request_id for entry in lite.shown(ticket_id).entries)
    with pytest.raises(NotAllowedError, match="several holders") as refused:
        lite.decide(ticket_id, COMPROMISE, requests=[first])
    assert "--drop" in refused.value.next_step
    act(
        lite,
        requests.correct_match,
        ticket_id,
        register=RegisterOutside(lite),
        because="Toisen haltijan.",
        drop=[other],
    )
    lite.decide(ticket_id, COMPROMISE)


def test_a_proof_that_a_machine_verified_counts_whoever_sent_it(lite: World) -> None:
    ticket_id = lite.ticket(
        1, requester=STRANGER, assurance=Assurance.L0, urgency=Urgency.P0, proofs=(proof_of(1),),
        case_class=CaseClass.PROBLEM_REPORT,
    )  # fmt: skip
    with pytest.raises(InputError, match="proven to be compromised"):
        lite.decide(ticket_id, ReasonCode.SUPERSEDED, actor=SUPERVISOR)
    lite.decide(ticket_id, COMPROMISE)
    lite.approve(ticket_id)
    assert lite.states(ticket_id) == ["ORDERED"]
    assert "decision" not in lite.running_clocks(ticket_id)


@pytest.mark.parametrize("proof", [proof_of(1, is_verified=False), proof_of(2)])
def test_a_claimed_proof_or_one_for_another_key_proves_nothing(lite: World, proof: Proof) -> None:
    ticket_id = lite.ticket(1, requester=STRANGER, assurance=Assurance.L0, proofs=(proof,))
    with pytest.raises(NotAllowedError):
        lite.decide(ticket_id, COMPROMISE)


def test_unconfirmed_at_20_hours_a_supervisor_decides_with_what_was_tried_on_the_case(world: World) -> None:
    ticket_id = world.ticket(1)
    act(world, actions.record_evidence, ticket_id, "callback", "Ei vastausta kolmesti.", confirmed=False)
    world.clock.advance(HOURS_20 - timedelta(seconds=1))
    with pytest.raises(NotAllowedError, match="L3 is required"):
        world.decide(ticket_id, actor=SUPERVISOR)
    world.clock.advance(timedelta(seconds=1))
    with pytest.raises(NotAllowedError, match="only a supervisor may decide"):
        world.decide(ticket_id, actor=OPERATOR)
    (row,) = world.decide(ticket_id, actor=SUPERVISOR)
    assert row["policy_rule"] == "unconfirmed_after_20_hours"
    with pytest.raises(NotAllowedError, match="four eyes"):
        world.approve(ticket_id, actor=SUPERVISOR)
    world.approve(ticket_id, actor=APPROVER)
    assert world.audit_faults() == []


def test_at_20_hours_nothing_is_decided_without_a_trace_of_what_was_tried(lite: World) -> None:
    ticket_id = lite.ticket(1, assurance=Assurance.L0, requester=STRANGER)
    lite.clock.advance(HOURS_20)
    with pytest.raises(NotAllowedError, match="no evidence is recorded"):
        lite.decide(ticket_id, actor=SUPERVISOR)


def test_what_an_operator_decided_does_not_slip_under_the_supervisors_rule_while_it_waits(lite: World) -> None:
    """The assurance of the decision is gone at 20 hours only if it never stood; the rule is looked at again."""
    ticket_id = lite.ticket(1, requester=HOLDER, assurance=Assurance.L2)
    lite.decide(ticket_id, COMPROMISE)
    act(lite, actions.record_evidence, ticket_id, "callback", "Ei vastausta.", confirmed=False)
    with lite.store.writing() as connection:  # the address left the register while it waited
        connection.execute(models.contacts.delete().where(models.contacts.c.email == HOLDER))
    lite.clock.advance(HOURS_20)
    with pytest.raises(NotAllowedError, match="which no longer holds"):
        lite.approve(ticket_id)


def test_the_evidence_is_looked_at_again_when_somebody_approves(lite: World) -> None:
    ticket_id = lite.ticket(1, requester=HOLDER, assurance=Assurance.L2)
    lite.decide(ticket_id, COMPROMISE)
    with lite.store.writing() as connection:
        connection.execute(models.contacts.delete().where(models.contacts.c.email == HOLDER))
    with pytest.raises(NotAllowedError, match="does not allow this yet"):
        lite.approve(ticket_id)
    assert lite.orders(ticket_id) == []


def test_automatic_is_only_what_a_machine_proved_and_only_where_the_policy_says_so(lite: World) -> None:
    proven = lite.ticket(1, requester=STRANGER, assurance=Assurance.L0, urgency=Urgency.P0, proofs=(proof_of(1),))
    asserted = lite.ticket(2, assurance=Assurance.L2)
    desk = Actor.desk("worker")
    for ticket_id, policy in ((proven, DEFAULT_POLICY), (asserted, AUTOMATIC)):
        with pytest.raises(NotAllowedError):
            lite.decide(ticket_id, COMPROMISE, actor=desk, policy=policy)
    lite.decide(proven, COMPROMISE, actor=desk, policy=AUTOMATIC)
    with pytest.raises(NotAllowedError, match="approves nothing by itself"):
        lite.approve(proven, actor=desk, policy=DEFAULT_POLICY)
    lite.approve(proven, actor=desk, policy=AUTOMATIC)
    lite.decide(asserted, COMPROMISE, policy=AUTOMATIC)
    with pytest.raises(NotAllowedError, match="approves nothing by itself"):
        lite.approve(asserted, actor=desk, policy=AUTOMATIC)


def test_privilege_withdrawn_is_the_cas_own_and_only_a_supervisor_says_it(lite: World) -> None:
    ticket_id = lite.ticket(1, assurance=Assurance.L3)
    with pytest.raises(NotAllowedError, match="CA's own ground"):
        lite.decide(ticket_id, ReasonCode.PRIVILEGE_WITHDRAWN, actor=BOTH)
    with pytest.raises(NotAllowedError, match="no evidence is recorded"):
        lite.decide(ticket_id, ReasonCode.PRIVILEGE_WITHDRAWN, actor=SUPERVISOR)
    act(lite, actions.record_evidence, ticket_id, "other", "Käytetty käyttöehtojen vastaisesti.")
    lite.decide(ticket_id, ReasonCode.PRIVILEGE_WITHDRAWN, actor=SUPERVISOR)


@pytest.mark.parametrize(
    ("reason", "words"), [(6, "certificateHold is never written"), (2, "not a reason"), (10, "not a reason")]
)
def test_a_reason_this_desk_never_writes_is_refused(lite: World, reason: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        lite.decide(lite.ticket(1, assurance=Assurance.L3), reason)


def test_a_date_of_compromise_lies_in_the_past_and_belongs_to_a_compromise(lite: World) -> None:
    ticket_id = lite.ticket(1, assurance=Assurance.L3)
    now = lite.clock.now()
    with pytest.raises(InputError, match="in the past"):
        lite.decide(ticket_id, COMPROMISE, invalidity_at=now + timedelta(seconds=1))
    with pytest.raises(InputError, match="in the past"):
        lite.decide(ticket_id, COMPROMISE, invalidity_at=now.replace(tzinfo=None))
    with pytest.raises(InputError, match="since when a key is compromised"):
        lite.decide(ticket_id, ReasonCode.SUPERSEDED, invalidity_at=now)
    (row,) = lite.decide(ticket_id, COMPROMISE, invalidity_at=now - timedelta(days=3))
    assert row["invalidity_at"] == now - timedelta(days=3)


def test_without_a_reason_in_words_nothing_is_decided_or_ended(lite: World) -> None:
    ticket_id = lite.ticket(1, assurance=Assurance.L3)
    with pytest.raises(InputError, match="a reason in words"):
        lite.decide(ticket_id, because="  ")
    for end in (decisions.reject, decisions.withdraw):
        with pytest.raises(InputError, match="a reason in words"):
            act(lite, end, ticket_id, because="")
