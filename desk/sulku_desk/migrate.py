"""Brings both stores to a schema version and back, each in one transaction (Alembic; scripts in `migrations/`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

import sulku_desk.tables  # noqa: F401  the metadata must be complete
from sulku_kernel.errors import ConfigurationError
from sulku_kernel.storage import Storage, Store, desk_metadata, inbox_metadata

MIGRATIONS = Path(__file__).parent / "migrations"
METADATA = {"inbox": inbox_metadata, "desk": desk_metadata}


def upgrade(storage: Storage, revision: str = "head") -> None:
    """Bring both stores forward to `revision`."""
    for store in (storage.inbox, storage.desk):
        _prepare(store)
        with store.writing() as connection:
            command.upgrade(_config(store.name, connection), revision)


def downgrade(storage: Storage, revision: str = "base") -> None:
    """Bring both stores back to `revision`; `base` removes every table."""
    for store in (storage.desk, storage.inbox):
        with store.writing() as connection:
            command.downgrade(_config(store.name, connection), revision)


def current(store: Store) -> str | None:
    """The store's schema version, None when it has none."""
    with store.reading() as connection:
        schema = None if store.is_sqlite else store.name
        if not sa.inspect(connection).has_table("schema_version", schema=schema):
            return None
        table = sa.table("schema_version", sa.column("version_num"), schema=schema)
        return connection.execute(sa.select(table.c.version_num)).scalar_one_or_none()


def newest(store: Store) -> str | None:
    """The schema version this program was written for."""
    return _newest(store.name)


@cache
def _newest(name: str) -> str | None:
    """Each script is compiled for it, and the desk looks at itself every few seconds: once is enough."""
    return ScriptDirectory.from_config(_config(name)).get_current_head()


def require_current(storage: Storage) -> None:
    """Raise ConfigurationError unless both stores have the version this program was written for."""
    for store in (storage.inbox, storage.desk):
        found, wanted = current(store), newest(store)
        if found != wanted:
            raise ConfigurationError(
                f"the {store.name} store has schema version {found or 'none'}, this program needs {wanted}",
                next_step="Run: sulku migrate" if found else "Run: sulku init",
            )


def _prepare(store: Store) -> None:
    if not store.is_sqlite:
        with store.writing() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {store.name}"))


def _config(name: str, connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(MIGRATIONS / name))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, store=name, metadata=METADATA[name])
    return config
