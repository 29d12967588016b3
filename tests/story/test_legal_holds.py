"""While a court forbids it nothing is revoked, everybody sees why, and on-call hears in time that it ends."""

from __future__ import annotations

from datetime import timedelta
from itertools import repeat

import pytest
from tests.story.decisions_world import APPROVER, HOLDER, OPERATOR, STRANGER, TECHNICAL, World

from sulku_kernel.errors import ConflictError, IllegalTransitionError, InputError, NotAllowedError
from sulku_kernel.outbox import outbox
from sulku_kernel.transaction import begin
from sulku_revocation.decisions import withdraw
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.hold_models import legal_holds
from sulku_revocation.legal_holds import HoldOrder, lift_hold, place_holds, prolong_hold
from sulku_tickets.domain.urgency import Assurance, Urgency
from sulku_tickets.models import escalations

DAY = timedelta(days=1)


def order(world: World, days: float = 10) -> HoldOrder:
    return HoldOrder("Helsingin käräjäoikeus", "L 26/1234", world.clock.now() + days * DAY)


def hold(world: World, ticket_id: int, *, actor=OPERATOR, days: float = 10, **given):
    with begin(world.store, world.clock, actor) as tx:
        return place_holds(tx, ticket_id, order(world, days), because="The order came by courier.", **given)


def pages(world: World) -> int:
    """How often people were paged, or told again what they are paged about."""
    return sum(row["causes"] for row in world.rows(escalations))


def test_a_held_certificate_is_not_decided_and_the_list_says_who_forbids_it(world: World) -> None:
    ticket_id = world.ticket(1, 2, assurance=Assurance.L3)
    (first,) = [entry.request_id for entry in world.shown(ticket_id).entries if entry.certificate.id == 1]
    hold(world, ticket_id, requests=[first])
    shown = {entry.certificate.id: entry for entry in world.shown(ticket_id).entries}
    assert "legal_hold" in dict(shown[1].warnings)
    assert "Helsingin käräjäoikeus, L 26/1234" in shown[1].legal_hold
    assert shown[2].legal_hold == ""
    with pytest.raises(NotAllowedError, match="may not be revoked now"):
        world.decide(ticket_id)
    world.decide(ticket_id, requests=[shown[2].request_id])
    world.approve(ticket_id)
    world.run()
    assert world.states(ticket_id) == ["PROPOSED", "REVOKED"]
    assert world.audit_faults() == []


def test_what_was_decided_or_planned_on_any_ticket_waits_and_the_list_that_was_shown_counts_no_more(
    world: World,
) -> None:
    decided, planned = world.ticket(1, assurance=Assurance.L3), world.ticket(1, assurance=Assurance.L3)
    world.decide(planned, wanted_at=world.clock.now() + 2 * DAY)
    world.approve(planned)
    world.decide(decided)
    digest = world.shown(decided).digest
    hold(world, decided)
    assert world.states(decided) == world.states(planned) == ["PROPOSED"]
    with pytest.raises((ConflictError, IllegalTransitionError)):
        world.approve(decided, digest=digest)
    world.run(3 * DAY, step=DAY)
    assert world.authority.sent == []
    assert world.audit_faults() == []


def test_whoever_was_promised_a_date_is_told_that_it_is_put_off_and_later_that_it_is_revoked(world: World) -> None:
    asked = world.ticket(1, requester=STRANGER)
    world.record_evidence(asked)
    world.decide(asked, wanted_at=world.clock.now() + 2 * DAY)
    world.approve(asked)
    told = [to for _, to in world.mails("planned")]
    assert told == sorted([HOLDER, TECHNICAL, STRANGER])
    hold(world, world.ticket(1, assurance=Assurance.L3), days=5)
    assert [to for _, to in world.mails("put_off")] == told
    assert "Helsingin" not in str(world.mail("put_off")["context"])
    (entry,) = world.shown(asked).entries
    assert "promised for" in entry.held_because
    world.run(6 * DAY, step=DAY)
    assert world.mails("revoked_holder", "revoked_reporter") == []
    assert [row["state"] for row in world.rows(legal_holds)] == ["ENDED"]
    world.decide(asked)
    world.approve(asked)
    world.run()
    assert world.states(asked) == ["REVOKED"]
    assert sorted(to for _, to in world.mails("revoked_holder", "revoked_reporter")) == told
    assert world.audit_faults() == []


def test_one_mail_tells_each_of_all_that_is_put_off_and_nothing_is_taken_back_that_was_not_promised(
    lite: World,
) -> None:
    ticket_id = lite.ticket(1, 2, 3, 4, assurance=Assurance.L3)
    rows = {entry.certificate.id: entry.request_id for entry in lite.shown(ticket_id).entries}
    lite.decide(ticket_id, requests=[rows[1], rows[2]], wanted_at=lite.clock.now() + 2 * DAY)
    lite.approve(ticket_id)
    lite.decide(ticket_id, requests=[rows[3]])
    hold(lite, ticket_id)
    mails = [row["payload"] for row in lite.rows(outbox) if row["payload"].get("template") == "put_off"]
    assert sorted(mail["to"] for mail in mails) == sorted([HOLDER, TECHNICAL])
    for mail in mails:
        assert [one["serial_tail"] for one in mail["context"]["certificates"]] == ["1e12 0f01", "1e12 0f02"]


def test_on_call_is_reminded_three_days_before_and_told_when_it_is_over_and_nothing_is_revoked(world: World) -> None:
    ticket_id = world.ticket(1, assurance=Assurance.L3)
    hold(world, ticket_id)
    world.run(6.9 * DAY, step=DAY)
    assert pages(world) == 0
    world.run(0.2 * DAY, step=DAY)
    assert (pages(world), world.actions(ticket_id, "REMIND")) == (1, 1)
    assert {row["kind"] for row in world.rows(escalations)} == {"legal_hold_ends"}
    world.run(3 * DAY, step=DAY)
    assert pages(world) == 2
    assert [row["state"] for row in world.rows(legal_holds)] == ["ENDED"]
    assert world.authority.sent == []
    world.decide(ticket_id)
    world.approve(ticket_id)
    world.run()
    assert world.states(ticket_id) == ["REVOKED"]
    assert world.audit_faults() == []


def test_a_prolonged_hold_does_not_end_at_its_first_time_and_a_lifted_one_pages_nobody(lite: World) -> None:
    ticket_id = lite.ticket(1, 2, assurance=Assurance.L3)
    first, second = hold(lite, ticket_id, days=4)
    with begin(lite.store, lite.clock, OPERATOR) as tx:
        prolong_hold(tx, first["id"], order(lite, 30), because="A second order came.")
        lift_hold(tx, second["id"], because="The court took it back.")
    lite.run(5 * DAY, step=DAY)
    assert [row["state"] for row in lite.rows(legal_holds)] == ["HELD", "LIFTED"]
    assert pages(lite) == 0


def test_a_machine_proven_compromise_waits_too_since_a_court_goes_before_the_policy(lite: World) -> None:
    proof = (Proof("private_key", is_verified=True, spki=f"{1001:064x}"),)
    ticket_id = lite.ticket(1, urgency=Urgency.P0, proofs=proof)
    hold(lite, ticket_id)
    with pytest.raises(NotAllowedError, match="may not be revoked now"):
        lite.decide(ticket_id, ReasonCode.KEY_COMPROMISE)


def test_the_cascade_of_a_compromised_key_leaves_out_what_is_held(lite: World) -> None:
    lite.add_certificate(9, spki=f"{1001:064x}")
    other = lite.ticket(9, assurance=Assurance.L3)
    hold(lite, other)
    ticket_id = lite.ticket(1, assurance=Assurance.L3)
    decided = lite.decide(ticket_id, ReasonCode.KEY_COMPROMISE)
    assert [row["certificate_id"] for row in decided] == [1]
    assert lite.states(ticket_id) == ["DECIDED", "PROPOSED"]


def test_a_court_hears_that_it_is_too_late_though_another_ticket_ordered_it(world: World) -> None:
    world.authority.behaves = repeat("want_key")
    ordered = world.ordered(1)
    world.run(timedelta(minutes=2))
    ticket_id = world.ticket(1)
    with pytest.raises(IllegalTransitionError, match="is ordered at the CA on") as refused:
        hold(world, ticket_id)
    assert "Withdraw what only waits" in refused.value.next_step
    assert world.rows(legal_holds) == []
    with begin(world.store, world.clock, OPERATOR) as tx:
        withdraw(tx, ordered, because="The court forbids it.")
    hold(world, ticket_id)
    world.authority.behaves = repeat("accept")
    world.run(DAY, step=timedelta(hours=6))
    assert world.authority.revoked == {}


def test_what_is_at_the_ca_cannot_be_held_and_an_order_must_tell_who_and_until_when(lite: World) -> None:
    ordered = lite.ordered(2)
    request = lite.shown(ordered).entries[0].request_id
    with pytest.raises(IllegalTransitionError, match="ordered at the CA"):
        hold(lite, ordered, requests=[request])
    ticket_id = lite.ticket(1)
    with pytest.raises(NotAllowedError):
        hold(lite, ticket_id, actor=APPROVER)
    with pytest.raises(InputError, match="two years"):
        hold(lite, ticket_id, days=-1)
    with pytest.raises(InputError, match="authority"), begin(lite.store, lite.clock, OPERATOR) as tx:
        place_holds(tx, ticket_id, HoldOrder(" ", "1", lite.clock.now() + DAY), because="So.")
    hold(lite, ticket_id)
    with pytest.raises(IllegalTransitionError, match="held already"):
        hold(lite, ticket_id)
