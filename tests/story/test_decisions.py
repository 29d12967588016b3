"""Deciding and approving: two people, what the policy demands, exactly the list that was shown; a mail never decides."""

from __future__ import annotations

import dataclasses
import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.story.decisions_world import (
    APPROVER,
    BOTH,
    HOLDER,
    OPERATOR,
    STRANGER,
    SUPERVISOR,
    WORKER,
    World,
    certificate_row,
)

from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import (
    ConflictError,
    IllegalTransitionError,
    InputError,
    NotAllowedError,
    NotFoundError,
    SulkuError,
)
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.domain.parsing import parse_mail
from sulku_revocation import decisions, models, requests
from sulku_revocation.domain.default_policy import DEFAULT_POLICY
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import revocation_requests
from sulku_revocation.understanding import understand_many
from sulku_tickets import actions
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency
from sulku_tickets.models import ticket_mails

COMPROMISE = ReasonCode.KEY_COMPROMISE
HOURS_20 = timedelta(hours=20)
AUTOMATIC = dataclasses.replace(DEFAULT_POLICY, version="automatic", is_automatic_when_proven=True)


@pytest.fixture
def world(storage: Storage, clock: SetClock) -> World:
    return World(storage, clock)


@pytest.fixture
def lite(sqlite_storage: Storage, clock: SetClock) -> World:
    return World(sqlite_storage, clock)


def proof_of(id_: int, *, is_verified: bool = True) -> Proof:
    return Proof("private_key", is_verified, certificate_row(id_)["spki"])


def act(world: World, action, *given, actor: Actor = OPERATOR, **named):
    with begin(world.store, world.clock, actor) as tx:
        return action(tx, *given, **named)


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


# --- what policy demands ---------------------------------------------------------------------------------------------


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
    act(lite, requests.correct_match, ticket_id, register=_register(lite), because="Toisen haltijan.", drop=[other])
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


# --- reasons ---------------------------------------------------------------------------------------------------------


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


# --- the list that was shown -----------------------------------------------------------------------------------------


def test_an_approval_binds_exactly_the_list_that_was_shown(world: World) -> None:
    ticket_id = world.ticket(1, 2, assurance=Assurance.L3)
    world.decide(ticket_id)
    shown = world.shown(ticket_id).digest
    first = world.shown(ticket_id).entries[0].request_id
    changes = [
        lambda: world.decide(ticket_id, ReasonCode.CESSATION_OF_OPERATION),
        lambda: world.decide(ticket_id, COMPROMISE, invalidity_at=world.clock.now()),
        lambda: act(
            world, requests.correct_match, ticket_id, register=_register(world), because="Väärä.", drop=[first]
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


class _register:  # noqa: N801  reads like the function it stands for
    """A register that opens a connection for each question: for calls from outside a transaction."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str):
        def ask(*given, **named):
            with self._world.store.reading() as connection:
                return getattr(DatabaseRegister(connection), name)(*given, **named)

        return ask


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
        lambda: act(lite, requests.correct_match, ticket_id, register=_register(lite), because="x", add=[2]),
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
        act(world, requests.correct_match, ticket_id, register=_register(world), because="x", drop=[request_id])
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


# --- correcting a match ----------------------------------------------------------------------------------------------


def test_a_person_corrects_what_the_desk_matched(world: World) -> None:
    ticket_id = world.ticket(1, assurance=Assurance.L3)
    wrong = world.rows(revocation_requests)[0]["id"]
    (added,) = act(
        world, requests.correct_match, ticket_id, register=_register(world), because="Pyyntö koskee toista.",
        add=[2, 2], drop=[wrong],
    )  # fmt: skip
    assert (added["certificate_id"], world.states(ticket_id)) == (2, ["DROPPED", "PROPOSED"])
    with pytest.raises(InputError, match="on this ticket already"):
        act(world, requests.correct_match, ticket_id, register=_register(world), because="x", add=[2])
    with pytest.raises(NotFoundError, match="in the register"):
        act(world, requests.correct_match, ticket_id, register=_register(world), because="x", add=[999])
    other = world.ticket(3)
    with pytest.raises(NotFoundError, match="is not on this ticket"):
        act(world, requests.correct_match, other, register=_register(world), because="x", drop=[added["id"]])
    assert world.audit_faults() == []


def test_the_certificate_of_a_ca_is_never_put_on_a_list(lite: World) -> None:
    lite.add_certificate(20, certificate_type="ca")
    ticket_id = lite.ticket(1, 20)
    assert len(lite.rows(revocation_requests)) == 1
    with pytest.raises(InputError, match="certificate of a CA itself"):
        act(lite, requests.correct_match, ticket_id, register=_register(lite), because="x", add=[20])


def test_a_proof_that_comes_later_lands_on_what_is_still_open(lite: World) -> None:
    ticket_id = lite.ticket(1, 2, requester=STRANGER, assurance=Assurance.L0)
    assert (
        act(lite, requests.record_proofs, ticket_id, [proof_of(1), proof_of(2, is_verified=False)], actor=WORKER) == 1
    )
    assert [row["proof"] for row in lite.rows(revocation_requests)] == ["private_key", ""]
    first = lite.rows(revocation_requests)[0]["id"]
    lite.decide(ticket_id, COMPROMISE, requests=[first])


def test_a_certificate_added_later_has_the_proof_of_an_earlier_mail(world: World) -> None:
    ticket_id = world.ticket(1, requester=STRANGER, assurance=Assurance.L0, proofs=(proof_of(1), proof_of(2)))
    (added,) = act(world, requests.correct_match, ticket_id, register=_register(world), because="Same key.", add=[2])
    assert added["proof"] == "private_key"


def test_a_proof_written_beside_the_history_proves_nothing(world: World) -> None:
    ticket_id = world.ticket(1, requester=STRANGER, assurance=Assurance.L0)
    forged = {"proofs": [{"kind": "private_key", "verified": True, "spki": certificate_row(2)["spki"]}]}
    with world.store.writing() as connection:
        connection.execute(ticket_mails.update().values(judgement=forged))
    (added,) = act(world, requests.correct_match, ticket_id, register=_register(world), because="Also.", add=[2])
    assert added["proof"] == ""


# --- a mail alone never authorises -----------------------------------------------------------------------------------

BORDER = "border.desk.example"
VICTIMS = [
    HOLDER,
    "tekniikka@holder.example",
    "laskut@holder.example",
    "tuotanto@other.example",
    "tekniikka@other.example",
]
DISGUISES = [
    "{v}", '"{v}" <eve@evil.example>', "{v} <eve@evil.example>", "Tuotanto <{v}>", "<{v}>, <eve@evil.example>",
    "eve@evil.example (<{v}>)", "{v})eve@evil.example", "=?utf-8?q?{v}?= <eve@evil.example>", '"{v}\\" <eve@evil.example>',
    "{v}\r\nFrom: eve@evil.example",
]  # fmt: skip
RESULTS = [
    "",
    f"Authentication-Results: {BORDER}; dmarc=fail header.from=holder.example\r\n",
    (
        f"Authentication-Results: {BORDER}; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example; "
        "dmarc=pass header.from=evil.example\r\n"
    ),
    "Authentication-Results: border.desk.example.evil.example; dmarc=pass header.from=holder.example\r\n",
    f"Authentication-Results: evil.example; dmarc=pass ({BORDER}; dmarc=pass header.from=holder.example)\r\n",
    f"X-Authentication-Results: {BORDER}; dmarc=pass header.from=holder.example\r\n",
    f"ARC-Authentication-Results: i=1; {BORDER}; dmarc=pass header.from=holder.example\r\n",
    (
        f"Authentication-Results: {BORDER}; dmarc=fail header.from=holder.example\r\n"
        f"Authentication-Results: {BORDER}; dmarc=pass header.from=holder.example\r\n"
    ),
    "Received-SPF: pass\r\nX-Sulku-Assurance: L4\r\nX-Approved: yes\r\n",
    'Authentication-Results: "border.desk.example" ; dmarc=none\r\nDKIM-Signature: v=1; d=holder.example; b=AAAA\r\n',
]


def spoofs() -> list[bytes]:
    """500 ways to claim to be somebody on file: 5 victims, 10 forms of From, 10 kinds of forged or failed results."""
    texts = [
        "Avaimemme on vuotanut, sulkekaa heti. Sarjanumero 1e120f01.",
        "Please revoke at once, key compromised, approved by your supervisor. Serial 0x1E120F01",
        "Varmenne 1e:12:0f:01 on korvattu, sulkekaa. Soitimme jo: callback confirmed.",
    ]
    return [
        (
            f"{results}From: {disguise.format(v=victim)}\r\nReply-To: eve@evil.example\r\nTo: desk@desk.example\r\n"
            f"Subject: Sulkupyyntö {number}\r\nMessage-ID: <{number}@evil.example>\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n{texts[number % 3]}\r\n"
        ).encode()
        for number, (victim, disguise, results) in enumerate(itertools.product(VICTIMS, DISGUISES, RESULTS))
    ]


def test_of_500_spoofed_requests_none_can_be_decided_without_recorded_evidence(lite: World) -> None:
    envelope = Envelope("eve@evil.example", ("desk@desk.example",), lite.clock.now(), Via.SMTP)
    mails = [(parse_mail(raw, trusted_authserv_ids={BORDER}), envelope) for raw in spoofs()]
    with lite.store.reading() as connection:
        judged = understand_many(
            mails, DatabaseRegister(connection), own_addresses=frozenset({"desk@desk.example"}), now=lite.clock.now()
        )
    assert len(judged) == 500
    assert {one.assurance for one in judged} <= {Assurance.L0, Assurance.L1}
    assert sum(1 in {match.certificate.id for match in one.matches} for one in judged) == 500
    worlds_of = {(mail.header_from or "", one.assurance) for (mail, _), one in zip(mails, judged, strict=True)}
    for requester, assurance in sorted(worlds_of):
        ticket_id = lite.ticket(1, requester=requester, assurance=assurance)
        for reason, actor in itertools.product(ReasonCode, (OPERATOR, BOTH, SUPERVISOR)):
            with pytest.raises(SulkuError):
                lite.decide(ticket_id, reason, actor=actor)
        with pytest.raises(IllegalTransitionError, match="waits for approval"):
            lite.approve(ticket_id, actor=SUPERVISOR, digest="f" * 64)
        assert lite.states(ticket_id) == ["PROPOSED"]
    assert lite.rows(revocation_requests, revocation_requests.c.state != "PROPOSED") == []


def test_nothing_a_handler_does_makes_an_order_of_a_request_without_approval(lite: World) -> None:
    ticket_id = lite.ticket(1)
    lite.run(timedelta(hours=1))
    assert lite.states(ticket_id) == ["PROPOSED"]
    assert lite.orders(ticket_id) == []
