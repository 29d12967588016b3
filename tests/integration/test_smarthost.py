"""The smarthost: what it took is sent, what it refused for good is refused, and everything else is tried later."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers.smarthost import Smtpd, running_smtpd

from sulku_mailbox.delivery import RefusedError, Smarthost, TryLaterError

RAW = b"From: a@b.example\r\nMessage-ID: <a@desk.example>\r\nSubject: x\r\n\r\nHei\r\n.\r\n..alku\r\n"
TO = "tuotanto@holder.example"


@pytest.fixture
def smtpd(free_port: int) -> Iterator[Smtpd]:
    with running_smtpd(free_port) as server:
        yield server


@pytest.fixture
def server_tls(server_certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*server_certificate)
    return context


def trusting(server_certificate: tuple[Path, Path]):
    return lambda: ssl.create_default_context(cafile=str(server_certificate[0]))


def plain(port: int, **given) -> Smarthost:
    return Smarthost("127.0.0.1", port, tls="none", **given)


def test_a_mail_is_handed_over_with_its_envelope_and_exactly_its_bytes(smtpd: Smtpd) -> None:
    plain(smtpd.port).send("", TO, RAW)
    plain(smtpd.port).send("vptuotanto+abc@vrk.fi", TO, RAW)
    assert [(one.mail_from, one.rcpt_tos) for one in smtpd.taken] == [("", [TO]), ("vptuotanto+abc@vrk.fi", [TO])]
    assert smtpd.taken[0].content == RAW


def test_an_address_beyond_ascii_is_sent_as_the_server_can(smtpd: Smtpd) -> None:
    plain(smtpd.port).send("", "päivystys@holder.example", RAW)
    assert smtpd.taken[0].rcpt_tos == ["päivystys@holder.example"]


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("answer", ["421 4.3.2 closing", "450 4.2.1 busy", "451 4.3.0 try again", "452 4.2.2 full"])
def test_a_temporary_answer_at_any_stage_is_tried_later(smtpd: Smtpd, stage: str, answer: str) -> None:
    smtpd.answers[stage] = answer
    with pytest.raises(TryLaterError, match=answer[:3]):
        plain(smtpd.port).send("", TO, RAW)
    assert smtpd.taken == []


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "554 5.7.1 refused"])
def test_a_permanent_answer_at_any_stage_refuses_the_mail_for_good(smtpd: Smtpd, stage: str, answer: str) -> None:
    smtpd.answers[stage] = answer
    with pytest.raises(RefusedError, match=answer) as caught:
        plain(smtpd.port).send("", TO, RAW)
    assert caught.value.next_step


def test_a_connection_that_drops_at_the_final_dot_is_tried_later(smtpd: Smtpd) -> None:
    smtpd.drop_at_dot = True
    with pytest.raises(TryLaterError):
        plain(smtpd.port).send("", TO, RAW)


def test_a_server_that_is_down_is_tried_later_and_named(free_port: int) -> None:
    with pytest.raises(TryLaterError, match=str(free_port)) as caught:
        plain(free_port).send("", TO, RAW)
    assert "outgoing.smarthost" in caught.value.next_step


def test_a_server_that_never_answers_is_left_alone_after_the_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TryLaterError):
        plain(silent.getsockname()[1], connect_seconds=0.2).send("", TO, RAW)


def test_a_server_that_hangs_after_the_greeting_is_left_alone_too(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)) as server:
        thread = threading.Thread(target=_greet_and_hang, args=(server,))
        thread.start()
        with pytest.raises(TryLaterError):
            plain(free_port, connect_seconds=0.3, command_seconds=0.3).send("", TO, RAW)
        thread.join()


def test_a_server_that_stalls_within_every_limit_is_left_alone_when_the_whole_takes_too_long(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)) as server:
        thread = threading.Thread(target=_greet_and_hang, args=(server,))
        thread.start()
        with pytest.raises(TryLaterError, match="not done within"):
            plain(free_port, whole_seconds=0.3).send("", TO, RAW)
        thread.join()


def _greet_and_hang(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.settimeout(10)
        connection.sendall(b"220 hello\r\n")
        while connection.recv(1000):
            pass


def test_starttls_is_used_and_its_certificate_verified(
    free_port: int, server_tls: ssl.SSLContext, server_certificate: tuple[Path, Path]
) -> None:
    with running_smtpd(free_port, tls=server_tls) as server:
        Smarthost("127.0.0.1", free_port, tls="starttls", tls_context=trusting(server_certificate)).send("", TO, RAW)
        assert [one.tls for one in server.taken] == [True]
        with pytest.raises(TryLaterError):
            Smarthost("127.0.0.1", free_port, tls="starttls").send("", TO, RAW)
        assert len(server.taken) == 1


def test_a_server_without_starttls_gets_nothing(smtpd: Smtpd) -> None:
    with pytest.raises(TryLaterError):
        Smarthost("127.0.0.1", smtpd.port, tls="starttls").send("", TO, RAW)
    assert smtpd.taken == []


def test_implicit_tls(free_port: int, server_tls: ssl.SSLContext, server_certificate: tuple[Path, Path]) -> None:
    with running_smtpd(free_port, tls=server_tls, implicit=True) as server:
        Smarthost("127.0.0.1", free_port, tls="implicit", tls_context=trusting(server_certificate)).send("", TO, RAW)
        assert [one.content for one in server.taken] == [RAW]


def test_a_log_in_that_works_and_one_that_does_not(
    free_port: int, server_tls: ssl.SSLContext, server_certificate: tuple[Path, Path]
) -> None:
    def as_user(user: str, password: str) -> Smarthost:
        context = trusting(server_certificate)
        return Smarthost("127.0.0.1", free_port, tls="starttls", tls_context=context, user=user, password=password)

    with running_smtpd(free_port, tls=server_tls, login=True) as server:
        as_user("desk", "secret").send("", TO, RAW)
        assert [one.login for one in server.taken] == ["desk"]
        # Our fault, not the mail's: it waits until the password is mended, and the password stands nowhere.
        with pytest.raises(TryLaterError, match="535") as caught:
            as_user("desk", "guessed").send("", TO, RAW)
        assert "guessed" not in str(caught.value)
        with pytest.raises(TryLaterError, match="530"):
            as_user("", "").send("", TO, RAW)
