"""A flood must not hide the one mail that cannot wait."""

from __future__ import annotations

from tests.story.desk import Desk

from sulku_desk import reading
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.inbox import Delivery
from sulku_mailbox.raw_mail import RawMail

BATCH = 100


def wait_in_the_inbox(desk: Desk, *contents: bytes) -> None:
    envelope = Envelope("a@example.fi", ("vptuotanto@vrk.fi",), desk.clock.now(), Via.SMTP)
    desk.inbox.add([Delivery(RawMail.of(content), envelope) for content in contents])


def ordinary(number: int) -> bytes:
    return f"From: a@example.fi\r\nSubject: {number}\r\n\r\nMissä vaiheessa hakemuksemme {number} on?\r\n".encode()


def test_a_compromise_behind_a_backlog_is_paged_with_the_first_batch(desk: Desk) -> None:
    urgent = b"From: a@example.fi\r\nSubject: Apua\r\n\r\nPalvelimen yksityinen avain on vuotanut.\r\n"
    wait_in_the_inbox(desk, *map(ordinary, range(2 * BATCH)), urgent, *map(ordinary, range(2 * BATCH, 3 * BATCH)))
    desk.worker._backlog = 2 * BATCH  # in earnest more, which would only take longer here
    desk.worker.run_once()
    desk.dispatch()
    assert desk.pages() == ["first@desk.example"]
    with desk.instance.storage.desk.reading() as connection:
        assert reading.waiting(connection) == 2 * BATCH + 1
    desk.work()
    assert len(desk.tickets()) == 3 * BATCH + 1
    assert desk.audit_faults() == []
