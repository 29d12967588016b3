"""What customers read on the road when plans change: each date, that it is put off, and that only a reason changed."""

from __future__ import annotations

from datetime import timedelta

from tests.story.desk import APPROVER, OPERATOR, Desk, serial_of
from tests.story.test_receipts import receipts_in
from tests.story.test_the_road import decide_and_approve, shown_digest

from sulku_desk.receipt_verifying import verify_receipt
from sulku_kernel.language import Language
from sulku_revocation.decisions import approve, decide
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.legal_holds import HoldOrder, place_holds
from sulku_revocation.reason_update import decide_updates
from sulku_revocation.register import DatabaseRegister
from sulku_templates.people_time import people_time
from sulku_tickets import actions
from sulku_tickets.domain.evidence import EvidenceKind

DAY = timedelta(days=1)
ON_CALL = "first@desk.example"


def asked_for(desk: Desk, *parts: str) -> int:
    """A ticket of the first holder's requester, confirmed by telephone."""
    serials = " ja ".join(serial_of(desk.certificate(0, part)) for part in parts)
    text = f"Hei,\n\nVarmenteet {serials} on korvattu uusilla. Sulkekaa ne.\n\nTerveisin\n"
    desk.receive(desk.write(desk.organisations[0].contacts[0].email, "Sulkupyyntö", text))
    with desk.acting(OPERATOR) as tx:
        actions.record_evidence(tx, desk.ticket["id"], EvidenceKind.CALLBACK, "Called the number on file.")
    return int(desk.ticket["id"])


def subjects(desk: Desk, to: str) -> list[str]:
    return [mail.subject for mail in desk.sent(to=to)]


def said(desk: Desk, to: str, subject: str) -> str:
    (mail,) = [one for one in desk.sent(to=to) if subject in one.subject]
    return " ".join(mail.text.split())


def test_two_promised_dates_are_put_off_by_a_court_and_what_is_revoked_after_it_is_told(desk: Desk) -> None:
    ticket_id = asked_for(desk, "signature", "potilas")
    now = desk.clock.now()
    dates = [now + days * DAY for days, _ in enumerate(desk.requests(), 2)]
    assert len(dates) == 2
    for request, at in zip(desk.requests(), dates, strict=True):
        with desk.acting(OPERATOR) as tx:
            decide(
                tx, ticket_id, reason=ReasonCode.SUPERSEDED, because="So asked.", requests=[request["id"]], wanted_at=at
            )
    with desk.acting(APPROVER) as tx:
        approve(tx, ticket_id, shown_digest=shown_digest(desk, ticket_id))
    desk.dispatch()
    contacts = [contact.email for contact in desk.organisations[0].contacts[:2]]
    for to in contacts:
        promised = said(desk, to, "suljetaan eri aikoina")
        assert all(f"suljetaan {people_time(at, Language.FI)}" in promised for at in dates)

    with desk.acting(OPERATOR) as tx:
        order = HoldOrder("Helsingin käräjäoikeus", "L 26/1234", now + 4 * DAY)
        place_holds(tx, ticket_id, order, because="The order came by courier.")
    desk.dispatch()
    for to in contacts:
        put_off = said(desk, to, "sulkemista on lykätty")
        assert "voimassa, kunnes ilmoitamme muuta" in put_off
        assert all(people_time(at, Language.FI) in put_off for at in dates)
        assert "käräjäoikeus" not in put_off
    desk.forward(hours=5 * 24, step=12 * 3_600)
    assert desk.orders() == []
    news = f"{desk.ticket['number']}, sulkemiskielto päättyy tai on päättynyt"
    assert any(news in subject for subject in subjects(desk, ON_CALL))
    assert not any("ei onnistu" in subject for subject in subjects(desk, ON_CALL))

    decide_and_approve(desk, ticket_id, ReasonCode.SUPERSEDED)
    desk.forward(seconds=10, step=0.5)
    assert {request["state"] for request in desk.requests()} == {"REVOKED"}
    for to in contacts:
        assert len([one for one in subjects(desk, to) if "Varmenne on suljettu" in one]) == 2
    assert desk.audit_faults() == []


def test_a_reason_that_becomes_key_compromise_is_told_as_that_with_a_new_receipt(desk: Desk) -> None:
    ticket_id = asked_for(desk, "signature")
    decide_and_approve(desk, ticket_id, ReasonCode.SUPERSEDED)
    desk.forward(seconds=10, step=0.5)
    desk.forward(hours=1, step=1_800)
    with desk.acting(OPERATOR) as tx:
        register = DatabaseRegister(tx.connection)
        (request,) = desk.requests()
        chosen = [one for one in [register.certificate(request["certificate_id"])] if one is not None]
        decide_updates(tx, ticket_id, chosen, because="The key turned up on the net.", register=register)
    with desk.acting(APPROVER) as tx:
        approve(tx, ticket_id, shown_digest=shown_digest(desk, ticket_id))
    desk.forward(seconds=10, step=0.5)
    holder = desk.organisations[0].contacts[1].email
    text = said(desk, holder, "sulkemisen syy on muutettu")
    assert "Sulkemisen ajankohta ei ole muuttunut." in text
    assert "Aiempi syy: korvattu uudella varmenteella" in text
    assert "Uusi syy: avain on paljastunut tai sen epäillään paljastuneen" in text
    assert len([one for one in subjects(desk, holder) if "Varmenne on suljettu" in one]) == 1
    first, second = [verify_receipt(pdf).facts for mail in desk.sent(to=holder) for pdf in receipts_in(mail)]
    assert (first.reason, second.reason) == ("superseded", "keyCompromise")
    assert first.revoked_at == second.revoked_at
