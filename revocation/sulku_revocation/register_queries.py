"""The register's SQL, in the words of each database: many values in one statement, newest first, bounded per value.

Sent as text, since building these statements anew for each mail costs more than running them. Each takes one list
(JSON text for SQLite, an array for PostgreSQL), so that its plan is made once.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
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
_OF_CERTIFICATE = ", ".join(f"c.{column.strip()}" for column in _COLUMNS.split(","))

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


def _sqlite(column: str) -> str:
    source = "SELECT x.certificate_id FROM certificate_name x WHERE x.name = w.value ORDER BY x.certificate_id DESC"
    if column != "name":
        source = f"SELECT x.id FROM certificate x WHERE x.{column} = w.value ORDER BY x.id DESC"  # noqa: S608  a name of INDEXED
    return (
        f"SELECT w.value, {_OF_CERTIFICATE} FROM json_each(?) w"  # noqa: S608  as above
        f" CROSS JOIN certificate c ON c.id IN ({source} LIMIT ?)"
    )


def _postgresql(column: str) -> str:
    kind = "bigint" if column in {"account_id", "id"} else "text"
    source = f"SELECT {_COLUMNS} FROM desk.certificate x WHERE x.{column} = w.value ORDER BY x.id DESC LIMIT %s"  # noqa: S608  a name of INDEXED
    if column == "name":
        source = (
            f"SELECT {_COLUMNS} FROM desk.certificate_name x JOIN desk.certificate ON id = x.certificate_id"  # noqa: S608  as above
            " WHERE x.name = w.value ORDER BY x.certificate_id DESC LIMIT %s"
        )
    return (
        f"SELECT w.value, {_OF_CERTIFICATE} FROM unnest(%s::{kind}[]) AS w(value)"  # noqa: S608  as above
        f" CROSS JOIN LATERAL ({source}) c"
    )


_BY_VALUE = {
    "sqlite": {column: _sqlite(column) for column in INDEXED},
    "postgresql": {column: _postgresql(column) for column in INDEXED},
}


class Queries:
    """Runs statements with lists on one connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._by_value = _BY_VALUE[connection.dialect.name]

    def certificates(self, column: str, values: Collection[Any], limit: int) -> dict[Any, list[tuple[Any, ...]]]:
        """The rows for each value of an indexed column, at most `limit` each; without the value itself."""
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
        return list(self._rows(statement, values, None))

    def _rows(self, statement: str, values: Iterable[Any], limit: int | None) -> Iterator[tuple[Any, ...]]:
        values = [value for value in values if _can_be_on_file(value)]
        for begin in range(0, len(values), _CHUNK):
            chunk = values[begin : begin + _CHUNK]
            parameters: tuple[Any, ...] = (json.dumps(chunk) if self._is_sqlite else chunk,)
            if limit is not None:
                parameters = (*parameters, limit)
            for row in self._connection.exec_driver_sql(statement, parameters):
                yield tuple(row)


def _can_be_on_file(value: Any) -> bool:
    """What `storable_text` would have changed is in no row, and PostgreSQL refuses even the question."""
    return not isinstance(value, str) or storable_text(value, len(value)) == value


def to_record(row: Sequence[Any], issuer: str) -> CertificateRecord:
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
    ) = row
    return CertificateRecord(
        id=id_,
        issuer_id=issuer_id,
        issuer=issuer,
        serial=SerialNumber.from_hex(serial),
        certificate_type=CertificateType(kind),
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
