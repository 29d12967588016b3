"""Many rows of one table written at once, at little more than what the database takes for them.

SQLAlchemy's own way spends more on each row than SQLite does. Here a statement is written once for each table and set
of columns, and values pass through their columns' types as always. PostgreSQL gets one array for each column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

import sqlalchemy as sa

from sulku_kernel.plain_sql import driver_of

_Convert = Callable[[Any], Any]

# SQLite's driver keeps the statements it has seen, one for each number of rows.
_AT_ONCE = 32


def insert_rows(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, unless_there: tuple[str, ...] = ()
) -> None:
    """Insert `rows`, which all have the same columns; one whose key `unless_there` is taken is left as it is."""
    if not rows:
        return
    names = tuple(rows[0])
    statement, converters = _prepare(table, names, unless_there, connection.dialect)
    columns = [
        [row[name] for row in rows] if convert is None else [convert(row[name]) for row in rows]
        for name, convert in zip(names, converters, strict=True)
    ]
    if connection.dialect.name == "sqlite":
        with driver_of(connection, statement) as driver:
            driver.executemany(statement, zip(*columns, strict=True))
    else:
        connection.exec_driver_sql(statement, tuple(columns))


def insert_plainly(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert `rows`: values of all columns in the table's order, as the database keeps them.

    For a thread beside a busy one, such as the intake's: SQLite gets few statements with many rows each, since Python's
    interpreter is handed over at each statement, and waited for.
    """
    names = tuple(column.name for column in table.columns)
    statement, _ = _prepare(table, names, (), connection.dialect)
    if connection.dialect.name != "sqlite":
        if rows:
            connection.exec_driver_sql(statement, tuple(list(column) for column in zip(*rows, strict=True)))
        return
    one = f"({', '.join('?' * len(names))})"
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        many = statement.replace(one, ", ".join([one] * len(some)))
        with driver_of(connection, many) as driver:
            driver.execute(many, tuple(chain.from_iterable(some)))


def update_rows(
    connection: sa.Connection, table: sa.Table, ids: Sequence[int], changes: Sequence[Mapping[str, Any]]
) -> None:
    """Change the rows with these `id`s, each as its mapping says; all mappings have the same columns."""
    if not ids:
        return
    names = tuple(changes[0])
    statement, converters = _prepare_update(table, names, connection.dialect)
    columns = [
        [change[name] for change in changes] if convert is None else [convert(change[name]) for change in changes]
        for name, convert in zip(names, converters, strict=True)
    ]
    if connection.dialect.name == "sqlite":
        with driver_of(connection, statement) as driver:
            driver.executemany(statement, zip(*columns, ids, strict=True))
    else:
        connection.exec_driver_sql(statement, (*columns, list(ids)))


@cache
def _prepare_update(
    table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect
) -> tuple[str, tuple[_Convert | None, ...]]:
    types = [table.c[name].type.dialect_impl(dialect) for name in names]
    quoted = [dialect.identifier_preparer.quote(name) for name in names]
    target = dialect.identifier_preparer.quote(table.name)
    if dialect.name == "sqlite":
        statement = f"UPDATE {target} SET {', '.join(f'{name} = ?' for name in quoted)} WHERE id = ?"  # noqa: S608  our own columns
    else:
        arrays = ", ".join(f"%s::{type_.compile(dialect)}[]" for type_ in types)
        statement = (
            f"UPDATE {dialect.identifier_preparer.quote(table.schema or 'public')}.{target} t"  # noqa: S608  as above
            f" SET {', '.join(f'{name} = new.{name}' for name in quoted)}"
            f" FROM unnest({arrays}, %s::bigint[]) AS new({', '.join(quoted)}, row_id) WHERE t.id = new.row_id"
        )
    return statement, tuple(_converter(type_, dialect) for type_ in types)


@cache
def _prepare(
    table: sa.Table, names: tuple[str, ...], unless_there: tuple[str, ...], dialect: sa.Dialect
) -> tuple[str, tuple[_Convert | None, ...]]:
    types = [table.c[name].type.dialect_impl(dialect) for name in names]
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(map(quote, names))
    if dialect.name == "sqlite":
        target, source = quote(table.name), f"VALUES ({', '.join('?' * len(names))})"
    else:
        arrays = ", ".join(f"%s::{type_.compile(dialect)}[]" for type_ in types)
        target, source = f"{quote(table.schema or 'public')}.{quote(table.name)}", f"SELECT * FROM unnest({arrays})"  # noqa: S608  our own columns' types
    conflict = f" ON CONFLICT ({', '.join(map(quote, unless_there))}) DO NOTHING" if unless_there else ""
    return f"INSERT INTO {target} ({columns}) {source}{conflict}", tuple(_converter(type_, dialect) for type_ in types)


def _converter(type_: Any, dialect: sa.Dialect) -> _Convert | None:
    """What the column's type makes of a value; words of an enumeration become plain text, as arrays want it."""
    convert: _Convert | None = type_.bind_processor(dialect)
    if convert is None and isinstance(type_, sa.Text) and dialect.name != "sqlite":
        return lambda value: None if value is None else str(value)
    return convert
