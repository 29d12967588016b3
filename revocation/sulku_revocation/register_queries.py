"""The register's SQL, in the words of each database: many values in one statement, newest first, bounded per value.

Sent as text, since building these statements anew for each mail costs more than running them. Each takes one list
(JSON text for SQLite, an array for PostgreSQL), so that its plan is made once. The issuer's name comes along: a second
statement would cost as much again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from sulku_kernel.clock import from_microseconds
from sulku_kernel.columns import storable_text
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.record import CertificateRecord, CertificateType

_COLUMNS = (
    "id, issuer_id, serial, certificate_type, common_name, organisation, organisation_oid, host_names, not_before,"
    " not_after, fingerprint, spki, account_id, revoked_at, reason"
)
_SELECTED = ", ".join(f"c.{column.strip()}" for column in _COLUMNS.split(",")) + ", i.name"

# The columns by which certificates are found; `name` is the table of host names.
INDEXED = frozenset(
    {
        "serial",
        "sha1",
        "fingerprint",
        "spki",
        "common_name_folded",
        "organisation_folded",
        "organisation_oid",
        "account_id",
        "name",
        "id",
    }
)

_CHUNK = 2_000
_TYPES = {kind.value: kind for kind in CertificateType}


def _sqlite(column: str) -> str:
    source = "SELECT x.certificate_id FROM certificate_name x WHERE x.name = w.value ORDER BY x.certificate_id DESC"
    if column != "name":
        source = f"SELECT x.id FROM certificate x WHERE x.{column} = w.value ORDER BY x.id DESC"  # noqa: S608  a name of INDEXED
    return (
        f"SELECT w.value, {_SELECTED} FROM json_each(?) w"  # noqa: S608  as above
        f" CROSS JOIN certificate c ON c.id IN ({source} LIMIT ?) CROSS JOIN issuer i ON i.id = c.issuer_id"
    )


def _postgresql(column: str) -> str:
    kind = "bigint" if column in {"account_id", "id"} else "text"
    return (
        f"SELECT w.value, {_SELECTED} FROM unnest(%s::{kind}[]) AS w(value)"  # noqa: S608  a name of INDEXED
        f" CROSS JOIN LATERAL ({_newest(column, 'w.value')}) c JOIN desk.issuer i ON i.id = c.issuer_id"
    )


def _postgresql_single(column: str) -> str:
    """The same for one value: a plan without a list runs in two thirds of the time."""
    return f"SELECT {_SELECTED} FROM ({_newest(column, '%s')}) c JOIN desk.issuer i ON i.id = c.issuer_id"  # noqa: S608  as above


def _newest(column: str, value: str) -> str:
    if column == "name":
        return (
            f"SELECT {_COLUMNS} FROM desk.certificate_name x JOIN desk.certificate ON id = x.certificate_id"  # noqa: S608  as above
            f" WHERE x.name = {value} ORDER BY x.certificate_id DESC LIMIT %s"
        )
    return f"SELECT {_COLUMNS} FROM desk.certificate x WHERE x.{column} = {value} ORDER BY x.id DESC LIMIT %s"  # noqa: S608  as above


_BY_VALUE = {
    "sqlite": {column: _sqlite(column) for column in INDEXED},
    "postgresql": {column: _postgresql(column) for column in INDEXED},
}
_SINGLE = {column: _postgresql_single(column) for column in INDEXED}


class Queries:
    """Runs statements with lists on one connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._by_value = _BY_VALUE[connection.dialect.name]

    def certificates(self, column: str, values: Iterable[Any], limit: int) -> dict[Any, list[tuple[Any, ...]]]:
        """The rows for each value of an indexed column, at most `limit` each; without the value itself."""
        values = [value for value in values if _can_be_on_file(value)]
        if len(values) == 1 and not self._is_sqlite:
            return {values[0]: self._fetch(_SINGLE[column], (values[0], limit))}
        found: defaultdict[Any, list[tuple[Any, ...]]] = defaultdict(list)
        for row in self._rows(self._by_value[column], values, limit):
            found[row[0]].append(row[1:])
        return found

    def rows(self, sqlite: str, values: Sequence[Any], kind: str = "text") -> list[tuple[Any, ...]]:
        """Run a SELECT in which `IN_LIST` stands for “is one of the values” and `desk.` before each table."""
        if self._is_sqlite:
            statement = sqlite.replace("desk.", "").replace("IN_LIST", "IN (SELECT value FROM json_each(?))")
        else:
            statement = sqlite.replace("IN_LIST", f"= ANY(%s::{kind}[])")
        return list(self._rows(statement, [value for value in values if _can_be_on_file(value)], None))

    def _rows(self, statement: str, values: list[Any], limit: int | None) -> Iterator[tuple[Any, ...]]:
        for begin in range(0, len(values), _CHUNK):
            chunk = values[begin : begin + _CHUNK]
            parameters: tuple[Any, ...] = (json.dumps(chunk) if self._is_sqlite else chunk,)
            if limit is not None:
                parameters = (*parameters, limit)
            yield from self._fetch(statement, parameters)

    def _fetch(self, statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Run it on the driver's own cursor: describing 16 columns of a result takes as long as finding the row."""
        dialect, connection = self._connection.dialect, self._connection.connection
        cursor = connection.cursor()
        try:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())
        except dialect.loaded_dbapi.Error as error:
            if dialect.is_disconnect(error, connection, cursor):
                self._connection.invalidate(error)
            kind = dialect.loaded_dbapi.Error
            raise sa.exc.DBAPIError.instance(statement, None, error, kind, hide_parameters=True) from error
        finally:
            cursor.close()


def _can_be_on_file(value: Any) -> bool:
    """What `storable_text` would have changed is in no row, and PostgreSQL refuses even the question."""
    if not isinstance(value, str) or (value.isascii() and "\0" not in value):
        return True
    return storable_text(value, len(value)) == value


def to_record(row: Sequence[Any]) -> CertificateRecord:
    """A row of `Queries.certificates` as a value."""
    (
        id_,
        issuer_id,
        serial,
        kind,
        common_name,
        organisation,
        oid,
        host_names,
        not_before,
        not_after,
        fingerprint,
        spki,
        account_id,
        revoked_at,
        reason,
        issuer,
    ) = row
    return CertificateRecord(
        id=id_,
        issuer_id=issuer_id,
        issuer=issuer,
        serial=SerialNumber.from_hex(serial),
        certificate_type=_TYPES[kind],
        common_name=common_name,
        organisation=organisation,
        organisation_oid=oid,
        host_names=tuple(host_names.split()),
        not_before=None if not_before is None else from_microseconds(not_before),
        not_after=None if not_after is None else from_microseconds(not_after),
        fingerprint=fingerprint,
        spki=spki,
        account_id=account_id,
        revoked_at=None if revoked_at is None else from_microseconds(revoked_at),
        reason=reason,
    )
