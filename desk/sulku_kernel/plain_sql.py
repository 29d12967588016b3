"""Statements that are run so often that SQLAlchemy's share in them counts: written out once, for both databases.

On SQLite they go straight to the driver; on both they run in the connection's transaction, and raise SQLAlchemy's
errors. Values are as the database keeps them: no column's type looks at them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

Spelled = Mapping[str, str]


def spell(text: str) -> Spelled:
    """The statement for each database.

    `{inbox}` and `{desk}` stand before the name of a table, `{one}` for a value, `{among}` behind a column that is to
    be one of a list's values, `{locked}` at the end of a SELECT whose rows are locked (SQLite's writers hold the one
    lock already).
    """
    return {
        "sqlite": text.format(inbox="", desk="", one="?", among="IN (SELECT value FROM json_each(?))", locked=""),
        "postgresql": text.format(inbox="inbox.", desk="desk.", one="%s", among="= ANY(%s)", locked="FOR UPDATE"),
    }


def run_plainly(connection: sa.Connection, statement: Spelled, *values: Any) -> Sequence[Any]:
    """Run it; the rows that it gives, if any. A value may be a list, for `{among}`."""
    text = statement[connection.dialect.name]
    if connection.dialect.name != "sqlite":
        result = connection.exec_driver_sql(text, values)
        return result.all() if result.returns_rows else ()
    given = [json.dumps(value) if isinstance(value, list) else value for value in values]
    with driver_of(connection, text) as driver:
        return driver.execute(text, given).fetchall()


@contextmanager
def driver_of(connection: sa.Connection, text: str) -> Iterator[sqlite3.Connection]:
    """SQLite's driver, for the block that runs `text`."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    try:
        yield driver
    except sqlite3.Error as error:
        raise sa.exc.DBAPIError.instance(
            text, None, error, sqlite3.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
