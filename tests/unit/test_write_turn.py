"""Writers to an SQLite file take turns, and a turn that cannot be had holds nobody up."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from sulku_kernel import write_turn as turns
from sulku_kernel.write_turn import write_turn


def test_one_has_the_turn_and_the_next_gets_it_when_it_is_given_back(tmp_path: Path) -> None:
    database, order = str(tmp_path / "desk.sqlite"), []
    is_inside, may_leave = threading.Event(), threading.Event()

    def first() -> None:
        with write_turn(database):
            is_inside.set()
            may_leave.wait(10)
            order.append("first")

    def second() -> None:
        with write_turn(database):
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert is_inside.wait(10)
    threads[1].start()
    may_leave.set()
    for thread in threads:
        thread.join(10)
    assert order == ["first", "second"]


def test_who_is_killed_gives_the_turn_back(tmp_path: Path) -> None:
    database = str(tmp_path / "desk.sqlite")
    ready, tell = os.pipe()
    child = os.fork()
    if not child:
        with write_turn(database):
            os.write(tell, b"x")
            signal.pause()
    assert os.read(ready, 1) == b"x"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with write_turn(database):
        pass


def test_who_has_waited_long_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.01)
    database = str(tmp_path / "desk.sqlite")
    with write_turn(database), write_turn(database):
        pass


def test_where_no_file_can_be_made_there_is_no_queue(tmp_path: Path) -> None:
    with write_turn(str(tmp_path / "nowhere" / "desk.sqlite")):
        pass
