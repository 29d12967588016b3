"""Mails from files come in as they are, once, and a wrong file is named before anything is stored."""

from __future__ import annotations

import json
import mailbox
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
import typer
from typer.testing import CliRunner

from sulku_kernel.clock import SetClock
from sulku_kernel.errors import InputError, UnavailableError
from sulku_kernel.storage import Storage
from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.domain.mail import Via
from sulku_mailbox.inbox import Inbox, open_inbox
from sulku_mailbox.ingest import IngestReport, ingest

MAIL = "Subject: Sulkupyyntö\nFrom: apteekki@example.fi\n\nSarjanumero 0bf4eab0\n".encode("latin-1")


@pytest.fixture
def inbox(sqlite_storage: Storage, tmp_path: Path, clock: SetClock) -> Inbox:
    return open_inbox(sqlite_storage.inbox, tmp_path / "keys", clock)


def write(file: Path, content: bytes = MAIL) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def write_mbox(file: Path, count: int) -> Path:
    box = mailbox.mbox(file)
    for number in range(count):
        box.add(b"Subject: mail %d\n\nFrom here on it is text\n" % number)
    box.close()
    return file


def stored(inbox: Inbox) -> list[bytes]:
    return [inbox.raw(delivery.sha256) for delivery in inbox.deliveries_after(0)]


def test_a_file_is_stored_as_it_is_without_an_envelope(storage: Storage, tmp_path: Path, clock: SetClock) -> None:
    inbox = open_inbox(storage.inbox, tmp_path / "keys", clock)
    assert ingest(inbox, [write(tmp_path / "a.eml")], clock) == IngestReport(1, 1, 1, 0)
    (delivery,) = inbox.deliveries_after(0)
    assert inbox.raw(delivery.sha256) == MAIL
    assert delivery.envelope.via is Via.INGEST
    assert delivery.envelope.received_at == clock.now()
    assert delivery.anomalies == (Anomaly.NO_ENVELOPE,)


def test_known_bytes_are_passed_over(storage: Storage, tmp_path: Path, clock: SetClock) -> None:
    inbox = open_inbox(storage.inbox, tmp_path / "keys", clock)
    files = [write(tmp_path / "a.eml"), write(tmp_path / "the same.eml"), write(tmp_path / "b.eml", MAIL + b"!")]
    assert ingest(inbox, files, clock) == IngestReport(3, 3, 2, 1)
    assert ingest(inbox, files, clock) == IngestReport(3, 3, 0, 3)
    assert len(stored(inbox)) == 2


def test_a_folder_gives_all_mails_in_it_however_deep(inbox: Inbox, tmp_path: Path, clock: SetClock) -> None:
    folder = tmp_path / "folder"
    write(folder / "one.eml", MAIL + b"1")
    write(folder / "deep" / "er" / "two.EML", MAIL + b"2")
    write(folder / "notes.txt", b"no mail")
    write_mbox(folder / "old.mbox", 3)
    assert ingest(inbox, [folder], clock).stored == 5


def test_an_mbox_gives_each_of_its_mails(inbox: Inbox, tmp_path: Path, clock: SetClock) -> None:
    assert ingest(inbox, [write_mbox(tmp_path / "box", 600)], clock) == IngestReport(1, 600, 600, 0)
    assert stored(inbox)[599] == b"Subject: mail 599\n\n>From here on it is text\n"


def test_a_maildir_gives_its_new_and_its_seen_mails(inbox: Inbox, tmp_path: Path, clock: SetClock) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    box.add(MAIL + b"1")
    seen = mailbox.MaildirMessage(MAIL + b"2")
    seen.set_subdir("cur")
    box.add(seen)
    box.add_folder("Junk").add(MAIL + b"3")
    box.close()
    write(tmp_path / "box" / "tmp" / "half", MAIL)
    assert ingest(inbox, [tmp_path / "box"], clock).stored == 3


def test_a_mail_of_many_megabytes_is_stored_whole(inbox: Inbox, tmp_path: Path, clock: SetClock) -> None:
    content = MAIL + b"0123456789abcdef" * 300_000
    ingest(inbox, [write(tmp_path / "large.eml", content)], clock)
    assert stored(inbox) == [content]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.eml", None),
        ("empty.eml", b""),
        ("picture.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
        ("empty folder", ...),
    ],
)
def test_a_wrong_file_is_named_and_nothing_is_stored(
    inbox: Inbox, tmp_path: Path, clock: SetClock, name: str, content: object
) -> None:
    wrong = tmp_path / name
    if isinstance(content, bytes):
        wrong.write_bytes(content)
    elif content is ...:
        wrong.mkdir()
    with pytest.raises(InputError, match=name) as raised:
        ingest(inbox, [write(tmp_path / "a.eml"), wrong], clock)
    assert raised.value.next_step
    assert stored(inbox) == []


def test_a_file_that_vanishes_on_the_way_leaves_whole_batches(
    inbox: Inbox, tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sulku_mailbox.ingest.MAILS_AT_ONCE", 2)
    files = [write(tmp_path / f"{number}.eml", MAIL + b"%d" % number) for number in range(4)]
    with pytest.raises(InputError, match=r"3\.eml"):
        ingest(inbox, files, clock, lambda _done, _all: files[3].unlink())
    assert len(stored(inbox)) == 2


def test_a_database_without_room_is_told(
    inbox: Inbox, tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[int]:
        raise sa.exc.OperationalError("INSERT", None, Exception("database or disk is full"))

    monkeypatch.setattr(inbox, "add", fail)
    with pytest.raises(UnavailableError, match="cannot be written"):
        ingest(inbox, [write(tmp_path / "a.eml")], clock)


def test_a_full_disk_is_called_so(
    inbox: Inbox, tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[int]:
        full = sqlite3.OperationalError("database or disk is full")
        full.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise sa.exc.OperationalError("INSERT", None, full)

    monkeypatch.setattr(inbox, "add", fail)
    with pytest.raises(UnavailableError, match="the disk is full"):
        ingest(inbox, [write(tmp_path / "a.eml")], clock)


def test_progress_ends_at_all(inbox: Inbox, tmp_path: Path, clock: SetClock) -> None:
    seen: list[tuple[int, int]] = []
    ingest(
        inbox, [write(tmp_path / "a.eml"), write(tmp_path / "b.eml", MAIL * 2)], clock, lambda *now: seen.append(now)
    )
    assert seen[-1] == (3 * len(MAIL), 3 * len(MAIL))


def test_the_command_says_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sulku_desk.cli import mail
    from sulku_desk.instance import make_instance
    from sulku_desk.settings import load_settings

    monkeypatch.setenv("SULKU_HOME", str(tmp_path / "home"))
    make_instance(load_settings())
    sulku = typer.Typer()
    sulku.add_typer(mail.app, name="mail")
    file = write(tmp_path / "a.eml")

    done = CliRunner().invoke(sulku, ["mail", "ingest", str(file), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"files": 1, "mails": 1, "stored": 1, "duplicates": 0}

    again = CliRunner().invoke(sulku, ["mail", "ingest", str(file)])
    assert "0 stored, 1 known already" in again.stdout

    wrong = CliRunner().invoke(sulku, ["mail", "ingest", str(tmp_path / "missing.eml")])
    assert wrong.exit_code == 2
    assert "missing.eml" in wrong.stderr.replace("\n", "")  # the console folds a long path
