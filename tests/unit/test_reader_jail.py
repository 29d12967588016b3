"""The jailed child: what it may not do, and that it never takes a mail or the worker down with it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import psutil
import pytest
from tests.unit.hostile_mails import mail, multipart

from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.jailed_reader import JailedReader, JailLimits, ReaderUnavailableError
from sulku_mailbox.opening.attachments import open_attachments
from sulku_mailbox.reader import Reader

HARD = multipart(b"\r\nPlease revoke 4a3f.", b"Content-Type: application/zip; name=a.zip\r\n\r\nPK")
PASS = b"Authentication-Results: mx.desk.example; dmarc=pass header.from=example.fi"

# A child that does what a hijacked parser would do, when the mail asks for it, and reads properly otherwise.
HOSTILE_CHILD = """
import ctypes, os, signal, socket, sys, time
from dataclasses import replace
from sulku_mailbox import jail
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.opening.attachments import open_attachments

def tried(what):
    try:
        what()
    except BaseException as error:
        return type(error).__name__
    return "done"

def read(asked):
    raw = asked.raw
    word = raw.rpartition(b"DO ")[2].strip().decode() if b"DO " in raw else ""
    if word == "loop":
        while True: pass
    if word == "sleep": time.sleep(600)
    if word == "die": os.kill(os.getpid(), signal.SIGKILL)
    if word == "exit": os._exit(0)
    if word == "raise": raise RuntimeError
    if word == "memory": bytearray(10**10)
    if word == "grow":
        kept = []
        while True: kept.append(bytearray(1_000_000))
    if word == "garbage": os.write(1, b"\\0" * 8 + b"\\xff" * 100)
    if word == "endless answer": os.write(1, b"\\xff" * 8)
    if word == "try":
        said = [
            tried(lambda: open("/etc/passwd")),
            tried(lambda: open("/tmp/sulku-jail", "w")),
            tried(lambda: socket.socket()),
            tried(lambda: os.pipe()),
            tried(lambda: os.listdir("/")),
            ",".join(sorted(os.environ)),
            os.getcwd(),
        ]
        return replace(parse_mail(raw), text="\\n".join(said))
    if word == "network":
        os.close(2)
        return replace(parse_mail(raw), text=",".join(name for _, name in socket.if_nameindex()))
    return open_attachments(parse_mail(raw))

jail.warm_up = lambda: None  # it is started anew for nearly every test, and opens hardly anything
jail.serve(read, memory_bytes=int(sys.argv[1]), cpu_seconds=int(sys.argv[2]))
"""
LIMITS = JailLimits(memory_bytes=256 * 1024 * 1024, cpu_seconds=1, seconds=20)


@pytest.fixture
def make_jail() -> Iterator[Callable[..., JailedReader]]:
    made: list[JailedReader] = []

    def make(limits: JailLimits = LIMITS, program: str = HOSTILE_CHILD) -> JailedReader:
        made.append(JailedReader(limits=limits, command=(sys.executable, "-I", "-c", program)))
        return made[-1]

    yield make
    for jail in made:
        jail.close()


def opened(raw: bytes) -> Mail:
    return open_attachments(parse_mail(raw))


def ask(word: str) -> bytes:
    return mail(b"Please revoke 4a3f.\r\nDO " + word.encode())


def assert_that_the_next_mail_is_read(jail: JailedReader) -> None:
    assert jail.read(HARD) == opened(HARD)


@pytest.mark.parametrize(
    ("word", "cause"),
    [
        ("loop", "time_limit"),
        ("die", "reader_lost"),
        ("exit", "reader_lost"),
        ("raise", "reader_lost"),
        ("memory", "memory_limit"),
        ("grow", "memory_limit"),
        ("garbage", "reader_lost"),
        ("endless answer", "reader_lost"),
    ],
)
def test_a_mail_that_breaks_the_child_goes_to_a_person_and_the_next_is_read(
    word: str, cause: str, make_jail: Callable[..., JailedReader]
) -> None:
    jail = make_jail()
    found = jail.read(ask(word))
    assert found.defects == ("unreadable", cause)
    assert (found.subject, found.header_from) == ("hostile", None)
    assert_that_the_next_mail_is_read(jail)


def test_a_child_that_sleeps_is_ended_by_the_wall_clock(make_jail: Callable[..., JailedReader]) -> None:
    jail = make_jail(replace(LIMITS, seconds=0.3))
    assert jail.read(ask("sleep")).defects == ("unreadable", "time_limit")
    assert jail.child_id is None
    jail.limits = LIMITS
    assert_that_the_next_mail_is_read(jail)


def test_a_child_that_does_not_listen_is_ended_too(make_jail: Callable[..., JailedReader]) -> None:
    deaf = "import os, time; os.write(1, b'\\0' * 8); time.sleep(600)"
    jail = make_jail(replace(LIMITS, seconds=0.3), deaf)
    assert jail.read(mail(b"x" * 1_000_000)).defects == ("unreadable", "time_limit")


def test_a_child_killed_between_mails_costs_no_mail() -> None:
    jail = JailedReader()
    jail.read(HARD)
    assert jail.child_id is not None
    os.kill(jail.child_id, signal.SIGKILL)
    assert_that_the_next_mail_is_read(jail)
    assert jail.starts == 2
    jail.close()


def test_a_child_can_open_nothing_and_knows_nothing(make_jail: Callable[..., JailedReader]) -> None:
    said = make_jail().read(ask("try")).text.split("\n")
    *attempts, environment, folder = said
    assert attempts == ["OSError"] * 5
    assert set(environment.split(",")) <= {"LC_CTYPE", ""}
    assert folder == "/"


def test_a_child_sees_no_network_where_the_kernel_lets_it_leave(make_jail: Callable[..., JailedReader]) -> None:
    names = make_jail().read(ask("network")).text
    assert names in {"", "lo"}


def test_the_jailed_reader_reads_what_the_reader_in_the_process_reads() -> None:
    raw = mail("Päivää".encode(), PASS, b"Content-Type: application/zip")
    with Reader({"mx.desk.example"}) as reader:
        found = reader.read(raw)
    assert found == open_attachments(parse_mail(raw, trusted_authserv_ids={"mx.desk.example"}))
    assert found.authentication.aligned_domain == "example.fi"


def test_every_charset_and_address_can_be_read_where_no_file_can_be_opened() -> None:
    from sulku_mailbox.domain.charsets import CODECS

    parts = [b"Content-Type: text/plain; charset=%s\r\n\r\na\xe4\xff" % name.encode() for name in CODECS]
    raw = multipart(*parts, b"Content-Type: image/png\r\n\r\nx").replace(
        b"anna@example.fi", "anna@bücher.example".encode()
    )
    with Reader() as reader:
        found = reader.read(raw)
    assert found == opened(raw)
    assert found.header_from == "anna@xn--bcher-kva.example"


def test_the_child_is_started_once_and_only_for_a_mail_that_needs_it() -> None:
    jail = JailedReader()
    with Reader(jail=jail) as reader:
        found = reader.read_many([(mail(b"one"), ()), (mail(b"two"), ())])
        assert [one.text for one in found] == ["one", "two"]
        assert jail.starts == 0
        reader.read_many([(HARD, ())] * 5)
        assert jail.starts == 1
    assert jail.child_id is None


def test_closing_ends_the_child_and_may_be_repeated() -> None:
    jail = JailedReader()
    reader = Reader(jail=jail)
    reader.read(HARD)
    child = psutil.Process(jail.child_id)
    reader.close()
    reader.close()
    assert not child.is_running()


def test_the_child_ends_with_its_worker() -> None:
    jail = JailedReader()
    jail.read(HARD)
    child = psutil.Process(jail.child_id)
    assert jail._child is not None
    assert jail._child.stdin is not None
    jail._child.stdin.close()  # what the kernel does when the worker is gone
    assert psutil.wait_procs([child], timeout=20)[0]
    jail.close()


@pytest.mark.parametrize("command", [("/nonexistent/python",), (sys.executable, "-I", "-c", "raise SystemExit(1)")])
def test_a_child_that_does_not_start_blames_no_mail(command: tuple[str, ...]) -> None:
    with pytest.raises(ReaderUnavailableError) as caught:
        JailedReader(command=command).read(HARD)
    assert "jailed reader" in str(caught.value)
    assert caught.value.next_step


def test_a_child_that_never_greets_does_not_hold_the_worker_up(make_jail: Callable[..., JailedReader]) -> None:
    with pytest.raises(ReaderUnavailableError):
        make_jail(replace(LIMITS, start_seconds=0.3), "import time; time.sleep(600)").read(HARD)


@pytest.mark.parametrize(
    ("anomaly", "defect"), [(Anomaly.BARE_LF, "bare_newline"), (Anomaly.BARE_CR, "bare_newline"), (Anomaly.NUL, "nul")]
)
def test_what_smuggles_lines_on_the_way_in_takes_authentication_away(anomaly: Anomaly, defect: str) -> None:
    def read(*anomalies: Anomaly) -> Mail:
        with Reader({"mx.desk.example"}) as reader:
            return reader.read(mail(b"x", PASS), anomalies)

    assert read().authentication.aligned_domain == "example.fi"
    assert read(Anomaly.ODD_SENDER, Anomaly.NO_ENVELOPE) == read()
    found = read(anomaly, anomaly)
    assert found.authentication.aligned_domain is None
    assert found.authentication.because == ("unsound_bytes",)
    assert found.defects == (defect,)
