"""Tries a CA without revoking anything: are its settings right, does it answer us, does it know what is on file?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from sulku_kernel.errors import ConfigurationError, SulkuError
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.storage import Store
from sulku_revocation.ca.authorities import Authorities, NamedAuthority
from sulku_revocation.ca.authority import CertificateAuthority, CertificateState, Lookup, NotSupported, Refused
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.models import certificates
from sulku_revocation.register import DatabaseRegister


@dataclass(frozen=True)
class Step:
    """One thing that was tried. `error` is None when it went well; `said` tells what was seen."""

    what: str
    said: str
    error: SulkuError | None = None


def try_authority(store: Store, authorities: Authorities, name: str) -> list[Step]:
    """Settings, answer, the status of the newest certificate on file, a list. Raises InputError for an unknown name."""
    named = authorities.get(name)
    try:
        authority = authorities.open(name)
    except ConfigurationError as error:
        return [Step("settings", str(error), error)]
    steps = [Step("settings", f"adapter {named.adapter}"), _answers(authority, named)]
    if steps[-1].error is None:
        steps += [_status(store, authorities, authority, named), _list(authority)]
    return steps


def capabilities_of(authority: CertificateAuthority) -> dict[str, Any]:
    """What the CA can, as JSON has it; reasons by their RFC names."""
    can = authority.capabilities
    return {**asdict(can), "reasons": [reason.rfc_name for reason in sorted(can.reasons)]}


def _answers(authority: CertificateAuthority, named: NamedAuthority) -> Step:
    where = named.url or "the program"
    try:
        authority.probe()
    except NotSupported:
        return Step("answer", "this CA can be asked nothing without revoking")
    except SulkuError as error:
        return Step("answer", str(error), error)
    return Step("answer", f"{where} answers and knows us")


def _status(store: Store, authorities: Authorities, authority: CertificateAuthority, named: NamedAuthority) -> Step:
    if authority.capabilities.lookup is Lookup.NONE:
        return Step("status", "this CA does not tell the status of a certificate")
    known = _newest(store, authorities, named)
    if known is None:
        return Step("status", "no certificate of its issuers is on file yet")
    issuer, serial = known
    try:
        state = authority.lookup(issuer, serial).state
    except SulkuError as error:
        return Step("status", str(error), error)
    if authority.capabilities.lookup is Lookup.PUBLISHED:
        shown = "revoked" if state is CertificateState.REVOKED else "not revoked"
        return Step("status", f"{serial} of {issuer.name} is published as {shown}")
    if state is CertificateState.UNKNOWN:
        why = Refused("unknown_serial", f"it does not know {serial} of {issuer.name}, which is on file")
        return Step("status", str(why), why)
    return Step("status", f"{serial} of {issuer.name} is {state} by its records")


def _list(authority: CertificateAuthority) -> Step:
    """Whether it lists what it has issued: of a long list only the beginning is read."""
    can = authority.capabilities
    if not can.register:
        return Step("list", "this CA does not list what it has issued: import it, see docs/register.md")
    try:
        first = next(authority.register(), None)
    except SulkuError as error:
        return Step("list", str(error), error)
    found = "has issued nothing yet" if first is None else "lists what it has issued"
    return Step("list", f"it {found}, {'by marks' if can.marks else 'each time all of it'}")


def _newest(store: Store, authorities: Authorities, named: NamedAuthority) -> tuple[IssuerRecord, SerialNumber] | None:
    """The certificate that came on file last, of an issuer that this CA serves."""
    with store.reading() as connection:
        for issuer in _served(DatabaseRegister(connection).issuers(), authorities, named):
            query = sa.select(certificates.c.serial).where(certificates.c.issuer_id == issuer.id)
            serial = connection.execute(query.order_by(certificates.c.id.desc()).limit(1)).scalar()
            if serial is not None:
                return issuer, SerialNumber.from_hex(serial)
    return None


def served_by(issuers: Iterable[IssuerRecord], authorities: Authorities, named: NamedAuthority) -> list[IssuerRecord]:
    """Those of the issuers that go to this CA."""
    return list(_served(issuers, authorities, named))


def _served(issuers: Iterable[IssuerRecord], authorities: Authorities, named: NamedAuthority) -> Iterable[IssuerRecord]:
    for issuer in issuers:
        try:
            if authorities.serving(issuer) is named:
                yield issuer
        except ConfigurationError:
            continue
