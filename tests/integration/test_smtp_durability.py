"""A 250 stands behind a durable mail, and no fault of ours costs one."""

from __future__ import annotations

import sqlite3
import threading
import tracemalloc
from collections.abc import Callable
from errno import EIO, ENOSPC
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs
from tests.conftest import find_free_port
from tests.servers.smtp import (
    HeldInbox,
    RunningListener,
    SmtpClient,
    all_deliveries,
    only_delivery,
    running_listener,
    wait_until,
)

from sulku_desk.doctor_facts import Part
from sulku_desk.reaching import mail_servers
from sulku_desk.settings import load_settings
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import open_storage
from sulku_mailbox import models, raw_mail
from sulku_mailbox.inbox import Delivery, Inbox, open_inbox
from sulku_mailbox.raw_mail import RawMail

REQUEST = b"Subject: Sulkupyynt\xc3\xb6\r\n\r\nSarjanumero 0bf4eab0, avain on vuotanut."


def count(inbox: Inbox, table: sa.Table) -> int:
    with inbox.store.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_the_250_waits_for_the_commit_and_the_mail_is_there_when_it_comes(
    desk_on_both: RunningListener, inbox_on_both: HeldInbox
) -> None:
    inbox_on_both.hold()
    with desk_on_both.connect() as client:
        client.begin_data()
        client.send(REQUEST + b"\r\n.\r\n")
        assert inbox_on_both.arrived.wait(20)
        assert client.says_nothing()
        assert all_deliveries(inbox_on_both) == []
        inbox_on_both.go_on.set()
        assert client.answer().startswith("250 2.0.0")
        delivery = only_delivery(inbox_on_both)
    assert inbox_on_both.raw(delivery.sha256) == REQUEST + b"\r\n"
    assert delivery.envelope.mail_from == "apteekki@example.fi"


def test_a_new_process_reads_what_was_accepted(desk: RunningListener, inbox: HeldInbox, tmp_path: Path) -> None:
    with desk.connect() as client:
        assert client.mail(REQUEST).startswith("250")
    other = open_storage(None, tmp_path / "home")
    try:
        reader = open_inbox(other.inbox, tmp_path / "keys")
        assert reader.raw(only_delivery(reader).sha256) == REQUEST + b"\r\n"
    finally:
        other.close()


def test_the_same_bytes_twice_are_one_raw_mail_and_two_deliveries(
    desk_on_both: RunningListener, inbox_on_both: HeldInbox
) -> None:
    with desk_on_both.connect() as client:
        assert [client.mail(REQUEST)[:3] for _ in range(2)] == ["250", "250"]
    assert [delivery.id for delivery in all_deliveries(inbox_on_both)] == [1, 2]
    assert count(inbox_on_both, models.raw_chunks) == 1


def test_mails_that_arrive_together_are_stored_in_one_transaction(
    desk_on_both: RunningListener, inbox_on_both: HeldInbox
) -> None:
    clients = [desk_on_both.connect() for _ in range(6)]
    commits: list[int] = []
    sa.event.listen(inbox_on_both.store.engine, "commit", lambda _connection: commits.append(1))
    inbox_on_both.hold()
    for number, client in enumerate(clients):
        client.begin_data()
        client.send(b"Subject: %d\r\n\r\n.\r\n" % number)
        if number == 0:
            assert inbox_on_both.arrived.wait(20)
    wait_until(lambda: desk_on_both.listener._committer._queue.qsize() == 5, "five mails wait behind the first")
    inbox_on_both.go_on.set()
    for client in clients:
        assert client.answer().startswith("250")
        client.close()
    assert inbox_on_both.batches == [1, 5]
    assert len(commits) == 2


def test_one_bad_mail_in_a_batch_does_not_take_the_others_with_it(
    desk: RunningListener, inbox: HeldInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = HeldInbox.add

    def refuse_the_bad(self: HeldInbox, batch: list[Delivery], also: object = None) -> list[int]:
        ids = add(self, [delivery for delivery in batch if b"bad" not in delivery.raw.read()])
        if len(ids) < len(batch):
            raise ValueError
        return ids

    clients = [desk.connect() for _ in range(4)]
    inbox.hold()
    monkeypatch.setattr(HeldInbox, "add", refuse_the_bad)
    for client, subject in zip(clients, (b"first", b"good", b"bad", b"better"), strict=True):
        client.begin_data()
        client.send(b"Subject: " + subject + b"\r\n\r\n.\r\n")
        assert inbox.arrived.wait(20)
    inbox.go_on.set()
    assert [client.answer()[:9] for client in clients] == ["250 2.0.0", "250 2.0.0", "451 4.3.0", "250 2.0.0"]
    for client in clients:
        client.close()


# --- faults of ours ------------------------------------------------------------------------------------------------


def test_a_database_that_is_away_is_a_451_that_tells_nothing(
    desk_on_both: RunningListener, inbox_on_both: HeldInbox, tmp_path: Path
) -> None:
    there = inbox_on_both.store
    away = open_storage(f"postgresql://sulku:geheim@127.0.0.1:{find_free_port()}/sulku", tmp_path)
    with capture_logs() as logs, desk_on_both.connect() as client:
        inbox_on_both.store = away.inbox
        assert client.mail(REQUEST) == "451 4.3.0 Local error, try again later"
        inbox_on_both.store = there
        assert client.mail(REQUEST).startswith("250")
    away.close()
    assert any(entry["event"] == "inbox_refused" for entry in logs)
    assert "geheim" not in repr(logs)
    assert "0bf4eab0" not in repr(logs)
    only_delivery(inbox_on_both)


@pytest.mark.parametrize("fault", [RuntimeError("password=geheim"), KeyError("geheim"), MemoryError("geheim")])
def test_any_exception_while_storing_is_a_451_that_tells_nothing(
    desk: RunningListener, inbox: HeldInbox, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def fail(*_: object) -> list[int]:
        raise fault

    with capture_logs() as logs, desk.connect() as client:
        monkeypatch.setattr(inbox, "add", fail)
        assert client.mail(REQUEST) == "451 4.3.0 Local error, try again later"
        monkeypatch.undo()
        assert client.mail(REQUEST).startswith("250")
    assert "geheim" not in repr(logs)


def test_a_database_without_room_is_a_452_and_heals_by_itself(desk: RunningListener, inbox: HeldInbox) -> None:
    with inbox.store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    limit = [pages + 2]

    def confine(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={limit[0]}")

    sa.event.listen(inbox.store.engine, "checkout", confine)
    with desk.connect() as client:
        assert client.mail(b"x" * 50_000).startswith("452 4.3.1")
        limit[0] = 1_000_000
        assert client.mail(b"x" * 50_000).startswith("250")
    only_delivery(inbox)


@pytest.mark.parametrize(("number", "answer"), [(ENOSPC, "452 4.3.1"), (EIO, "451 4.3.0")])
def test_a_spool_that_cannot_be_written_puts_the_mail_off(
    desk: RunningListener, inbox: HeldInbox, monkeypatch: pytest.MonkeyPatch, number: int, answer: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, "geheim")

    with desk.connect() as client:
        monkeypatch.setattr(raw_mail, "_write_all", fail)
        assert client.mail(b"x" * 200_000).startswith(answer)
        monkeypatch.undo()
        assert client.mail(b"x" * 200_000).startswith("250")
    only_delivery(inbox)


def test_mails_are_put_off_before_the_disk_is_full(inbox: HeldInbox, clock: SetClock, tmp_path: Path) -> None:
    with running_listener(inbox, clock, storage=tmp_path, reserve=1 << 62) as desk, desk.connect() as client:
        assert not desk.listener.is_well
        assert client.command("MAIL FROM:<a@example.fi>").startswith("452 4.3.1")


def test_after_a_failed_sync_no_mail_is_promised_until_a_restart_and_the_doctor_hears_of_it(
    desk: RunningListener, inbox: HeldInbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[int]:
        origin = sqlite3.OperationalError("disk I/O error")
        origin.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise sa.exc.OperationalError("COMMIT", None, origin)

    with desk.connect() as client:
        monkeypatch.setattr(inbox, "add", fail)
        assert client.mail(REQUEST).startswith("451")
        monkeypatch.undo()
        assert client.mail(REQUEST).startswith("451")
    assert not desk.listener.is_well
    settings = load_settings(tmp_path, smtp={"port": desk.listener.smtp_port, "lmtp_port": 0})
    (seen,) = (server for server in mail_servers(settings) if server.part is Part.INTAKE)
    assert str(seen.fault) == "it says: 421 4.3.0 Local error, try again later"
    assert all_deliveries(inbox) == []


def test_a_mail_that_waited_while_a_sync_failed_is_not_promised_either(
    desk: RunningListener, inbox: HeldInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = HeldInbox.add

    def fail_once(self: HeldInbox, batch: list[Delivery], also: object = None) -> list[int]:
        monkeypatch.setattr(HeldInbox, "add", add)
        assert go_on.wait(20)
        origin = sqlite3.OperationalError("disk I/O error")
        origin.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise sa.exc.OperationalError("COMMIT", None, origin)

    go_on = threading.Event()
    monkeypatch.setattr(HeldInbox, "add", fail_once)
    clients = [desk.connect() for _ in range(2)]
    for number, client in enumerate(clients):
        client.begin_data()
        client.send(b"Subject: %d\r\n\r\n.\r\n" % number)
        wait_until(lambda: HeldInbox.add is add, "the first is being stored")
    wait_until(lambda: desk.listener._committer._queue.qsize() == 1, "the second waits behind it")
    go_on.set()
    assert [client.answer()[:9] for client in clients] == ["451 4.3.0", "451 4.3.0"]
    assert all_deliveries(inbox) == []
    for client in clients:
        client.close()


# --- senders that go away ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("go_away", [SmtpClient.close, SmtpClient.reset], ids=["close", "reset"])
def test_a_sender_that_goes_away_while_we_store_loses_nothing_and_its_repeat_collapses(
    desk_on_both: RunningListener, inbox_on_both: HeldInbox, go_away: Callable[[SmtpClient], None]
) -> None:
    inbox_on_both.hold()
    client = desk_on_both.connect()
    client.begin_data()
    client.send(REQUEST + b"\r\n.\r\n")
    assert inbox_on_both.arrived.wait(20)
    go_away(client)
    sessions = desk_on_both.listener._reception.sessions
    wait_until(lambda: all(session._reader._eof for session in list(sessions)), "the listener has noticed")
    inbox_on_both.go_on.set()
    wait_until(lambda: all_deliveries(inbox_on_both), "the mail is stored all the same")
    with desk_on_both.connect() as again:
        assert again.mail(REQUEST).startswith("250")
    first, second = all_deliveries(inbox_on_both)
    assert first.sha256 == second.sha256
    assert inbox_on_both.first_deliveries([first.sha256]) == {first.sha256: first.id}
    assert count(inbox_on_both, models.raw_chunks) == 1


def test_a_sender_that_has_said_all_still_gets_its_250(desk: RunningListener, inbox: HeldInbox) -> None:
    inbox.hold()
    with desk.connect() as client:
        client.begin_data()
        client.send(REQUEST + b"\r\n.\r\n")
        client.half_close()
        assert inbox.arrived.wait(20)
        inbox.go_on.set()
        assert client.answer().startswith("250")
    only_delivery(inbox)


def test_a_sender_that_goes_away_within_the_data_has_sent_nothing(desk: RunningListener, inbox: HeldInbox) -> None:
    with desk.connect() as client:
        client.begin_data()
        client.send(REQUEST)
    desk.wait_until_empty()
    assert all_deliveries(inbox) == []


def test_stopping_stores_what_was_sent_and_says_so(inbox: HeldInbox, clock: SetClock) -> None:
    inbox.hold()
    with running_listener(inbox, clock) as desk:
        client = desk.connect()
        client.begin_data()
        client.send(REQUEST + b"\r\n.\r\n")
        assert inbox.arrived.wait(20)
        inbox.go_on.set()
    assert client.answer().startswith("250")
    assert client.answer() in {"421 4.3.2 Shutting down", ""}
    client.close()
    only_delivery(inbox)


# --- at rest -------------------------------------------------------------------------------------------------------


def test_no_text_of_a_mail_stands_readable_in_the_database(
    desk_on_both: RunningListener, inbox_on_both: HeldInbox, tmp_path: Path
) -> None:
    secret = b"0bf4eab0-KAVALLUS"
    with desk_on_both.connect() as client:
        assert client.mail(b"Subject: x\r\n\r\n" + secret).startswith("250")
        assert client.mail(b"Subject: x\r\n\r\n" + (secret + b"\r\n") * 20_000).startswith("250")
    with inbox_on_both.store.reading() as connection:
        rows = [
            repr(tuple(row))
            for table in models.inbox_metadata.sorted_tables
            for row in connection.execute(sa.select(table))
        ]
    assert len(rows) == 1 + 2 + 2  # key, chunks, deliveries
    assert not any("KAVALLUS" in row for row in rows)
    files = list((tmp_path / "home").glob("inbox*"))
    assert not any(secret in file.read_bytes() for file in files)
    assert all(secret in inbox_on_both.raw(delivery.sha256) for delivery in all_deliveries(inbox_on_both))


def test_a_mail_of_thirty_megabytes_is_kept_with_little_memory(
    desk_on_both: RunningListener, inbox_on_both: HeldInbox
) -> None:
    line = b"0123456789" * 7 + b"\r\n"
    piece = line * 1_000
    with desk_on_both.connect() as client:
        client.begin_data()
        tracemalloc.start()
        try:
            for _ in range(30_000_000 // len(piece)):
                client.send(piece)
            client.send(b".\r\n")
            assert client.answer().startswith("250")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 12_000_000
    delivery = only_delivery(inbox_on_both)
    raw = inbox_on_both.raw(delivery.sha256)
    assert len(raw) == delivery.size == 30_000_000 // len(piece) * len(piece)
    assert RawMail.of(raw).sha256 == delivery.sha256
