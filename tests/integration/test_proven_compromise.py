"""A proof of compromise handed in over SMTP is a published revocation soon after, by real roles and nobody's hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import find_free_port
from tests.servers.leaked_keys import ROLES, SECONDS, prepare
from tests.servers.running_desk import answers, running_desk
from tests.servers.smtp import wait_until

from sulku_desk.checking import verify_audit
from sulku_revocation.request_models import revocation_requests
from sulku_revocation.watch_models import watched_revocations
from sulku_revocation.watching import read_points


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None


def test_what_is_proven_is_revoked_and_published_and_watched_from_then_on(
    tmp_path: Path, database_url: str | None
) -> None:
    leaky = prepare(tmp_path / "home", database_url, 2, find_free_port(), find_free_port())
    with running_desk(tmp_path / "home", database_url, ROLES, leaky.toml) as desk:
        wait_until(lambda: answers(leaky.smtp_port), "the listener", SECONDS)
        for leaked in leaky.leaked:
            leaky.report(leaked)

        def states() -> list[str]:
            with desk.instance.storage.desk.reading() as connection:
                return list(connection.execute(sa.select(revocation_requests.c.state)).scalars())

        wait_until(lambda: states() == ["REVOKED"] * 2, "the desk has seen it too", SECONDS)
        with desk.instance.storage.desk.reading() as connection:
            decided = set(connection.execute(sa.select(revocation_requests.c.decided_by)).scalars())
            watched = connection.execute(sa.select(watched_revocations)).all()
            points = wait_until(lambda: read_points(connection), "the lists were looked at", SECONDS)
        assert decided == {"desk:policy"}
        assert len(watched) == 2
        assert {point.fault for point in points} == {""}
        assert verify_audit(desk.instance).faults == []
