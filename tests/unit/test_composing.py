"""What leaves is a mail that every program reads, that no robot answers, and into which nobody can write a header."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sulku_kernel.language import Language
from sulku_mailbox.composing import OutgoingMail, Submission, compose
from sulku_mailbox.domain.parsing import parse_mail

REPLY_TO = "vptuotanto+abcd@vrk.fi"
MAIL = OutgoingMail(
    from_name="Varmennepalvelujen päivystys",
    from_address="vptuotanto@vrk.fi",
    reply_to=REPLY_TO,
    to="tuotanto@holder.example",
    subject="Viestinne on vastaanotettu (S26-000123)",
    text="Hyvää päivää\n\nÄlkää lähettäkö avaimia.\n.\n. alku\n" + "pitkä " * 100 + "\n",
    html='<!doctype html><html lang="fi"><p>Älkää lähettäkö avaimia.</p></html>',
    language=Language.FI,
    message_id="<abc.def@vrk.fi>",
    at=datetime(2026, 11, 24, 12, 5, 9, tzinfo=UTC),
    submission=Submission.AUTO_REPLIED,
)


def read(mail: OutgoingMail) -> EmailMessage:
    message = email.message_from_bytes(compose(mail).raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_text_and_html_arrive_as_they_were_written() -> None:
    message = read(MAIL)
    assert message.get_content_type() == "multipart/alternative"
    assert body(message, "plain") == MAIL.text
    assert body(message, "html").strip() == MAIL.html
    assert message.defects == []


def test_our_own_reader_finds_nothing_wrong_with_it() -> None:
    parsed = parse_mail(compose(replace(MAIL, submission=Submission.NO)).raw)
    assert parsed.defects == ()
    assert parsed.header_from == MAIL.from_address
    assert parsed.header_to == (MAIL.to,)
    assert parsed.reply_to == (REPLY_TO,)
    assert parsed.subject == MAIL.subject
    assert parsed.message_id == MAIL.message_id
    assert parsed.date == MAIL.at


def test_every_line_is_short_ascii_and_ends_as_smtp_wants() -> None:
    raw = compose(replace(MAIL, subject="Pitkä aihe " * 30)).raw
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


@pytest.mark.parametrize(
    ("submission", "mail_from", "submitted", "suppressed"),
    [
        (Submission.AUTO_REPLIED, "", "auto-replied", "All"),
        (Submission.AUTO_GENERATED, REPLY_TO, "auto-generated", "DR, RN, NRN, OOF, AutoReply"),
        (Submission.NO, REPLY_TO, None, "DR, RN, NRN"),
    ],
)
def test_an_automatic_answer_comes_from_nobody_and_the_bounces_of_all_else_come_home(
    submission: Submission, mail_from: str, submitted: str | None, suppressed: str
) -> None:
    composed = compose(replace(MAIL, submission=submission))
    message = read(replace(MAIL, submission=submission))
    assert composed.mail_from == mail_from
    assert message["Auto-Submitted"] == submitted
    assert message["X-Auto-Response-Suppress"] == suppressed
    assert message["Precedence"] is None


def test_another_desk_would_not_answer_our_answer() -> None:
    assert parse_mail(compose(MAIL).raw).automatic.value == "auto_reply"
    assert parse_mail(compose(replace(MAIL, submission=Submission.AUTO_GENERATED)).raw).automatic.value == "auto_reply"


def test_language_and_date_are_named() -> None:
    message = read(replace(MAIL, language=Language.SV))
    assert message["Content-Language"] == "sv"
    assert message["Date"] == "Tue, 24 Nov 2026 12:05:09 +0000"


def test_the_thread_is_named_even_by_the_longest_identifiers() -> None:
    long = f"<{'x' * 150}.{'y' * 100}@mail.holder.example>"
    raw = compose(replace(MAIL, in_reply_to=long, references=("<first@holder.example>", long))).raw
    parsed = parse_mail(raw)
    assert parsed.in_reply_to == (long,)
    assert parsed.references == ("<first@holder.example>", long)


def test_identifiers_that_are_none_are_left_out() -> None:
    for bad in ("<a b@c>", "<a@b>\r\nBcc: x@y.example", "no brackets", "<ä@b>", "", "<" + "x" * 950 + ">"):
        message = read(replace(MAIL, in_reply_to=bad, references=(bad,)))
        assert message["In-Reply-To"] is None
        assert message["References"] is None
        assert message["Bcc"] is None


def test_the_same_mail_is_composed_to_the_same_bytes() -> None:
    assert compose(MAIL) == compose(MAIL)


def test_a_plain_name_with_a_comma_is_quoted() -> None:
    assert parse_mail(compose(replace(MAIL, from_name="Desk, 24/7")).raw).header_from == MAIL.from_address


def test_a_name_that_looks_like_an_encoded_word_is_only_text() -> None:
    assert parse_mail(compose(replace(MAIL, subject="=?utf-8?q?x?= (S26-1)")).raw).subject == "=?utf-8?q?x?= (S26-1)"


HOSTILE = st.text(alphabet=st.sampled_from('aä\r\n\0\x0b\x85\u2028\ud800 :<>@,=?"\\'), max_size=60)
FIELDS = {"from", "reply-to", "to", "subject", "date", "message-id", "auto-submitted", "x-auto-response-suppress"}
FIELDS |= {"content-language", "content-type", "mime-version", "in-reply-to", "references"}


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_value_can_add_a_header_or_end_the_header(name: str, subject: str, identifier: str) -> None:
    hostile = f"{subject}\r\nBcc: victim@other.example\r\n\r\nbody"
    mail = replace(
        MAIL,
        from_name=f"{name}\r\nBcc: victim@other.example",
        subject=hostile,
        in_reply_to=f"<{identifier}@x>",
        references=(identifier, hostile),
        text=hostile,
        html=hostile,
    )
    raw = compose(mail).raw
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    names = [field.lower() for field, _ in message.items()]
    assert set(names) <= FIELDS
    assert len(names) == len(set(names))
    assert message.is_multipart()
