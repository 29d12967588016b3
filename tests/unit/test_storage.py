"""What stands behind a 250: commits that are on disk, and stores that refuse to run without that."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.servers.postgresql import PostgresqlServer

from sulku_kernel.errors import ConfigurationError
from sulku_kernel.numbers import number_blocks, reserve
from sulku_kernel.storage import Storage, open_storage


def test_who_has_many_connections_keeps_little_in_each(sqlite_storage: Storage) -> None:
    with sqlite_storage.desk.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar() < -4096
    sqlite_storage.desk.cache_at_most(4096)
    with sqlite_storage.desk.reading() as one, sqlite_storage.desk.reading() as other:
        assert {c.exec_driver_sql("PRAGMA cache_size").scalar() for c in (one, other)} == {-4096}


@pytest.mark.parametrize("name", ["inbox", "desk"])
def test_sqlite_waits_for_the_disk_at_every_commit(sqlite_storage: Storage, name: str) -> None:
    with getattr(sqlite_storage, name).reading() as connection:
        pragmas = {
            pragma: connection.execute(sa.text(f"PRAGMA {pragma}")).scalar_one()
            for pragma in ("synchronous", "journal_mode", "foreign_keys")
        }
    assert pragmas == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}  # 2 is FULL


def test_only_a_commit_that_promises_nothing_goes_on_before_the_disk_has_it(storage: Storage) -> None:
    """The same connection of the pool waits again afterwards."""
    ask = sa.text("PRAGMA synchronous" if storage.desk.is_sqlite else "SHOW synchronous_commit")
    with storage.desk.writing(synced=False) as connection:
        assert connection.execute(ask).scalar_one() in {1, "off"}  # 1 is NORMAL
    with storage.desk.writing() as connection:
        assert connection.execute(ask).scalar_one() in {2, "on"}


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit"])
def test_postgresql_that_may_lose_a_commit_is_refused(
    postgresql_server: PostgresqlServer, postgresql_url: str, tmp_path: Path, setting: str
) -> None:
    engine = sa.create_engine(
        postgresql_url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    storage = open_storage(postgresql_url, tmp_path)
    try:
        if setting == "fsync":
            _set_system(engine, "fsync", "off")
        else:
            with engine.connect() as connection:
                database = connection.execute(sa.text("SELECT current_database()")).scalar_one()
                connection.execute(sa.text(f'ALTER DATABASE "{database}" SET synchronous_commit = off'))
        with pytest.raises(ConfigurationError, match=f"{setting}=off") as refused, storage.desk.reading():
            pass
        assert setting in refused.value.next_step
    finally:
        if setting == "fsync":
            _set_system(engine, "fsync", "on")
        storage.close()
        engine.dispose()


def test_postgresql_misses_a_node_that_vanished_and_cuts_off_one_that_hangs(
    postgresql_url: str, tmp_path: Path
) -> None:
    """Else its locks would stay for hours, and every other node would wait for them."""
    storage = open_storage(postgresql_url, tmp_path)
    try:
        for _ in range(2):  # also when the connection comes from the pool
            with storage.desk.reading() as connection:
                idle, interval, count = (
                    int(connection.execute(sa.text(f"SHOW tcp_keepalives_{name}")).scalar_one())
                    for name in ("idle", "interval", "count")
                )
                assert 0 < idle + interval * count < 15
                assert connection.execute(sa.text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "15min"
                client = connection.connection.driver_connection.info.get_parameters()
                assert 0 < int(client["keepalives_idle"]) < 15
                assert 0 < int(client["tcp_user_timeout"]) < 15_000
    finally:
        storage.close()


def _set_system(engine: sa.Engine, name: str, value: str) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text(f"ALTER SYSTEM SET {name} = {value}"))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    # The server reads its settings again a moment later; a new connection shows what it has read.
    for _ in range(500):
        with engine.connect() as connection:
            if connection.execute(sa.text(f"SHOW {name}")).scalar_one() == value:
                return
        engine.dispose()
        threading.Event().wait(0.01)
    raise AssertionError(f"{name} did not become {value}")


def test_an_address_of_another_kind_of_database_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="neither empty") as refused:
        open_storage("mysql://user:secret@host/db", tmp_path)
    assert "secret" not in str(refused.value) + refused.value.next_step


def test_a_block_that_raises_leaves_nothing(storage: Storage) -> None:
    with pytest.raises(RuntimeError), storage.desk.writing() as connection:
        reserve(connection, "ticket")
        raise RuntimeError
    with storage.desk.reading() as connection:
        assert connection.execute(sa.select(number_blocks)).all() == []


def test_a_reader_keeps_nobody_from_writing_and_sees_one_moment(sqlite_storage: Storage) -> None:
    desk = sqlite_storage.desk
    with desk.reading() as reader:
        assert reader.execute(sa.select(number_blocks)).all() == []
        with desk.writing() as writer:
            reserve(writer, "ticket")
        assert reader.execute(sa.select(number_blocks)).all() == []
    with desk.reading() as reader:
        assert len(reader.execute(sa.select(number_blocks)).all()) == 1


def test_an_error_of_the_database_tells_nothing_of_what_was_to_be_stored(storage: Storage) -> None:
    statement = sa.text("INSERT INTO nowhere (subject) VALUES (:subject)")
    with pytest.raises(sa.exc.DBAPIError) as failed, storage.desk.writing() as connection:
        connection.execute(statement, {"subject": "geheim"})
    assert "geheim" not in str(failed.value)
