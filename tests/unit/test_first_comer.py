"""One of several processes is the first, and whoever dies makes room at once."""

from __future__ import annotations

import os
import signal

import pytest

from sulku_kernel.first_comer import FirstComer
from sulku_kernel.storage import Storage


def test_one_is_the_first_until_it_makes_room(sqlite_storage: Storage) -> None:
    one, other = (FirstComer(sqlite_storage.desk, "reader") for _ in range(2))
    assert [one.is_ours(), other.is_ours(), one.is_ours()] == [True, False, True]
    one.close()
    assert [other.is_ours(), one.is_ours()] == [True, False]
    other.close()


def test_who_was_killed_is_first_no_longer(sqlite_storage: Storage) -> None:
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(tell, b"1" if FirstComer(sqlite_storage.desk, "reader").is_ours() else b"0")
        signal.pause()
        os._exit(0)
    assert os.read(told, 1) == b"1"
    other = FirstComer(sqlite_storage.desk, "reader")
    assert not other.is_ours()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert other.is_ours()
    other.close()
    os.close(told)
    os.close(tell)


def test_where_it_cannot_be_told_everybody_is_first(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise PermissionError

    if storage.desk.is_sqlite:
        monkeypatch.setattr("sulku_kernel.first_comer.os.open", fail)
    assert [FirstComer(storage.desk, "reader").is_ours() for _ in range(2)] == [True, True]
