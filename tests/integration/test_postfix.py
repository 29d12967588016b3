"""A mail that a real Postfix takes comes into the inbox over LMTP, once, whatever goes wrong between the two."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest
from tests.conftest import find_free_port
from tests.servers.postfix import PostfixServer, start_postfix
from tests.servers.programs import require_program
from tests.servers.smtp import (
    DESK,
    HeldInbox,
    RunningListener,
    SmtpClient,
    all_deliveries,
    only_delivery,
    running_listener,
    wait_until,
)

from sulku_kernel.clock import SetClock
from sulku_mailbox.domain.mail import Via
from sulku_mailbox.smtp_session import LmtpSession


@pytest.fixture(scope="module")
def lmtp_port() -> int:
    """Where every test's listener listens in turn: Postfix is started once."""
    return find_free_port()


@pytest.fixture(scope="module")
def postfix(lmtp_port: int) -> Iterator[PostfixServer]:
    with start_postfix(find_free_port(), lmtp_port) as server:
        yield server


@pytest.fixture
def desk(inbox: HeldInbox, clock: SetClock, lmtp_port: int, postfix: PostfixServer) -> Iterator[RunningListener]:
    with running_listener(inbox, clock, lmtp_port=lmtp_port, relays=("127.0.0.1",)) as running:
        yield running


def send_with_swaks(postfix: PostfixServer, *arguments: str) -> None:
    swaks = str(require_program("swaks"))
    command = [swaks, "--server", f"127.0.0.1:{postfix.port}", "--helo", "client.test", "--from", "apteekki@example.fi"]
    subprocess.run([*command, *arguments], check=True, capture_output=True, timeout=30)


def wait_for(postfix: PostfixServer, condition: Callable[[], object]) -> None:
    """Wait until what was handed to Postfix has come in, and have what was put off sent again."""
    try:
        wait_until(lambda: condition() or postfix.try_again(), "the mail in the inbox")
    except AssertionError as error:
        error.add_note(postfix.log[-4_000:])
        raise


def test_a_mail_from_swaks_comes_in(postfix: PostfixServer, desk: RunningListener, inbox: HeldInbox) -> None:
    send_with_swaks(postfix, "--to", DESK, "--header", "Subject: Sulkupyynto", "--body", "Sarjanumero 0bf4eab0")
    wait_for(postfix, lambda: all_deliveries(inbox))
    delivery = only_delivery(inbox)
    assert delivery.envelope.via is Via.LMTP
    assert delivery.envelope.mail_from == "apteekki@example.fi"
    assert delivery.envelope.rcpt_to == (DESK,)
    raw = inbox.raw(delivery.sha256)
    assert b"Subject: Sulkupyynto\r\n" in raw
    assert b"Sarjanumero 0bf4eab0\r\n" in raw
    assert delivery.anomalies == ()


def test_one_mail_to_several_of_our_addresses_is_one_delivery(
    postfix: PostfixServer, desk: RunningListener, inbox: HeldInbox
) -> None:
    send_with_swaks(postfix, "--to", f"{DESK},vptuotanto+token@vrk.fi,postmaster@vrk.fi")
    wait_for(postfix, lambda: all_deliveries(inbox))
    assert set(only_delivery(inbox).envelope.rcpt_to) == {DESK, "vptuotanto+token@vrk.fi", "postmaster@vrk.fi"}


def test_many_mails_from_smtp_source_come_in(postfix: PostfixServer, desk: RunningListener, inbox: HeldInbox) -> None:
    source = str(require_program("smtp-source"))
    command = [source, "-m", "40", "-s", "8", "-l", "20000", "-f", "load@example.fi", "-t", DESK]
    subprocess.run([*command, f"127.0.0.1:{postfix.port}"], check=True, timeout=30)
    wait_for(postfix, lambda: len(all_deliveries(inbox)) == 40)
    assert len({delivery.sha256 for delivery in all_deliveries(inbox)}) == 40


def test_a_bounce_comes_in_with_its_null_sender(
    postfix: PostfixServer, desk: RunningListener, inbox: HeldInbox
) -> None:
    with SmtpClient(postfix.port, "EHLO") as client:
        assert client.mail(b"Subject: Undelivered Mail\r\n\r\n", mail_from="").startswith("250")
    wait_for(postfix, lambda: all_deliveries(inbox))
    assert only_delivery(inbox).envelope.mail_from == ""


def test_a_mail_we_put_off_is_sent_again(
    postfix: PostfixServer, desk: RunningListener, inbox: HeldInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = []

    def fail_first(*arguments: object, **named: object) -> list[int]:
        if not refused:
            refused.append(True)
            raise RuntimeError
        monkeypatch.undo()
        return inbox.add(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox, "add", fail_first)
    send_with_swaks(postfix, "--to", DESK)
    wait_for(postfix, lambda: all_deliveries(inbox))
    assert refused
    assert "451 4.3.0 Local error, try again later" in postfix.log


def test_a_mail_whose_250_is_lost_is_sent_again_and_collapses(
    postfix: PostfixServer, desk: RunningListener, inbox: HeldInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang_up(session: LmtpSession, *_: object) -> None:
        monkeypatch.undo()
        session.abort()

    monkeypatch.setattr(LmtpSession, "_answer_data", hang_up)
    send_with_swaks(postfix, "--to", DESK)
    wait_for(postfix, lambda: len(all_deliveries(inbox)) == 2)
    first, second = all_deliveries(inbox)
    assert first.sha256 == second.sha256
    assert inbox.first_deliveries([first.sha256]) == {first.sha256: first.id}
