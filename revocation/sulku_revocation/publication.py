"""Sees for itself what relying parties see: fetches CRL and OCSP over HTTP. Knows nothing of CA adapters.

The bytes are judged by the pure `domain/crl_evidence.py` and `domain/ocsp_evidence.py`.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from cryptography import x509

from sulku_kernel.crash_points import crossing
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.bounded_http import FetchError, TooLargeError
from sulku_revocation.domain.crl_health import LARGEST_CRL
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.ocsp_evidence import ocsp_request, see_in_ocsp
from sulku_revocation.domain.publication_evidence import Finding, NotYet, Publication, Wrong
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.published_crls import Fetch, PublicationMemory, Question, see_on_crls

__all__ = [
    "LARGEST_CRL",
    "Fetch",
    "PublicationMemory",
    "issuer_certificate",
    "ocsp_get_url",
    "see_ocsp",
    "see_ocsp_by_get",
    "see_publication",
]

LARGEST_OCSP = 64 * 1024
NONCE_OCTETS = 32  # RFC 9654, 2.1: what every responder must accept


@crossing("publication_looked_at")
def see_publication(
    issuer: IssuerRecord,
    serial: SerialNumber,
    expected_reason: ReasonCode | None,
    now: datetime,
    fetch: Fetch,
    *,
    memory: PublicationMemory | None = None,
) -> Publication:
    """What the issuer's CRL and OCSP say about `serial` at `now`. Never raises for what a server answers or fails to.

    Each finding is Seen, NotYet or Wrong: see `domain/publication_evidence.py`. The issuer's certificate must be on
    file: without its key nothing can be believed.
    """
    certificate = issuer_certificate(issuer)
    if certificate is None:
        missing = Wrong("no_issuer_certificate", f"the certificate of {issuer.name} is not on file or unreadable")
        return Publication(missing, missing, now)
    asked = Question(issuer, certificate, now, fetch)
    memory = memory or PublicationMemory()
    crl = see_on_crls(asked, serial, expected_reason, memory)
    return Publication(crl, see_ocsp(asked, serial, expected_reason, memory), now)


def see_ocsp(asked: Question, serial: SerialNumber, expected: ReasonCode | None, memory: PublicationMemory) -> Finding:
    """What the issuer's responder says, asked with a nonce; by GET when it knows no POST."""
    nonce = secrets.token_bytes(NONCE_OCTETS)
    body = ocsp_request(asked.certificate, serial, nonce)
    found = _see_answer(
        asked,
        serial,
        expected,
        memory,
        lambda url: asked.fetch.post(url, body, content_type="application/ocsp-request", limit=LARGEST_OCSP),
        nonce,
    )
    is_silent = isinstance(found, NotYet) and found.why == "unreachable"
    return see_ocsp_by_get(asked, serial, expected, memory) if is_silent else found


def see_ocsp_by_get(
    asked: Question, serial: SerialNumber, expected: ReasonCode | None, memory: PublicationMemory
) -> Finding:
    """What relying parties get that ask by GET, perhaps out of a cache, so without a nonce (RFC 5019, 5 and 6)."""

    def get(url: str) -> bytes:
        return asked.fetch.get(ocsp_get_url(url, asked.certificate, serial), limit=LARGEST_OCSP)

    return _see_answer(asked, serial, expected, memory, get, None)


def _see_answer(
    asked: Question,
    serial: SerialNumber,
    expected: ReasonCode | None,
    memory: PublicationMemory,
    ask: Callable[[str], bytes],
    nonce: bytes | None,
) -> Finding:
    if not asked.issuer.ocsp_url:
        return NotYet("no_address", "the issuer has no OCSP address on file")
    try:
        der = ask(asked.issuer.ocsp_url)
    except TooLargeError as error:
        return Wrong("too_large", str(error))
    except FetchError as error:
        return NotYet("unreachable", str(error))
    revoked = memory.listed(asked.issuer)
    return see_in_ocsp(der, asked.certificate, serial, expected, asked.now, nonce=nonce, revoked=revoked)


def ocsp_get_url(ocsp_url: str, issuer: x509.Certificate, serial: SerialNumber) -> str:
    """The address of a GET for this certificate's status (RFC 6960, A.1)."""
    encoded = base64.b64encode(ocsp_request(issuer, serial, None)).decode()
    return f"{ocsp_url.rstrip('/')}/{quote(encoded, safe='')}"


def issuer_certificate(issuer: IssuerRecord) -> x509.Certificate | None:
    """The certificate on file, None when there is none or it cannot be read."""
    if issuer.certificate_der is None:
        return None
    try:
        return x509.load_der_x509_certificate(issuer.certificate_der)
    except UNREADABLE:
        return None
