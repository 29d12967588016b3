"""The adapter to cfssl: orders over its API, status from its certificate database.

Its traps: a second revocation answers 200 and overwrites reason and date, so that the database is looked at first; the
API itself tells no status, and asks nobody who they are; serial numbers are decimal; and the authority key identifier
must be spelt as the database has it, which some builds (Debian's among them) leave empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa
from pydantic import Field

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.bounded_http import Answer
from sulku_revocation.ca.adapter_settings import (
    AdapterOptions,
    AdapterSettings,
    read_credential,
    read_options,
    tls_to_ca,
)
from sulku_revocation.ca.authority import (
    Accepted,
    Adapter,
    Capabilities,
    CertificateState,
    CertificateStatus,
    Lacking,
    Mark,
    OrderToSend,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.ca.issued_numbers import only_lacking
from sulku_revocation.ca.own_issuers import OwnIssuers, first_certificate, is_issued_by, read_issued
from sulku_revocation.ca.rest import CaHttp, not_now, quoted, read_object
from sulku_revocation.domain.record import IssuerRecord

_API = "/api/v1/cfssl"
_SECONDS_OF_CONNECT = 5
_MILLISECONDS_OF_STATEMENT = 30_000

# cfssl's own table (its certdb/ migrations); nothing of it is ever written here.
_certificates = sa.table(
    "certificates",
    sa.column("serial_number"),
    sa.column("authority_key_identifier"),
    sa.column("status"),
    sa.column("reason"),
    sa.column("revoked_at"),
    sa.column("expiry"),
    sa.column("pem"),
)


class CfsslOptions(AdapterOptions):
    """See docs/ca-cfssl.md. The token file holds the address of cfssl's database."""

    label: str = Field("", description="Of a root in `multirootca`.")
    certificate: Path | None = Field(None, description="PEM: our client certificate, where cfssl asks for one.")
    key: Path | None = Field(None, description="PEM: its key, mode 0600.")
    trusted: Path | None = Field(None, description="PEM: CAs trusted for TLS; without it the system's.")


def open_cfssl(settings: AdapterSettings) -> Cfssl:
    """The adapter by its settings. Raises ConfigurationError."""
    return Cfssl(settings, read_options(CfsslOptions, settings))


class Cfssl(Adapter):
    """A `CertificateAuthority` behind one cfssl and its database."""

    capabilities = Capabilities(register=True, marks=True)

    def __init__(self, settings: AdapterSettings, options: CfsslOptions) -> None:
        self._label = options.label
        self._http = CaHttp(settings, tls_to_ca(options.trusted, options.certificate, options.key))
        self._database = _Database(self._http)
        self._issuers = OwnIssuers(self._list_issuers)

    def close(self) -> None:
        """See `CertificateAuthority.close`."""
        self._http.close()
        self._database.close()

    def probe(self) -> None:
        """See `CertificateAuthority.probe`: its issuer, and whether its database can be read."""
        self._issuers.refresh()
        self._database.rows(SerialNumber(1))

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """See `CertificateAuthority.lookup`."""
        row = self._find(issuer.name, issuer.key_identifier, serial)
        if row is None:
            return CertificateStatus(CertificateState.UNKNOWN)
        if row["status"] != "revoked":
            return CertificateStatus(CertificateState.GOOD)
        return CertificateStatus(CertificateState.REVOKED, int(row["reason"] or 0), _time(row["revoked_at"]))

    def revoke(self, order: OrderToSend) -> Receipt:
        """See `CertificateAuthority.revoke`."""
        row = self._find(order.issuer_name, order.issuer_key_identifier, order.serial)
        if row is None:
            raise Refused("unknown_serial", f"{order.serial} was never issued by {order.issuer_name}")
        plain = {
            "serial": str(int(order.serial)),
            "authority_key_id": row["authority_key_identifier"],
            "reason": order.reason.rfc_name,  # it takes numbers too, but not 0
        }
        answer = self._http.ask("POST", f"{_API}/revoke", plain=plain)
        if answer.status != HTTPStatus.OK or read_object(answer).get("success") is not True:
            raise _refusal(answer, order)
        return Accepted(None)  # it tells nothing of what it recorded: that is read back

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:  # noqa: ARG002  all of it comes at once
        """See `CertificateAuthority.register`."""
        yield from self._database.certificates()

    def register_since(self, mark: Mark, lacking: Lacking | None = None) -> Iterator[bytes]:
        """See `CertificateAuthority.register_since`.

        cfssl does not keep when it issued what, and never takes a row away: the mark is how many there are. When there
        are others, their numbers are read and only the certificates that are `lacking`.
        """
        count = str(self._database.count())
        if not mark.value:
            yield from self._database.certificates()
        elif mark.value != count:
            for serial in only_lacking(self._database.serials(), lacking):
                yield from (first_certificate(row["pem"]) for row in self._database.rows(serial))
        mark.value = count

    def _find(self, name: str, key_identifier: str, serial: SerialNumber) -> dict[str, Any] | None:
        """The row of the certificate. A database may serve several issuers, which may use one serial number each."""
        self._issuers.find(name, key_identifier)
        for row in self._database.rows(serial):
            if is_issued_by(read_issued(row["pem"]), name, key_identifier):
                return row
        return None

    def _list_issuers(self) -> Iterator[tuple[str, bytes]]:
        answer = self._http.ask("POST", f"{_API}/info", plain={"label": self._label})
        result = read_object(answer).get("result") if answer.status == HTTPStatus.OK else None
        if not isinstance(result, dict):
            raise not_now(answer)
        yield self._label, first_certificate(result.get("certificate"))


class _Database:
    """cfssl's certificates, read only. Its address is read for each call and connections last while it is the same."""

    def __init__(self, http: CaHttp) -> None:
        self._http = http
        self._address = ""
        self._engine: sa.Engine | None = None
        self._opening = Lock()

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()

    def rows(self, serial: SerialNumber) -> list[dict[str, Any]]:
        """Every row with this serial number. Raises TryLater and ConfigurationError."""
        decimal = str(int(serial))
        with self._reading() as connection:
            # Its column is one of octets, in which SQLite alone keeps text as text.
            wanted = decimal if connection.dialect.name == "sqlite" else decimal.encode()
            found = connection.execute(sa.select(_certificates).where(_certificates.c.serial_number == wanted))
            return [{name: _text(value) for name, value in row.items()} for row in found.mappings()]

    def count(self) -> int:
        """How many certificates there are."""
        with self._reading() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(_certificates)).scalar_one()

    def serials(self) -> list[SerialNumber]:
        """The serial number of every certificate."""
        with self._reading() as connection:
            found = connection.execute(sa.select(_certificates.c.serial_number)).scalars()
            return [_serial(_text(value)) for value in found]

    def certificates(self) -> Iterator[bytes]:
        """The DER of every certificate, in the order in which they expire: when they were issued is not kept."""
        with self._reading() as connection:
            for (pem,) in connection.execute(sa.select(_certificates.c.pem).order_by(_certificates.c.expiry)):
                yield first_certificate(_text(pem))

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        try:
            with self._opened().connect() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:  # its words may hold the address, and so a password
            raise TryLater(
                f"the CA's database cannot be read: {type(error).__name__}",
                next_step="Check the database's address in token_file, and that its user may read `certificates`.",
            ) from None

    def _opened(self) -> sa.Engine:
        address = read_credential(self._http.settings.token_file, self._http.settings)
        with self._opening:
            if self._engine is None or address != self._address:
                self.close()
                self._engine, self._address = self._open(address), address
            return self._engine

    def _open(self, address: str) -> sa.Engine:
        limits: dict[str, Any] = {"timeout": _SECONDS_OF_CONNECT}
        if address.startswith("postgresql"):
            statement = f"-c statement_timeout={_MILLISECONDS_OF_STATEMENT} -c default_transaction_read_only=on"
            limits = {"connect_timeout": _SECONDS_OF_CONNECT, "options": statement}
        try:
            return sa.create_engine(address, connect_args=limits, hide_parameters=True)
        except (sa.exc.ArgumentError, ImportError):
            raise self._http.wrong(
                "token_file holds no address of a database that can be read here",
                "Write postgresql+psycopg://user:password@host/name or sqlite:////path into it.",
            ) from None


def _refusal(answer: Answer, order: OrderToSend) -> Refused | TryLater:
    """Its words decide: the same status may mean that its database is busy."""
    errors = read_object(answer).get("errors")
    said = (
        " ".join(str(one.get("message")) for one in errors if isinstance(one, dict)) if isinstance(errors, list) else ""
    )
    if "certificate not found" in said:
        return Refused("unknown_serial", f"{order.serial}: {quoted(said)}")
    if "Invalid reason code" in said:
        return Refused("reason", f"the CA does not take the reason {int(order.reason)}")
    later = not_now(answer)
    return TryLater(f"{later}: {quoted(said)}", after=later.after)


def _serial(decimal: Any) -> SerialNumber:
    try:
        return SerialNumber(int(decimal))
    except ValueError as error:
        raise TryLater("the CA's database holds a serial number that cannot be read") from error


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def _time(value: Any) -> datetime:
    """SQLite has text without an offset, in UTC."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise TryLater("the CA's database holds a date that cannot be read") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
