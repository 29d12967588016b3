"""Does this OCSP answer show that the certificate is revoked, and may it be believed? (RFC 6960, 3.2 and 4.2.2.)"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.crl_reading import CrlEntries, read_element
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.publication_evidence import Finding, NotYet, Seen, Wrong, is_as_expected
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.signatures import is_signed_by

SKEW = timedelta(minutes=5)  # how far the responder's clock and ours may be apart
LONGEST_WITHOUT_NEXT_UPDATE = timedelta(hours=1)  # no nextUpdate means "newer is always there" (RFC 6960, 2.4)
SerialsOnCrl = CrlEntries | frozenset[int]
_TRY_AGAIN = (ocsp.OCSPResponseStatus.TRY_LATER, ocsp.OCSPResponseStatus.INTERNAL_ERROR)


def issuer_name_hash(issuer: x509.Certificate, algorithm: hashes.HashAlgorithm) -> bytes:
    """`issuerNameHash` of a CertID: over the DER of the issuer's name."""
    return _digest(issuer.subject.public_bytes(), algorithm)


def issuer_key_hash(issuer: x509.Certificate, algorithm: hashes.HashAlgorithm) -> bytes:
    """`issuerKeyHash` of a CertID: over the BIT STRING's content of the issuer's public key."""
    return _digest(_key_bits(issuer), algorithm)


def ocsp_request(issuer: x509.Certificate, serial: SerialNumber, nonce: bytes | None) -> bytes:
    """A request for one certificate as DER. SHA-1 only names the issuer here, and every responder knows it."""
    algorithm = hashes.SHA1()  # noqa: S303  a name, not a proof; RFC 5019 responders know no other
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        issuer_name_hash(issuer, algorithm), issuer_key_hash(issuer, algorithm), int(serial), algorithm
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def see_in_ocsp(
    der: bytes,
    issuer: x509.Certificate,
    serial: SerialNumber,
    expected: ReasonCode | None,
    now: datetime,
    *,
    nonce: bytes | None = None,
    revoked: SerialsOnCrl = frozenset(),
) -> Finding:
    """What an OCSP response says about `serial` at `now`. Total: whatever the bytes are, the answer is a value.

    `nonce` is what the request carried; an answer may leave it out (freshness then rests on its times), but must not
    carry another one. `expected` None: any reason that lasts will do. `revoked` are the serial numbers on the issuer's
    CRL: a delegated responder that stands there does not count, unless its certificate is exempt from the question.
    """
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status in _TRY_AGAIN:
            return NotYet("unreachable", f"the responder answered {response.response_status.name}")
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return Wrong("status", f"the responder answered {response.response_status.name}")
        problem = _signer_problem(response, issuer, now, revoked) or _nonce_problem(response, nonce)
        if problem is not None:
            return problem
        single = _answer_for(response, issuer, serial)
        if single is None:
            return Wrong("certificate", "the answer is about another certificate or issuer")
        return _finding(single, expected, now, der)
    except UNREADABLE as error:
        return Wrong("garbage", str(error)[:200])


def _finding(single: ocsp.OCSPSingleResponse, expected: ReasonCode | None, now: datetime, der: bytes) -> Finding:
    stale = _staleness(single, now)
    if stale is not None:
        return stale
    if single.certificate_status is not ocsp.OCSPCertStatus.REVOKED:
        return NotYet(single.certificate_status.name.lower(), is_statement=True)
    revoked_at = single.revocation_time_utc
    assert revoked_at is not None  # a revoked status always carries its time (RFC 6960, 4.2.1)
    reason = _REASON_NUMBERS[single.revocation_reason] if single.revocation_reason else 0
    if revoked_at > now + SKEW:
        return Wrong("not_fresh", f"revoked only from {revoked_at.isoformat()}")
    if not is_as_expected(reason, expected):
        ordered = "one that lasts" if expected is None else int(expected)
        return Wrong("reason", f"the responder says {reason}, the order {ordered}")
    return Seen(
        number=None,
        this_update=single.this_update_utc,
        next_update=single.next_update_utc,
        revoked_at=revoked_at,
        reason=reason,
        sha256=hashlib.sha256(der).hexdigest(),
        signed=der,
    )


def _answer_for(
    response: ocsp.OCSPResponse, issuer: x509.Certificate, serial: SerialNumber
) -> ocsp.OCSPSingleResponse | None:
    for single in response.responses:
        algorithm = single.hash_algorithm
        if (
            single.serial_number == serial
            and single.issuer_name_hash == issuer_name_hash(issuer, algorithm)
            and single.issuer_key_hash == issuer_key_hash(issuer, algorithm)
        ):
            return single
    return None


def _signer_problem(
    response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime, revoked: SerialsOnCrl
) -> Wrong | None:
    """The answer must be signed by the issuer, or by one it gave id-kp-OCSPSigning to (RFC 6960, 4.2.2.2)."""
    signer = next((one for one in (issuer, *response.certificates) if _is_responder(response, one)), None)
    if signer is None:
        return Wrong("signer", "the responder's certificate is not the issuer's and not in the answer")
    if signer is not issuer:
        refusal = _delegation_problem(signer, issuer, now) or _revoked_responder(signer, revoked)
        if refusal:
            return Wrong("signer", refusal)
    if not is_signed_by(
        signer.public_key(), response.signature, response.tbs_response_bytes, response.signature_hash_algorithm
    ):
        return Wrong("signature", "not by the responder's key")
    return None


def _is_responder(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    if response.responder_key_hash is not None:
        # A KeyHash is SHA-1 by definition (RFC 6960, 4.2.1).
        return response.responder_key_hash == _digest(_key_bits(certificate), hashes.SHA1())  # noqa: S303
    return response.responder_name == certificate.subject


def _delegation_problem(signer: x509.Certificate, issuer: x509.Certificate, now: datetime) -> str:
    """Why `signer` may not answer for `issuer`; empty when it may."""
    try:
        signer.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, *UNREADABLE):
        return "the responder's certificate was not issued by the issuer of the certificate"
    if not signer.not_valid_before_utc - SKEW <= now <= signer.not_valid_after_utc:
        return "the responder's certificate is not valid now"
    try:
        usages = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return "the responder's certificate has no readable extended key usage"
    return "" if ExtendedKeyUsageOID.OCSP_SIGNING in usages else "the responder's certificate may not sign OCSP answers"


def _revoked_responder(signer: x509.Certificate, revoked: SerialsOnCrl) -> str:
    """Only a certificate with id-pkix-ocsp-nocheck is trusted for its lifetime (RFC 6960, 4.2.2.2.1)."""
    if signer.serial_number not in revoked:
        return ""
    try:
        signer.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return "the responder's certificate is revoked"
    return ""


def _nonce_problem(response: ocsp.OCSPResponse, nonce: bytes | None) -> Wrong | None:
    if nonce is None:
        return None
    try:
        echoed = response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None
    return None if echoed == nonce else Wrong("nonce", "the answer belongs to another question")


def _staleness(single: ocsp.OCSPSingleResponse, now: datetime) -> Wrong | None:
    if single.this_update_utc > now + SKEW:
        return Wrong("not_fresh", f"made in the future: {single.this_update_utc.isoformat()}")
    end = single.next_update_utc or single.this_update_utc + LONGEST_WITHOUT_NEXT_UPDATE
    return Wrong("expired", f"valid until {end.isoformat()}") if now >= end else None


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The content of subjectPublicKey without tag, length and unused bits (RFC 6960, 4.1.1).

    The SubjectPublicKeyInfo ends in that BIT STRING, so the content is found by reading its two elements.
    """
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    _, at, _ = read_element(spki, 0, len(spki))
    _, _, at = read_element(spki, at, len(spki))
    _, body, stop = read_element(spki, at, len(spki))
    return spki[body + 1 : stop]


def _digest(data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()


_REASON_NUMBERS = {
    x509.ReasonFlags.unspecified: 0,
    x509.ReasonFlags.key_compromise: 1,
    x509.ReasonFlags.ca_compromise: 2,
    x509.ReasonFlags.affiliation_changed: 3,
    x509.ReasonFlags.superseded: 4,
    x509.ReasonFlags.cessation_of_operation: 5,
    x509.ReasonFlags.certificate_hold: 6,
    x509.ReasonFlags.remove_from_crl: 8,
    x509.ReasonFlags.privilege_withdrawn: 9,
    x509.ReasonFlags.aa_compromise: 10,
}
