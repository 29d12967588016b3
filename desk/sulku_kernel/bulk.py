"""Many rows into one table, at little more than what the database takes for them.

SQLAlchemy's own way spends more on each row than SQLite does. Here a statement is written once for each table and set
of columns, and values pass through their columns' types as always. PostgreSQL gets one array for each column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

_Convert = Callable[[Any], Any]


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
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))
    else:
        connection.exec_driver_sql(statement, tuple(columns))


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
