"""A revocation for a later day: approved now, ordered then, and taken back in between."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from itertools import chain, repeat

import pytest
import sqlalchemy as sa
from tests.story.decisions_world import (
    APPROVER,
    HOLDER,
    OPERATOR,
    STRANGER,
    TECHNICAL,
    WORKER,
    World,
    act,
    proof_of,
)

from sulku_desk.dispatcher import Dispatcher
from sulku_kernel import outbox
from sulku_kernel.clock import to_text
from sulku_kernel.effects import EffectOutcome
from sulku_kernel.errors import IllegalTransitionError, InputError
from sulku_kernel.events import RecordedEvent, Subject, read_events
from sulku_kernel.outbox import ClaimedEffect
from sulku_kernel.transaction import begin
from sulku_revocation import decisions
from sulku_revocation.answers import TakenBack, take_back
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.overtaken import PLANNED_REVOCATION
from sulku_revocation.planned import PlannedHandler
from sulku_revocation.register import DatabaseRegister, mark_revoked
from sulku_revocation.request_models import revocation_requests
from sulku_revocation.requests import correct_match, record_proofs, requests_of
from sulku_tickets.domain.urgency import Assurance
from sulku_tickets.models import TICKETS, deadlines, escalations

WEEK = timedelta(days=7)


def planned(world: World, *chosen: int) -> tuple[int, datetime]:
    """A ticket whose certificates are approved for a week from now."""
    at = world.clock.now() + WEEK
    ticket_id = world.ticket(*chosen, assurance=Assurance.L3)
    world.decide(ticket_id, ReasonCode.SUPERSEDED, wanted_at=at)
    world.approve(ticket_id)
    return ticket_id, at


def mails(world: World, template: str) -> list[str]:
    with world.store.reading() as connection:
        payloads = connection.execute(
            sa.select(outbox.outbox.c.payload).where(outbox.outbox.c.kind == "mail")
        ).scalars()
        return sorted(payload["to"] for payload in payloads if payload["template"] == template)


def test_an_order_goes_to_the_ca_when_its_time_has_come_and_not_before(world: World) -> None:
    ticket_id, at = planned(world, 1)
    assert world.states(ticket_id) == ["APPROVED"]
    world.run(WEEK - timedelta(minutes=1), step=timedelta(hours=6))
    assert world.authority.sent == []
    world.clock.set(at)
    world.run(timedelta(minutes=2))
    assert world.states(ticket_id) == ["REVOKED"]
    assert len(world.authority.sent) == 1
    assert world.audit_faults() == []


def test_requester_and_holder_are_told_at_approval_and_reminded_a_day_before(world: World) -> None:
    planned(world, 1)
    told = mails(world, "planned")
    assert HOLDER in told
    world.run(WEEK - timedelta(days=1) - timedelta(minutes=1), step=timedelta(hours=6))
    assert mails(world, "planned") == told
    world.run(timedelta(minutes=2))
    assert mails(world, "planned") == sorted([*told, *told])


def test_a_holder_reads_it_in_the_holders_language_whoever_asked(lite: World) -> None:
    ticket_id = lite.ticket(1, requester=STRANGER)
    lite.record_evidence(ticket_id)
    lite.decide(ticket_id, ReasonCode.SUPERSEDED, wanted_at=lite.clock.now() + WEEK)
    lite.approve(ticket_id)
    payloads = [row["payload"] for row in lite.rows(outbox.outbox) if row["payload"].get("template") == "planned"]
    assert {one["to"]: one["language"] for one in payloads} == {STRANGER: "fi", HOLDER: "sv", TECHNICAL: "sv"}


def test_each_certificate_is_named_with_its_own_date_the_earliest_first(lite: World) -> None:
    ticket_id = lite.ticket(1, 2, 3, requester=STRANGER)
    lite.record_evidence(ticket_id)
    dates = {1: lite.clock.now() + 3 * WEEK, 2: lite.clock.now() + WEEK, 3: lite.clock.now() + 2 * WEEK}
    for entry in lite.shown(ticket_id).entries:
        lite.decide(
            ticket_id, ReasonCode.SUPERSEDED, requests=[entry.request_id], wanted_at=dates[entry.certificate.id]
        )
    lite.approve(ticket_id)
    payloads = [row["payload"] for row in lite.rows(outbox.outbox) if row["payload"].get("template") == "planned"]
    assert {one["to"] for one in payloads} == {STRANGER, HOLDER, TECHNICAL}
    for one in payloads:
        named = {found["serial_tail"]: found["wanted_at"] for found in one["context"]["certificates"]}
        assert list(named.items()) == [(f"1e12 0f0{id_}", to_text(dates[id_])) for id_ in (2, 3, 1)]


def test_the_24_hours_count_from_the_approved_time(world: World) -> None:
    ticket_id, at = planned(world, 1)
    with world.store.reading() as connection:
        running = sa.select(deadlines.c.due_at).where(
            deadlines.c.ticket_id == ticket_id, deadlines.c.kind == "publication", deadlines.c.stopped_at.is_(None)
        )
        assert connection.execute(running).scalars().all() == [at + timedelta(hours=24)]


def test_of_several_dates_each_has_its_24_hours_until_what_is_planned_for_it_has_ended(world: World) -> None:
    ticket_id = world.ticket(1, 2, 3, assurance=Assurance.L3)
    first = world.clock.now() + WEEK
    dates = {1: first, 2: first, 3: first + WEEK}
    for entry in world.shown(ticket_id).entries:
        wanted_at = dates[entry.certificate.id]
        world.decide(ticket_id, ReasonCode.SUPERSEDED, requests=[entry.request_id], wanted_at=wanted_at)
    world.approve(ticket_id)
    assert publication_due(world, ticket_id) == [at + timedelta(hours=24) for at in (first, first + WEEK)]
    world.ordered(1)
    world.run(timedelta(minutes=2))
    assert publication_due(world, ticket_id) == [at + timedelta(hours=24) for at in (first, first + WEEK)]
    world.clock.set(first)
    world.run(timedelta(minutes=2))
    assert world.states(ticket_id) == ["ALREADY_REVOKED", "REVOKED", "APPROVED"]
    assert publication_due(world, ticket_id) == [first + WEEK + timedelta(hours=24)]
    act(world, decisions.withdraw, ticket_id, because="Haltija perui loput.")
    assert publication_due(world, ticket_id) == []


def publication_due(world: World, ticket_id: int) -> list[datetime]:
    running = (deadlines.c.ticket_id == ticket_id, deadlines.c.kind == "publication", deadlines.c.stopped_at.is_(None))
    return sorted(row["due_at"] for row in world.rows(deadlines, *running))


def test_what_is_planned_can_be_withdrawn_and_then_nothing_is_ordered(world: World) -> None:
    ticket_id, at = planned(world, 1)
    with begin(world.store, world.clock, OPERATOR) as tx:
        decisions.withdraw(tx, ticket_id, because="Haltija perui pyynnön.")
    world.clock.set(at + timedelta(hours=1))
    world.run()
    assert world.authority.sent == []
    assert world.states(ticket_id) == ["WITHDRAWN"]


def test_a_promised_date_that_is_withdrawn_is_called_off_to_everybody_who_was_told_of_it(world: World) -> None:
    ticket_id = world.ticket(1, requester=STRANGER)
    world.record_evidence(ticket_id)
    world.decide(ticket_id, ReasonCode.SUPERSEDED, wanted_at=world.clock.now() + WEEK)
    world.approve(ticket_id)
    assert mails(world, "planned") == sorted([STRANGER, HOLDER, TECHNICAL])
    with begin(world.store, world.clock, OPERATOR) as tx:
        decisions.withdraw(tx, ticket_id, because="Pyytäjä perui: hän erehtyi.")
    assert mails(world, "withdrawn") == [STRANGER]
    assert mails(world, "called_off") == sorted([HOLDER, TECHNICAL])
    assert "erehtyi" not in str(world.mail("called_off")["context"]), "what was written to the requester"
    assert world.mail("called_off")["language"] == "sv", "the holder's"
    assert len(world.mail("called_off")["context"]["certificates"]) == 1


@pytest.mark.parametrize("end", ["reject", "withdraw", "drop"])
def test_a_promised_date_that_was_held_and_then_ends_otherwise_is_called_off_too(world: World, end: str) -> None:
    ticket_id, _ = planned(world, 1)
    with begin(world.store, world.clock, OPERATOR) as tx:
        take_back(tx, ticket_id, because="Älkää vielä sulkeko.")
    world.decide(ticket_id, ReasonCode.SUPERSEDED, at_once=True)  # and nobody approves it
    assert mails(world, "called_off") == []
    with begin(world.store, world.clock, OPERATOR) as tx:
        if end == "drop":
            (row,) = requests_of(tx, ticket_id)
            register = DatabaseRegister(tx.connection)
            correct_match(tx, ticket_id, register=register, because="Toinen varmenne.", drop=[row["id"]])
        else:
            getattr(decisions, end)(tx, ticket_id, because="Pyyntö perui itsensä.")
    assert mails(world, "called_off") == sorted([HOLDER, TECHNICAL] if end == "drop" else [TECHNICAL])


def test_nobody_is_told_of_calling_off_what_was_never_promised_or_is_revoked_by_another_ticket(lite: World) -> None:
    never = lite.ticket(2, assurance=Assurance.L3)
    lite.decide(never, ReasonCode.SUPERSEDED, wanted_at=lite.clock.now() + WEEK)  # and nobody approves it
    overtaken, _ = planned(lite, 1)
    lite.ordered(1, reason=ReasonCode.KEY_COMPROMISE)
    lite.run(timedelta(minutes=2))
    act(lite, decisions.withdraw, never, because="Aiheeton.")
    with pytest.raises(IllegalTransitionError):
        act(lite, decisions.withdraw, overtaken, because="Aiheeton.")  # it has ended by itself
    assert mails(lite, "called_off") == []


def test_what_another_ticket_revokes_first_ends_by_itself_and_nothing_is_ordered_or_paged(world: World) -> None:
    overtaken, at = planned(world, 1)
    other = world.ordered(1, reason=ReasonCode.CESSATION_OF_OPERATION)
    world.run(timedelta(minutes=2))
    assert (world.states(overtaken), world.states(other)) == (["ALREADY_REVOKED"], ["REVOKED"])
    assert world.running_clocks(overtaken).isdisjoint({"publication", "decision", "decision_to_visible"})
    reminded = mails(world, "planned")
    world.clock.set(at + timedelta(hours=1))
    world.run(timedelta(minutes=2))
    assert [order.serial.hex for order in world.authority.sent] == ["1e120f01"]
    assert mails(world, "planned") == reminded, "nobody is reminded of a date that stands no more"
    assert world.rows(escalations) == []
    assert world.audit_faults() == []


def test_both_tickets_tell_of_it_and_whoever_was_promised_a_date_reads_when_it_was_revoked_and_why(
    world: World,
) -> None:
    overtaken = world.ticket(1, requester=STRANGER)
    world.record_evidence(overtaken)
    world.decide(overtaken, ReasonCode.SUPERSEDED, wanted_at=world.clock.now() + WEEK)
    world.approve(overtaken)
    other = world.ordered(1, reason=ReasonCode.CESSATION_OF_OPERATION)
    world.run(timedelta(minutes=2))
    assert mails(world, "already_revoked") == sorted([STRANGER, HOLDER, TECHNICAL])
    (certificate,) = world.mail("already_revoked")["context"]["certificates"]
    assert certificate["reason"] == "cessationOfOperation"
    assert certificate["revoked_at"] == to_text(world.orders(other)[0]["ca_revoked_at"])
    numbers = {row["id"]: row["number"] for row in world.rows(TICKETS.table)}
    assert numbers[other] not in str(world.mail("already_revoked")), "another's ticket is nobody's business"
    told = {(one.ticket_id, one.action): one.payload for one in history(world)}
    assert f"on ticket {numbers[other]}" in told[overtaken, "FIND_REVOKED"]["because"][1]
    assert told[other, "OVERTAKE"]["number"] == numbers[overtaken]


@pytest.mark.parametrize("is_refused", [False, True])
def test_on_its_day_it_waits_for_what_another_order_at_the_ca_comes_to(world: World, is_refused: bool) -> None:
    overtaken, at = planned(world, 1)
    world.clock.set(at - timedelta(minutes=1))
    world.authority.behaves = repeat("hang")
    other = world.ordered(1, reason=ReasonCode.CESSATION_OF_OPERATION)
    world.run(timedelta(minutes=5))
    assert (world.states(overtaken), world.states(other)) == (["APPROVED"], ["ORDERED"])
    world.authority.behaves = chain(["refuse"] if is_refused else [], repeat("accept"))
    world.run(timedelta(minutes=12))  # the pauses before it is tried again are at most five minutes long
    assert world.states(overtaken) == (["REVOKED"] if is_refused else ["ALREADY_REVOKED"])
    assert {order.reason for order in world.authority.sent} == (
        {ReasonCode.CESSATION_OF_OPERATION, ReasonCode.SUPERSEDED}
        if is_refused
        else {ReasonCode.CESSATION_OF_OPERATION}
    )


@pytest.mark.parametrize("is_refused", [False, True])
def test_two_tickets_that_plan_a_certificate_for_the_same_minute_order_it_once_whoever_carries_them_out(
    world: World, is_refused: bool
) -> None:
    first, second = planned_twice(world)
    world.authority.behaves = chain(["refuse"] if is_refused else [], repeat("accept"))
    carry_out = PlannedHandler(world.store, world.page)

    def overtaken_by_another_dispatcher(effect: ClaimedEffect) -> EffectOutcome:
        """It has looked, and nothing was at the CA yet."""
        outcome = carry_out(effect)
        world.dispatcher.run_due((PLANNED_REVOCATION,))
        return outcome

    handlers = {PLANNED_REVOCATION: overtaken_by_another_dispatcher}
    Dispatcher(world.store, world.clock, handlers, lambda tx, effect, error: None).run_due(limit=1)
    assert (world.states(first), world.states(second)) == (["APPROVED"], ["ORDERED"])
    world.run(timedelta(minutes=3))
    expected = ("REVOKED", "REFUSED") if is_refused else ("ALREADY_REVOKED", "REVOKED")
    assert (*world.states(first), *world.states(second)) == expected
    assert len(world.orders(first)) + len(world.orders(second)) == (2 if is_refused else 1)
    assert world.audit_faults() == []


def test_who_comes_second_waits_until_it_is_known_what_the_first_has_ordered(world: World) -> None:
    tickets = planned_twice(world)
    with world.store.writing() as connection:
        effects = outbox.claim(connection, owner="a dispatcher", now=world.clock.now(), kinds=(PLANNED_REVOCATION,))
    one, other = map(PlannedHandler(world.store, world.page), effects)
    late = threading.Thread(target=lambda: act(world, other.commit, actor=WORKER))
    with begin(world.store, world.clock, WORKER) as tx:
        one.commit(tx)
        late.start()
        end = time.monotonic() + 30
        while not is_somebody_waiting(world) and late.is_alive():
            assert time.monotonic() < end, "it neither waits nor ends"
            time.sleep(0.01)
    late.join()
    assert sorted(world.states(id_)[0] for id_ in tickets) == ["APPROVED", "ORDERED"]


def planned_twice(world: World) -> tuple[int, int]:
    """Two tickets that plan the same certificate; it is the minute for both."""
    (first, at), (second, _) = planned(world, 1), planned(world, 1)
    world.clock.set(at - timedelta(minutes=1))
    world.run()  # the reminders
    world.clock.set(at)
    return first, second


def is_somebody_waiting(world: World) -> bool:
    """For a lock. SQLite has one for all that write, and shows it to nobody."""
    with world.store.reading() as connection:
        return world.store.is_sqlite or bool(connection.exec_driver_sql(WAITING_FOR_A_LOCK).scalar())


WAITING_FOR_A_LOCK = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def test_a_certificate_that_somebody_at_the_ca_revoked_is_not_ordered_on_its_day(lite: World) -> None:
    overtaken, at = planned(lite, 1)
    act(lite, mark_revoked, 1, at=lite.clock.now(), reason=None, actor=WORKER)
    lite.clock.set(at)
    lite.run(timedelta(minutes=1))
    assert (lite.states(overtaken), lite.authority.sent) == (["ALREADY_REVOKED"], [])
    assert mails(lite, "already_revoked") == sorted([HOLDER, TECHNICAL])
    told = [one.payload["because"] for one in history(lite) if one.action == "FIND_REVOKED"]
    assert told[0][1] == "That was not ordered from here."


def test_a_proven_compromise_that_was_revoked_for_less_pages_so_that_the_reason_is_changed(lite: World) -> None:
    overtaken, at = planned(lite, 1)
    with begin(lite.store, lite.clock, WORKER) as tx:
        proofs = {proof_of(1).spki: "private_key"}
        tx.record(Subject("proof", overtaken), "VERIFY", {"proofs": proofs}, ticket_id=overtaken)
    lite.ordered(1)
    lite.clock.set(at)
    lite.run(timedelta(minutes=1))
    (page,) = [row for row in lite.rows(escalations) if row["ticket_id"] == overtaken]
    assert page["kind"] == "effect_failed"
    (told,) = [one.payload["because"] for one in history(lite) if one.action == "FIND_REVOKED"]
    assert "(superseded): nothing is ordered." in told[0]
    assert told[2] == "Its key is proven to be compromised (private_key): change the reason of the revocation."


def history(world: World) -> list[RecordedEvent]:
    with world.store.reading() as connection:
        return list(read_events(connection))


def test_approving_the_planned_list_once_more_changes_nothing(world: World) -> None:
    ticket_id = world.ticket(1, assurance=Assurance.L3)
    world.decide(ticket_id, ReasonCode.SUPERSEDED, wanted_at=world.clock.now() + WEEK)
    digest = world.shown(ticket_id).digest
    assert world.approve(ticket_id, digest=digest) == world.approve(ticket_id, digest=digest) == []
    with pytest.raises(IllegalTransitionError):
        world.approve(ticket_id, actor=APPROVER, digest="0" * 64)


def test_the_approved_list_binds_the_time(world: World) -> None:
    ticket_id = world.ticket(1, assurance=Assurance.L3)
    world.decide(ticket_id, ReasonCode.SUPERSEDED, wanted_at=world.clock.now() + WEEK)
    later = world.shown(ticket_id).digest
    world.decide(ticket_id, ReasonCode.SUPERSEDED, at_once=True)
    assert world.shown(ticket_id).digest != later


def test_planned_or_decided_is_held_when_taken_back_and_a_proven_compromise_is_not(world: World) -> None:
    ticket_id, at = planned(world, 1)
    with begin(world.store, world.clock, OPERATOR) as tx:
        assert take_back(tx, ticket_id, because="Älkää vielä sulkeko.") is TakenBack.STOPPED
    world.clock.set(at + timedelta(hours=1))
    world.run()
    assert world.states(ticket_id) == ["PROPOSED"]
    assert world.authority.sent == []
    with world.store.reading() as connection:
        certificate = DatabaseRegister(connection).certificate(2)
    assert certificate is not None
    proof = Proof("private_key", is_verified=True, spki=certificate.spki)
    proven = world.ticket(2, reason=ReasonCode.KEY_COMPROMISE, proofs=(proof,))
    world.decide(proven, ReasonCode.KEY_COMPROMISE)
    with begin(world.store, world.clock, OPERATOR) as tx:
        assert take_back(tx, proven, because="Väärä hälytys.") is TakenBack.NOTHING
    assert "DECIDED" in world.states(proven)


def test_what_was_held_and_is_approved_anew_is_ordered_at_its_new_time(world: World) -> None:
    ticket_id, first = planned(world, 1)
    with begin(world.store, world.clock, OPERATOR) as tx:
        take_back(tx, ticket_id, because="Älkää vielä sulkeko.")
    world.decide(ticket_id, ReasonCode.SUPERSEDED, wanted_at=first + WEEK)
    world.clock.advance(timedelta(hours=1))
    world.approve(ticket_id)
    world.clock.set(first + timedelta(hours=1))
    world.run()
    assert world.states(ticket_id) == ["APPROVED"]
    world.clock.set(first + WEEK)
    world.run(timedelta(minutes=1))
    assert world.states(ticket_id) == ["REVOKED"]


def test_a_compromised_key_never_waits(world: World) -> None:
    ticket_id = world.ticket(1, assurance=Assurance.L3)
    with pytest.raises(InputError, match="does not wait"):
        world.decide(ticket_id, ReasonCode.KEY_COMPROMISE, wanted_at=world.clock.now() + WEEK)
    with world.store.writing() as connection:
        connection.execute(revocation_requests.update().values(wanted_at=world.clock.now() + WEEK))
    (row,) = world.decide(ticket_id, ReasonCode.KEY_COMPROMISE)
    assert row["wanted_at"] is None


def test_a_proof_that_comes_later_takes_the_planned_date_away_and_24_hours_begin(world: World) -> None:
    ticket_id, at = planned(world, 1, 2)
    with begin(world.store, world.clock, WORKER) as tx:
        assert record_proofs(tx, ticket_id, [proof_of(1, is_verified=False)]) == 0
        assert record_proofs(tx, ticket_id, [proof_of(1)]) == 1
    assert world.states(ticket_id) == ["PROPOSED", "APPROVED"]
    assert publication_due(world, ticket_id)[0] == world.clock.now() + timedelta(hours=24)
    first = world.shown(ticket_id).entries[0].request_id
    world.decide(ticket_id, ReasonCode.KEY_COMPROMISE, requests=[first])
    world.approve(ticket_id)
    world.run(timedelta(minutes=2))
    assert world.states(ticket_id) == ["REVOKED", "APPROVED"]
    world.clock.set(at)
    world.run(timedelta(minutes=2))
    assert world.states(ticket_id) == ["REVOKED", "REVOKED"]
    assert [order.reason for order in world.authority.sent] == [ReasonCode.KEY_COMPROMISE, ReasonCode.SUPERSEDED]
    assert publication_due(world, ticket_id) == []
    assert world.audit_faults() == []


def test_what_the_ca_must_revoke_by_itself_waits_no_longer_than_the_rule_allows(lite: World) -> None:
    day = timedelta(days=1)
    ticket_id = lite.ticket(1, assurance=Assurance.L3, wanted_at=lite.clock.now() + WEEK)
    for fact, left in (("validation_unsound", day), ("wrongly_issued", 5 * day)):
        with pytest.raises(InputError, match=f"leaves {left // timedelta(hours=1)} hours"):
            lite.decide(ticket_id, None, facts=[fact], wanted_at=lite.clock.now() + left + timedelta(minutes=1))
        (row,) = lite.decide(ticket_id, None, facts=[fact], wanted_at=lite.clock.now() + left)
        assert row["wanted_at"] == lite.clock.now() + left
        (row,) = lite.decide(ticket_id, None, facts=[fact])
        assert row["wanted_at"] is None
    theirs = lite.ticket(2, assurance=Assurance.L3, wanted_at=lite.clock.now() + WEEK)
    (row,) = lite.decide(theirs, None, facts=["replaced"])
    assert row["wanted_at"] == lite.clock.now() + WEEK
