"""Replies: one that answers our question, and one that takes the request back, in time and too late."""

from __future__ import annotations

import pytest
from tests.story.desk import APPROVER, OPERATOR, Desk, Sent, serial_of
from tests.story.test_the_road import ask_for_revocation, decide_and_approve, shown_digest

from sulku_kernel.errors import ConflictError, IllegalTransitionError
from sulku_revocation.decisions import approve, decide
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_tickets import actions
from sulku_tickets.domain.evidence import EvidenceKind

REPLACED = "Hei,\n\nVarmenne on korvattu uudella. Sulkekaa varmenne, jonka sarjanumero on {serial}.\n\nTerveisin\n"
TAKEN_BACK = "Hei\n\nÄlkää sulkeko varmennetta, pyyntö oli virhe.\n"


def sender_of(desk: Desk) -> str:
    return desk.organisations[0].contacts[0].email


def asked_which(desk: Desk) -> Sent:
    host = desk.certificate(0, "kanta").host_names[0]
    text = f"Pyydämme sulkemaan palvelimen {host} varmenteen, se on korvattu uudella."
    desk.receive(desk.write(sender_of(desk), "Varmenteen sulkeminen", text))
    desk.dispatch()
    (asked,) = desk.sent(to=sender_of(desk))
    return asked


def reply(desk: Desk, to: Sent, text: str, sender: str = "") -> None:
    mail = desk.write(sender or sender_of(desk), f"Vs: {to.subject}", text, to=to.reply_to, In_Reply_To=to.message_id)
    desk.receive(mail, rcpt_to=[to.reply_to])


def acknowledged(desk: Desk) -> Sent:
    """An ordinary request of the holder's, and our acknowledgement of it."""
    serial = serial_of(desk.certificate(0, "kanta"))
    desk.receive(desk.write(sender_of(desk), "Sulkupyyntö", REPLACED.format(serial=serial)))
    desk.dispatch()
    return desk.sent(to=sender_of(desk))[0]


def decide_it(desk: Desk) -> None:
    with desk.acting(OPERATOR) as tx:
        actions.record_evidence(
            tx, desk.ticket["id"], EvidenceKind.CALLBACK, "Called the number on file; they confirm."
        )
    with desk.acting(OPERATOR) as tx:
        decide(tx, desk.ticket["id"], reason=ReasonCode.SUPERSEDED, because="The holder confirms it.")


def listed_in(asked: Sent, serials: list[str]) -> list[str]:
    text = asked.text.replace(" ", "").replace(":", "").lower()
    return sorted((serial for serial in serials if serial in text), key=text.index)


def test_a_reply_with_the_number_in_our_list_chooses_that_certificate(desk: Desk) -> None:
    asked = asked_which(desk)
    serials = [serial_of(desk.certificate(0, part)) for part in ("kanta", "kanta-old")]
    reply(desk, asked, "Numero 2, kiitos.\n")
    assert len(desk.tickets()) == 1
    assert [request["serial"] for request in desk.requests()] == [listed_in(asked, serials)[1]]
    assert desk.ticket["outcome"] == "matched"
    assert desk.requests()[0]["state"] == "PROPOSED"
    assert desk.audit_faults() == []


def test_a_reply_that_is_no_clear_choice_chooses_nothing(desk: Desk) -> None:
    asked = asked_which(desk)
    reply(desk, asked, "En tiedä, ehkä numero 2 tai 1?\n")
    reply(desk, asked, "Numero 17.\n")
    assert desk.requests() == []
    assert desk.ticket["outcome"] == "ambiguous"


def test_nobody_else_can_answer_the_question(desk: Desk) -> None:
    asked = asked_which(desk)
    reply(desk, asked, "2\n", sender="attacker@evil.example")
    assert desk.requests() == []
    assert len(desk.tickets()) == 2


def test_what_is_taken_back_before_the_approval_waits_for_a_new_decision(desk: Desk) -> None:
    acknowledgement = acknowledged(desk)
    decide_it(desk)
    digest = shown_digest(desk, desk.ticket["id"])
    before = len(desk.pages())
    reply(desk, acknowledgement, TAKEN_BACK)
    desk.forward(minutes=1)
    (request,) = desk.requests()
    assert request["state"] == "PROPOSED"
    assert "Älkää sulkeko" in request["held_because"]
    assert len(desk.pages()) > before, "who had decided must hear of it"
    with desk.acting(APPROVER) as tx, pytest.raises((IllegalTransitionError, ConflictError)):
        approve(tx, desk.ticket["id"], shown_digest=digest)
    decide_it(desk)
    assert desk.requests()[0]["held_because"] == ""
    assert desk.audit_faults() == []


def test_what_is_taken_back_too_late_is_answered_at_once(desk: Desk) -> None:
    acknowledgement = acknowledged(desk)
    decide_and_approve(desk, desk.ticket["id"], ReasonCode.SUPERSEDED)
    desk.forward(seconds=10, step=0.5)
    assert [request["state"] for request in desk.requests()] == ["REVOKED"]
    reply(desk, acknowledgement, TAKEN_BACK)
    desk.dispatch()
    answer = desk.sent(to=sender_of(desk))[-1]
    assert "ei voi palauttaa" in answer.text
    assert "varmennehakemus" in answer.text


def test_a_mail_of_its_own_takes_back_only_when_its_domain_vouches_for_it(desk: Desk) -> None:
    acknowledged(desk)
    decide_it(desk)
    serial = serial_of(desk.certificate(0, "kanta"))
    text = f"Väärä hälytys. Älkää sulkeko varmennetta {serial}."
    desk.receive(desk.write(sender_of(desk), "Sulkupyyntö", text))
    assert [request["state"] for request in desk.requests()] == ["DECIDED"], "anybody could have forged it"
    sender, domain = sender_of(desk), sender_of(desk).partition("@")[2]
    results = f"mx.desk.example; dkim=pass header.d={domain}; dmarc=pass header.from={domain}"
    desk.receive(desk.write(sender, "Sulkupyyntö peruttu", text + " Kiitos.", Authentication_Results=results))
    assert [request["state"] for request in desk.requests()] == ["PROPOSED"]


def test_an_alarm_about_a_key_that_is_taken_back_is_held_too(desk: Desk) -> None:
    ask_for_revocation(desk)
    desk.dispatch()
    acknowledgement = desk.sent(to=sender_of(desk))[0]
    reply(desk, acknowledgement, TAKEN_BACK)
    assert {request["state"] for request in desk.requests()} == {"PROPOSED"}
    assert all(request["held_because"] for request in desk.requests())


def test_a_lost_card_is_answered_with_the_number_of_the_revocation_service(desk: Desk) -> None:
    desk.receive(desk.write(sender_of(desk), "Kortti hukassa", "Toimikorttini katosi eilen. Voitteko sulkea sen?"))
    desk.dispatch()
    (answer,) = desk.sent(to=sender_of(desk))
    assert "0800 162 622" in answer.text
    assert "+358 800 162 622" in answer.text
