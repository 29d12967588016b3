"""Every mail that a real Postfix took becomes one ticket, whatever happens to the desk and its database meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import find_free_port
from tests.servers.postfix_storm import storm
from tests.servers.postgresql import PostgresqlServer, start_postgresql
from tests.servers.programs import require_program

MAILS, KILLS, SEED = 120, 4, 20_261_124
pytestmark = pytest.mark.torture


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresqlServer]:
    """A server that may be crashed."""
    require_program("postgres")
    with start_postgresql(tmp_path, find_free_port()) as started:
        yield started


def test_all_arrive_once_while_processes_are_killed_on_sqlite(tmp_path: Path) -> None:
    report = storm(tmp_path / "home", None, mails=MAILS, seed=SEED, kills=KILLS)
    assert report.faults == [], report
    assert report.tickets == report.accepted == MAILS


def test_all_arrive_once_while_processes_are_killed_and_the_database_crashes(
    server: PostgresqlServer, tmp_path: Path
) -> None:
    with server.new_database() as url:
        report = storm(tmp_path / "home", url, mails=MAILS, seed=SEED, kills=KILLS, server=server)
    assert report.faults == [], report
    assert report.tickets == report.accepted == MAILS
    assert report.database_crashes
