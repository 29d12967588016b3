"""The desk that stories are told with, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import NIGHT
from tests.story.decisions_world import World
from tests.story.desk import Desk, open_desk

from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk at 03:00 Helsinki time."""
    url = request.getfixturevalue("postgresql_url_with_tables") if request.param == "postgresql" else None
    with open_desk(tmp_path / "home", url, NIGHT) as opened:
        yield opened


@pytest.fixture
def world(storage: Storage, clock: SetClock) -> World:
    """Tickets, a register and a CA to decide with, without the road; on both databases."""
    return World(storage, clock)


@pytest.fixture
def lite(sqlite_storage: Storage, clock: SetClock) -> World:
    """The same on SQLite only, for what no database decides."""
    return World(sqlite_storage, clock)
