"""A disk that is really full: senders are put off, nothing is half kept, and it heals when there is room again.

Where the kernel forbids to mount a small disk, the simulated faults of test_smtp_durability.py stand for it.
"""

from __future__ import annotations

import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
import sqlalchemy as sa
from tests.conftest import NIGHT
from tests.servers.postgresql import PostgresqlServer
from tests.servers.smtp import running_listener
from tests.story.desk import Desk, open_desk

from sulku_desk.backup.agreement import disagreements

ENOUGH = 200


@contextmanager
def small_disk(folder: Path, mebibytes: int = 16) -> Iterator[Path]:
    """A disk that nobody else writes to. Raises CalledProcessError or OSError where mounting is forbidden."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    subprocess.run(mount, check=True, capture_output=True)
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


@contextmanager
def postgresql_on(disk: Path, server: PostgresqlServer) -> Iterator[str]:
    """A database whose tables lie on `disk`; what the server writes ahead does not: without that it crashes."""
    place = disk / "tables"
    place.mkdir()
    shutil.chown(place, pwd.getpwnam("nobody").pw_uid)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        try:
            connection.execute("CREATE DATABASE on_a_small_disk TABLESPACE small")
            yield server.url("on_a_small_disk")
        finally:
            connection.execute("DROP DATABASE IF EXISTS on_a_small_disk WITH (FORCE)")
            connection.execute("DROP TABLESPACE small")


@pytest.fixture(params=["sqlite", "postgresql"])
def desk_and_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Desk, Path]]:
    """A desk and the small disk on which its stores lie."""
    if request.param == "sqlite":
        with small_disk(tmp_path / "disk") as disk, open_desk(disk / "home", None, NIGHT, organisations=1) as desk:
            yield desk, disk
        return
    server = request.getfixturevalue("postgresql_server")
    with (
        TemporaryDirectory() as folder,
        small_disk(Path(folder), 48) as disk,
        postgresql_on(disk, server) as url,
        open_desk(tmp_path / "home", url, NIGHT, organisations=1) as desk,
    ):
        yield desk, disk


def fill(disk: Path, *, but: int) -> Path:
    """Take all of the room except `but` octets."""
    ballast = disk / "ballast"
    ballast.write_bytes(b"\0" * (shutil.disk_usage(disk).free - but))
    return ballast


def mail(number: int, size: int) -> bytes:
    return b"From: a@example.fi\r\nSubject: %d\r\n\r\n%s\r\n" % (number, b"Rivi\r\n" * (size // 6))


def a_full_disk_puts_senders_off_and_heals(desk: Desk, disk: Path, size: int) -> None:
    home = desk.instance.settings.home
    ballast = fill(disk, but=1_500_000)
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
    assert len(desk.inbox.raws(deliveries)) == accepted + 1


def a_full_disk_holds_the_worker_up_and_makes_no_mail_poison(desk: Desk, disk: Path) -> None:
    ballast = fill(disk, but=600_000)
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
    def test_a_full_disk_puts_senders_off_and_heals(desk_and_disk: tuple[Desk, Path], size: int) -> None:
        a_full_disk_puts_senders_off_and_heals(*desk_and_disk, size)

    def test_a_full_disk_holds_the_worker_up_and_makes_no_mail_poison(desk_and_disk: tuple[Desk, Path]) -> None:
        a_full_disk_holds_the_worker_up_and_makes_no_mail_poison(*desk_and_disk)
