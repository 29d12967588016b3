"""A mail opens a ticket or joins one; people answer, ask, note, close and open again; all of it is explained."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.tickets_world import (  # noqa: F401  the last two are fixtures
    AUDITOR,
    HOUR,
    OPERATOR,
    REQUESTER,
    WORKER,
    Tickets,
    tickets_on_both,
    tickets_on_sqlite,
)

from sulku_kernel.errors import IllegalTransitionError, InputError, NotAllowedError, NotFoundError
from sulku_tickets import actions, conversation, opening
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency
from sulku_tickets.models import deadlines
from sulku_tickets.ticket_queue import QueueFilters, deadlines_of, digest, get_ticket, queue, timeline


def test_a_case_from_its_first_mail_to_its_end(desk: Tickets) -> None:
    ticket_id = desk.open()
    assert desk.ticket(ticket_id)["number"] == "S26-000001"
    assert desk.mails() == [("acknowledgement", REQUESTER)]
    with desk.by(WORKER) as tx:
        opening.record_seen_again(tx, ticket_id, delivery_id=99, sha256="0" * 64)
    desk.act(actions.claim, ticket_id)
    desk.act(actions.note, ticket_id, "Soitan aamulla.")
    desk.act(actions.reply, ticket_id, "Mikä varmenne?", ask=True)
    assert desk.ticket(ticket_id)["state"] == "AWAITING_REQUESTER"
    desk.clock.advance(HOUR)
    desk.join(ticket_id, CaseClass.SUPPORT)
    assert desk.ticket(ticket_id)["state"] == "OPEN"
    with pytest.raises(NotAllowedError, match="cannot be closed: certificate 1e waits for a decision"):
        desk.close(ticket_id, "certificate 1e waits for a decision")
    desk.close(ticket_id)
    assert desk.running(ticket_id) == set()
    desk.act(actions.reopen, ticket_id, because="Jäi kesken.", all_done=lambda *_: False)
    assert {"publication", "preliminary_report"} <= desk.running(ticket_id)
    assert desk.actions(ticket_id) == [
        "RECEIVE", "MAIL_SEEN_AGAIN", "CLAIM", "NOTE", "REPLY", "ASK", "ANSWERED", "CLOSE", "REOPEN",
    ]  # fmt: skip
    assert desk.audit_faults() == []
    with desk.store.reading() as connection:
        assert [event.actor for event in timeline(connection, ticket_id)][:3] == [
            "desk:worker",
            "desk:worker",
            "user:olli",
        ]


def test_the_queue_stands_in_the_order_in_which_things_fall_due(desk: Tickets) -> None:
    later = desk.open(case_class=CaseClass.SUPPORT, urgency=Urgency.P3)
    soon = desk.open(urgency=Urgency.P2)
    now = desk.open(urgency=Urgency.P1)
    for ticket_id in (later, soon, now):
        desk.sent(ticket_id, "acknowledgement")
    nothing_due = desk.open(case_class=CaseClass.MISDIRECTED, urgency=Urgency.P3, acknowledge=False)
    closed = desk.open()
    desk.close(closed)
    desk.act(actions.claim, soon)
    with desk.store.reading() as connection:
        assert [row["id"] for row in queue(connection)] == [now, soon, later, nothing_due]
        assert [row["due_at"] for row in queue(connection)][-1] is None
        assert [row["id"] for row in queue(connection, QueueFilters(assignee="olli"))] == [soon]
        assert [row["id"] for row in queue(connection, QueueFilters(assignee=""))] == [now, later, nothing_due]
        assert [row["id"] for row in queue(connection, QueueFilters(urgencies=[Urgency.P1, "P2"]))] == [now, soon]
        assert [row["id"] for row in queue(connection, QueueFilters(classes=["support"]))] == [later]
        assert [row["id"] for row in queue(connection, QueueFilters(states=["CLOSED"]))] == [closed]
        assert [row["id"] for row in queue(connection, QueueFilters(limit=1, offset=1))] == [soon]
        assert get_ticket(connection, soon)["assignee"] == "olli"
        with pytest.raises(NotFoundError):
            get_ticket(connection, 999)
        kinds = [row["kind"] for row in deadlines_of(connection, now)]
        assert kinds == ["acknowledgement", "first_human", "preliminary_report", "publication"]


def test_the_digest_shows_what_woke_nobody(lite: Tickets) -> None:
    lite.open(Urgency.P3, CaseClass.SUPPORT, acknowledge=False)
    lite.clock.advance(36 * HOUR)
    lite.fire()
    lite.clock.advance(1 * HOUR)
    with lite.store.reading() as connection:
        (item,) = digest(connection, lite.clock.now())
    assert (item["number"], item["kind"], item["fired"], item["is_breached"]) == ("S26-000001", "answer", 50, False)


def test_an_acknowledgement_holds_no_word_of_the_mail(lite: Tickets) -> None:
    lite.open(mail=lite.mail(subject="Buy now", new_text="cheap pills"))
    (effect,) = lite.effects("acknowledgement")
    assert set(effect["payload"]["context"]) == {"number", "received_at"}
    assert effect["payload"]["in_reply_to"] == "<1@holder.example>"
    assert effect["payload"]["automatic"] is True


def test_no_acknowledgement_is_sent_or_awaited_where_none_may_be(lite: Tickets) -> None:
    ticket_id = lite.open(acknowledge=False)
    assert lite.mails() == []
    assert "acknowledgement" not in lite.running(ticket_id)


def test_a_mail_of_a_machine_joins_and_wakes_nothing(lite: Tickets) -> None:
    ticket_id = lite.open()
    lite.close(ticket_id)
    lite.join(ticket_id, CaseClass.AUTOMATIC, is_automatic=True)
    assert (lite.ticket(ticket_id)["state"], lite.actions(ticket_id)[-1]) == ("CLOSED", "MAIL_JOINED")
    assert lite.running(ticket_id) == set()


def test_a_bounce_joins_without_being_judged(lite: Tickets) -> None:
    ticket_id = lite.open()
    lite.join(ticket_id, None, is_automatic=True)
    with lite.by(OPERATOR) as tx:
        conversation.record_bounce(
            tx,
            ticket_id=ticket_id,
            address="gone@holder.example",
            status="5.1.1",
            trouble="unknown_address",
            message_id=None,
        )
    assert lite.actions(ticket_id)[-2:] == ["MAIL_JOINED", "CONTACT_REPAIR"]


def test_an_answer_opens_a_closed_ticket_and_a_second_request_begins_its_own_clocks(lite: Tickets) -> None:
    ticket_id = lite.open()
    lite.sent(ticket_id, "preliminary_report")
    lite.close(ticket_id)
    lite.clock.advance(HOUR)
    lite.join(ticket_id, CaseClass.SUPPORT)
    assert lite.running(ticket_id) == {"answer"}
    lite.join(ticket_id, CaseClass.REVOCATION_REQUEST, Urgency.P2)
    assert {"publication", "preliminary_report"} <= lite.running(ticket_id)
    due = [row["due_at"] for row in lite.rows(deadlines, deadlines.c.kind == "publication")]
    assert due[-1] == lite.clock.now() + 24 * HOUR


def test_a_later_mail_makes_a_ticket_more_urgent_and_never_less(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P2)
    lite.join(ticket_id, CaseClass.REVOCATION_REQUEST, Urgency.P1, page_on_call=True)
    assert lite.ticket(ticket_id)["urgency"] == "P1"
    assert {row["urgency"] for row in lite.rows(deadlines)} == {"P1"}
    assert "first_human" in lite.running(ticket_id)
    assert len(lite.effects("page")) == 1
    lite.join(ticket_id, CaseClass.SUPPORT, Urgency.P3)
    assert lite.ticket(ticket_id)["urgency"] == "P1"
    assert lite.audit_faults() == []


def test_a_reply_goes_to_the_requester_and_refers_to_their_mail(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P1)
    lite.act(actions.reply, ticket_id, "Selvitämme.", preliminary_report=True)
    (effect,) = lite.effects("preliminary_report")
    assert effect["payload"]["in_reply_to"] == "<1@holder.example>"
    assert (effect["payload"]["audience"], effect["payload"]["automatic"]) == ("requester", False)
    assert "first_human" not in lite.running(ticket_id)
    assert "preliminary_report" in lite.running(ticket_id), "it stops when the mail was handed over, not before"
    lite.sent(ticket_id, "preliminary_report")
    assert "preliminary_report" not in lite.running(ticket_id)


def test_an_acknowledgement_handed_over_stops_its_own_clock_and_no_other(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P1)
    before = lite.running(ticket_id)
    lite.sent(ticket_id, "acknowledgement")
    assert before - lite.running(ticket_id) == {"acknowledgement"}


def test_two_replies_are_two_mails(lite: Tickets) -> None:
    ticket_id = lite.open()
    for _ in range(2):
        lite.act(actions.reply, ticket_id, "Sama teksti.")
    assert len(lite.effects("reply")) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [("  ", "must say something"), ("x" * 20_001, "at most 20000"), ("-----BEGIN PRIVATE KEY-----", "private key")],
)
def test_a_text_that_must_not_go_out_is_refused(lite: Tickets, text: str, words: str) -> None:
    ticket_id = lite.open()
    for action in (actions.reply, actions.note):
        with pytest.raises(InputError, match=words):
            lite.act(action, ticket_id, text)
    assert lite.actions(ticket_id) == ["RECEIVE"]


def test_a_ticket_without_a_certain_sender_needs_a_named_recipient(lite: Tickets) -> None:
    ticket_id = lite.open(requester="", acknowledge=False)
    with pytest.raises(InputError, match="no requester who can be answered"):
        lite.act(actions.reply, ticket_id, "Hei.")
    with pytest.raises(InputError, match="is not an email address"):
        lite.act(actions.reply, ticket_id, "Hei.", to="Anna <a@b.example>")
    lite.act(actions.reply, ticket_id, "Hei.", to="Joku@Holder.example")
    assert lite.mails("reply") == [("reply", "joku@holder.example")]


@pytest.mark.parametrize(
    ("present", "kind", "confirmed", "after"),
    [
        (Assurance.L2, "callback", True, "L3"),
        (Assurance.L1, "passphrase", True, "L3"),
        (Assurance.L2, "callback", False, "L2"),
        (Assurance.L0, "callback", True, "L0"),
        (Assurance.L2, "other", True, "L2"),
    ],
)
def test_evidence_is_kept_and_raises_assurance_as_far_as_it_carries(
    lite: Tickets, present: Assurance, kind: str, confirmed: bool, after: str
) -> None:
    ticket_id = lite.open(assurance=present)
    row = lite.act(actions.record_evidence, ticket_id, kind, "Soitettu numeroon rekisterissä.", confirmed=confirmed)
    assert row["assurance"] == after
    event = lite.events(ticket_id)[-1]
    assert (event.action, event.payload["kind"], event.payload["confirmed"]) == ("EVIDENCE", kind, confirmed)
    assert event.payload["text"].startswith("Soitettu")
    assert lite.audit_faults() == []


def test_evidence_of_an_unknown_kind_is_refused_with_the_list(lite: Tickets) -> None:
    with pytest.raises(InputError, match="is no kind of evidence") as refused:
        lite.act(actions.record_evidence, lite.open(), "feeling", "Tuntuu oikealta.")
    assert "callback" in refused.value.next_step


def test_nobody_without_the_role_does_anything(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P1)
    tries = [
        (actions.claim,), (actions.acknowledge_page,), (actions.reply, "t"), (actions.note, "t"),
        (actions.record_evidence, "callback", "t"),
    ]  # fmt: skip
    for action, *given in tries:
        with pytest.raises(NotAllowedError):
            lite.act(action, ticket_id, *given, actor=AUDITOR)
    with pytest.raises(NotAllowedError):
        lite.act(actions.close, ticket_id, because="x", undecided=lambda _tx, _id: (), actor=AUDITOR)
    with pytest.raises(NotAllowedError):
        lite.act(actions.reopen, ticket_id, because="x", all_done=lambda *_: False, actor=AUDITOR)
    assert lite.actions(ticket_id) == ["RECEIVE"]


def test_whoever_reopens_looks_at_it_and_nobody_is_woken_to_look(lite: Tickets) -> None:
    ticket_id = lite.open(urgency=Urgency.P1)
    lite.close(ticket_id)
    lite.act(actions.reopen, ticket_id, because="Jäi kesken.", all_done=lambda *_: False)
    assert lite.running(ticket_id) == {"publication", "preliminary_report"}


def test_where_all_is_done_a_reopened_ticket_only_owes_an_answer(lite: Tickets) -> None:
    ticket_id = lite.open(urgency=Urgency.P1)
    lite.close(ticket_id)
    lite.act(actions.reopen, ticket_id, because="Kysyy vielä.", all_done=lambda *_: True)
    assert lite.running(ticket_id) == {"answer"}


def test_what_the_table_does_not_allow_is_refused_and_leaves_nothing(lite: Tickets) -> None:
    ticket_id = lite.open()
    with pytest.raises(IllegalTransitionError):
        lite.act(actions.reopen, ticket_id, because="Ei kiinni.", all_done=lambda *_: False)
    lite.close(ticket_id)
    with pytest.raises(IllegalTransitionError):
        lite.act(actions.claim, ticket_id)
    assert lite.actions(ticket_id) == ["RECEIVE", "CLOSE"]


def test_who_takes_part_is_who_wrote_or_was_written_to_by_us(lite: Tickets) -> None:
    ticket_id = lite.open(mail=lite.mail(to_addresses=("desk@desk.example", "victim@elsewhere.example")))
    lite.sent(ticket_id, "reply", to="tekniikka@holder.example")
    with lite.store.reading() as connection:
        assert conversation.participants(connection, ticket_id) == {REQUESTER, "tekniikka@holder.example"}


def test_only_a_mail_of_ours_leads_to_its_ticket_by_message_id(lite: Tickets) -> None:
    ticket_id = lite.open()
    lite.sent(ticket_id, "reply")
    with lite.store.reading() as connection:
        (ours,) = [mail for mail in conversation.mails_of(connection, ticket_id) if mail["direction"] == "out"]
        assert conversation.find_ticket_for_message_id(connection, ours["message_id"]) == ticket_id
        assert conversation.find_ticket_for_message_id(connection, "<1@holder.example>") is None
        assert conversation.find_ticket_for_sha256(connection, f"{1:064x}") == ticket_id
        assert conversation.find_ticket_for_sha256(connection, "f" * 64) is None


def test_what_no_database_can_keep_is_kept_in_a_form_it_can(desk: Tickets) -> None:
    hostile = "a\0b \ud800 \u202e"
    mail = desk.mail(
        subject=hostile, from_address=hostile, message_id=f"<{hostile}>", references=(hostile,) * 50,
        new_text=hostile, quoted_text=hostile, to_addresses=(hostile,) * 200,
    )  # fmt: skip
    ticket_id = desk.open(mail=mail, requester=hostile)
    assert desk.ticket(ticket_id)["subject"] == "a\ufffdb ? \u202e"
    with desk.store.reading() as connection:
        (kept,) = conversation.mails_of(connection, ticket_id)
    assert len(kept["to_addresses"]) == conversation.RECIPIENTS_KEPT
    assert desk.audit_faults() == []


def test_deadlines_do_not_know_that_the_night_had_thirteen_hours(lite: Tickets) -> None:
    """The night of 24-25 October 2026 has an hour more in Helsinki; 24 hours are 24 hours."""
    lite.clock.set(datetime(2026, 10, 24, 20, tzinfo=UTC))
    lite.open()
    (row,) = lite.rows(deadlines, deadlines.c.kind == "publication")
    assert row["due_at"] - row["started_at"] == timedelta(hours=24)
