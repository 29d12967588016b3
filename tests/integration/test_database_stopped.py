"""The database crashes while every role runs: senders are put off, and all of it goes on by itself afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import find_free_port
from tests.servers.postgresql import PostgresqlServer, start_postgresql
from tests.servers.programs import require_program
from tests.servers.running_desk import SECONDS, Running, answers, running_desk, smtp_toml
from tests.servers.smtp import SmtpClient, wait_until

from sulku_desk.leader import leaders

ROLES = ("intake", "worker", "dispatcher", "scheduler")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresqlServer]:
    require_program("postgres")
    with start_postgresql(tmp_path / "postgresql", find_free_port()) as started:
        yield started


def send(port: int, subject: str) -> str:
    text = "Palvelimen yksityinen avain on vuotanut."
    with SmtpClient(port, "EHLO") as client:
        return client.mail(f"From: a@example.fi\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode())


def pages(desk: Running) -> int:
    folder = desk.instance.settings.maildir / "new"
    return len(list(folder.iterdir())) if folder.exists() else 0


def last_tick(desk: Running) -> object:
    with desk.instance.storage.desk.reading() as connection:
        return connection.execute(sa.select(leaders.c.until)).scalar_one_or_none()


def processes(desk: Running) -> dict[str, list[int]]:
    return {role: desk.supervisor.process_ids(role) for role in ROLES}


def test_a_database_that_crashes_and_returns_costs_time_and_nothing_else(
    server: PostgresqlServer, tmp_path: Path
) -> None:
    port = find_free_port()
    home = tmp_path / "home"
    with server.new_database() as url, running_desk(home, url, ROLES, smtp_toml(port, 0)) as desk:
        wait_until(lambda: answers(port), "the listener", SECONDS)
        assert send(port, "before").startswith("250")
        wait_until(lambda: pages(desk) == 1 and last_tick(desk), "the first page and tick", SECONDS)
        alive, ticked = processes(desk), last_tick(desk)

        server.stop("immediate")
        assert [send(port, "while it is away")[:10] for _ in range(3)] == ["451 4.3.0 "] * 3
        server.start()

        wait_until(lambda: send(port, "while it is away").startswith("250"), "a 250 again", SECONDS)
        wait_until(lambda: pages(desk) == 2, "the second page", SECONDS)
        wait_until(lambda: last_tick(desk) != ticked, "the next tick", SECONDS)
        assert [ticket["subject"] for ticket in desk.tickets()] == ["before", "while it is away"]
        assert processes(desk) == alive, "a role died of a database that was away"
