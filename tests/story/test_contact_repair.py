"""A mail of ours that comes back is somebody's task: the others on file get it, a person sees it, no clock moves."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from tests.story.desk import OPERATOR, Desk, Sent, serial_of

from sulku_console.contact_repairs import open_repairs
from sulku_kernel.events import read_events
from sulku_mailbox.delivery import RefusedError
from sulku_tickets import actions

REPORT = "We look into it."


def report_to_holder(desk: Desk) -> Sent:
    """A researcher writes; the preliminary report goes to the holder's first contact."""
    serial = serial_of(desk.certificate(1, "kanta"))
    researcher, holder = "researcher@lab.example", first_contact(desk)
    desk.receive(desk.write(researcher, "Leaked key", f"The private key of certificate {serial} is on a public site."))
    with desk.acting(OPERATOR) as tx:
        actions.reply(tx, desk.ticket["id"], REPORT, to=holder, preliminary_report=True)
    desk.dispatch()
    (sent,) = desk.sent(to=holder)
    return sent


def first_contact(desk: Desk) -> str:
    return desk.organisations[1].contacts[0].email


def second_contact(desk: Desk) -> str:
    return desk.organisations[1].contacts[1].email


def bounce(sent: Sent, *, action: str = "failed", status: str = "5.2.2", address: str | None = None) -> bytes:
    """As the recipient's mail system writes it, with only the header of our mail (RFC 3464, RFC 6522)."""
    report = EmailMessage()
    report["From"], report["To"] = "MAILER-DAEMON@mx.holder.example", sent.reply_to
    report["Subject"] = "Undelivered Mail Returned to Sender"
    said = f"Final-Recipient: rfc822; {address or sent.to}\nAction: {action}\nStatus: {status}\n"
    header = f"Message-ID: {sent.message_id}\nTo: {sent.to}\nSubject: {sent.subject}\n"
    parts = (
        "Content-Type: text/plain\n\nYour mail could not be delivered.\n",
        f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.holder.example\n\n{said}",
        f"Content-Type: text/rfc822-headers\n\n{header}",
    )
    body = "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"
    head = report.as_string().rstrip("\n")
    kind = 'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n'
    return f"{head}\n{kind}\n{body}".replace("\n", "\r\n").encode()


def repairs(desk: Desk) -> list[tuple[str, str]]:
    with desk.instance.storage.desk.reading() as connection:
        found = open_repairs(read_events(connection, ticket_id=desk.ticket["id"]))
    return [(one.address, one.trouble) for one in found]


def clocks(desk: Desk) -> list[tuple[object, ...]]:
    return [tuple(row) for row in desk.rows("SELECT kind, due_at, stopped_at FROM desk.deadline ORDER BY id")]


def test_a_report_that_comes_back_goes_to_the_holders_other_contact_and_becomes_a_task(desk: Desk) -> None:
    sent = report_to_holder(desk)
    before = clocks(desk)
    desk.receive(bounce(sent))
    assert clocks(desk) == before
    assert repairs(desk) == [(first_contact(desk), "trouble:full")]
    assert desk.ticket["state"] == "NEW", "a machine wakes no ticket"

    desk.dispatch()
    (instead,) = desk.sent(to=second_contact(desk))
    assert REPORT in instead.text
    (task,) = desk.events("CONTACT_REPAIR")
    assert (task["told_instead"], task["template"], task["status"]) == (
        [second_contact(desk)],
        "preliminary_report",
        "5.2.2",
    )
    with desk.acting(OPERATOR) as tx:
        actions.note(tx, desk.ticket["id"], "Called the switchboard; a new address comes.")
    assert repairs(desk) == []
    assert desk.audit_faults() == []


def test_when_no_contact_on_file_can_be_reached_somebody_is_woken(desk: Desk) -> None:
    sent = report_to_holder(desk)
    desk.receive(bounce(sent))
    desk.dispatch()
    pages = len(desk.pages())
    (instead,) = desk.sent(to=second_contact(desk))
    desk.receive(bounce(instead, status="5.1.1"))
    desk.dispatch()
    assert len(desk.sent(to=second_contact(desk))) == 1
    assert len(desk.sent(to=first_contact(desk))) == 1, "what came back is not sent there again"
    assert len(desk.pages()) == pages + 1
    assert "effect_failed" in {row.kind for row in desk.rows("SELECT kind FROM desk.escalation")}


def test_the_same_bounce_twice_sends_nothing_twice(desk: Desk) -> None:
    sent = report_to_holder(desk)
    desk.receive(bounce(sent))
    desk.receive(bounce(sent, address="elsewhere@passed-on.example"))
    desk.dispatch()
    assert len(desk.sent(to=second_contact(desk))) == 1
    assert [address for address, _ in repairs(desk)] == [first_contact(desk)], "the contact, not where it was passed on"


def test_a_delay_or_a_delivery_is_no_task(desk: Desk) -> None:
    sent = report_to_holder(desk)
    for action, status in (("delayed", "4.4.1"), ("delivered", "2.1.5"), ("relayed", "2.0.0")):
        desk.receive(bounce(sent, action=action, status=status))
    desk.dispatch()
    assert desk.events("CONTACT_REPAIR") == []
    assert desk.sent(to=second_contact(desk)) == []


def test_a_forged_bounce_that_names_no_mail_of_ours_opens_a_ticket_of_its_own(desk: Desk) -> None:
    sent = report_to_holder(desk)
    forged = bounce(sent).replace(sent.message_id.encode(), b"<guessed@desk.example>")
    desk.receive(forged.replace(sent.reply_to.encode(), b"vptuotanto@vrk.fi"))
    assert len(desk.tickets()) == 2
    assert desk.events("CONTACT_REPAIR") == []


def test_a_bounce_in_words_that_comes_to_our_reply_address_finds_the_contact_too(desk: Desk) -> None:
    sent = report_to_holder(desk)
    said = f"<{sent.to}>: user unknown\r\n\r\n--- Below this line is a copy of the message.\r\n"
    head = f"From: MAILER-DAEMON@mx.holder.example\r\nTo: {sent.reply_to}\r\nSubject: failure notice\r\n"
    desk.receive(f"{head}\r\n{said}".encode())
    desk.dispatch()
    assert repairs(desk) == [(first_contact(desk), "trouble:unknown_address")]
    assert len(desk.sent(to=second_contact(desk))) == 1


def test_the_bounce_of_a_reporters_answer_tells_nobody_else(desk: Desk) -> None:
    report_to_holder(desk)
    with desk.acting(OPERATOR) as tx:
        actions.reply(tx, desk.ticket["id"], "Thank you.")
    desk.dispatch()
    answer = desk.sent(to="researcher@lab.example")[-1]
    desk.receive(bounce(answer, status="5.1.1"))
    desk.dispatch()
    assert repairs(desk) == [("researcher@lab.example", "trouble:unknown_address")]
    assert desk.sent(to=second_contact(desk)) == []


def test_a_report_that_is_refused_at_once_goes_to_the_other_contact_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = desk.dispatcher._handlers["mail"]._delivery
    send, gone = delivery.send, first_contact(desk)

    def refuse(mail_from: str, to: str, raw: bytes) -> None:
        if to == gone:
            raise RefusedError("smarthost: 550 5.1.1 no such user")
        send(mail_from, to, raw)

    monkeypatch.setattr(delivery, "send", refuse)
    serial = serial_of(desk.certificate(1, "kanta"))
    desk.receive(desk.write("researcher@lab.example", "Leaked key", f"The private key of certificate {serial} is out."))
    with desk.acting(OPERATOR) as tx:
        actions.reply(tx, desk.ticket["id"], REPORT, to=gone, preliminary_report=True)
    desk.dispatch()
    (instead,) = desk.sent(to=second_contact(desk))
    assert REPORT in instead.text
    assert repairs(desk) == [(gone, "trouble:unknown_address")]
    assert desk.audit_faults() == []
