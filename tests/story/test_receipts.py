"""The holder's contacts get the receipt with the news; the reporter reads public facts only; the console hands it out."""

from __future__ import annotations

import pytest
from tests.story.desk import Desk, Sent, serial_of
from tests.story.test_the_road import LEAKED, ask_for_revocation, decide_and_approve

from sulku_desk.receipt_making import make_receipt
from sulku_desk.receipt_verifying import verify_receipt
from sulku_kernel.errors import IllegalTransitionError, NotFoundError
from sulku_kernel.language import Language
from sulku_revocation.domain.reason_code import ReasonCode

STRANGER = "reporter@elsewhere.example"


def receipts_in(mail: Sent) -> list[bytes]:
    return [part.get_payload(decode=True) for part in mail.message.iter_attachments()]  # type: ignore[misc]


def test_a_contact_gets_a_receipt_that_holds_and_everybody_can_have_it_in_another_language(desk: Desk) -> None:
    ask_for_revocation(desk)
    desk.dispatch()
    with pytest.raises(NotFoundError):
        make_receipt(desk.instance, 1)
    decide_and_approve(desk, desk.ticket["id"], ReasonCode.KEY_COMPROMISE)
    (order, *_) = desk.orders()
    with pytest.raises(IllegalTransitionError, match="not been seen"):
        make_receipt(desk.instance, order["id"])
    desk.forward(seconds=10, step=0.5)
    technical = desk.organisations[0].contacts[1].email
    attached = [pdf for mail in desk.sent(to=technical) for pdf in receipts_in(mail)]
    assert {verify_receipt(pdf).facts.serial for pdf in attached} == {one["serial"] for one in desk.orders()}
    (one,) = {verify_receipt(pdf).facts.reason for pdf in attached}
    assert one == "keyCompromise"
    for language in Language:
        receipt = make_receipt(desk.instance, order["id"], language)
        verified = verify_receipt(receipt.pdf)
        assert verified.number == desk.ticket["number"]
        assert receipt.name.endswith(f"-{language.value}.pdf")


def test_a_reporter_reads_what_is_public_and_gets_no_receipt(desk: Desk) -> None:
    holder = desk.organisations[0]
    serial = serial_of(desk.certificate(0, "kanta"))
    desk.receive(desk.write(STRANGER, "Leaked key", LEAKED.format(serial=serial)))
    desk.dispatch()
    decide_and_approve(desk, desk.ticket["id"], ReasonCode.KEY_COMPROMISE)
    desk.forward(seconds=10, step=0.5)
    news = [mail.text.replace(" ", "").lower() for mail in desk.sent(to=STRANGER)]
    assert any(serial in text for text in news)
    for mail in desk.sent(to=STRANGER):
        assert receipts_in(mail) == []
        assert all(contact.email not in mail.text and contact.phone not in mail.text for contact in holder.contacts)
    contact = holder.contacts[1].email
    assert any(receipts_in(mail) for mail in desk.sent(to=contact))
