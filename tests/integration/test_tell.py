"""Telling: what a worker, an operator and on-call cause is mailed once, recorded with what it stops, and capped."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.integration.tickets_world import FIRST, HOUR, REQUESTER, Tickets

from sulku_applications.applications import NewApplication, receive
from sulku_applications.links import ApplicationLinks
from sulku_desk.alarms import effect_alarm
from sulku_desk.answer_caps import take_place
from sulku_desk.dispatcher import Dispatcher
from sulku_desk.tell import MailHandler
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.events import read_events
from sulku_kernel.language import Language
from sulku_kernel.outbox import Effect, EffectState, outbox
from sulku_kernel.storage import Storage
from sulku_mailbox.delivery import RefusedError, TryLaterError
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.reply_address import ReplyTokens
from sulku_revocation.telling import mail_effect
from sulku_templates.examples import COMMON_EXAMPLE, EXAMPLES
from sulku_templates.rendering import Renderer
from sulku_tickets import actions
from sulku_tickets.conversation import mails_of, participants
from sulku_tickets.domain.urgency import CaseClass, Urgency
from sulku_tickets.links import verify_link

DESK = "vptuotanto@vrk.fi"
KEY = b"k" * 32
TOKENS = ReplyTokens({"a": KEY}, "a", DESK)
OPERATOR = Actor.user("olli", frozenset({"operator"}))


@dataclass
class Sent:
    """A mail that was handed over."""

    mail_from: str
    to: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        found = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())


@dataclass
class Post:
    """A delivery that takes mails, until `fails` says otherwise."""

    taken: list[Sent] = field(default_factory=list)
    fails: Callable[[str], Exception | None] = lambda _to: None

    def send(self, mail_from: str, to: str, raw: bytes) -> None:
        error = self.fails(to)
        if error is not None:
            raise error
        self.taken.append(Sent(mail_from, to, raw))


class Desk(Tickets):
    """Tickets with a dispatcher that mails."""

    def __init__(self, storage: Storage, clock: SetClock, overrides: Path | None = None) -> None:
        super().__init__(storage, clock)
        self.post = Post()
        handler = MailHandler(
            self.store,
            clock,
            Renderer(overrides),
            self.post,
            TOKENS,
            common=COMMON_EXAMPLE,
            link_keys=[KEY],
            console_base_url="https://desk.example/",
            own_addresses=[DESK, "vptuotanto@dvv.fi"],
            alarm=effect_alarm(lambda: self.policy),
        )
        self.dispatcher = Dispatcher(self.store, clock, {"mail": handler}, effect_alarm(lambda: self.policy))

    def dispatch(self) -> None:
        while self.dispatcher.run_due():
            pass

    def enqueue(self, effect: Effect) -> None:
        with self.by(Actor.desk("test")) as tx:
            tx.enqueue(effect)

    def states(self) -> dict[str, str]:
        return {row["key"]: row["state"] for row in self.rows(outbox)}

    def errors(self) -> list[str]:
        return [row["last_error"] for row in self.rows(outbox) if row["last_error"]]

    def sent(self, to: str = REQUESTER) -> list[Sent]:  # type: ignore[override]
        return [one for one in self.post.taken if one.to == to]

    def recorded(self, action: str) -> list[dict]:
        with self.store.reading() as connection:
            return [dict(event.payload or {}) for event in read_events(connection) if event.action == action]


@pytest.fixture
def desk(storage: Storage, clock: SetClock) -> Desk:
    return Desk(storage, clock)


@pytest.fixture
def sqlite_desk(sqlite_storage: Storage, clock: SetClock) -> Desk:
    """For what the database does not change."""
    return Desk(sqlite_storage, clock)


def test_an_acknowledgement_is_sent_and_its_clock_stops(desk: Desk) -> None:
    ticket_id = desk.open()
    assert "acknowledgement" in desk.running(ticket_id)
    desk.dispatch()
    (sent,) = desk.sent()
    assert "acknowledgement" not in desk.running(ticket_id)
    assert desk.ticket(ticket_id)["number"] in sent.text
    assert sent.mail_from == ""
    assert sent.message["Auto-Submitted"] == "auto-replied"
    assert sent.message["In-Reply-To"] == "<1@holder.example>"
    assert str(sent.message["From"]) == "Varmennepalvelujen päivystys <vptuotanto@vrk.fi>"
    assert desk.audit_faults() == []


def test_a_reply_to_what_was_sent_finds_the_ticket_and_its_sender_takes_part(sqlite_desk: Desk) -> None:
    ticket_id = sqlite_desk.open()
    sqlite_desk.dispatch()
    (sent,) = sqlite_desk.sent()
    reply_to, message_id = str(sent.message["Reply-To"]), str(sent.message["Message-ID"])
    for fields in (f"To: {reply_to}", f"In-Reply-To: {message_id}"):
        mail = parse_mail(f"From: {REQUESTER}\r\n{fields}\r\nSubject: Vs\r\n\r\nHei\r\n".encode())
        envelope = Envelope(REQUESTER, (DESK,), sqlite_desk.clock.now(), Via.SMTP)
        (candidate,) = TOKENS.candidates(mail, envelope)
        assert (candidate.ticket_id, candidate.sender_fits) == (ticket_id, True)
    with sqlite_desk.store.reading() as connection:
        assert REQUESTER in participants(connection, ticket_id)


@pytest.mark.parametrize("to", ["", "not an address"])
def test_nothing_is_sent_where_there_is_no_address(sqlite_desk: Desk, to: str) -> None:
    ticket_id = sqlite_desk.open(requester=to)
    sqlite_desk.dispatch()
    assert sqlite_desk.post.taken == []
    assert set(sqlite_desk.states().values()) == {EffectState.WITHHELD}
    # Nobody is paged about an answer that nobody can get.
    assert "acknowledgement" not in sqlite_desk.running(ticket_id)


@pytest.mark.parametrize(
    "to", [DESK, "VPTuotanto+abc@vrk.fi", "vptuotanto@dvv.fi", "MAILER-DAEMON@mx.example", "postmaster@mx.example"]
)
def test_neither_we_nor_a_mail_system_get_an_automatic_answer(sqlite_desk: Desk, to: str) -> None:
    sqlite_desk.open(requester=to)
    sqlite_desk.dispatch()
    assert sqlite_desk.post.taken == []
    assert len(sqlite_desk.recorded("EFFECT_WITHHELD")) == 1


def test_a_contact_on_file_called_postmaster_is_told_of_a_revocation(sqlite_desk: Desk) -> None:
    ticket_id = sqlite_desk.open(acknowledge=False)
    sqlite_desk.enqueue(revoked(ticket_id, "postmaster@holder.example"))
    sqlite_desk.dispatch()
    assert len(sqlite_desk.sent("postmaster@holder.example")) == 1


def revoked(ticket_id: int, to: str, template: str = "revoked_holder") -> Effect:
    return mail_effect(f"revoked:{to}", template, "sv", to, "holder", EXAMPLES[template], ticket_id=ticket_id)


def test_an_address_gets_five_automatic_answers_a_day(desk: Desk) -> None:
    desk.open_many(7, Urgency.P3, CaseClass.SUPPORT)
    desk.dispatch()
    assert len(desk.sent()) == 5
    assert [why for why in desk.errors() if "24 hours" in why] == desk.errors()
    desk.clock.advance(24 * HOUR)
    desk.open(Urgency.P3, CaseClass.SUPPORT)
    desk.dispatch()
    assert len(desk.sent()) == 6


def test_a_domain_gets_twenty_automatic_answers_an_hour(desk: Desk) -> None:
    for number in range(22):
        desk.open(Urgency.P3, CaseClass.SUPPORT, requester=f"a{number}@flood.example")
    desk.open(Urgency.P3, CaseClass.SUPPORT, requester="b@other.example")
    desk.dispatch()
    assert len(desk.post.taken) == 21
    desk.clock.advance(HOUR)
    desk.open(Urgency.P3, CaseClass.SUPPORT, requester="a99@flood.example")
    desk.dispatch()
    assert len(desk.post.taken) == 22


def test_answers_that_ask_for_a_place_at_once_keep_to_the_cap(storage: Storage, clock: SetClock) -> None:
    def ask(number: int) -> str:
        key, now = f"k{number}", clock.now()
        return take_place(storage.desk, effect_key=key, ticket_id=number, address=REQUESTER, now=now)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(1, 13)))
    assert answers.count("") == 5
    # One that has its place keeps it.
    assert ask(1 + answers.index("")) == ""


def test_a_ticket_gets_one_automatic_answer(desk: Desk) -> None:
    ticket_id = desk.open()
    again = {**desk.effects("acknowledgement")[0]["payload"], "template": "need_more_information"}
    desk.enqueue(Effect("mail", key="again", payload=again, ticket_id=ticket_id))
    desk.dispatch()
    assert len(desk.sent()) == 1
    assert desk.states()["again"] == EffectState.WITHHELD


def test_what_a_person_writes_is_not_capped_and_not_marked_automatic(sqlite_desk: Desk) -> None:
    ticket_id = sqlite_desk.open(acknowledge=False)
    for number in range(7):
        sqlite_desk.act(actions.reply, ticket_id, f"Vastaus {number}")
    sqlite_desk.dispatch()
    sent = sqlite_desk.sent()
    assert len(sent) == 7
    assert all(one.message["Auto-Submitted"] is None for one in sent)
    assert all(one.mail_from == str(one.message["Reply-To"]) for one in sent)
    assert "Vastaus 6" in sent[-1].text


def test_a_preliminary_report_stops_its_clock(sqlite_desk: Desk) -> None:
    ticket_id = sqlite_desk.open(acknowledge=False)
    sqlite_desk.act(actions.reply, ticket_id, "Selvitys", preliminary_report=True)
    assert "preliminary_report" in sqlite_desk.running(ticket_id)
    sqlite_desk.dispatch()
    assert "preliminary_report" not in sqlite_desk.running(ticket_id)


def test_a_page_is_never_withheld_and_says_nothing_of_the_mail(sqlite_desk: Desk) -> None:
    for number in range(25):
        sqlite_desk.open(Urgency.P1, requester=f"a{number}@flood.example", acknowledge=False)
    sqlite_desk.dispatch()
    pages = sqlite_desk.sent(FIRST)
    assert len(pages) == 25
    assert "Sulkupyyntö" not in pages[0].text  # the subject of the mail
    assert pages[0].message["Content-Language"] == "sv"


def test_the_link_in_a_page_is_signed_for_its_contact_and_kept_from_the_record(sqlite_desk: Desk) -> None:
    ticket_id = sqlite_desk.open(Urgency.P1, acknowledge=False)
    sqlite_desk.dispatch()
    (page,) = sqlite_desk.sent(FIRST)
    token = re.search(r"https://desk\.example/acknowledge/(\S+)", page.text)
    assert token is not None
    link = verify_link(token[1], [KEY], sqlite_desk.clock.now())
    assert link.contact == FIRST
    assert link.escalation_id == sqlite_desk.escalations(ticket_id)[0]["id"]
    assert f"https://desk.example/ticket/{sqlite_desk.ticket(ticket_id)['number']}" in page.text
    with sqlite_desk.store.reading() as connection:
        texts = [mail["new_text"] for mail in mails_of(connection, ticket_id)]
    assert not any(token[1] in text for text in texts)
    assert any("[…]" in text for text in texts)


def test_a_deadline_warning_goes_to_on_call(sqlite_desk: Desk) -> None:
    sqlite_desk.open(Urgency.P1, acknowledge=False)
    sqlite_desk.tick_until(sqlite_desk.clock.now() + timedelta(minutes=9))
    sqlite_desk.dispatch()
    warned = [one for one in sqlite_desk.sent(FIRST) if "tidsfrist" in str(one.message["Subject"])]
    assert warned
    assert "handläggarens första åtgärd" in warned[0].text


# --- when it cannot be delivered ------------------------------------------------------------------------------------


def test_a_mail_that_cannot_be_sent_now_is_sent_later_under_the_same_message_id(desk: Desk) -> None:
    desk.open()
    desk.dispatch()
    first = desk.post.taken.pop()
    # The answer to the first was lost: the row says that it is still to be done.
    with desk.store.writing() as connection:
        connection.execute(outbox.update().values(state="queued", next_attempt_at=desk.clock.now(), finished_at=None))
        connection.execute(
            sa.text(f"DELETE FROM {'desk.' if not desk.store.is_sqlite else ''}ticket_mail WHERE direction = 'out'")
        )
    desk.clock.advance(timedelta(minutes=1))
    desk.dispatch()
    (second,) = desk.post.taken
    assert second.message["Message-ID"] == first.message["Message-ID"]
    assert second.to == first.to


def test_a_smarthost_that_is_away_is_tried_for_five_days_and_then_somebody_is_paged(desk: Desk) -> None:
    ticket_id = desk.open(acknowledge=False)
    desk.act(actions.reply, ticket_id, "Hei")
    desk.post.fails = lambda to: TryLaterError("smarthost: 421 busy") if to == REQUESTER else None
    for _ in range(4):
        desk.dispatch()
        desk.clock.advance(24 * HOUR)
    assert set(desk.states().values()) == {EffectState.AWAITING_RETRY}
    desk.clock.advance(24 * HOUR)
    desk.dispatch()
    assert EffectState.FAILED in desk.states().values()
    assert "MAIL_FAILED" in desk.actions(ticket_id)
    assert len(desk.sent(FIRST)) == 1


@pytest.mark.parametrize(("template", "pages"), [("revoked_holder", 1), ("revoked_reporter", 0)])
def test_a_refused_notice_to_the_holder_pages_and_one_to_a_stranger_does_not(
    sqlite_desk: Desk, template: str, pages: int
) -> None:
    ticket_id = sqlite_desk.open(acknowledge=False)
    sqlite_desk.post.fails = lambda to: (
        RefusedError("smarthost: 550 5.1.1 no such user") if to == "x@gone.example" else None
    )
    sqlite_desk.enqueue(revoked(ticket_id, "x@gone.example", template))
    sqlite_desk.dispatch()
    assert sqlite_desk.recorded("MAIL_FAILED")[0]["error"] == "smarthost: 550 5.1.1 no such user"
    assert len(sqlite_desk.sent(FIRST)) == pages
    assert sqlite_desk.audit_faults() == []


def test_a_refused_page_brings_the_next_person(sqlite_desk: Desk) -> None:
    ticket_id = sqlite_desk.open(Urgency.P1, acknowledge=False)
    sqlite_desk.post.fails = lambda to: RefusedError("smarthost: 550 gone") if to == FIRST else None
    sqlite_desk.dispatch()
    assert {row["kind"] for row in sqlite_desk.escalations(ticket_id)} == {"suspected_compromise", "effect_failed"}
    sqlite_desk.tick_until(sqlite_desk.clock.now() + timedelta(minutes=11))
    sqlite_desk.dispatch()
    assert sqlite_desk.sent("second@desk.example")


def test_a_refused_acknowledgement_wakes_nobody(sqlite_desk: Desk) -> None:
    ticket_id = sqlite_desk.open()
    sqlite_desk.post.fails = lambda _to: RefusedError("smarthost: 550 gone")
    sqlite_desk.dispatch()
    assert sqlite_desk.escalations(ticket_id) == []
    assert "acknowledgement" not in sqlite_desk.running(ticket_id)
    assert "MAIL_FAILED" in sqlite_desk.actions(ticket_id)


# --- templates and what has no ticket -------------------------------------------------------------------------------


def test_a_broken_template_still_acknowledges_and_somebody_is_told(
    sqlite_storage: Storage, clock: SetClock, tmp_path: Path
) -> None:
    (tmp_path / "fi").mkdir()
    (tmp_path / "fi" / "acknowledgement.j2").write_text("Subject: {{ missing }}", encoding="utf-8")
    desk = Desk(sqlite_storage, clock, tmp_path)
    ticket_id = desk.open()
    desk.dispatch()
    (sent,) = desk.sent()
    assert desk.ticket(ticket_id)["number"] in sent.text
    assert "acknowledgement" not in desk.running(ticket_id)
    (failed,) = desk.recorded("TEMPLATE_FAILED")
    assert "missing" in failed["because"][0]
    assert len(desk.sent(FIRST)) == 1
    assert desk.audit_faults() == []


def test_an_applicant_is_told_by_a_mail_of_no_ticket(desk: Desk) -> None:
    links = ApplicationLinks(KEY, "https://desk.example")
    new = NewApplication(
        "E-1", "Mallilan kunta", "0204819-8", "server", "palvelin.mallila.example", "hakija@mallila.example",
        "tekniikka@mallila.example", Language.SV,
    )  # fmt: skip
    with desk.by(OPERATOR) as tx:
        receive(tx, new, links)
    desk.dispatch()
    assert {one.to for one in desk.post.taken} == {"hakija@mallila.example", "tekniikka@mallila.example"}
    sent = desk.post.taken[0]
    assert "Mallilan kunta" in sent.text
    assert "https://desk.example/application/" in sent.text
    assert str(sent.message["Reply-To"]) == DESK
    assert len({str(one.message["Message-ID"]) for one in desk.post.taken}) == 2
    assert len(desk.recorded("MAIL_SENT")) == 2
    assert desk.recorded("TEMPLATE_FAILED") == []


def test_a_failed_mail_of_no_ticket_is_told_to_on_call_by_mail(sqlite_desk: Desk) -> None:
    sqlite_desk.post.fails = lambda to: TryLaterError("smarthost: 421") if to == "hakija@mallila.example" else None
    payload = {"template": "application_received", "language": "fi", "context": EXAMPLES["application_received"]}
    sqlite_desk.enqueue(Effect("mail", key="application:1:1:x", payload={**payload, "to": "hakija@mallila.example"}))
    sqlite_desk.clock.advance(timedelta(days=5))
    sqlite_desk.dispatch()
    (told,) = sqlite_desk.sent(FIRST)
    assert "application:1:1:x" in told.text
    assert sqlite_desk.recorded("TEMPLATE_FAILED") == []


@pytest.mark.parametrize("language", ["de", "", None])
def test_an_unknown_language_is_answered_in_english(sqlite_desk: Desk, language: str | None) -> None:
    payload = {"template": "reply", "language": language, "context": EXAMPLES["reply"], "to": REQUESTER}
    sqlite_desk.enqueue(Effect("mail", key="k", payload=payload, ticket_id=sqlite_desk.open(acknowledge=False)))
    sqlite_desk.dispatch()
    assert sqlite_desk.sent()[0].message["Content-Language"] == "en"


def test_the_receipt_of_a_campaign_that_was_asked_for_goes_with_the_mail_or_not_at_all(sqlite_desk: Desk) -> None:
    holder, about = "tekninen@haltija.example", {"language": "fi", "context": EXAMPLES["campaign_after"]}
    payload = {"template": "campaign_after", "to": holder, **about, "receipt_of_campaign": [1, 7]}
    sqlite_desk.enqueue(Effect("mail", key="told", payload=payload))
    sqlite_desk.enqueue(Effect("mail", key="asked", payload={**payload, "is_requested": True}))
    sqlite_desk.dispatch()
    (told,) = sqlite_desk.sent(holder)
    assert "vastaamalla tähän viestiin" in told.text
    assert (sqlite_desk.states()["told"], sqlite_desk.states()["asked"]) == ("done", "failed")
    assert any("could not be attached" in mail.text for mail in sqlite_desk.sent(FIRST))
