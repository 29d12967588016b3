"""Failed recipients, why they failed, and complaints: from reports for machines and from words for people."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.hostile_mails import mail, multipart

from sulku_mailbox.domain.bounce_text import read_said
from sulku_mailbox.domain.delivery_status import Trouble, status_in, trouble_of
from sulku_mailbox.domain.mail import Automatic, FailedRecipient, Mail
from sulku_mailbox.domain.parsing import parse_mail

US = "desk@desk.example"
OURS = frozenset({"mailer-daemon@mx.example", US})


def named(text: str) -> list[tuple[str, str, str]]:
    return [(one.address, one.status, one.action) for one in read_said(text, OURS)]


@pytest.mark.parametrize(
    ("text", "address", "status"),
    [
        ("<a@b.example>: host mx.b.example[192.0.2.1] said: 550 5.1.1 <a@b.example>: unknown", "a@b.example", "5.1.1"),
        (
            "<a@b.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 552 over quota",
            "a@b.example",
            "5.2.2",
        ),
        ("The following address(es) failed:\n\n  a@b.example\n    retry timeout exceeded", "a@b.example", "5.4.1"),
        ("(reason: 550 Access denied)\n<a@b.example>\n", "a@b.example", "5.7.1"),
        ("550 <a@b.example>... User unknown", "a@b.example", "5.1.1"),
        (">>> MAIL FROM:<x@y.example>\n>>> RCPT TO:<a@b.example>\n<<< 451 try later", "a@b.example", "4.0.0"),
        ("Recipient address: a@b.example\nReason: Host unknown", "a@b.example", "5.1.2"),
        ("Could not be delivered to: <a@b.example>\nAs their mailbox is full.", "a@b.example", "5.2.2"),
        ("undeliverable to a@b.example\n550-REJECTED - Blacklisted", "a@b.example", "5.7.1"),
        ("a@b.example on Thu, 29 Apr 2010\n  The recipient name is not recognized", "a@b.example", "5.1.1"),
        ("Your message to a@b.example couldn't be delivered: a@b.example wasn't found", "a@b.example", "5.1.1"),
        ("Intended recipient:  a@b.example\nReason: over quota\n", "a@b.example", "5.2.2"),
        ("It was addressed to 'a@b.example'\n\nYour message reads:\n\ni@c.example: no such user", "a@b.example", ""),
        (
            "Ei voitu toimittaa:\n\na@b.example\n550 5.1.1 tuntematon\n\nAlkuperäinen viesti:\nc@d.example",
            "a@b.example",
            "5.1.1",
        ),
        ("Det kunde inte levereras till a@b.example.\nBrevlådan är full.", "a@b.example", "5.2.2"),
        ("The message is larger than the size limit.\na@b.example\n", "a@b.example", "5.3.4"),
    ],
)
def test_the_words_of_each_kind_of_system_name_who_failed_and_why(text: str, address: str, status: str) -> None:
    assert named(text) == [(address, status, "failed")]


def test_each_recipient_has_its_own_reason() -> None:
    text = "<a@b.example>: 550 5.1.1 user unknown\n\n<c@d.example>: 552 5.2.2 mailbox full\n"
    assert named(text) == [("a@b.example", "5.1.1", "failed"), ("c@d.example", "5.2.2", "failed")]


@pytest.mark.parametrize(
    "line",
    [
        "For further assistance, please contact <help@isp.example>",
        "Your message from: someone@else.example",
        "(expanded from: <list@b.example>)",
        "(generated from alias@b.example)",
        "X-Postfix-Sender: rfc822; someone@else.example",
        ">>> MAIL From:<someone@else.example> SIZE=378",
        "Message-ID: <1234@else.example>",
    ],
)
def test_senders_helpers_and_aliases_are_not_taken_for_the_failed_one(line: str) -> None:
    assert [one[0] for one in named(f"{line}\n\n<a@b.example>: user unknown\n\n{line}")] == ["a@b.example"]


def test_whom_the_notification_was_sent_to_wrote_and_did_not_fail() -> None:
    text = f"Your message\n  To: a@b.example\n\n{US}: delivery to a@b.example was rejected"
    assert [one[0] for one in named(text)] == ["a@b.example"]
    assert [one[0] for one in named(f"<{US}>: mailbox full")] == [US], "unless nobody else is named"


def test_what_stands_in_the_returned_mail_did_not_fail() -> None:
    text = "<a@b.example>: user unknown\n\n--- Below this line is a copy of the message.\n\n<c@d.example>: quoted"
    assert [one[0] for one in named(text)] == ["a@b.example"]
    assert named("Sorry.\n\nReceived: from x\nTo: a@b.example\n")[0][0] == "a@b.example"


def test_a_delay_is_no_failure() -> None:
    text = "THIS IS A WARNING MESSAGE ONLY.\n\n<a@b.example>: connect to mx.b.example: Connection timed out"
    assert named(text) == [("a@b.example", "4.4.1", "delayed")]
    text = "Viestiä ei ole vielä toimitettu:\n<a@b.example>: Connection timed out"
    assert named(text) == [("a@b.example", "4.4.1", "delayed")]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("550 5.0.0 user unknown", "5.1.1"),
        ("5.7.26 unauthenticated", "5.7.26"),
        ("smtp; 250 2.1.5 Ok", "2.1.5"),
        ("host said: 452 quota exceeded", "4.2.2"),
        ("version 5.1.1.2 of the server", ""),
        ("at 10:50 on the 554th day", ""),
        ("", ""),
    ],
)
def test_a_status_is_written_out_or_derived_or_left_open(said: str, status: str) -> None:
    assert status_in(said) == status


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        ("5.1.1", Trouble.UNKNOWN_ADDRESS),
        ("5.1.10", Trouble.UNKNOWN_ADDRESS),
        ("5.1.2", Trouble.UNKNOWN_DOMAIN),
        ("5.4.4", Trouble.UNKNOWN_DOMAIN),
        ("5.2.1", Trouble.DISABLED),
        ("5.2.2", Trouble.FULL),
        ("5.3.4", Trouble.TOO_LARGE),
        ("5.7.26", Trouble.REFUSED),
        ("4.4.1", Trouble.UNREACHABLE),
        ("5.0.0", Trouble.OTHER),
        ("", Trouble.OTHER),
        ("550", Trouble.OTHER),
    ],
)
def test_a_status_tells_what_is_wrong_with_the_address(status: str, trouble: Trouble) -> None:
    assert trouble_of(status) is trouble


def report(*groups: bytes) -> Mail:
    part = b"Content-Type: message/delivery-status\r\n\r\n" + b"\r\n\r\n".join(groups)
    return parse_mail(multipart(b"\r\nSorry", part, kind=b"report; report-type=delivery-status"))


def failed(found: Mail) -> tuple[FailedRecipient, ...]:
    assert found.bounce is not None
    return found.bounce.recipients


def test_a_report_without_empty_lines_between_recipients_names_them_all() -> None:
    group = (
        b"Reporting-MTA: dns; mx.example\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.2.2\r\n"
        b"Final-Recipient: rfc822; c@d.example\r\nAction: failed\r\nStatus: 5.0.0\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 user unknown"
    )
    assert failed(report(group)) == (
        FailedRecipient("a@b.example", "5.2.2", "failed"),
        FailedRecipient("c@d.example", "5.1.1", "failed"),
    )


def test_an_international_report_names_its_recipient() -> None:
    """RFC 6533, 3: the address as UTF-8, or with its letters spelled out."""
    for address in ("päivi@b.example".encode(), rb"p\x{E4}ivi@b.example"):
        (one,) = failed(report(b"Final-Recipient: utf-8; " + address + b"\r\nAction: failed\r\nStatus: 5.1.1"))
        assert one.address == "päivi@b.example"


def test_a_quoted_local_part_is_an_address() -> None:
    (one,) = failed(report(b'Final-Recipient: rfc822; "a..b"@c.example\r\nAction: failed\r\nStatus: 5.1.1'))
    assert one.address == '"a..b"@c.example'


def test_a_delivery_is_told_apart_from_a_failure() -> None:
    (one,) = failed(report(b"Final-Recipient: rfc822; a@b.example\r\nAction: relayed (to a fax)\r\nStatus: 2.0.0"))
    assert (one.action, one.status) == ("relayed", "2.0.0")


def test_a_report_that_a_gateway_turned_into_text_is_still_read_as_one() -> None:
    text = (
        b"This concerns your mail of today.\r\n  To: x@y.example\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        b"Action: failed\r\nFinal-Recipient: rfc822;a@b.example\r\nStatus: 5.1.1\r\n"
    )
    found = parse_mail(b"From: MAILER-DAEMON@mx.example\r\nSubject: Undeliverable\r\n\r\n" + text)
    assert [one.address for one in failed(found)] == ["a@b.example"]


def test_a_notification_in_a_notification_is_opened() -> None:
    inner = (
        b"Content-Type: message/rfc822\r\n\r\nFrom: MAILER-DAEMON@inner.example\r\nTo: desk@desk.example\r\n"
        b"Subject: Undelivered\r\n\r\n<a@b.example>: user unknown\r\n"
    )
    found = parse_mail(multipart(b"\r\nSorry.", inner, kind=b"report; report-type=delivery-status"))
    assert [one.address for one in failed(found)] == ["a@b.example"]


def test_a_listed_recipient_gets_its_status_from_the_words() -> None:
    text = b"The following address failed:\r\n\r\n  a@b.example\r\n    550 5.2.2 mailbox full\r\n"
    assert failed(parse_mail(mail(text, b"X-Failed-Recipients: a@b.example"))) == (
        FailedRecipient("a@b.example", "5.2.2", "failed"),
    )


def sns(**given: object) -> Mail:
    body = json.dumps(given).encode() + b"\r\n\r\n--\r\nTo stop these, see https://sns.example/\r\n"
    return parse_mail(b"From: no-reply@sns.example\r\nSubject: Notification\r\n\r\n" + body)


def test_a_sending_services_json_is_read() -> None:
    details = {"bouncedRecipients": [{"emailAddress": "A@b.example", "action": "failed", "status": "5.1.1"}, {}, 7]}
    found = sns(notificationType="Bounce", bounce=details)
    assert (found.automatic, failed(found)) == (Automatic.BOUNCE, (FailedRecipient("a@b.example", "5.1.1", "failed"),))
    wrapped = sns(Type="Notification", Message=json.dumps({"eventType": "Bounce", "bounce": details}))
    assert failed(wrapped) == failed(found)
    complaint = sns(notificationType="Complaint", complaint={"complainedRecipients": [{"emailAddress": "a@b.example"}]})
    assert (complaint.automatic, failed(complaint)[0].action) == (Automatic.FEEDBACK, "complained")
    delivery = sns(notificationType="Delivery", delivery={"recipients": ["a@b.example"]})
    assert failed(delivery)[0].action == "delivered"


@pytest.mark.parametrize(
    "body",
    [b'{"Type":' + b"[" * 100_000, b'{"notificationType": "Bounce", "bounce": 1}', b'{"Type": "x"', b'{"Type":1}'],
)
def test_json_that_is_none_or_says_nothing_harms_nobody(body: bytes) -> None:
    assert "reader_fault" not in parse_mail(mail(body)).defects


def test_a_feedback_report_names_who_complained() -> None:
    """RFC 5965, 3.2: Original-Rcpt-To may stand several times; without it the returned mail tells."""
    part = b"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n"
    rcpt = b"Original-Rcpt-To: a@b.example\r\nOriginal-Rcpt-To: <c@d.example>\r\n"
    returned = b"Content-Type: message/rfc822\r\n\r\nMessage-ID: <ours@desk.example>\r\nTo: e@f.example\r\n\r\nx"
    kind = b"report; report-type=feedback-report"
    named_twice = parse_mail(multipart(b"\r\nx", part + rcpt, returned, kind=kind))
    assert [one.address for one in failed(named_twice)] == ["a@b.example", "c@d.example"]
    found = parse_mail(multipart(b"\r\nx", part, returned, kind=kind))
    assert (found.automatic, failed(found)) == (
        Automatic.FEEDBACK,
        (FailedRecipient("e@f.example", "", "complained"),),
    )
    assert found.bounce is not None
    assert found.bounce.original_message_id == "<ours@desk.example>"


@pytest.mark.parametrize(
    "raw",
    [
        b"From: postmaster@corp.example\r\nSubject: Re: 550 errors\r\n\r\nYour mail failed at our side? We see rejects.",
        b"From: noreply@scanner.example\r\nSubject: Key failed the check\r\n\r\nThe key could not be delivered safely.",
        b"From: noreply@scanner.example\r\nSubject: Leaked key\r\n\r\nWe looked at these:\r\n550 5.1.1 key.pem\r\n404 - gone",
        b"From: watch@scanner.example\r\nReturn-Path: <>\r\nSubject: Check failed\r\n\r\nThe key of 4a3f is public.",
        b"From: System Administrator <a@b.example>\r\nSubject: Signing failed\r\n\r\nThe failure: rejected by the CRL.",
        b"From: postmaster@b.example\r\nSubject: Revocation rejected?\r\n\r\nA failure: it is not delivered. Revoke it.",
        b"From: anna@b.example\r\nSubject: Fwd: Undelivered Mail\r\n\r\n550 5.1.1 <x@y.example>... unknown",
    ],
)
def test_a_person_or_a_scanner_that_writes_of_failures_is_no_bounce(raw: bytes) -> None:
    assert parse_mail(raw).bounce is None


PIECES = [
    "a@b.example",
    "<c@d.example>",
    ": ",
    "\n",
    "RCPT TO:",
    "MAIL FROM:<e@f.example>",
    "550 ",
    "5.1.1 ",
    "To: ",
    '"',
    "@",
]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=30).map("".join))
def test_whatever_the_words_are_only_addresses_in_them_are_named(text: str) -> None:
    for one in read_said(text, OURS):
        assert one.address in text.lower()
        assert trouble_of(one.status) in Trouble
