"""A role whose thread is dead or hangs ends as a process, so that the supervisor can start it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import NIGHT
from tests.story.desk import open_desk

HANGING_DUTY = """
import threading
from datetime import timedelta
from sulku_desk import roles, scheduler, wiring

scheduler.WATCHDOG_LIMIT = timedelta(seconds=1)
duty = scheduler.Duty("hangs", timedelta(seconds=1), threading.Event().wait)
wiring.make_scheduler = lambda opened: scheduler.Scheduler(opened.storage.desk, opened.clock, (duty,))
roles.end_process(roles.main("scheduler"))
"""


def test_a_scheduler_whose_tick_hangs_in_a_duty_ends_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_desk(tmp_path / "home", None, NIGHT, organisations=1):
        pass
    monkeypatch.setenv("SULKU_HOME", str(tmp_path / "home"))
    ended = subprocess.run(
        [sys.executable, "-c", HANGING_DUTY], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "the tick thread is dead" in ended.stderr
