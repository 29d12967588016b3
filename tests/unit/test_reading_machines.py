"""Mails that machines write, and what other servers say about a sender."""

from __future__ import annotations

import pytest
from tests.unit.hostile_mails import HEAD, mail, multipart

from sulku_mailbox.domain.mail import Automatic, FailedRecipient
from sulku_mailbox.domain.parsing import parse_mail

REPORT = (
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    b"Original-Recipient: rfc822;old@b.example\r\nFinal-Recipient: rfc822; New@b.example\r\nAction: failed\r\n"
    b"Status: 5.1.1 (no such user)\r\n\r\nFinal-Recipient: rfc822; other@b.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n"
)
RETURNED = b"Content-Type: message/rfc822\r\n\r\nMessage-ID: <ours.1@desk.example>\r\nTo: new@b.example\r\n\r\nx"


@pytest.mark.parametrize(
    ("fields", "kind", "because"),
    [
        ([b"Auto-Submitted: auto-replied"], Automatic.AUTO_REPLY, "auto_submitted"),
        ([b"Auto-Submitted: auto-generated (cron)"], Automatic.AUTO_REPLY, "auto_submitted"),
        ([b"Auto-Submitted: no"], Automatic.NO, None),
        ([b"X-Autoreply: yes"], Automatic.AUTO_REPLY, "auto_reply_field"),
        ([b"Precedence: auto_reply"], Automatic.AUTO_REPLY, "precedence"),
        ([b"Precedence: bulk"], Automatic.LIST, "precedence"),
        ([b"List-Id: <staff.example>"], Automatic.LIST, "list_field"),
        ([b"X-Auto-Response-Suppress: All"], Automatic.NO, "response_suppressed"),
        ([b"Content-Type: text/calendar; method=REQUEST"], Automatic.CALENDAR, "calendar_part"),
        ([b"X-Failed-Recipients: a@b.example"], Automatic.BOUNCE, "failed_recipients"),
        ([b"X-Priority: 1"], Automatic.NO, None),
    ],
)
def test_machines_are_known_by_their_fields(fields: list[bytes], kind: Automatic, because: str | None) -> None:
    found = parse_mail(mail(b"text", *fields))
    assert found.automatic is kind
    assert found.automatic_because == ((because,) if because else ())


@pytest.mark.parametrize(
    "subject",
    [
        "Automaattinen vastaus: sulkupyyntö",
        "Vs: Poissa toimistosta",
        "Olen lomalla 1.12. asti",
        "Automatiskt svar: spärrning",
        "Autosvar: spärrning",
        "Frånvaro: spärrning",
        "Automatic reply: revocation",
        "Out of Office: revocation",
    ],
)
def test_an_absence_is_known_by_its_subject_in_our_languages(subject: str) -> None:
    raw = mail(b"Olen poissa.").replace(b"hostile", subject.encode())
    assert parse_mail(raw).automatic is Automatic.AUTO_REPLY


@pytest.mark.parametrize(
    "subject",
    [
        "Sulkupyyntö: autokorjaamon varmenne",
        "Failed login",
        "Semester for our staff",
        "Delivery of the card",
        "Loma-ajan päivystys",
    ],
)
def test_a_person_is_not_taken_for_a_machine_by_a_word(subject: str) -> None:
    raw = mail(b"Please revoke.").replace(b"hostile", subject.encode())
    assert parse_mail(raw).automatic is Automatic.NO


def test_a_delivery_report_names_who_failed_and_which_mail_of_ours() -> None:
    found = parse_mail(multipart(b"\r\nSorry", REPORT, RETURNED, kind=b'report; report-type="delivery-status"'))
    assert found.automatic is Automatic.BOUNCE
    assert found.bounce is not None
    assert found.bounce.recipients == (
        FailedRecipient("new@b.example", "5.1.1", "failed"),
        FailedRecipient("other@b.example", "4.4.1", "delayed"),
    )
    assert found.bounce.original_message_id == "<ours.1@desk.example>"


def test_a_report_with_only_the_header_of_our_mail_still_names_it() -> None:
    header = b"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <ours.2@desk.example>\r\nSubject: s\r\n"
    found = parse_mail(multipart(b"\r\nSorry", REPORT, header, kind=b"report; report-type=delivery-status"))
    assert found.bounce is not None
    assert found.bounce.original_message_id == "<ours.2@desk.example>"


def bounce_of(
    text: str, *fields: bytes, sender: str = "MAILER-DAEMON@mx.example"
) -> tuple[tuple[str, ...], str | None]:
    raw = (
        f"From: {sender}\r\nSubject: Undelivered mail\r\n".encode()
        + b"".join(f + b"\r\n" for f in fields)
        + b"\r\n"
        + text.encode()
    )
    found = parse_mail(raw)
    assert found.bounce is not None, found.automatic
    return tuple(one.address for one in found.bounce.recipients), found.bounce.original_message_id


def test_a_bounce_in_prose_is_read_as_well_as_it_goes() -> None:
    text = "Your mail could not be delivered.\n\n<anna@b.example>: 550 5.1.1 user unknown\n\n--- Below this line is a copy\nMessage-ID: <ours.3@desk.example>\nTo: wrong@c.example\n"
    assert bounce_of(text) == (("anna@b.example",), "<ours.3@desk.example>")


def test_the_reporting_server_is_not_taken_for_the_failed_recipient() -> None:
    text = "From mailer-daemon@mx.example (postmaster@mx.example): anna@b.example does not exist here"
    assert bounce_of(text) == (("anna@b.example",), None)


def test_a_bounce_that_names_nobody_is_about_whom_our_mail_was_sent_to() -> None:
    text = "It failed.\n\n----- original message -----\nTo: anna@b.example\nCc: x@c.example\n"
    assert bounce_of(text) == (("anna@b.example",), None)
    found = parse_mail(multipart(b"\r\nIt failed.", RETURNED, kind=b"report; report-type=delivery-status"))
    assert found.bounce is not None
    assert [one.address for one in found.bounce.recipients] == ["new@b.example"]


def test_a_bounce_by_field_by_null_path_and_by_postmaster() -> None:
    assert bounce_of("x", b"X-Failed-Recipients: a@b.example, c@d.example", sender="x@y.example")[0] == (
        "a@b.example",
        "c@d.example",
    )
    assert bounce_of("x", b"Return-Path: <>", sender="x@y.example") == ((), None)
    assert bounce_of("a@b.example: delivery failed", sender="postmaster@y.example")[0] == ("a@b.example",)


def test_reports_of_other_kinds_are_told_apart() -> None:
    receipt = multipart(
        b"\r\nread",
        b"Content-Type: message/disposition-notification\r\n\r\nx",
        kind=b"report; report-type=disposition-notification",
    )
    feedback = multipart(
        b"\r\nspam", b"Content-Type: message/feedback-report\r\n\r\nx", kind=b"report; report-type=feedback-report"
    )
    assert parse_mail(receipt).automatic is Automatic.RECEIPT
    assert parse_mail(feedback).automatic is Automatic.FEEDBACK


def test_an_automatic_mail_keeps_every_word_it_says() -> None:
    """An attacker may set these fields on a real request: they only stop our automatic answer."""
    found = parse_mail(mail(b"Private key of 4a3f009c leaked", b"Auto-Submitted: auto-replied"))
    assert "4a3f009c leaked" in found.new_text


OURS = frozenset({"mx.desk.example"})
PASS = b"Authentication-Results: mx.desk.example; spf=pass smtp.mailfrom=example.fi; dkim=pass header.d=example.fi; dmarc=pass header.from=example.fi"


def checked(*fields: bytes, body: bytes = b"x") -> tuple[str, str, str, str | None]:
    found = parse_mail(mail(body, *fields), trusted_authserv_ids=OURS).authentication
    return found.spf, found.dkim, found.dmarc, found.aligned_domain


def test_what_our_own_border_server_found_out_is_believed() -> None:
    assert checked(PASS) == ("pass", "pass", "pass", "example.fi")
    found = parse_mail(mail(b"x", PASS), trusted_authserv_ids=frozenset({"MX.desk.example"}))
    assert found.authentication.because == ("spf=pass", "dkim=pass", "dmarc=pass")


@pytest.mark.parametrize(
    "field",
    [
        b"Authentication-Results: mx.evil.example; dmarc=pass header.from=example.fi",
        b"Authentication-Results: mx.desk.example.evil; dmarc=pass header.from=example.fi",
        b"Authentication-Results: (mx.desk.example) mx.evil.example; dmarc=pass",
        b'Authentication-Results: "mx.desk.example; dmarc=pass"; x=y',
        b"Authentication-Results: mx.desk.example (; dmarc=pass header.from=example.fi)",
        b"Authentication-Results: mx.desk.example; x=(dmarc=pass); none",
        b"Authentication-Results: mx.desk.example; dmarc=fail (dmarc=pass) header.from=example.fi",
        b'Authentication-Results: mx.desk.example; dmarc=fail reason="; dmarc=pass" header.from=example.fi',
        b"Authentication-Results: mx.desk.example; none",
        b"Authentication-Results:",
        b"X-Authentication-Results: mx.desk.example; dmarc=pass header.from=example.fi",
        b"ARC-Authentication-Results: i=1; mx.desk.example; dmarc=pass header.from=example.fi",
        b"Received-SPF: pass",
    ],
)
def test_a_forged_result_authenticates_nobody(field: bytes) -> None:
    assert checked(field)[3] is None
    assert "pass" not in checked(field)


def test_only_so_many_result_fields_are_looked_at() -> None:
    assert checked(*[b"Authentication-Results: mx.evil.example; none"] * 30, PASS)[3] is None


def test_results_that_contradict_each_other_count_for_nothing() -> None:
    raw = mail(b"x", PASS, b"Authentication-Results: mx.desk.example; dmarc=fail header.from=example.fi")
    found = parse_mail(raw, trusted_authserv_ids=OURS)
    assert found.authentication.aligned_domain is None
    assert found.authentication.because == ("conflict",)
    assert "authentication_conflict" in found.defects


def test_dmarc_of_another_domain_is_no_alignment() -> None:
    assert checked(b"Authentication-Results: mx.desk.example; dmarc=pass header.from=evil.example")[3] is None


def test_without_identity_or_with_smuggled_lines_nothing_is_authenticated() -> None:
    assert checked(PASS, b"From: b@example.fi")[3] is None
    assert checked(PASS, body=b"a\nb")[2:] == ("none", None)
    assert checked(PASS, body=b"a\0b")[2:] == ("none", None)


def test_results_are_believed_only_of_the_outermost_header() -> None:
    inner = b"Content-Type: message/rfc822\r\n\r\n" + HEAD + PASS + b"\r\n\r\nx"
    found = parse_mail(multipart(inner), trusted_authserv_ids=OURS)
    assert found.authentication.dmarc == "none"
    assert found.forwarded[0].authentication.dmarc == "none"


def test_without_a_trusted_server_nothing_is_looked_at() -> None:
    assert parse_mail(mail(b"x", PASS)).authentication.because == ()
    assert parse_mail(mail(b"x"), trusted_authserv_ids=OURS).authentication.because == ("no_trusted_result",)
