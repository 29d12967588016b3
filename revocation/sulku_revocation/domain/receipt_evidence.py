"""What the signed evidence in a receipt says by itself: only this counts, whatever the receipt's text claims.

The CRL and the OCSP answer are looked at as of when they were made, since a receipt is read years later; both must name
the certificate as revoked, for one reason, by the key of the issuer's certificate that stands beside them.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.x509 import ocsp

from sulku_kernel.clock import to_text
from sulku_kernel.errors import InputError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.crl_evidence import open_evidence, see_on_crl
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.ocsp_evidence import see_in_ocsp
from sulku_revocation.domain.publication_evidence import Finding, Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode

DATES_DIFFER_AT_MOST = timedelta(seconds=1)  # a CRL has whole seconds


@dataclass(frozen=True, slots=True)
class EvidenceFacts:
    """What was signed: issuer (RFC 4514), serial (hex), when and why it was revoked (CRL), and when each was made.

    `invalidity_at`: since when the key is known or suspected to be compromised, None when the CRL does not say
    (RFC 5280, 5.3.2).
    """

    issuer: str
    serial: str
    revoked_at: datetime
    reason: str
    invalidity_at: datetime | None
    crl_number: str
    crl_made_at: datetime
    ocsp_made_at: datetime
    issuer_sha256: str
    crl_sha256: str
    ocsp_sha256: str

    def as_text(self) -> dict[str, Any]:
        """As it stands in a receipt: times in UTC as text."""
        return {name: to_text(value) if isinstance(value, datetime) else value for name, value in asdict(self).items()}


def read_evidence_facts(serial: SerialNumber, *, issuer: bytes, crl: bytes, ocsp_answer: bytes) -> EvidenceFacts:
    """Verify the evidence (all DER) about a serial number. Raises InputError, which says what does not hold."""
    try:
        ca = x509.load_der_x509_certificate(issuer)
        on_crl, invalidity_at = _on_crl(crl, ca, serial)
        in_ocsp = _in_ocsp(ocsp_answer, ca, serial)
    except UNREADABLE as error:
        raise _refused(f"the evidence cannot be read: {type(error).__name__}") from error
    if on_crl.reason != in_ocsp.reason:
        raise _refused(f"the CRL says reason {on_crl.reason} and the OCSP answer {in_ocsp.reason}")
    if abs(on_crl.revoked_at - in_ocsp.revoked_at) > DATES_DIFFER_AT_MOST:
        raise _refused("the CRL and the OCSP answer tell different dates of the revocation")
    return EvidenceFacts(
        issuer=ca.subject.rfc4514_string(),
        serial=serial.hex,
        revoked_at=on_crl.revoked_at,
        reason=_reason_name(on_crl.reason),
        invalidity_at=invalidity_at,
        crl_number="" if on_crl.number is None else str(on_crl.number),
        crl_made_at=on_crl.this_update,
        ocsp_made_at=in_ocsp.this_update,
        issuer_sha256=hashlib.sha256(issuer).hexdigest(),
        crl_sha256=on_crl.sha256,
        ocsp_sha256=in_ocsp.sha256,
    )


def _on_crl(der: bytes, issuer: x509.Certificate, serial: SerialNumber) -> tuple[Seen, datetime | None]:
    """What the CRL shows, and the invalidity date beside it."""
    opened = open_evidence(der, issuer)
    if isinstance(opened, Wrong):
        return _seen("the CRL", opened), None
    seen = _seen("the CRL", see_on_crl(opened, serial, None, opened.this_update))
    entry = opened.entries.find(serial)
    return seen, None if entry is None else entry.invalidity_at


def _in_ocsp(der: bytes, issuer: x509.Certificate, serial: SerialNumber) -> Seen:
    made_at = next(iter(ocsp.load_der_ocsp_response(der).responses)).this_update_utc
    return _seen("the OCSP answer", see_in_ocsp(der, issuer, serial, None, made_at))


def _seen(what: str, finding: Finding) -> Seen:
    if isinstance(finding, Seen):
        return finding
    detail = f" ({finding.detail})" if finding.detail else ""
    raise _refused(f"{what} does not show the revocation: {finding.why}{detail}")


def _reason_name(reason: int) -> str:
    try:
        return ReasonCode(reason).rfc_name
    except ValueError:
        raise _refused(f"reason {reason} is none that lasts") from None


def _refused(why: str) -> InputError:
    return InputError(why, next_step="Do not rely on this receipt; ask the desk for a new one.")
