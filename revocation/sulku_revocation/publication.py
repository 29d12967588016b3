"""Sees for itself what relying parties see: fetches CRL and OCSP over HTTP. Knows nothing of CA adapters.

The bytes are judged by the pure `domain/crl_evidence.py` and `domain/ocsp_evidence.py`.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Protocol
from urllib.parse import quote

from cryptography import x509

from sulku_kernel.crash_points import crossing
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.bounded_http import FetchError, TooLargeError
from sulku_revocation.domain.crl_evidence import OpenCrl, open_crl, see_on_crl
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.ocsp_evidence import ocsp_request, see_in_ocsp
from sulku_revocation.domain.publication_evidence import Finding, NotYet, Publication, Wrong
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

LARGEST_CRL = 64 * 1024 * 1024  # 83,267 entries take 3.7 MB
LARGEST_OCSP = 64 * 1024
NONCE_OCTETS = 32  # RFC 9654, 2.1: what every responder must accept


class Fetch(Protocol):
    """Gets bytes over HTTP (`bounded_http.HttpFetch`). Raises FetchError, and TooLargeError beyond `limit` bytes."""

    def get(self, url: str, *, limit: int) -> bytes: ...

    def post(self, url: str, body: bytes, *, content_type: str, limit: int) -> bytes: ...


@dataclass
class PublicationMemory:
    """What was seen before, by issuer id; safe to share between threads.

    `crl_numbers` holds the highest CRL number seen: give what the database knows at start, so that an old CRL cannot be
    replayed after a restart either. The last verified CRL is kept, so that a thousand look-ups verify it once.
    """

    crl_numbers: dict[int, int] = field(default_factory=dict)
    _opened: dict[int, tuple[str, OpenCrl]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def last_number(self, issuer_id: int) -> int | None:
        """The highest CRL number seen of this issuer."""
        with self._lock:
            return self.crl_numbers.get(issuer_id)

    def remember_number(self, issuer_id: int, number: int | None) -> None:
        """Keep `number` when it is higher than what is known."""
        if number is not None:
            with self._lock:
                self.crl_numbers[issuer_id] = max(number, self.crl_numbers.get(issuer_id, 0))

    def opened(self, issuer_id: int, key: str) -> OpenCrl | None:
        """The verified CRL kept under `key` (CRL and issuer certificate by digest)."""
        with self._lock:
            kept = self._opened.get(issuer_id)
        return kept[1] if kept is not None and kept[0] == key else None

    def keep(self, issuer_id: int, key: str, crl: OpenCrl) -> None:
        """Keep this CRL instead of the one before."""
        with self._lock:
            self._opened[issuer_id] = (key, crl)


@crossing("publication_looked_at")
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

    Each finding is Seen, NotYet or Wrong: see `domain/publication_evidence.py`. The issuer's certificate must be on
    file: without its key nothing can be believed.
    """
    certificate = _issuer_certificate(issuer)
    if certificate is None:
        missing = Wrong("no_issuer_certificate", f"the certificate of {issuer.name} is not on file or unreadable")
        return Publication(missing, missing, now)
    return Publication(
        crl=_see_crl(issuer, certificate, serial, expected_reason, now, fetch, memory or PublicationMemory()),
        ocsp=_see_ocsp(issuer, certificate, serial, expected_reason, now, fetch),
        looked_at=now,
    )


def _see_crl(
    issuer: IssuerRecord,
    certificate: x509.Certificate,
    serial: SerialNumber,
    expected: ReasonCode,
    now: datetime,
    fetch: Fetch,
    memory: PublicationMemory,
) -> Finding:
    if not issuer.crl_url:
        return NotYet("no_address", "the issuer has no CRL address on file")
    # Taken before the fetch: a newer list that another thread sees meanwhile does not make this one a replay.
    last_number = memory.last_number(issuer.id)
    try:
        der = fetch.get(issuer.crl_url, limit=LARGEST_CRL)
    except TooLargeError as error:
        return Wrong("too_large", str(error))
    except FetchError as error:
        return NotYet("unreachable", str(error))
    crl = _opened(issuer, certificate, der, memory)
    if isinstance(crl, Wrong):
        return crl
    finding = see_on_crl(crl, serial, expected, now, last_number=last_number)
    if not isinstance(finding, Wrong):
        memory.remember_number(issuer.id, crl.number)
    return finding


def _opened(
    issuer: IssuerRecord, certificate: x509.Certificate, der: bytes, memory: PublicationMemory
) -> OpenCrl | Wrong:
    key = hashlib.sha256(der + (issuer.certificate_der or b"")).hexdigest()
    kept = memory.opened(issuer.id, key)
    if kept is not None:
        return kept
    crl = open_crl(der, certificate)
    if isinstance(crl, OpenCrl):
        memory.keep(issuer.id, key, crl)
    return crl


def _see_ocsp(
    issuer: IssuerRecord,
    certificate: x509.Certificate,
    serial: SerialNumber,
    expected: ReasonCode,
    now: datetime,
    fetch: Fetch,
) -> Finding:
    if not issuer.ocsp_url:
        return NotYet("no_address", "the issuer has no OCSP address on file")
    nonce: bytes | None = secrets.token_bytes(NONCE_OCTETS)
    try:
        try:
            body = ocsp_request(certificate, serial, nonce)
            der = fetch.post(issuer.ocsp_url, body, content_type="application/ocsp-request", limit=LARGEST_OCSP)
        except TooLargeError:
            raise
        except FetchError:
            nonce = None  # an answer to a GET may come from a cache (RFC 5019, 6)
            der = fetch.get(ocsp_get_url(issuer.ocsp_url, certificate, serial), limit=LARGEST_OCSP)
    except TooLargeError as error:
        return Wrong("too_large", str(error))
    except FetchError as error:
        return NotYet("unreachable", str(error))
    return see_in_ocsp(der, certificate, serial, expected, now, nonce=nonce)


def ocsp_get_url(ocsp_url: str, issuer: x509.Certificate, serial: SerialNumber) -> str:
    """The address of a GET for this certificate's status (RFC 6960, A.1)."""
    encoded = base64.b64encode(ocsp_request(issuer, serial, None)).decode()
    return f"{ocsp_url.rstrip('/')}/{quote(encoded, safe='')}"


def _issuer_certificate(issuer: IssuerRecord) -> x509.Certificate | None:
    if issuer.certificate_der is None:
        return None
    try:
        return x509.load_der_x509_certificate(issuer.certificate_der)
    except UNREADABLE:
        return None
