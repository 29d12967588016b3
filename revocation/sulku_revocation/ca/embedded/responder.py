"""Answers OCSP requests for one issuer (RFC 6960; RFC 9654 for the nonce), signed by a responder of the issuer.

The responder's key is made when the CA opens and lies nowhere; its certificate stands in every answer and lasts a
month. So the issuer's key, which is larger, signs no answers, and a thief of a responder's key has little of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import CertificateState, CertificateStatus
from sulku_revocation.ca.embedded.issuing import Issuer, make_responder_certificate
from sulku_revocation.ca.embedded.key_files import CaKey, generate_key, hash_of
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.ocsp_evidence import issuer_key_hash, issuer_name_hash

ANSWER_LASTS = timedelta(hours=8)  # the least that TLS BR 4.9.10 allows
RESPONDER_LASTS = timedelta(days=30)
RESPONDER_RENEWED_BEFORE = timedelta(days=10)
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


@dataclass(frozen=True)
class Responder:
    """One that may answer for an issuer."""

    certificate: x509.Certificate
    key: CaKey

    @classmethod
    def of(cls, issuer: Issuer, now: datetime) -> Responder:
        """A new one."""
        key = generate_key("ec-p256")
        return cls(make_responder_certificate(issuer, key, now, RESPONDER_LASTS), key)

    def is_fresh(self, now: datetime) -> bool:
        """Whether it can still answer for a while."""
        ends = self.certificate.not_valid_after_utc - RESPONDER_RENEWED_BEFORE
        return self.certificate.not_valid_before_utc <= now < ends


def answer(
    request_der: bytes,
    issuer: Issuer,
    responder: Responder,
    status_of: Callable[[SerialNumber], CertificateStatus],
    now: datetime,
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
    return _signed(request, responder, status_of(serial), nonce, now.replace(microsecond=0))


def _signed(
    request: ocsp.OCSPRequest,
    responder: Responder,
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
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .certificates([responder.certificate])
    )
    if nonce is not None:
        builder = builder.add_extension(nonce, critical=False)
    return builder.sign(responder.key, hash_of(responder.key)).public_bytes(Encoding.DER)


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
