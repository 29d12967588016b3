"""The log of an SQLite file is moved into it beside the writers, loses nothing and holds nobody up."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from sulku_kernel import write_ahead_log
from sulku_kernel.errors import UnavailableError
from sulku_kernel.numbers import reserve
from sulku_kernel.storage import Storage, Store
from sulku_kernel.write_ahead_log import move_log, moved_beside


def _write(store: Store, times: int = 1) -> None:
    for _ in range(times):
        with store.writing() as connection:
            reserve(connection, "ticket")


def _in_the_file_alone(store: Store, elsewhere: Path) -> int:
    """What somebody reads who has the file without its log."""
    assert store.engine.url.database is not None
    shutil.copyfile(store.engine.url.database, elsewhere)
    with sqlite3.connect(f"file:{elsewhere}?immutable=1", uri=True) as connection:
        found = connection.execute("SELECT last FROM number_block WHERE kind = 'ticket'").fetchone()
    connection.close()
    return int(found[0]) if found else 0


def _salts(store: Store) -> bytes:
    """They are new in the header of each log that is begun (SQLite file format, 4.1)."""
    return Path(f"{store.engine.url.database}-wal").read_bytes()[16:24]


def _move_at_once(cursor: sqlite3.Cursor) -> None:
    cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


@contextmanager
def _as_it_is_moved(store: Store, act: Callable[[sqlite3.Cursor], object]) -> Iterator[None]:
    """`act` once, in the moment before SQLite begins to move the log."""
    is_done = []

    def listen(_: sa.Connection, cursor: sqlite3.Cursor, statement: str, *_rest: object) -> None:
        if "wal_checkpoint" in statement and not is_done:
            is_done.append(True)
            act(cursor)

    sa.event.listen(store.engine, "before_cursor_execute", listen)
    try:
        yield
    finally:
        sa.event.remove(store.engine, "before_cursor_execute", listen)


def test_what_was_moved_is_in_the_file_and_the_log_begins_anew(sqlite_storage: Storage, tmp_path: Path) -> None:
    _write(sqlite_storage.desk, 20)
    log = Path(f"{sqlite_storage.desk.engine.url.database}-wal")
    length = log.stat().st_size
    assert move_log(sqlite_storage.desk)
    assert _in_the_file_alone(sqlite_storage.desk, tmp_path / "copy") == 20
    _write(sqlite_storage.desk, 20)
    assert log.stat().st_size == length


def test_a_reader_keeps_its_view_and_holds_up_only_the_log(sqlite_storage: Storage) -> None:
    store = sqlite_storage.desk
    ask = sa.text("SELECT last FROM number_block")
    _write(store)
    with store.reading() as reader:
        assert reader.execute(ask).scalar_one() == 1
        _write(store)
        assert not move_log(store)
        assert reader.execute(ask).scalar_one() == 1
    assert move_log(store)


def test_a_writer_holds_up_nothing(sqlite_storage: Storage) -> None:
    store = sqlite_storage.desk
    _write(store)
    with store.writing() as connection:
        reserve(connection, "ticket")
        assert move_log(store)


def test_a_writer_does_not_begin_the_log_anew_while_it_is_moved(sqlite_storage: Storage) -> None:
    store = sqlite_storage.desk
    assert move_log(store)
    _write(store)
    before = _salts(store)
    with _as_it_is_moved(store, lambda cursor: (_move_at_once(cursor), _write(store))):
        move_log(store)
    assert _salts(store) == before


def test_what_a_writer_began_anew_before_is_left_for_the_next_pass(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead_log, "PASSES", 1)
    store = sqlite_storage.desk
    _write(store)
    assert move_log(store)
    with _as_it_is_moved(store, lambda _: _write(store)):
        assert not move_log(store)
    assert move_log(store)


def test_a_thread_moves_it_while_others_write(
    sqlite_storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead_log, "PAUSE_SECONDS", 0.01)
    assert move_log(sqlite_storage.desk)  # the tables
    with moved_beside(sqlite_storage.desk):
        _write(sqlite_storage.desk, 20)
        end = time.monotonic() + 20
        while _in_the_file_alone(sqlite_storage.desk, tmp_path / "copy") < 20:
            assert time.monotonic() < end
            time.sleep(0.01)


def test_a_disk_that_takes_nothing_ends_no_role_and_is_told_once(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def fail(_: Store) -> bool:
        tries.append(1)
        raise sa.exc.OperationalError("PRAGMA", None, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(write_ahead_log, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(write_ahead_log, "move_log", fail)
    with capture_logs() as logs, moved_beside(sqlite_storage.desk):
        end = time.monotonic() + 20
        while len(tries) < 3:
            assert time.monotonic() < end
            time.sleep(0.001)
    assert [entry["event"] for entry in logs] == ["write_ahead_log.not_moved"]
    _write(sqlite_storage.desk)


def test_postgresql_has_none_to_move(storage: Storage) -> None:
    with moved_beside(storage.desk):
        _write(storage.desk)


def test_a_sync_that_fails_while_the_log_is_moved_lets_nothing_more_be_written(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sqlite_storage.desk

    def fail(_: sqlite3.Cursor) -> None:
        origin = sqlite3.OperationalError("disk I/O error")
        origin.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise sa.exc.OperationalError("PRAGMA wal_checkpoint(PASSIVE)", None, origin)

    monkeypatch.setattr(write_ahead_log, "PAUSE_SECONDS", 0.01)
    with _as_it_is_moved(store, fail), moved_beside(store):
        assert store.sync_lost.wait(20)
    with pytest.raises(UnavailableError, match="durable"):
        _write(store)
