"""The log cannot be written: its disk is full, or who read it has gone. Lines get lost, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest
from tests.servers.process_table import children_of
from tests.servers.smtp import wait_until

from sulku_desk.first_administrator import write_on_call
from sulku_desk.instance import make_instance, open_instance
from sulku_desk.settings import load_settings

SECONDS = 60
FULL = Path("/dev/full")
SERVE = [sys.executable, "-c", "from sulku_desk.cli import main; main()", "serve", "--roles", "scheduler"]
TELLS_MUCH = """
import logging, structlog
from sulku_desk.log import configure_logging

configure_logging("test")
for number in range(2_000):
    structlog.get_logger().error("one of many", number=number)
    logging.getLogger("library").error("another")
print("goes on")
"""
FAILS = "from sulku_desk import roles; roles.end_process(roles.main('scheduler'))"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    make_instance(load_settings(folder))
    instance = open_instance(load_settings(folder))
    write_on_call(instance, "First line", "first@desk.example")
    instance.close()
    monkeypatch.setenv("SULKU_HOME", str(folder))
    return folder


@contextmanager
def serving() -> Iterator[subprocess.Popen[bytes]]:
    with FULL.open("wb") as full:
        process = subprocess.Popen(SERVE, stdout=DEVNULL, stderr=full)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(SECONDS)


def test_a_program_goes_on_when_its_disk_is_full_or_nobody_reads_its_log() -> None:
    command = [sys.executable, "-c", TELLS_MUCH]
    with FULL.open("wb") as full:
        assert subprocess.run(command, stdout=PIPE, stderr=full, check=True).stdout == b"goes on\n"
    with subprocess.Popen(command, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stderr.close()
        assert process.stdout.read() == b"goes on\n"
    assert process.returncode == 0


def test_serving_goes_on_and_restarts_a_role_that_died(home: Path) -> None:
    with serving() as process:
        wait_until(lambda: len(children_of(process.pid)) == 1, "the role", SECONDS)
        first = children_of(process.pid)
        os.kill(first[0], signal.SIGKILL)
        wait_until(lambda: children_of(process.pid) not in ([], first), "the next one", SECONDS)


def test_a_role_that_cannot_run_ends_nevertheless_and_is_not_kept_by_what_it_had_to_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SULKU_HOME", str(tmp_path / "nothing"))
    with FULL.open("wb") as full:
        ended = subprocess.run([sys.executable, "-c", FAILS], stdout=full, stderr=full, check=False, timeout=SECONDS)
    assert ended.returncode == 1
