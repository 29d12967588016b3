"""Copies the tables of a PostgreSQL database that others write to: COPY of each, all in one snapshot.

Our own tables are known, so `pg_dump`, which must be as new as the server, is not needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from psycopg import sql

from sulku_desk.backup.archive import open_private
from sulku_desk.tables import desk_metadata, inbox_metadata
from sulku_kernel.storage import Storage

TABLES: tuple[sa.Table, ...] = (*inbox_metadata.sorted_tables, *desk_metadata.sorted_tables)
FOLDER = "tables"


def snapshot(storage: Storage) -> sa.Connection:
    """A connection that sees both schemas as they are now, however long it is used. Close it."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return storage.desk.engine.connect().execution_options(**options)


def export_tables(connection: sa.Connection, folder: Path) -> dict[str, list[str]]:
    """Write each table to `tables/SCHEMA.TABLE`; returns their columns in the order of the files."""
    (folder / FOLDER).mkdir(mode=0o700)
    columns = {}
    for table in TABLES:
        names = [column.name for column in table.columns]
        columns[table.fullname] = names
        with open_private(folder / FOLDER / table.fullname) as file, _driver(connection).cursor() as cursor:
            statement = sql.SQL("COPY {} ({}) TO STDOUT").format(_named(table), _listed(names))
            with cursor.copy(statement) as copy:
                for part in copy:
                    file.write(part)
    return columns


def import_tables(connection: sa.Connection, folder: Path, columns: dict[str, list[str]]) -> None:
    """Fill the empty tables from the files, in the caller's transaction."""
    for table in TABLES:
        with (folder / FOLDER / table.fullname).open("rb") as file, _driver(connection).cursor() as cursor:
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(_named(table), _listed(columns[table.fullname]))
            with cursor.copy(statement) as copy:
                while part := file.read(1_048_576):
                    copy.write(part)
        _go_on_counting(connection, table)


def _go_on_counting(connection: sa.Connection, table: sa.Table) -> None:
    """The next number that a table gives itself lies behind those it holds."""
    for column in table.primary_key.columns:
        if column.autoincrement is True:
            sequence = sa.func.pg_get_serial_sequence(table.fullname, column.name)
            last = sa.select(sa.func.coalesce(sa.func.max(column), 1)).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(sequence, last)))


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection


def _named(table: sa.Table) -> sql.Identifier:
    return sql.Identifier(str(table.schema), table.name)


def _listed(names: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
