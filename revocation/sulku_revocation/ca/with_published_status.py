"""A CA that has no look-up of its own, with one by what is published: the issuer's OCSP, or its CRL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from sulku_kernel.clock import Clock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.bounded_http import HttpFetch
from sulku_revocation.ca.authority import (
    Capabilities,
    CertificateAuthority,
    CertificateStatus,
    Lacking,
    Lookup,
    Mark,
    OrderToSend,
    Outcome,
    Receipt,
)
from sulku_revocation.ca.published_status import look_at_published
from sulku_revocation.domain.circuit import Circuit
from sulku_revocation.domain.record import IssuerRecord


class WithPublishedStatus:
    """`authority` with such a `lookup`; all else is its own. `fetch` is not closed with it."""

    def __init__(self, authority: CertificateAuthority, fetch: HttpFetch, clock: Clock) -> None:
        self._authority = authority
        self._fetch = fetch
        self._clock = clock

    @property
    def circuit(self) -> Circuit | None:
        """Its circuit breaker, where it is behind one."""
        return getattr(self._authority, "circuit", None)

    @property
    def capabilities(self) -> Capabilities:
        """The CA's own, and a look-up of what is published."""
        return replace(self._authority.capabilities, lookup=Lookup.PUBLISHED)

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """See `CertificateAuthority.lookup`; REVOKED is sure, UNKNOWN is all the rest."""
        return look_at_published(self._fetch, issuer, serial, self._clock.now())

    def probe(self) -> None:
        """See `CertificateAuthority.probe`."""
        self._authority.probe()

    def revoke(self, order: OrderToSend) -> Receipt:
        """See `CertificateAuthority.revoke`."""
        return self._authority.revoke(order)

    def revoke_with_key(self, order: OrderToSend, key: PrivateKeyTypes) -> Receipt:
        """See `CertificateAuthority.revoke_with_key`."""
        return self._authority.revoke_with_key(order, key)

    def revoke_many(self, orders: Sequence[OrderToSend]) -> list[Outcome]:
        """See `CertificateAuthority.revoke_many`."""
        return self._authority.revoke_many(orders)

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:
        """See `CertificateAuthority.register`."""
        return self._authority.register(lacking)

    def register_since(self, mark: Mark, lacking: Lacking | None = None) -> Iterator[bytes]:
        """See `CertificateAuthority.register_since`."""
        return self._authority.register_since(mark, lacking)

    def publish_crl(self, issuer: IssuerRecord) -> None:
        """See `CertificateAuthority.publish_crl`."""
        self._authority.publish_crl(issuer)

    def close(self) -> None:
        """See `CertificateAuthority.close`."""
        self._authority.close()
