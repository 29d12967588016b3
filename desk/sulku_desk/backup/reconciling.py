"""The world has gone on since a backup was made: what the published CRLs know and the restored desk does not.

A certificate that was revoked since then by a decision that is lost stands on a CRL without an order here; and what is
confirmed here must still stand on it. Anything else would be a revocation that nobody can explain.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from cryptography import x509

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.bounded_http import FetchError
from sulku_revocation.domain.crl_evidence import SKEW, OpenCrl, open_crl
from sulku_revocation.domain.crl_reading import CrlFormatError
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.order_states import OrderState
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.publication import LARGEST_CRL, Fetch
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import revocation_orders

MOST_NAMED = 20


def compare_with_crls(connection: sa.Connection, fetch: Fetch, since: datetime) -> Iterator[str]:
    """A sentence for each thing to mend or to look at, by issuer; none for an issuer whose CRL agrees."""
    for issuer in DatabaseRegister(connection).issuers():
        if issuer.crl_urls:
            yield from _compare(connection, issuer, fetch, since)


def _compare(connection: sa.Connection, issuer: IssuerRecord, fetch: Fetch, since: datetime) -> Iterator[str]:
    lists = {url: _opened(issuer, url, fetch) for url in issuer.crl_urls}
    unread = [(url, why) for url, why in lists.items() if isinstance(why, str)]
    for url, why in unread:
        yield (
            f"The CRL of {issuer.name} ({url}) could not be read now ({why}). Compare it: a certificate on "
            f"it since {since:%Y-%m-%d %H:%M}Z without an order here was revoked by a decision that is lost."
        )
    read = [crl for crl in lists.values() if isinstance(crl, OpenCrl)]
    states = _orders(connection, issuer)
    unknown = sorted({serial for crl in read for serial in _revoked_since(crl, since)} - set(states))
    if unknown:
        yield (
            f"{len(unknown)} certificates of {issuer.name} were revoked since {since:%Y-%m-%d %H:%M}Z by decisions "
            f"that are lost here; write them down again: {_named(unknown)}"
        )
    listed = set[int]().union(*(crl.entries.serials for crl in read))
    gone = [serial for serial, state in states.items() if state == OrderState.CONFIRMED and serial not in listed]
    if gone and not unread:
        yield (
            f"{len(gone)} certificates of {issuer.name} count as revoked here and are not on its CRL; they may have "
            f"expired, else ask the CA: {_named(gone)}"
        )


def _opened(issuer: IssuerRecord, url: str, fetch: Fetch) -> OpenCrl | str:
    """The verified CRL, or why there is none."""
    if issuer.certificate_der is None:
        return "its issuer's certificate is not on file"
    try:
        certificate = x509.load_der_x509_certificate(issuer.certificate_der)
        crl = open_crl(fetch.get(url, limit=LARGEST_CRL), certificate)
    except FetchError:
        return "it does not answer"
    except UNREADABLE:
        return "its issuer's certificate cannot be read"
    return crl if isinstance(crl, OpenCrl) else "it does not verify"


def _revoked_since(crl: OpenCrl, since: datetime) -> Iterator[int]:
    for serial in sorted(crl.entries.serials):
        try:
            entry = crl.entries.find(serial)
        except CrlFormatError:
            yield serial  # what cannot be read is to be looked at
            continue
        if entry is not None and entry.revoked_at >= since - SKEW:
            yield serial


def _orders(connection: sa.Connection, issuer: IssuerRecord) -> dict[int, str]:
    orders = revocation_orders.c
    query = sa.select(orders.serial, orders.state).where(orders.issuer_id == issuer.id)
    return {int(row.serial, 16): row.state for row in connection.execute(query)}


def _named(serials: list[int]) -> str:
    named = ", ".join(str(SerialNumber(serial)) for serial in serials[:MOST_NAMED])
    return named if len(serials) <= MOST_NAMED else f"{named} and {len(serials) - MOST_NAMED} more"
