"""What one client may take of the listener: every trap has an end, and the others are served meanwhile."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
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
from sulku_mailbox.smtp_limits import Limits


def test_a_command_line_without_an_end_is_cut_off(desk: RunningListener) -> None:
    with desk.connect() as client, desk.connect() as other:
        with contextlib.suppress(ConnectionError):
            for _ in range(64):
                client.send(b"x" * 65_536)
        assert client.answer() in {"500 5.5.6 Line too long", ""}
        assert client.is_hung_up()
        assert other.command("NOOP").startswith("250")


def test_a_command_line_beyond_its_limit_is_refused(desk: RunningListener) -> None:
    with desk.connect() as client:
        assert client.command("NOOP " + "x" * 5_000).startswith("500 5.5.6")
        assert client.command("NOOP").startswith("250")


def test_a_mail_beyond_the_limit_is_refused_and_the_next_one_is_taken(inbox: HeldInbox, clock: SetClock) -> None:
    limits = Limits(largest_mail=100_000)
    with running_listener(inbox, clock, limits=limits) as desk, desk.connect() as client:
        assert client.mail(b"x" * 150_000).startswith("552 5.3.4")
        assert client.mail(b"x" * 90_000).startswith("250")
        assert client.command("MAIL FROM:<a@example.fi> SIZE=100001").startswith("552 5.3.4")
    only_delivery(inbox)


@pytest.mark.parametrize("piece", [b"x" * 65_536, b"x\r\n" * 20_000], ids=["one line", "many lines"])
def test_data_without_an_end_is_cut_off(inbox: HeldInbox, clock: SetClock, piece: bytes) -> None:
    with running_listener(inbox, clock, limits=Limits(largest_mail=500_000)) as desk, desk.connect() as client:
        client.begin_data()
        with contextlib.suppress(ConnectionError):
            for _ in range(1_000):
                client.send(piece)
        assert client.answer()[:9] in {"552 5.3.4", ""}
        assert client.is_hung_up()
        desk.wait_until_empty()
    assert all_deliveries(inbox) == []


def test_connections_of_one_address_are_bounded_and_free_again_when_they_end(inbox: HeldInbox, clock: SetClock) -> None:
    with running_listener(inbox, clock, limits=Limits(connections_per_address=3)) as desk:
        clients = [desk.connect() for _ in range(3)]
        refused = desk.connect(greets=False)
        assert refused.greeting.startswith("421 4.7.0")
        assert refused.is_hung_up()
        refused.close()
        with clients.pop() as last:
            assert last.command("QUIT").startswith("221")
        wait_until(lambda: desk.listener.connections == 2, "the connection ends")
        clients.append(desk.connect())
        for client in clients:
            client.close()
        desk.wait_until_empty()


def test_all_connections_are_bounded_also_for_our_own_relays(inbox: HeldInbox, clock: SetClock) -> None:
    limits = Limits(connections=4, connections_per_address=2)
    with running_listener(inbox, clock, limits=limits, relays=("127.0.0.0/8",)) as desk:
        clients = [desk.connect(greets=False) for _ in range(5)]
        assert [client.greeting[:3] for client in clients] == ["220"] * 4 + ["421"]
        for client in clients:
            client.close()


def test_strangers_leave_the_last_connections_to_our_own_relays(inbox: HeldInbox, clock: SetClock) -> None:
    limits = Limits(connections=10)
    with running_listener(inbox, clock, limits=limits, relays=("127.0.0.2",)) as desk:
        clients = [desk.connect(greets=False) for _ in range(10)]
        assert [client.greeting[:3] for client in clients] == ["220"] * 9 + ["421"]
        with desk.connect(source="127.0.0.2") as relay:
            assert relay.mail(b"x").startswith("250")
        for client in clients:
            client.close()


def test_hundreds_of_refused_connections_leave_no_trace(inbox: HeldInbox, clock: SetClock) -> None:
    with running_listener(inbox, clock, limits=Limits(connections_per_address=5)) as desk:
        clients = [desk.connect(greets=False) for _ in range(5)]
        for _ in range(300):
            desk.connect(greets=False).close()
        assert desk.listener.connections == 5
        for client in clients:
            client.close()
        desk.wait_until_empty()
        with desk.connect() as client:
            assert client.mail(b"x").startswith("250")


def test_handshakes_that_fail_do_not_use_the_connections_up(
    inbox: HeldInbox, clock: SetClock, server_certificate: tuple[Path, Path]
) -> None:
    certificate, key = server_certificate
    limits = Limits(connections_per_address=2)
    with running_listener(inbox, clock, certificate=certificate, key=key, limits=limits) as desk:
        for number in range(4):
            client = desk.connect()
            assert client.command("STARTTLS").startswith("220")
            if number % 2:
                client.send(b"no handshake at all\r\n\r\n")
            client.close()
            desk.wait_until_empty()
        client = desk.connect()
        assert client.command("STARTTLS").startswith("220")
    assert client.is_hung_up()  # stopping does not wait for a handshake that never comes
    client.close()


def test_a_mail_to_too_many_recipients_is_kept_for_as_many_as_fit(inbox: HeldInbox, clock: SetClock) -> None:
    with running_listener(inbox, clock, limits=Limits(recipients=3)) as desk, desk.connect() as client:
        client.command("MAIL FROM:<a@example.fi>")
        answers = client.commands(*[f"RCPT TO:<{DESK}>"] * 5)
        assert [answer[:9] for answer in answers] == ["250 2.1.5"] * 3 + ["452 4.5.3"] * 2
        assert client.command("DATA").startswith("354")
        assert client.command(b"x\r\n.").startswith("250")
    assert len(only_delivery(inbox).envelope.rcpt_to) == 3


@pytest.mark.parametrize("command", ["NOOP", "RSET", "VRFY x", "EHLO x", "HELO x"])
def test_a_session_without_a_mail_ends(inbox: HeldInbox, clock: SetClock, command: str) -> None:
    with running_listener(inbox, clock, limits=Limits(idle_commands=5)) as desk, desk.connect() as client:
        answers = client.commands(*[command] * 5)
        assert answers[3].startswith(("250", "252"))
        assert answers[4].startswith("421 4.7.0")
        assert client.is_hung_up()


def test_a_session_full_of_errors_ends(inbox: HeldInbox, clock: SetClock) -> None:
    with running_listener(inbox, clock, limits=Limits(errors=4)) as desk, desk.connect() as client:
        answers = client.commands("NONSENSE", "RCPT TO:<a@b>", "DATA", "MORE NONSENSE")
        assert [answer[:3] for answer in answers] == ["500", "503", "503", "421"]
        assert client.is_hung_up()


def test_mails_in_one_connection_are_bounded(inbox: HeldInbox, clock: SetClock) -> None:
    with running_listener(inbox, clock, limits=Limits(transactions=2)) as desk, desk.connect() as client:
        assert [client.mail(b"x")[:3] for _ in range(2)] == ["250", "250"]
        assert client.command("MAIL FROM:<a@example.fi>").startswith("421 4.7.0")
        assert client.is_hung_up()


def test_a_session_ends_at_its_time_however_busy_it_is(inbox: HeldInbox, clock: SetClock) -> None:
    limits = Limits(session_seconds=0.3, idle_commands=10_000_000)
    with running_listener(inbox, clock, limits=limits) as desk, desk.connect() as client:
        answer = wait_until(lambda: (said := client.command("NOOP")).startswith("421") and said, "time is up")
        assert answer.startswith("421 4.4.2")


def test_a_silent_session_ends(inbox: HeldInbox, clock: SetClock) -> None:
    with running_listener(inbox, clock, limits=Limits(idle_seconds=0.2)) as desk, desk.connect() as client:
        assert client.answer().startswith("421 4.4.2")
        with desk.connect() as dripping:
            dripping.begin_data()
            dripping.send(b"Subject: x")
            assert dripping.answer().startswith("421 4.4.2")
    assert all_deliveries(inbox) == []


def test_who_drips_a_mail_loses_the_place_when_others_want_one(inbox: HeldInbox, clock: SetClock) -> None:
    limits = Limits(connections=5, crowded_seconds=0.2, least_rate=1_000_000)
    with running_listener(inbox, clock, limits=limits) as desk, desk.connect() as client:
        client.begin_data()
        client.send(b"Subject: x")
        assert client.says_nothing(1.2)
        others = [desk.connect() for _ in range(3)]
        ended = wait_until(lambda: _drip(client), "it is sent away")
        assert ended.startswith("421 4.4.2") or ended == "gone"
        for other in others:
            other.close()
    assert all_deliveries(inbox) == []


def _drip(client: SmtpClient) -> str:
    """One octet more, so that it is never silent; what the listener said to it."""
    try:
        client.send(b"x")
        return "" if client.says_nothing(0.02) else client.answer() or "gone"
    except ConnectionError:
        return "gone"


def test_a_sender_whose_mail_is_being_stored_is_not_idle(inbox: HeldInbox, clock: SetClock) -> None:
    limits = Limits(idle_seconds=0.1, session_seconds=0.2)
    with running_listener(inbox, clock, limits=limits) as desk, desk.connect() as client:
        client.begin_data()
        inbox.hold()
        client.send(b"x\r\n.\r\n")
        assert client.says_nothing(0.5)
        inbox.go_on.set()
        assert client.answer().startswith("250")


def test_a_store_that_hangs_is_a_451(inbox: HeldInbox, clock: SetClock) -> None:
    with running_listener(inbox, clock, limits=Limits(commit_seconds=0.2)) as desk, desk.connect() as client:
        inbox.hold()
        assert client.mail(b"x") == "451 4.3.0 Local error, try again later"
        inbox.go_on.set()
        assert client.mail(b"x").startswith("250")
    assert len(all_deliveries(inbox)) == 2  # the first was stored after all, and its repeat is the same mail
    assert len({delivery.sha256 for delivery in all_deliveries(inbox)}) == 1
