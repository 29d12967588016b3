"""The two stores, `inbox` (append-only: raw mail) and `desk` (everything else), on SQLite or PostgreSQL.

SQLite: two files in WAL mode with `synchronous=FULL`, since only that may stand behind a 250; writers take the lock at
once (`BEGIN IMMEDIATE`). PostgreSQL: two schemas of one database; it refuses to start when `fsync` or
`synchronous_commit` is off.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sulku_kernel.crash_points import crossing
from sulku_kernel.errors import ConfigurationError, UnavailableError
from sulku_kernel.lost_sync import is_lost_sync
from sulku_kernel.plain_sql import Spelled, run_plainly, spell
from sulku_kernel.write_turn import write_turn

# Constraint names are spelled out so that migrations can drop what they made, on both databases.
_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

inbox_metadata = sa.MetaData(schema="inbox", naming_convention=_NAMING)
desk_metadata = sa.MetaData(schema="desk", naming_convention=_NAMING)

BUSY_TIMEOUT_SECONDS = 30

_BEGIN_READING, _BEGIN_WRITING = spell("BEGIN DEFERRED"), spell("BEGIN IMMEDIATE")

# Between machines: whoever vanished without a word (power, network) is missed within a dozen seconds, by either side,
# and what its transaction had locked is free for the other nodes. A process that hangs in a transaction is cut off
# later: nothing of ours is silent for so long there.
_OUR_KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
_ITS_PATIENCE = {
    **{f"tcp_{name}": str(value) for name, value in _OUR_KEEPALIVES.items()},
    "idle_in_transaction_session_timeout": "15min",
}


@dataclass(frozen=True)
class Store:
    """One store: an engine whose connections find this store's tables."""

    name: str
    engine: sa.Engine
    # Set once the disk failed to keep what was written: from then on `writing` refuses.
    sync_lost: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that only reads. On SQLite it takes no lock and sees one snapshot."""
        with self.engine.connect() as connection:
            _begin_sqlite(connection, _BEGIN_READING) if self.is_sqlite else None
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """The same, and all of it is of one moment, on PostgreSQL too: for what compares one row with another."""
        with self.reading() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield connection

    @contextmanager
    def writing(self, *, synced: bool = True) -> Iterator[sa.Connection]:
        """One transaction that writes: committed at the end of the block, rolled back when it raises.

        `synced=False` is for what nobody was promised, such as a lease: the commit does not wait for the disk. What a
        crash of the machine takes away is then taken from its end: no later commit stands without this one.

        Raises UnavailableError behind a lost sync.
        """
        self.require_trust()
        with self._turn(), self.engine.connect() as connection:
            if self.is_sqlite:
                _sync_sqlite(connection, "FULL" if synced else "NORMAL")
                _begin_sqlite(connection, _BEGIN_WRITING)
            elif not synced:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            try:
                yield connection
                with crossing("committed"):
                    connection.commit()
            except BaseException as error:
                self.note_fault(error)
                connection.rollback()
                raise

    def note_fault(self, error: BaseException) -> None:
        """After a lost sync nothing is written by this process any more."""
        if is_lost_sync(error):
            self.sync_lost.set()

    def require_trust(self) -> None:
        """Nothing, while the disk may be trusted. Raises UnavailableError behind a lost sync."""
        if self.sync_lost.is_set():
            raise UnavailableError(
                f"the disk failed to make a write of {self.name} durable",
                next_step="Check the disk and its log; then stop and start the desk: it verifies first what is there.",
            )

    def _turn(self) -> AbstractContextManager[None]:
        database = self.engine.url.database
        return write_turn(database) if self.is_sqlite and database is not None else nullcontext()

    def cache_at_most(self, kib: int) -> None:
        """How much of the file each connection may keep in memory from now on: for who has many. SQLite only."""
        if self.is_sqlite:
            self.engine.dispose()
            sa.event.listen(self.engine, "connect", lambda made, _: made.execute(f"PRAGMA cache_size=-{kib:d}"))

    def close(self) -> None:
        """Give all connections back. Needed before a fork."""
        self.engine.dispose()


@dataclass(frozen=True)
class Storage:
    """Both stores."""

    inbox: Store
    desk: Store

    def close(self) -> None:
        """Give all connections back."""
        self.inbox.close()
        self.desk.close()


def open_storage(url: str | None, home: Path) -> Storage:
    """Open both stores: `url` names a PostgreSQL database (`postgresql://…`); without one they are files in `home`.

    Raises ConfigurationError when the address names another kind of database.
    """
    if url is None:
        home.mkdir(parents=True, exist_ok=True)
        return Storage(_open_sqlite("inbox", home / "inbox.sqlite"), _open_sqlite("desk", home / "desk.sqlite"))
    if not url.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
        raise ConfigurationError(
            "the database address is neither empty (SQLite in SULKU_HOME) nor a postgresql:// address",
            next_step="Correct SULKU_DATABASE_URL.",
        )
    url = "postgresql+psycopg://" + url.split("://", 1)[1]
    return Storage(_open_postgresql("inbox", url), _open_postgresql("desk", url))


def _sync_sqlite(connection: sa.Connection, wanted: str) -> None:
    # A connection of the pool may have been set otherwise for who had it before.
    if connection.info.get("synchronous") != wanted:
        run_plainly(connection, spell(f"PRAGMA synchronous={wanted}"))
        connection.info["synchronous"] = wanted


def _begin_sqlite(connection: sa.Connection, how: Spelled) -> None:
    run_plainly(connection, how)
    connection.begin()  # for SQLAlchemy, which would not commit what it has not seen begin


def _open_sqlite(name: str, path: Path) -> Store:
    engine = sa.create_engine(
        f"sqlite:///{path}",
        execution_options={"schema_translate_map": {"inbox": None, "desk": None}},
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        pool_size=16,
        max_overflow=48,
        hide_parameters=True,  # an error is logged, and must not take a mail's text along
    )

    def configure(connection: sqlite3.Connection, record: Any) -> None:  # noqa: ARG001
        # We begin transactions ourselves: the driver would begin them late and without the write lock.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-32768",
            "mmap_size=268435456",
            "wal_autocheckpoint=4000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    sa.event.listen(engine, "connect", configure)
    return Store(name, engine)


def _open_postgresql(name: str, url: str) -> Store:
    engine = sa.create_engine(
        url,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=24,
        connect_args={"connect_timeout": 5, "tcp_user_timeout": 10_000, **_OUR_KEEPALIVES},
        hide_parameters=True,
    )

    def refuse_unsafe(connection: Any, record: Any) -> None:  # noqa: ARG001
        with connection.cursor() as cursor:
            for setting in ("fsync", "synchronous_commit"):
                value = cursor.execute(f"SHOW {setting}").fetchone()[0]
                if value == "off":
                    raise ConfigurationError(
                        f"PostgreSQL runs with {setting}=off: a mail answered with 250 could be lost",
                        next_step=f"Set {setting}=on in postgresql.conf and restart it.",
                    )
            for setting, value in _ITS_PATIENCE.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (setting, value))
        connection.commit()

    sa.event.listen(engine, "connect", refuse_unsafe)
    return Store(name, engine)


def create_all(storage: Storage) -> None:
    """Create every known table at once, without migrations: for tests and throw-away stores."""
    for store, metadata in ((storage.inbox, inbox_metadata), (storage.desk, desk_metadata)):
        with store.writing() as connection:
            if not store.is_sqlite:
                connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {store.name}"))
            metadata.create_all(connection)


def for_update(store_is_sqlite: bool, statement: sa.Select[Any]) -> sa.Select[Any]:  # noqa: FBT001
    """Lock the rows that are read. SQLite's writers hold the one write lock already."""
    return statement if store_is_sqlite else statement.with_for_update()
