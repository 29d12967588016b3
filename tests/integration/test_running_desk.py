"""The desk as it runs: every role a process, real mail servers in front, on both databases."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.conftest import find_free_port
from tests.servers.dovecot import PASSWORD, start_dovecot
from tests.servers.postfix import start_postfix
from tests.servers.programs import require_program
from tests.servers.smtp import SmtpClient, wait_until

from sulku_desk.first_administrator import write_on_call
from sulku_desk.instance import Instance, make_instance, open_instance
from sulku_desk.serve import Supervisor
from sulku_desk.settings import load_settings
from sulku_tickets.models import tickets

DESK = "vptuotanto@vrk.fi"
SECONDS = 60


class Running:
    """A desk with some roles running."""

    def __init__(self, instance: Instance, supervisor: Supervisor) -> None:
        self.instance = instance
        self.supervisor = supervisor

    def tickets(self) -> list[dict[str, Any]]:
        with self.instance.storage.desk.reading() as connection:
            return [dict(row) for row in connection.execute(sa.select(tickets).order_by(tickets.c.id)).mappings()]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.tickets()) >= count, f"{count} tickets", SECONDS)
        return self.tickets()

    def kill(self, role: str) -> None:
        for process_id in self.supervisor.process_ids(role):
            os.kill(process_id, signal.SIGKILL)


@contextmanager
def running_desk(home: Path, url: str | None, roles: tuple[str, ...], toml: str) -> Iterator[Running]:
    """An instance in `home` whose `roles` run as processes until the block ends."""
    home.mkdir(parents=True, exist_ok=True)
    database = f'database_url = "{url}"\n' if url else ""
    (home / "sulku.toml").write_text(f"{database}[work]\nworkers = 1\n{toml}", encoding="utf-8")
    settings = load_settings(home)
    make_instance(settings)
    instance = open_instance(settings)
    write_on_call(instance, "First line", "first@desk.example")
    ended = threading.Event()
    with (home / "desk.log").open("ab") as log:
        supervisor = Supervisor(settings, roles, instance.clock, log_file=log.fileno())
        watching = threading.Thread(target=supervisor.run, args=(ended,))
        watching.start()
        try:
            yield Running(instance, supervisor)
        finally:
            ended.set()
            watching.join()
            instance.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None


def smtp_toml(port: int, lmtp_port: int) -> str:
    return f"[smtp]\nport = {port}\nlmtp_port = {lmtp_port}\nrelays = ['127.0.0.1']\n"


def test_a_mail_through_postfix_and_one_in_a_dovecot_mailbox_both_become_tickets(
    tmp_path: Path, database_url: str | None
) -> None:
    swaks = str(require_program("swaks"))
    require_program("dovecot")
    lmtp_port, imap_port = find_free_port(), find_free_port()
    with start_postfix(find_free_port(), lmtp_port) as postfix, start_dovecot(imap_port, find_free_port()) as dovecot:
        dovecot.put("desk", b"Subject: Sulkupyynto Junk\r\n\r\nSarjanumero 0bf4eab0.\r\n", "Junk")
        imap = f'[imap]\nhost = "127.0.0.1"\nport = {imap_port}\ntls = "none"\nuser = "desk"\npassword = "{PASSWORD}"\n'
        roles = ("intake", "worker")
        with running_desk(tmp_path / "home", database_url, roles, smtp_toml(0, lmtp_port) + imap) as desk:
            command = [swaks, "--server", f"127.0.0.1:{postfix.port}", "--from", "apteekki@example.fi", "--to", DESK]
            subprocess.run(
                [*command, "--header", "Subject: Sulkupyynto Postfix"], check=True, capture_output=True, timeout=30
            )
            found = desk.wait_for(2)
    assert {ticket["subject"] for ticket in found} == {"Sulkupyynto Postfix", "Sulkupyynto Junk"}


def test_a_role_that_is_killed_is_started_again_and_no_mail_is_lost_or_doubled(
    tmp_path: Path, database_url: str | None
) -> None:
    port = find_free_port()
    with running_desk(tmp_path / "home", database_url, ("intake", "worker"), smtp_toml(port, 0)) as desk:
        wait_until(lambda: _answers(port), "the listener", SECONDS)
        for number in range(10):
            with SmtpClient(port, "EHLO") as client:
                assert client.mail(f"Subject: {number}\r\n\r\nHei\r\n".encode()).startswith("250")
            if number == 4:
                desk.kill("worker")
        found = desk.wait_for(10)
    assert sorted(ticket["subject"] for ticket in found) == [str(number) for number in range(10)]


def _answers(port: int) -> bool:
    try:
        SmtpClient(port, "EHLO").close()
    except OSError:
        return False
    return True
