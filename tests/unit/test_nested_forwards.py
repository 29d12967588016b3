"""A request that was passed on, and passed on again: what stands innermost is read, or the ticket says that it was not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from tests.unit.test_find_references import readings

from sulku_mailbox.domain.files import all_locked
from sulku_mailbox.domain.mail import Mail, Why
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.reader import Reader
from sulku_revocation.domain.find_references import find_references
from sulku_revocation.domain.said import read_said

ASKED = "Hei,\n\nsulkekaa varmenne, sarjanumero 0bf4eab0. Avain on paljastunut.\n\nT. Meri\n"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


def message(text: str, subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "tuki@toimittaja.example", "desk@ca.example", subject
    mail.set_content(text)
    return mail


def attached(times: int) -> bytes:
    """The request in a mail in a mail in a mail …"""
    mail = message(ASKED, "Sulkupyyntö")
    for _ in range(times):
        outer = message("Tiedoksi.\n", "VL: Sulkupyyntö")
        outer.add_attachment(mail)
        mail = outer
    return mail.as_bytes(policy=SMTP)


def outlook(text: str, at: int) -> str:
    return (
        f"Katsotteko?\n\nLähettäjä: Tuki <tuki{at}@toimittaja.example>\nLähetetty: tiistai 24. marraskuuta 2026 10.0{at}\n"
        f"Vastaanottaja: desk@ca.example\nAihe: {'VL: ' if at else ''}Sulkupyyntö\n\n{text}"
    )


def swedish_outlook(text: str, at: int) -> str:
    return (
        f"FYI\n\nFrån: Stöd <stod{at}@toimittaja.example>\nSkickat: den 24 november 2026 10:0{at}\n"
        f"Till: desk@ca.example\nÄmne: {'VB: ' if at else ''}Begäran\n\n{text}"
    )


def gmail(text: str, at: int) -> str:
    return (
        f"FYI\n\n---------- Forwarded message ---------\nFrom: Tuki <tuki{at}@toimittaja.example>\n"
        f"Date: Tue, Nov 24, 2026 at 10:0{at}\nSubject: Sulkupyyntö\nTo: <desk@ca.example>\n\n\n{text}"
    )


def quoted(text: str) -> str:
    return "".join(f"> {line}\n" for line in text.splitlines())


def apple(text: str, at: int) -> str:
    header = f"Lähettäjä: Tuki <tuki{at}@toimittaja.example>\nAihe: Sulkupyyntö\nVastaanottaja: desk@ca.example\n\n"
    return f"Tiedoksi.\n\nVälitetty viesti alkaa:\n\n{quoted(header + text)}"


def apple_marked(text: str, at: int) -> str:
    header = f"From: Tuki <tuki{at}@toimittaja.example>\nSubject: Sulkupyyntö\nTo: desk@ca.example\n\n"
    return "FYI\n\n" + quoted(f"Begin forwarded message:\n\n{header}{text}")


STYLES = (outlook, swedish_outlook, gmail, apple, apple_marked)


def says_the_request(mail: Mail) -> bool:
    references = {reading for one in find_references(mail) for reading in one.readings}
    return "bf4eab0" in references and any("paljastunut" in words.text for words in read_said(mail).texts)


@pytest.mark.parametrize("times", [1, 4, 5, 8, 9, 16, 17, 30])
def test_a_request_in_mails_inside_each_other_is_read(reader: Reader, times: int) -> None:
    mail = reader.read(attached(times))
    assert says_the_request(mail)
    assert not list(all_locked(mail))


def test_of_mails_beyond_all_measure_the_ticket_says_that_something_was_left_unread(reader: Reader) -> None:
    assert [one.why for one in all_locked(reader.read(attached(70)))] == [Why.LIMIT]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("times", [1, 2, 3, 5, 8])
def test_a_request_below_several_headers_of_forwards_is_read(style: Callable[[str, int], str], times: int) -> None:
    text = ASKED
    for at in range(times):
        text = style(text, at)
    assert says_the_request(parse_mail(message(text, "VL: Sulkupyyntö").as_bytes(policy=SMTP)))


def test_what_a_forwarded_mail_answers_stays_quoted() -> None:
    answered = outlook("Sulkekaa varmenne 0bf4eab1.\n", 0).replace("Aihe: ", "Aihe: VS: ")
    text = outlook(f"Sulkekaa varmenne 0bf4eab0.\n\n{answered}", 1).replace("Aihe: VL: ", "Aihe: VS: ")
    mail = parse_mail(message(text, "VL: Sulkupyyntö").as_bytes(policy=SMTP))
    assert "0bf4eab0" in mail.new_text
    assert "0bf4eab1" in mail.quoted_text
    assert "bf4eab1" not in readings(mail.new_text)
