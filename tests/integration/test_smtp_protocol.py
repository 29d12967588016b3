"""What is said on the wire: where a mail ends, whom it is for, what is kept as it came, TLS and LMTP."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from tests.servers.smtp import DESK, HeldInbox, RunningListener, all_deliveries, only_delivery, running_listener

from sulku_kernel.clock import SetClock
from sulku_kernel.errors import ConfigurationError
from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.domain.mail import Via
from sulku_mailbox.smtp_limits import Limits

BREAKS = {"LF": b"\n", "CR": b"\r", "CRLF": b"\r\n", "CRCRLF": b"\r\r\n", "LFCR": b"\n\r"}
# Every way to write "line end, dot, line end" but the right one.
FALSE_ENDS = {
    f"{before}.{after}": BREAKS[before] + b"." + BREAKS[after]
    for before, after in product(BREAKS, BREAKS)
    if (before, after) != ("CRLF", "CRLF")
}


# --- where a mail ends ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_split", [False, True], ids=["whole", "split"])
@pytest.mark.parametrize("name", FALSE_ENDS)
def test_no_false_end_of_data_smuggles_a_second_mail_in(
    desk: RunningListener, inbox: HeldInbox, name: str, is_split: bool
) -> None:
    smuggled = b"MAIL FROM:<evil@example.org>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: smuggled\r\n\r\nx" % DESK.encode()
    stream = b"Subject: outer\r\n\r\ntext" + FALSE_ENDS[name] + smuggled + b"\r\n.\r\n"
    with desk.connect() as client:
        client.begin_data()
        at = stream.index(FALSE_ENDS[name])
        middle = len(FALSE_ENDS[name]) + 1 if is_split else 0
        for piece in (stream[:at], *(stream[i : i + 1] for i in range(at, at + middle)), stream[at + middle :]):
            client.send(piece)
        assert client.answer().startswith("250")
        assert client.answer().startswith("421")  # a real sender connects anew
        assert client.is_hung_up()
    delivery = only_delivery(inbox)
    assert delivery.envelope.mail_from == "apteekki@example.fi"
    assert any(anomaly.breaks_authentication for anomaly in delivery.anomalies)


def test_there_are_twenty_four_false_ends() -> None:
    assert len(set(FALSE_ENDS.values())) == 24


@pytest.mark.parametrize("stream", [b"DATA\r\nSubject: x\r\n\r\n.\r\n", b"DATA\r\nX", b"DATA\r\n.\r\n"])
def test_data_before_the_354_is_refused(desk: RunningListener, inbox: HeldInbox, stream: bytes) -> None:
    with desk.connect() as client:
        client.commands("MAIL FROM:<a@example.fi>", f"RCPT TO:<{DESK}>")
        client.send(stream)
        assert client.answer().startswith("503 5.5.0")
        assert client.is_hung_up()
    assert all_deliveries(inbox) == []


def test_a_group_of_commands_may_be_sent_at_once(desk: RunningListener, inbox: HeldInbox) -> None:
    with desk.connect() as client:
        assert "PIPELINING" in client.capabilities
        group = f"MAIL FROM:<a@example.fi>\r\nRCPT TO:<{DESK}>\r\nDATA\r\n".encode()
        client.send(group)
        assert [client.answer()[:3] for _ in range(3)] == ["250", "250", "354"]
        client.send(b"Subject: one\r\n.\r\n" + group)
        assert [client.answer()[:3] for _ in range(4)] == ["250", "250", "250", "354"]
        client.send(b"Subject: two\r\n.\r\nQUIT\r\n")
        assert [client.answer()[:3] for _ in range(2)] == ["250", "221"]
    assert [inbox.raw(delivery.sha256) for delivery in all_deliveries(inbox)] == [
        b"Subject: one\r\n",
        b"Subject: two\r\n",
    ]


@pytest.mark.parametrize(
    "line", [b"NOOP\n", b"MAIL FROM:<a@example.fi>\nRCPT TO:<vptuotanto@vrk.fi>\n", b"DATA\n", b"QUIT\n"]
)
def test_a_command_that_ends_with_a_bare_lf_is_refused(desk: RunningListener, line: bytes) -> None:
    with desk.connect() as client:
        client.send(line)
        assert client.answer().startswith("500 5.5.2")


# --- what is kept as it came ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "anomaly"),
    [(b"a\nb", Anomaly.BARE_LF), (b"a\rb", Anomaly.BARE_CR), (b"a\0b", Anomaly.NUL), (b"a\n.\nb", Anomaly.BARE_LF)],
)
def test_odd_octets_are_kept_and_marked(
    desk: RunningListener, inbox: HeldInbox, content: bytes, anomaly: Anomaly
) -> None:
    with desk.connect() as client:
        assert client.mail(b"Subject: x\r\n\r\n" + content).startswith("250")
    delivery = only_delivery(inbox)
    assert inbox.raw(delivery.sha256) == b"Subject: x\r\n\r\n" + content + b"\r\n"
    assert delivery.anomalies == (anomaly,)


@pytest.mark.parametrize("length", [998, 999, 1_001, 4_096, 65_535, 65_537, 2_000_000])
def test_lines_of_any_length_are_taken(desk: RunningListener, inbox: HeldInbox, length: int) -> None:
    with desk.connect() as client:
        assert client.mail(b"x" * length).startswith("250")
    assert only_delivery(inbox).size == length + 2


def test_eight_bit_text_and_doubled_dots_come_out_as_they_were_meant(desk: RunningListener, inbox: HeldInbox) -> None:
    with desk.connect() as client:
        client.begin_data()
        client.send(b"P\xe4\xe4sy\r\n..\r\n..x\r\n.y\r\n.\r\n")
        assert client.answer().startswith("250")
    assert inbox.raw(only_delivery(inbox).sha256) == b"P\xe4\xe4sy\r\n.\r\n.x\r\ny\r\n"


def test_an_empty_mail_is_a_mail(desk_on_both: RunningListener, inbox_on_both: HeldInbox) -> None:
    with desk_on_both.connect() as client:
        client.begin_data()
        client.send(b".\r\n")
        assert client.answer().startswith("250")
    assert inbox_on_both.raw(only_delivery(inbox_on_both).sha256) == b""


# --- from whom -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "address", "is_odd"),
    [
        (b"MAIL FROM:<>", "", False),
        (b"MAIL FROM:<a@example.fi>", "a@example.fi", False),
        (b"mail from: <a@example.fi> size=10 body=8bitmime", "a@example.fi", False),
        (b"MAIL FROM:a@example.fi", "a@example.fi", False),
        (b"MAIL FROM:<@relay.example:a@example.fi>", "a@example.fi", False),
        (b'MAIL FROM:<"a > b"@example.fi>', '"a > b"@example.fi', False),
        (b"MAIL FROM:<nobody>", "nobody", True),
        (b"MAIL FROM:<a@@example.fi>", "a@@example.fi", True),
        (b"MAIL FROM:<a..b@example.fi>", "a..b@example.fi", True),
        ("MAIL FROM:<pää@example.fi>".encode(), "pää@example.fi", True),
        ("MAIL FROM:<pää@example.fi> SMTPUTF8".encode(), "pää@example.fi", False),
        ("MAIL FROM:<pää@example.fi>".encode("latin-1"), "p\\xe4\\xe4@example.fi", True),
        (b"MAIL FROM:<\xed\xa0\x80@example.fi>", "\\xed\\xa0\\x80@example.fi", True),
        (b"MAIL FROM:<a\0b@example.fi>", "a\ufffdb@example.fi", True),
    ],
)
def test_no_mail_is_refused_for_an_odd_sender(
    desk: RunningListener, inbox: HeldInbox, line: bytes, address: str, is_odd: bool
) -> None:
    with desk.connect() as client:
        answers = [client.command(line), client.command(f"RCPT TO:<{DESK}>"), client.command("DATA")]
        assert [answer[:3] for answer in answers] == ["250", "250", "354"]
        assert client.command(b"x\r\n.").startswith("250")
    delivery = only_delivery(inbox)
    assert delivery.envelope.mail_from == address
    assert (Anomaly.ODD_SENDER in delivery.anomalies) == is_odd


def test_what_a_database_cannot_hold_of_an_envelope_refuses_no_mail(
    desk_on_both: RunningListener, inbox_on_both: HeldInbox
) -> None:
    with desk_on_both.connect() as client:
        client.command(b"EHLO \0\xff\xed\xa0\x80")
        assert client.mail(b"x", mail_from="a\0b" + "ä" * 1_500).startswith("250")
    envelope = only_delivery(inbox_on_both).envelope
    assert envelope.mail_from.startswith("a\ufffdbää")
    assert len(envelope.mail_from) == 1_024
    assert envelope.helo == "\ufffd\\xff\\xed\\xa0\\x80"


# --- for whom ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        DESK,
        "VPTuotanto@VRK.FI",
        "vptuotanto@dvv.fi",
        "vptuotanto+abc123_-token@vrk.fi",
        "postmaster@vrk.fi",
        "Postmaster@dvv.fi",
        "postmaster",
        "@relay.example:vptuotanto@vrk.fi",
    ],
)
def test_mail_to_the_desk_is_taken(desk: RunningListener, inbox: HeldInbox, address: str) -> None:
    with desk.connect() as client:
        assert client.mail(b"x", recipients=[address]).startswith("250")
    assert only_delivery(inbox).envelope.rcpt_to == (address.rpartition(":")[2],)


@pytest.mark.parametrize(
    "address",
    [
        "victim@example.org",
        "somebody@vrk.fi",
        "vptuotanto@vrk.fi.example.org",
        "vptuotanto@sub.vrk.fi",
        "victim%example.org@vrk.fi",
        "victim@example.org@vrk.fi",
        "example.org!victim@vrk.fi",
        "@vrk.fi:victim@example.org",
        '"victim@example.org"@vrk.fi',
        '"vptuotanto@vrk.fi"@example.org',
        "vptuotanto+@vrk.fi",
        "xvptuotanto+token@vrk.fi",
        "vptuotanto+a@b@vrk.fi",
        "vptuotanto@[127.0.0.1]",
        "postmaster@example.org",
        "vptuotanto",
        "root",
        "vptuotanto@vrk.fi\x00",
        "vptuotanto@vrk.fi,victim@example.org",
    ],
)
def test_nothing_is_relayed(desk: RunningListener, inbox: HeldInbox, address: str) -> None:
    with desk.connect() as client:
        client.command("MAIL FROM:<a@example.fi>")
        answer = client.command(f"RCPT TO:<{address}>")
        assert answer.startswith(("550 5.7.1", "501")), answer
        assert client.command("DATA").startswith("503")
    assert all_deliveries(inbox) == []


def test_a_recipient_that_is_refused_does_not_hinder_one_that_is_ours(desk: RunningListener, inbox: HeldInbox) -> None:
    with desk.connect() as client:
        client.commands("MAIL FROM:<a@example.fi>", "RCPT TO:<victim@example.org>", f"RCPT TO:<{DESK}>", "DATA")
        assert client.command(b"x\r\n.").startswith("250")
    assert only_delivery(inbox).envelope.rcpt_to == (DESK,)


# --- order of commands ---------------------------------------------------------------------------------------------


def test_commands_out_of_order_are_refused(desk: RunningListener) -> None:
    with desk.connect(greets=False) as client:
        lines = ("MAIL FROM:<a@example.fi>", "HELO x", "RCPT TO:<x>", "DATA", "MAIL FROM:<>", "DATA", "MAIL FROM:<>")
        assert [answer[:3] for answer in client.commands(*lines)] == ["503", "250", "503", "503", "250", "503", "503"]
        assert client.command("RSET").startswith("250")
        assert client.command("RCPT TO:<x>").startswith("503")


@pytest.mark.parametrize(
    "line", ["MAIL FROM", "MAIL TO:<a@b>", "MAIL FROM:<a@b", "MAIL FROM:<a@b>X", "MAIL FROM:<a> SIZE=x", "MAIL FROM:"]
)
def test_a_path_beyond_repair_is_refused(desk: RunningListener, line: str) -> None:
    with desk.connect() as client:
        assert client.command(line).startswith("501 5.5.4")


# --- TLS -----------------------------------------------------------------------------------------------------------


def test_a_mail_under_tls_says_so(inbox: HeldInbox, clock: SetClock, server_certificate: tuple[Path, Path]) -> None:
    certificate, key = server_certificate
    with running_listener(inbox, clock, certificate=certificate, key=key) as desk, desk.connect() as client:
        assert "STARTTLS" in client.capabilities
        assert client.command("STARTTLS").startswith("220")
        client.start_tls()
        assert client.command("MAIL FROM:<a@example.fi>").startswith("503")  # RFC 3207, 4.2: all is forgotten
        assert "STARTTLS" not in client.command("EHLO again.test")
        assert client.command("STARTTLS").startswith("503")
        assert client.mail(b"x" * 300_000).startswith("250")
    envelope = only_delivery(inbox).envelope
    assert envelope.tls.startswith("TLSv1.3 ")
    assert envelope.helo == "again.test"


@pytest.mark.parametrize("injected", [b"NOOP\r\n", b"MAIL FROM:<evil@example.org>\r\n", b"X"])
def test_nothing_said_in_the_clear_counts_under_tls(
    inbox: HeldInbox, clock: SetClock, server_certificate: tuple[Path, Path], injected: bytes
) -> None:
    certificate, key = server_certificate
    with running_listener(inbox, clock, certificate=certificate, key=key) as desk, desk.connect() as client:
        client.send(b"STARTTLS\r\n" + injected)
        assert client.answer().startswith("503 5.5.0")
        assert client.is_hung_up()


def test_without_a_certificate_tls_is_not_offered(desk: RunningListener) -> None:
    with desk.connect() as client:
        assert "STARTTLS" not in client.capabilities
        assert client.command("STARTTLS").startswith("502")


def test_a_certificate_that_cannot_be_used_is_an_error_at_start(
    inbox: HeldInbox, clock: SetClock, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    with (
        pytest.raises(ConfigurationError, match=r"wrong\.pem"),
        running_listener(inbox, clock, certificate=wrong, key=wrong),
    ):
        pass


def test_a_port_that_is_taken_is_an_error_at_start(inbox: HeldInbox, clock: SetClock, desk: RunningListener) -> None:
    taken = desk.listener.smtp_port
    with pytest.raises(ConfigurationError, match=f"port {taken}"), running_listener(inbox, clock, smtp_port=taken):
        pass


# --- LMTP ----------------------------------------------------------------------------------------------------------


def test_lmtp_answers_for_each_recipient(desk_on_both: RunningListener, inbox_on_both: HeldInbox) -> None:
    with desk_on_both.connect_lmtp() as client:
        assert client.greeting.startswith("220 desk.test LMTP")
        recipients = (DESK, "vptuotanto+token@dvv.fi", "postmaster@vrk.fi")
        client.commands(
            "MAIL FROM:<a@example.fi>", *(f"RCPT TO:<{to}>" for to in recipients), "RCPT TO:<no@example.org>"
        )
        assert client.command("DATA").startswith("354")
        client.send(b"Subject: x\r\n.\r\n")
        assert [client.answer()[:9] for _ in recipients] == ["250 2.0.0"] * 3
        assert client.command("NOOP").startswith("250")
    envelope = only_delivery(inbox_on_both).envelope
    assert envelope.rcpt_to == recipients
    assert envelope.via is Via.LMTP


def test_lmtp_puts_off_or_refuses_for_each_recipient(
    inbox: HeldInbox, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[int]:
        raise RuntimeError

    with running_listener(inbox, clock, limits=Limits(largest_mail=1_000)) as desk, desk.connect_lmtp() as client:
        client.begin_data(recipients=(DESK, DESK))
        client.send(b"x" * 1_500 + b"\r\n.\r\n")
        assert [client.answer()[:9] for _ in range(2)] == ["552 5.3.4"] * 2
        monkeypatch.setattr(inbox, "add", fail)
        client.begin_data(recipients=(DESK, DESK))
        client.send(b"x\r\n.\r\n")
        assert [client.answer()[:9] for _ in range(2)] == ["451 4.3.0"] * 2


@pytest.mark.parametrize("hello", ["EHLO x", "HELO x"])
def test_lmtp_knows_only_its_own_greeting(desk: RunningListener, hello: str) -> None:
    with desk.connect_lmtp() as client:
        assert client.command(hello).startswith("500")
