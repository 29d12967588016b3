"""What a certificate's status is by the issuer's own OCSP or CRL, for a CA that tells it in no other way.

"Revoked" is sure when the issuer's signature says so. Everything else counts as not known: it may be old, and some
responders (OpenBao's) call good what was never issued.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from cryptography import x509

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.bounded_http import FetchError, HttpFetch
from sulku_revocation.ca.authority import CertificateState, CertificateStatus, TryLater
from sulku_revocation.domain.crl_evidence import open_crl
from sulku_revocation.domain.crl_reading import CrlFormatError
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.ocsp_evidence import ocsp_request, see_in_ocsp
from sulku_revocation.domain.publication_evidence import Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.publication import LARGEST_CRL, LARGEST_OCSP, NONCE_OCTETS

_NOT_KNOWN = CertificateStatus(CertificateState.UNKNOWN)


def look_at_published(fetch: HttpFetch, issuer: IssuerRecord, serial: SerialNumber, now: datetime) -> CertificateStatus:
    """REVOKED, or UNKNOWN. OCSP is asked where the issuer has it, since a CRL may be large. Raises TryLater."""
    certificate = _issuer_certificate(issuer)
    if certificate is None:
        return _NOT_KNOWN
    try:
        if issuer.ocsp_url:
            return _by_ocsp(fetch, issuer.ocsp_url, certificate, serial, now)
        for url in issuer.crl_urls:
            found = _by_crl(fetch.get(url, limit=LARGEST_CRL), certificate, serial)
            if found.state is CertificateState.REVOKED:
                return found
    except FetchError as error:
        raise TryLater(f"the issuer's status service gives no answer: {error}") from error
    return _NOT_KNOWN


def _by_ocsp(
    fetch: HttpFetch, url: str, certificate: x509.Certificate, serial: SerialNumber, now: datetime
) -> CertificateStatus:
    nonce = secrets.token_bytes(NONCE_OCTETS)
    body = ocsp_request(certificate, serial, nonce)
    der = fetch.post(url, body, content_type="application/ocsp-request", limit=LARGEST_OCSP)
    # Evidence is always read for one expected reason; which one is recorded is what is asked here.
    for expected in ReasonCode:
        match see_in_ocsp(der, certificate, serial, expected, now, nonce=nonce):
            case Seen(revoked_at=revoked_at, reason=reason):
                return CertificateStatus(CertificateState.REVOKED, reason, revoked_at)
            case Wrong(why="reason"):
                continue
            case _:
                return _NOT_KNOWN
    return CertificateStatus(CertificateState.REVOKED)  # for a reason that this desk never writes


def _by_crl(der: bytes, certificate: x509.Certificate, serial: SerialNumber) -> CertificateStatus:
    crl = open_crl(der, certificate)
    if isinstance(crl, Wrong):
        return _NOT_KNOWN
    try:
        entry = crl.entries.find(serial)
    except CrlFormatError:
        return _NOT_KNOWN
    if entry is None or entry.names_other_issuer:
        return _NOT_KNOWN
    return CertificateStatus(CertificateState.REVOKED, entry.reason, entry.revoked_at)


def _issuer_certificate(issuer: IssuerRecord) -> x509.Certificate | None:
    if issuer.certificate_der is None:
        return None
    try:
        return x509.load_der_x509_certificate(issuer.certificate_der)
    except UNREADABLE:
        return None
