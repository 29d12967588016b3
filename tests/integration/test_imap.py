"""Mails in a real IMAP mailbox come into the inbox, each once, whatever people, crashes and the server do."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs
from tests.conftest import find_free_port
from tests.servers.dovecot import PASSWORD, DovecotServer, start_dovecot
from tests.servers.programs import require_program
from tests.servers.smtp import HeldInbox, all_deliveries, failing_syncs, make_inbox, wait_until

from sulku_kernel.clock import SetClock
from sulku_kernel.errors import ConfigurationError, UnavailableError
from sulku_mailbox import imap_folder, models
from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.domain.mail import Via
from sulku_mailbox.imap_connection import ImapSettings, token_expires_at
from sulku_mailbox.imap_fetch import ImapFetcher
from sulku_mailbox.imap_folder import PIECE, FetchReport

REQUEST = "Subject: Sulkupyyntö\r\n\r\nSarjanumero 0bf4eab0.\r\n".encode()


@pytest.fixture(scope="module")
def dovecot() -> Iterator[DovecotServer]:
    require_program("dovecot")
    with start_dovecot(find_free_port(), find_free_port()) as server:
        yield server


@pytest.fixture
def user() -> str:
    """A mailbox of the test's own."""
    return f"u{uuid.uuid4().hex[:8]}"


class Desk:
    """A fetcher that can be killed and started anew."""

    def __init__(self, server: DovecotServer, user: str, inbox: HeldInbox, clock: SetClock) -> None:
        self.server, self.user, self.inbox, self.clock = server, user, inbox, clock
        self.fetcher = ImapFetcher(self.settings(), inbox, clock)

    def settings(self, **changes: Any) -> ImapSettings:
        values = {"host": "127.0.0.1", "port": self.server.port, "tls": "none", "user": self.user, "password": PASSWORD}
        return ImapSettings(**{**values, **changes})

    def start(self, **changes: Any) -> ImapFetcher:
        """A new process, behind the end of the former."""
        self.fetcher.close()
        self.fetcher = ImapFetcher(self.settings(**changes), self.inbox, self.clock)
        return self.fetcher

    def put(self, content: bytes, folder: str = "INBOX", *flags: bytes) -> None:
        self.server.put(self.user, content, folder, *flags)

    def bodies(self, folder: str = "INBOX") -> list[bytes]:
        return self.server.bodies(self.user, folder)

    def stored(self) -> list[bytes]:
        return [self.inbox.raw(delivery.sha256) for delivery in all_deliveries(self.inbox)]

    def departures(self) -> list[str]:
        with self.inbox.store.reading() as connection:
            return sorted(connection.execute(sa.select(models.imap_departed.c.how)).scalars())

    @contextmanager
    def running(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self.fetcher.run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(30)
            assert not thread.is_alive()


@pytest.fixture
def desk(dovecot: DovecotServer, user: str, inbox: HeldInbox, clock: SetClock) -> Iterator[Desk]:
    made = Desk(dovecot, user, inbox, clock)
    yield made
    made.fetcher.close()


@pytest.fixture
def desk_on_both(dovecot: DovecotServer, user: str, inbox_on_both: HeldInbox, clock: SetClock) -> Iterator[Desk]:
    made = Desk(dovecot, user, inbox_on_both, clock)
    yield made
    made.fetcher.close()


# --- the way in ----------------------------------------------------------------------------------------------------


def test_mails_in_the_inbox_and_in_junk_are_stored_and_moved(desk_on_both: Desk) -> None:
    desk_on_both.put(REQUEST)
    desk_on_both.put(b"Subject: not junk at all\r\n\r\n", "Junk")
    report = desk_on_both.fetcher.fetch_once()
    assert report == FetchReport(fetched=2, moved=2)
    assert desk_on_both.stored() == [REQUEST, b"Subject: not junk at all\r\n\r\n"]
    assert desk_on_both.bodies() == desk_on_both.bodies("Junk") == []
    assert sorted(desk_on_both.bodies("Processed")) == sorted(desk_on_both.stored())
    assert desk_on_both.fetcher.fetch_once() == FetchReport()
    delivery = all_deliveries(desk_on_both.inbox)[0]
    assert delivery.envelope.via is Via.IMAP
    assert delivery.anomalies == (Anomaly.NO_ENVELOPE,)


def test_a_mail_counts_from_when_the_server_had_it_but_never_from_the_future(desk: Desk) -> None:
    with desk.server.client(desk.user) as client:
        client.append("INBOX", b"early", msg_time=desk.clock.now() - timedelta(hours=5))
        client.append("INBOX", b"late", msg_time=desk.clock.now() + timedelta(days=400))
    desk.fetcher.fetch_once()
    early, late = all_deliveries(desk.inbox)
    assert early.envelope.received_at == desk.clock.now() - timedelta(hours=5)
    assert late.envelope.received_at == desk.clock.now()


def test_a_new_mail_wakes_the_fetcher_from_its_idle(desk: Desk) -> None:
    desk.start(poll_seconds=540)
    desk.put(b"first")
    with desk.running():
        wait_until(lambda: desk.stored() == [b"first"], "the first mail")
        desk.put(b"second")
        wait_until(lambda: desk.stored() == [b"first", b"second"], "the second mail")
        wait_until(lambda: desk.bodies() == [], "both are moved")


def test_a_mail_in_another_folder_is_found_at_the_next_look(desk: Desk) -> None:
    desk.start(poll_seconds=0.1)
    with desk.running():
        desk.put(b"in junk", "Junk")
        wait_until(lambda: desk.stored() == [b"in junk"], "the mail in Junk")


@pytest.mark.parametrize("flags", [(), (b"\\Seen",), (b"\\Seen", b"\\Answered", b"\\Flagged"), (b"\\Deleted",)])
def test_what_people_have_marked_does_not_matter(desk: Desk, flags: tuple[bytes, ...]) -> None:
    desk.put(REQUEST, "INBOX", *flags)
    desk.fetcher.fetch_once()
    assert desk.stored() == [REQUEST]
    with desk.server.client(desk.user) as client:
        client.select_folder("Processed")
        (kept,) = client.get_flags(client.search("ALL")).values()
    assert (b"\\Seen" in kept) == (b"\\Seen" in flags)


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_large_mail_comes_in_pieces_and_whole(desk: Desk, size: int) -> None:
    content = (b"0123456789abcdef" * (size // 16 + 1))[: size - 2] + b"\r\n"
    desk.put(content)
    desk.fetcher.fetch_once()
    assert desk.stored() == [content]


def test_a_mail_that_is_too_large_stays_where_it_is_and_hinders_nobody(desk: Desk) -> None:
    desk.start(largest_mail=PIECE)
    desk.put(b"x" * (PIECE + 10))
    desk.put(REQUEST)
    report = desk.fetcher.fetch_once()
    assert (report.fetched, report.failed > 0) == (1, True)
    assert desk.stored() == [REQUEST]
    assert len(desk.bodies()) == 1


def test_hundreds_of_mails_are_each_stored_once(desk: Desk) -> None:
    wanted = [b"Subject: %d\r\n\r\n" % number for number in range(150)]
    with desk.server.client(desk.user) as client:
        client.multiappend("INBOX", wanted)
    assert desk.fetcher.fetch_once() == FetchReport(fetched=150, moved=150)
    assert desk.stored() == wanted
    assert max(desk.inbox.batches) > 1


def test_the_same_bytes_twice_are_two_deliveries_of_one_mail(desk: Desk) -> None:
    desk.put(REQUEST)
    desk.put(REQUEST)
    desk.fetcher.fetch_once()
    first, second = all_deliveries(desk.inbox)
    assert first.sha256 == second.sha256


# --- crashes -------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for kill -9."""


def kill(*_: object, **__: object) -> None:
    raise Killed


def test_killed_between_the_commit_and_the_move_nothing_is_doubled(
    desk_on_both: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk_on_both.put(REQUEST)
    monkeypatch.setattr(imap_folder, "_move_away", kill)
    with pytest.raises(Killed):
        desk_on_both.fetcher.fetch_once()
    monkeypatch.undo()
    assert desk_on_both.bodies() == [REQUEST]
    assert desk_on_both.start().fetch_once() == FetchReport(moved=1)
    assert desk_on_both.stored() == [REQUEST]
    assert desk_on_both.bodies() == []


def test_killed_before_the_commit_nothing_is_lost(desk_on_both: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk_on_both.put(REQUEST)
    monkeypatch.setattr(desk_on_both.inbox, "add", kill)
    with pytest.raises(Killed):
        desk_on_both.fetcher.fetch_once()
    monkeypatch.undo()
    assert desk_on_both.start().fetch_once() == FetchReport(fetched=1, moved=1)


def test_killed_between_the_move_and_its_note_nothing_is_doubled(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put(REQUEST)
    monkeypatch.setattr(imap_folder.Ledger, "note_departed", kill)
    with pytest.raises(Killed):
        desk.fetcher.fetch_once()
    monkeypatch.undo()
    desk.start().fetch_once()
    assert desk.stored() == [REQUEST]
    assert desk.departures() == ["gone"]


def test_a_database_that_is_away_moves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> list[int]:
        raise sa.exc.OperationalError("password=geheim", None, Exception("geheim"))

    desk.put(REQUEST)
    monkeypatch.setattr(desk.inbox, "add", fail)
    with capture_logs() as logs, desk.running():
        wait_until(lambda: any(entry["event"] == "imap_fault" for entry in logs), "the fault is logged")
        assert desk.bodies() == [REQUEST]
        monkeypatch.undo()
        wait_until(lambda: desk.stored() == [REQUEST], "the mail is stored when the database is back")
    assert "geheim" not in repr(logs)


def test_behind_a_failed_sync_nothing_is_fetched_or_moved_until_a_restart(desk: Desk, tmp_path: Path) -> None:
    desk.put(REQUEST)
    with capture_logs() as logs, desk.running():
        with failing_syncs(desk.inbox.store):
            wait_until(lambda: desk.inbox.sync_lost_at, "the sync fails")
        wait_until(lambda: any(entry["event"] == "imap_stopped" for entry in logs), "the fetcher stops")
        assert desk.bodies() == [REQUEST]
        with pytest.raises(UnavailableError, match="durable"):
            desk.fetcher.fetch_once()
    assert (desk.bodies(), desk.stored(), desk.departures()) == ([REQUEST], [], [])
    desk.inbox.store.sync_lost.clear()  # as a new process has it
    desk.inbox = make_inbox(desk.inbox.store, tmp_path / "keys", desk.clock)
    assert desk.start().fetch_once().fetched == 1
    assert (desk.bodies(), desk.stored(), desk.departures()) == ([], [REQUEST], ["moved"])


def test_a_sync_that_failed_for_a_mail_by_smtp_stops_the_fetching_in_the_middle(desk: Desk) -> None:
    desk.put(REQUEST)
    add = desk.inbox.add

    def add_behind_a_lost_sync(*given: Any, **more: Any) -> list[int]:
        origin = sqlite3.OperationalError("disk I/O error")
        origin.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        desk.inbox.note_fault(origin)
        return add(*given, **more)

    desk.inbox.add = add_behind_a_lost_sync  # type: ignore[method-assign]
    with pytest.raises(UnavailableError, match="durable"):
        desk.fetcher.fetch_once()
    assert (desk.bodies(), desk.stored()) == ([REQUEST], [])


def test_two_nodes_at_the_same_mailbox_store_each_mail_once(
    desk_on_both: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk_on_both.put(REQUEST)
    monkeypatch.setattr(imap_folder, "_move_away", lambda *_: None)
    desk_on_both.fetcher.fetch_once()
    other = desk_on_both.start()
    monkeypatch.setattr(imap_folder.Ledger, "fetched", lambda *_: {})  # as if it had looked a moment earlier
    assert other.fetch_once().fetched == 0
    assert desk_on_both.stored() == [REQUEST]


# --- people and the server -----------------------------------------------------------------------------------------


def test_a_folder_that_is_numbered_anew_doubles_nothing(desk_on_both: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_on_both
    monkeypatch.setattr(imap_folder, "_move_away", lambda *_: None)
    desk.put(REQUEST, "Junk")
    desk.fetcher.fetch_once()
    monkeypatch.undo()
    with desk.server.client(desk.user) as client:
        client.delete_folder("Junk")
        client.create_folder("Junk")
    desk.put(REQUEST, "Junk")
    desk.put(b"a new one", "Junk")
    report = desk.fetcher.fetch_once()
    assert (report.fetched, report.renumbered, report.moved) == (1, 1, 2)
    assert desk.stored() == [REQUEST, b"a new one"]


def test_a_mail_that_a_person_deletes_before_it_was_fetched_is_recorded(desk_on_both: Desk) -> None:
    desk_on_both.put(b"first")
    desk_on_both.fetcher.fetch_once()
    desk_on_both.put(b"deleted at once")
    with desk_on_both.server.client(desk_on_both.user) as client:
        client.select_folder("INBOX")
        client.delete_messages(client.search("ALL"))
        client.expunge()
    assert desk_on_both.start().fetch_once() == FetchReport(unfetched=1)
    assert desk_on_both.departures() == ["moved", "unfetched"]
    assert desk_on_both.fetcher.fetch_once() == FetchReport()


def test_a_mail_that_a_person_moves_before_we_do_is_recorded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put(REQUEST)
    monkeypatch.setattr(imap_folder, "_move_away", kill)
    with pytest.raises(Killed):
        desk.fetcher.fetch_once()
    monkeypatch.undo()
    with desk.server.client(desk.user) as client:
        client.select_folder("INBOX")
        client.move(client.search("ALL"), "Junk")
    report = desk.fetcher.fetch_once()
    assert report.gone == 1
    assert desk.departures() == ["gone", "moved"]
    assert {delivery.sha256 for delivery in all_deliveries(desk.inbox)} == {all_deliveries(desk.inbox)[0].sha256}


def test_a_mail_the_server_cannot_read_blocks_no_other(desk: Desk) -> None:
    for number in range(3):
        desk.put(b"Subject: mail %d\r\n\r\n" % number)
    maildir = desk.server.home / "mail" / desk.user / "Maildir"
    broken = next(file for file in maildir.rglob("*") if file.is_file() and b"mail 1" in file.read_bytes()[:30])
    broken.chmod(0)
    for _ in range(4):
        try:
            desk.fetcher.fetch_once()
        except UnavailableError:
            continue  # the server hung up on it
    assert sorted(desk.stored()) == [b"Subject: mail 0\r\n\r\n", b"Subject: mail 2\r\n\r\n"]
    next(maildir.rglob(broken.name.partition(",")[0] + "*")).chmod(0o600)
    desk.clock.advance(timedelta(hours=2))
    desk.fetcher.fetch_once()
    assert len(desk.stored()) == 3
    assert desk.bodies() == []


def test_the_fetcher_comes_back_when_the_server_does(desk: Desk) -> None:
    with desk.running():
        desk.put(b"before")
        wait_until(lambda: desk.stored() == [b"before"], "the mail before")
        desk.server.stop()
        desk.server.start()
        desk.put(b"after")
        wait_until(lambda: desk.stored() == [b"before", b"after"], "the mail after")


def test_a_server_that_freezes_while_we_wait_is_noticed(desk: Desk) -> None:
    desk.start(read_seconds=1, poll_seconds=2)
    desk.put(b"before")
    with desk.running():
        wait_until(lambda: desk.bodies("Processed") == [b"before"], "the mail before")
        wait_until(lambda: desk.fetcher._client and desk.fetcher._client._idle_tag, "it waits in IDLE")
        process = desk.server.process_of(desk.user)
        os.kill(process, signal.SIGSTOP)
        try:
            desk.put(b"after")
            wait_until(lambda: desk.stored() == [b"before", b"after"], "the mail after")
        finally:
            os.kill(process, signal.SIGCONT)


@pytest.mark.parametrize("capability", ["IMAP4rev1 UIDPLUS", "IMAP4rev1"])
def test_a_server_that_can_do_little_will_do(desk: Desk, capability: str) -> None:
    desk.server.stop()
    desk.server.start(capability)
    try:
        desk.start(poll_seconds=0.1)
        desk.put(REQUEST)
        with desk.running():
            wait_until(lambda: desk.stored() == [REQUEST], "the first mail")
            wait_until(lambda: desk.bodies("Processed") == [REQUEST], "its copy")
            desk.put(b"second")
            wait_until(lambda: desk.stored() == [REQUEST, b"second"], "the second mail, without IDLE")
        desk.fetcher.fetch_once()
        assert desk.bodies("Processed") == [REQUEST, b"second"]
        # Without UIDPLUS the marked originals stay: a plain EXPUNGE would take what people have marked too.
        assert len(desk.bodies()) == (0 if "UIDPLUS" in capability else 2)
    finally:
        desk.fetcher.close()
        desk.server.stop()
        desk.server.start()


def test_a_folder_that_does_not_exist_is_told_and_hinders_nothing(desk: Desk) -> None:
    desk.start(folders=("Missing", "INBOX"), poll_seconds=0.1)
    desk.put(REQUEST)
    report = desk.fetcher.fetch_once()
    assert report.missing_folders == ["Missing"]
    with desk.running():
        desk.put(b"second")
        wait_until(lambda: desk.stored() == [REQUEST, b"second"], "the second mail")


# --- the connection ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_the_connection_is_protected_and_the_server_proves_itself(desk: Desk, tls: str) -> None:
    port = desk.server.tls_port if tls == "implicit" else desk.server.port
    desk.put(REQUEST)
    with pytest.raises(UnavailableError):  # nobody vouches for this certificate
        desk.start(tls=tls, port=port).fetch_once()
    desk.start(tls=tls, port=port, ca_file=desk.server.ca_file).fetch_once()
    assert desk.stored() == [REQUEST]


def test_a_wrong_password_is_told_without_it(desk: Desk) -> None:
    with capture_logs() as logs, pytest.raises(UnavailableError, match="refuses the login") as raised:
        desk.start(password="geheim").fetch_once()
    assert "geheim" not in f"{raised.value}{raised.value.next_step}{logs}{desk.fetcher._settings}"


def test_a_token_opens_the_mailbox_and_its_end_is_told_before_it_comes(desk: Desk, tmp_path: Path) -> None:
    token = tmp_path / "token"
    desk.put(REQUEST)
    desk.clock.set(datetime.now(UTC))  # noqa: TID251  the server looks at the real time
    token.write_text(desk.server.token(desk.user, desk.clock.now() + timedelta(hours=1)) + "\n")
    with capture_logs() as logs:
        desk.start(password="", token_file=token).fetch_once()
    assert desk.stored() == [REQUEST]
    assert [entry["event"] for entry in logs] == ["imap_round"]

    token.write_text(desk.server.token(desk.user, desk.clock.now() + timedelta(minutes=5)))
    with capture_logs() as logs:
        desk.start(password="", token_file=token).fetch_once()
    assert [entry["event"] for entry in logs] == ["imap_token_expires"]

    token.write_text(desk.server.token(desk.user, desk.clock.now() - timedelta(minutes=5)))
    with pytest.raises(UnavailableError, match="refuses the login"):
        desk.start(password="", token_file=token).fetch_once()
    token.unlink()
    with pytest.raises(ConfigurationError, match="token"):
        desk.start(password="", token_file=token).fetch_once()


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "a.e30.c", "a.eyJleHAiOiJ4In0.c", "a.eyJleHAiOjFlOTl9.c"])
def test_a_token_that_does_not_say_when_it_ends_is_taken_as_it_is(token: str) -> None:
    assert token_expires_at(token) is None


def test_a_server_that_is_away_is_told(desk: Desk) -> None:
    with pytest.raises(UnavailableError, match="does not answer"):
        desk.start(port=find_free_port()).fetch_once()


def test_mails_are_never_moved_into_a_folder_that_is_fetched(desk: Desk) -> None:
    with pytest.raises(ConfigurationError, match="Junk"):
        desk.start(processed_folder="Junk")
