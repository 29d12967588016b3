"""Answers OCSP requests for one issuer (RFC 6960; RFC 9654 for the nonce), signed by the issuer's own key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import CertificateState, CertificateStatus
from sulku_revocation.ca.embedded.issuing import Issuer
from sulku_revocation.ca.embedded.key_files import hash_of
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.ocsp_evidence import issuer_key_hash, issuer_name_hash

ANSWER_LASTS = timedelta(hours=8)  # the least that TLS BR 4.9.10 allows
LONGEST_REQUEST = 4096
LONGEST_NONCE = 128  # RFC 9654, 2.1

_REASONS = {
    1: x509.ReasonFlags.key_compromise,
    3: x509.ReasonFlags.affiliation_changed,
    4: x509.ReasonFlags.superseded,
    5: x509.ReasonFlags.cessation_of_operation,
    9: x509.ReasonFlags.privilege_withdrawn,
}
_STATES = {
    CertificateState.GOOD: ocsp.OCSPCertStatus.GOOD,
    CertificateState.REVOKED: ocsp.OCSPCertStatus.REVOKED,
    CertificateState.UNKNOWN: ocsp.OCSPCertStatus.UNKNOWN,
}


def answer(
    request_der: bytes, issuer: Issuer, status_of: Callable[[SerialNumber], CertificateStatus], now: datetime
) -> bytes:
    """The OCSP response as DER. Total: what cannot be read is answered `malformedRequest`.

    A request about another issuer is answered `unauthorized` (RFC 5019, 2.2.3).
    """
    if len(request_der) > LONGEST_REQUEST:  # a request for one certificate is shorter
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    try:
        request = ocsp.load_der_ocsp_request(request_der)
        serial = SerialNumber(request.serial_number)
        nonce = _nonce(request)
        is_ours = _names(request, issuer)
    except UNREADABLE:
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    if not is_ours:
        return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    return _signed(request, issuer, status_of(serial), nonce, now.replace(microsecond=0))


def _signed(
    request: ocsp.OCSPRequest,
    issuer: Issuer,
    status: CertificateStatus,
    nonce: x509.OCSPNonce | None,
    now: datetime,
) -> bytes:
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            request.issuer_name_hash,
            request.issuer_key_hash,
            request.serial_number,
            request.hash_algorithm,
            _STATES[status.state],
            now,
            now + ANSWER_LASTS,
            status.revoked_at,
            _REASONS.get(status.reason or 0),
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
    )
    if nonce is not None:
        builder = builder.add_extension(nonce, critical=False)
    return builder.sign(issuer.key, hash_of(issuer.key)).public_bytes(Encoding.DER)


def _names(request: ocsp.OCSPRequest, issuer: Issuer) -> bool:
    """Whether the CertID names this issuer: both hashes, whatever the algorithm."""
    algorithm = request.hash_algorithm
    return request.issuer_name_hash == issuer_name_hash(
        issuer.certificate, algorithm
    ) and request.issuer_key_hash == issuer_key_hash(issuer.certificate, algorithm)


def _nonce(request: ocsp.OCSPRequest) -> x509.OCSPNonce | None:
    """Raises ValueError when it is longer than a responder has to take."""
    try:
        nonce = request.extensions.get_extension_for_class(x509.OCSPNonce).value
    except x509.ExtensionNotFound:
        return None
    if not 1 <= len(nonce.nonce) <= LONGEST_NONCE:
        raise ValueError("a nonce has 1 to 128 octets")
    return nonce


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
