"""The desk that stories are told with, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import NIGHT
from tests.story.desk import Desk, open_desk


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk at 03:00 Helsinki time."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None
    with open_desk(tmp_path / "home", url, NIGHT) as opened:
        yield opened
