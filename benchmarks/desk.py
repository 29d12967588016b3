"""A desk to measure: an instance with a register, and its roles as real processes (`sulku_desk.roles`)."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from benchmarks.mails import sender
from benchmarks.match import Size, fill
from tests.conftest import find_free_port
from tests.servers.postgresql import PostgresqlServer

from sulku_desk.instance import Instance, make_instance, open_instance
from sulku_desk.on_call_file import TEMPLATE
from sulku_desk.settings import Settings, load_settings
from sulku_revocation.models import account_domains, contacts

PATIENCE_SECONDS = 900


@dataclass
class Desk:
    """An instance in a folder of its own; `start` and `stop` its roles."""

    home: Path
    size: Size
    database: str | None = None
    smtp_port: int = field(default_factory=find_free_port)
    workers: int = 2
    _processes: dict[str, list[subprocess.Popen[bytes]]] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return load_settings(self.home, **({"database_url": self.database} if self.database else {}))

    def open(self) -> Instance:
        return open_instance(self.settings)

    def start(self, *roles: str) -> None:
        """Start each role (`worker` as often as there are workers) and wait until mail is accepted."""
        environment = {
            **os.environ,
            "SULKU_HOME": str(self.home),
            "SULKU_SMTP__PORT": str(self.smtp_port),
            "SULKU_SMTP__LMTP_PORT": "0",
            "SULKU_SMTP__RELAYS": '["127.0.0.1"]',
            **({"SULKU_DATABASE_URL": self.database} if self.database else {}),
        }
        for role in roles:
            with (self.home / f"{role}.log").open("ab") as log:
                self._processes[role] = [
                    subprocess.Popen(
                        [sys.executable, "-m", "sulku_desk.roles", role], env=environment, stdout=log, stderr=log
                    )
                    for _ in range(self.workers if role == "worker" else 1)
                ]
        if "intake" in roles:
            wait_until(self._accepts, "the listener answers")

    def stop(self, *roles: str) -> None:
        for role in roles or tuple(self._processes):
            for process in self._processes.pop(role, ()):
                process.send_signal(signal.SIGTERM)
                process.wait()

    def cpu_seconds(self, role: str) -> float:
        """User and system time of a role's processes so far."""
        return sum(cpu_seconds(process.pid) for process in self._processes[role])

    def peak_rss_mb(self, role: str) -> float:
        """The most memory that a process of the role ever held (Linux: VmHWM)."""
        return max(_status_kib(process.pid, "VmHWM") for process in self._processes[role]) / 1024

    def rss_mb(self, role: str) -> float:
        return max(_status_kib(process.pid, "VmRSS") for process in self._processes[role]) / 1024

    def _accepts(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.smtp_port)) == 0


@contextmanager
def new_desk(size: Size, server: PostgresqlServer | None = None) -> Iterator[Desk]:
    """A desk whose register is filled: on SQLite, or on a database of `server`."""
    with tempfile.TemporaryDirectory(prefix="sulku-bench-") as folder:
        if server is None:
            yield _made(Desk(Path(folder), size))
        else:
            with server.new_database() as url:
                yield _made(Desk(Path(folder), size, url))


@contextmanager
def copy_of(desk: Desk) -> Iterator[Desk]:
    """The same desk in another folder, as it is now (SQLite)."""
    with tempfile.TemporaryDirectory(prefix="sulku-bench-") as folder:
        home = Path(folder) / "home"
        shutil.copytree(desk.home, home)
        os.sync()
        yield Desk(home, desk.size)


def _made(desk: Desk) -> Desk:
    make_instance(desk.settings)
    name = '"Päivystys"'
    desk.settings.on_call_file.write_text(
        TEMPLATE.format(name=name, email='"paivystys@vrk.example"', language='"fi"'), encoding="utf-8"
    )
    with closing(desk.open()) as instance:
        if desk.database is None:
            with instance.storage.desk.reading() as connection:  # for filling only: its indexes are larger than a cache
                connection.exec_driver_sql("PRAGMA cache_size = -2000000")
        fill(instance.storage, desk.size)
        with instance.storage.desk.writing() as connection:
            connection.execute(contacts.insert(), [_contact(holder) for holder in range(desk.size.holders)])
            connection.execute(account_domains.insert(), [_domain(holder) for holder in range(desk.size.holders)])
    return desk


def _contact(holder: int) -> dict[str, object]:
    person = {"name": "Tekninen tuki", "email": sender(holder), "phone": "", "roles": "technical"}
    return {"account_id": holder + 1, "position": 0, **person}


def _domain(holder: int) -> dict[str, object]:
    return {"account_id": holder + 1, "domain": f"asiakas{holder}.example"}


def tickets_there(instance: Instance) -> int:
    return _count(instance, "SELECT count(*) FROM ticket")


def highest_ticket(instance: Instance) -> int:
    """Cheap beside a million: the numbers are dense where no batch failed."""
    return _count(instance, "SELECT coalesce(max(id), 0) FROM ticket")


def acknowledged(instance: Instance) -> int:
    return _count(instance, "SELECT count(*) FROM outbox WHERE key LIKE 'ack:%'")


def _count(instance: Instance, statement: str) -> int:
    store = instance.storage.desk
    with store.reading() as connection:
        place = "" if store.is_sqlite else "SET LOCAL search_path = desk"
        if place:
            connection.execute(sa.text(place))
        return int(connection.execute(sa.text(statement)).scalar_one())


def wait_until(is_done: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:.0f} s until {what}")
        time.sleep(0.02)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _status_kib(pid: int, name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    return int(found[1]) if found else 0


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]
