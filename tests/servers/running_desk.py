"""A desk whose roles run as processes, as `sulku serve` starts them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sulku_desk.first_administrator import write_on_call
from sulku_desk.instance import Instance, make_instance, open_instance
from sulku_desk.serve import Supervisor
from sulku_desk.settings import load_settings
from sulku_tickets.models import tickets
from tests.servers.smtp import SmtpClient, wait_until

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
        try:
            wait_until(lambda: len(self.tickets()) >= count, f"{count} tickets", SECONDS)
        except AssertionError as error:
            error.add_note((self.instance.settings.home / "desk.log").read_text()[-4_000:])
            raise
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
        supervisor = Supervisor(settings, roles, log_file=log.fileno())
        watching = threading.Thread(target=supervisor.run, args=(ended,))
        watching.start()
        try:
            yield Running(instance, supervisor)
        finally:
            ended.set()
            watching.join()
            instance.close()


def smtp_toml(port: int, lmtp_port: int) -> str:
    return f"[smtp]\nport = {port}\nlmtp_port = {lmtp_port}\nrelays = ['127.0.0.1']\n"


def answers(port: int, hello: str = "EHLO") -> bool:
    try:
        SmtpClient(port, hello).close()
    except OSError:
        return False
    return True
