"""Whoever kills `sulku serve` leaves no role behind, and a role that is run by itself needs nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.servers.process_table import children_of, is_there
from tests.servers.smtp import wait_until

from sulku_desk.first_administrator import write_on_call
from sulku_desk.instance import make_instance, open_instance
from sulku_desk.leader import leaders
from sulku_desk.settings import load_settings
from sulku_kernel.storage import open_storage

SECONDS = 60
ROLES = "worker,dispatcher,scheduler"
HANGING_ROLE = """
import sys, threading
from sulku_desk import life_line, roles

life_line.LONGEST_STOP_SECONDS = 0.1
roles.RUN["scheduler"] = lambda instance, stop: threading.Event().wait()
roles.end_process(roles.main("scheduler", is_held=True))
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance that takes no mail, and the environment that names it."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "sulku.toml").write_text("[smtp]\nport = 0\nlmtp_port = 0\n[work]\nworkers = 1\n", encoding="utf-8")
    settings = load_settings(folder)
    make_instance(settings)
    instance = open_instance(settings)
    write_on_call(instance, "First line", "first@desk.example")
    instance.close()
    monkeypatch.setenv("SULKU_HOME", str(folder))
    return folder


@pytest.fixture
def served(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`sulku serve` with three roles, and nobody left of it at the end."""
    with (home / "desk.log").open("wb") as log:
        serving = subprocess.Popen(
            [sys.executable, "-c", "from sulku_desk.cli import main; main()", "serve", "--roles", ROLES],
            stdout=log,
            stderr=log,
        )
        try:
            yield serving
        finally:
            left = children_of(serving.pid)
            serving.kill()
            serving.wait()
            for process_id in left:
                with suppress(ProcessLookupError):
                    os.kill(process_id, signal.SIGKILL)


def _has_ticked(home: Path) -> bool:
    storage = open_storage(None, home)
    try:
        with storage.desk.reading() as connection:
            return connection.execute(sa.select(leaders)).first() is not None
    finally:
        storage.close()


def test_roles_whose_supervisor_was_killed_end_by_themselves(served: subprocess.Popen[bytes], home: Path) -> None:
    wait_until(lambda: _has_ticked(home), "the roles run", SECONDS)
    roles = children_of(served.pid)
    assert len(roles) == 3
    served.kill()
    served.wait()
    wait_until(lambda: not any(map(is_there, roles)), "no role is left", SECONDS)


def test_a_role_that_cannot_stop_ends_all_the_same(home: Path) -> None:
    role = subprocess.Popen([sys.executable, "-c", HANGING_ROLE], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert role.stdin is not None
    role.stdin.close()
    assert role.wait(60) == 1


def test_a_role_that_is_run_by_itself_runs_without_any_standard_input(home: Path) -> None:
    with (home / "role.log").open("wb") as log:
        role = subprocess.Popen(
            [sys.executable, "-m", "sulku_desk.roles", "scheduler"], stdin=subprocess.DEVNULL, stderr=log
        )
    try:
        wait_until(lambda: _has_ticked(home), "the scheduler ticks", SECONDS)
        assert role.poll() is None
    finally:
        role.terminate()
    assert role.wait(60) == 0
