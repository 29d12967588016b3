"""An intake whose database neither answers nor is gone ends itself, so that a new one can connect anew."""

from __future__ import annotations

import asyncio
import concurrent.futures

import pytest
from tests.servers.smtp import HeldInbox, RunningListener, wait_until

from sulku_desk.intake import end_when_stuck

LONGEST = 0.2


def test_an_intake_that_cannot_finish_a_batch_ends_its_process(desk: RunningListener, inbox: HeldInbox) -> None:
    inbox.hold()
    client = desk.connect()
    client.begin_data()
    client.send(b"Subject: x\r\n\r\n.\r\n")
    assert inbox.arrived.wait(20)
    ended: list[int] = []
    desk.run(end_when_stuck(desk.listener, LONGEST, ended.append))
    assert ended == [1]
    inbox.go_on.set()
    assert client.answer().startswith("250")
    client.close()


def test_one_that_waits_for_mail_does_not(desk: RunningListener, inbox: HeldInbox) -> None:
    with desk.connect() as client:
        assert client.mail(b"Subject: x\r\n\r\ny").startswith("250")
    wait_until(lambda: desk.listener.seconds_at_one_batch == 0, "the writer waits again")
    ended: list[int] = []
    with pytest.raises((TimeoutError, concurrent.futures.TimeoutError)):
        desk.run(asyncio.wait_for(end_when_stuck(desk.listener, LONGEST, ended.append), 5 * LONGEST))
    assert ended == []
