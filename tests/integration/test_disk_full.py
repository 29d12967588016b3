"""A disk that is really full: senders are put off, nothing is half kept, and it heals when there is room again.

Where the kernel forbids to mount a small disk, the simulated faults of test_smtp_durability.py stand for it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from tests.conftest import NIGHT
from tests.servers.smtp import running_listener
from tests.story.desk import Desk, open_desk

from sulku_desk.backup.agreement import disagreements

ENOUGH = 200


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """16 MiB that nobody else writes to. Raises CalledProcessError or OSError where mounting is forbidden."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def may_mount() -> bool:
    with TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder) / "disk"):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with small_disk(tmp_path / "disk") as disk, open_desk(disk / "home", None, NIGHT, organisations=1) as opened:
        yield opened


def fill(disk: Path, *, but: int) -> Path:
    """Take all of the room except `but` octets."""
    ballast = disk / "ballast"
    ballast.write_bytes(b"\0" * (shutil.disk_usage(disk).free - but))
    return ballast


def mail(number: int, size: int) -> bytes:
    return b"From: a@example.fi\r\nSubject: %d\r\n\r\n%s\r\n" % (number, b"Rivi\r\n" * (size // 6))


def a_full_disk_puts_senders_off_and_heals(desk: Desk, size: int) -> None:
    home = desk.instance.settings.home
    ballast = fill(home.parent, but=1_500_000)
    listening = running_listener(desk.inbox, desk.clock, spool=home / "spool", reserve=0)
    with listening as running, running.connect() as client:
        answers = [client.mail(mail(0, size))]
        while answers[-1].startswith("250") and len(answers) < ENOUGH:
            answers.append(client.mail(mail(len(answers), size)))
        assert answers[-1].startswith("452 4.3.1"), answers[-1]
        accepted = len(answers) - 1
        ballast.unlink()
        assert client.mail(mail(accepted, size)).startswith("250")
    assert list((home / "spool").iterdir()) == []
    deliveries = desk.inbox.deliveries_after(0)
    assert len(deliveries) == accepted + 1
    assert len(desk.inbox.raws(one.sha256 for one in deliveries)) == accepted + 1


def a_full_disk_holds_the_worker_up_and_makes_no_mail_poison(desk: Desk) -> None:
    ballast = fill(desk.instance.settings.home.parent, but=600_000)
    with running_listener(desk.inbox, desk.clock, reserve=0) as listening, listening.connect() as client:
        accepted = 0
        while client.mail(mail(accepted, 20_000)).startswith("250"):
            accepted += 1
    for _ in range(5):
        with pytest.raises(sa.exc.OperationalError):
            desk.work()
        desk.clock.advance(desk.worker._lease)
    ballast.unlink()
    desk.work()
    assert [ticket["subject"] for ticket in desk.tickets()] == [str(number) for number in range(accepted)]
    storage = desk.instance.storage
    with storage.inbox.reading() as inbox, storage.desk.reading() as connection:
        assert disagreements(inbox, connection) == []
    assert desk.audit_faults() == []


if may_mount():

    @pytest.mark.parametrize("size", [20_000, 200_000])
    def test_a_full_disk_puts_senders_off_and_heals(desk: Desk, size: int) -> None:
        a_full_disk_puts_senders_off_and_heals(desk, size)

    def test_a_full_disk_holds_the_worker_up_and_makes_no_mail_poison(desk: Desk) -> None:
        a_full_disk_holds_the_worker_up_and_makes_no_mail_poison(desk)
