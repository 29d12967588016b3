"""What the signed evidence in a receipt says by itself: only this counts, whatever the receipt's text claims.

The CRL and the OCSP answer are looked at as of when they were made, since a receipt is read years later; both must name
the certificate as revoked, for one reason, by the key of the issuer's certificate that stands beside them. Of a
campaign's certificates most rest on the CRL alone: OCSP was asked about some.
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
from sulku_revocation.domain.publication_evidence import Finding, NotYet, Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode

DATES_DIFFER_AT_MOST = timedelta(seconds=1)  # a CRL has whole seconds


@dataclass(frozen=True, slots=True)
class EvidenceFacts:
    """What was signed: issuer (RFC 4514), serial (hex), when and why it was revoked (CRL), and when each was made.

    `invalidity_at`: since when the key is known or suspected to be compromised, None when the CRL does not say
    (RFC 5280, 5.3.2). `ocsp_made_at` and `ocsp_sha256` are None without an OCSP answer.
    """

    issuer: str
    serial: str
    revoked_at: datetime
    reason: str
    invalidity_at: datetime | None
    crl_number: str
    crl_made_at: datetime
    ocsp_made_at: datetime | None
    issuer_sha256: str
    crl_sha256: str
    ocsp_sha256: str | None

    def as_text(self) -> dict[str, Any]:
        """As it stands in a receipt: times in UTC as text."""
        return {name: to_text(value) if isinstance(value, datetime) else value for name, value in asdict(self).items()}


class EvidenceCrl:
    """A CRL, opened and verified once, that shows many certificates as revoked."""

    def __init__(self, *, issuer: bytes, crl: bytes) -> None:
        """Both as DER. Raises InputError, which says what does not hold."""
        try:
            self._ca = x509.load_der_x509_certificate(issuer)
            opened = open_evidence(crl, self._ca)
        except UNREADABLE as error:
            raise _unreadable(error) from error
        if isinstance(opened, Wrong):
            raise _refused(_not_shown("the CRL", opened))
        self._crl = opened
        self._issuer_sha256 = hashlib.sha256(issuer).hexdigest()

    def facts(self, serial: SerialNumber, ocsp_answer: bytes | None) -> EvidenceFacts:
        """What it says of a certificate, which the OCSP answer (DER), where there is one, must say too.

        Raises InputError, which says what does not hold.
        """
        try:
            on_crl, invalidity_at = self._on_crl(serial)
            in_ocsp = None if ocsp_answer is None else _in_ocsp(ocsp_answer, self._ca, serial)
        except UNREADABLE as error:
            raise _unreadable(error) from error
        if in_ocsp is not None:
            _require_same(on_crl, in_ocsp)
        return EvidenceFacts(
            issuer=self._ca.subject.rfc4514_string(),
            serial=serial.hex,
            revoked_at=on_crl.revoked_at,
            reason=_reason_name(on_crl.reason),
            invalidity_at=invalidity_at,
            crl_number="" if on_crl.number is None else str(on_crl.number),
            crl_made_at=on_crl.this_update,
            ocsp_made_at=None if in_ocsp is None else in_ocsp.this_update,
            issuer_sha256=self._issuer_sha256,
            crl_sha256=on_crl.sha256,
            ocsp_sha256=None if in_ocsp is None else in_ocsp.sha256,
        )

    def _on_crl(self, serial: SerialNumber) -> tuple[Seen, datetime | None]:
        """What the CRL shows, and the invalidity date beside it."""
        seen = _seen("the CRL", see_on_crl(self._crl, serial, None, self._crl.this_update))
        entry = self._crl.entries.find(serial)
        return seen, None if entry is None else entry.invalidity_at


def read_evidence_facts(serial: SerialNumber, *, issuer: bytes, crl: bytes, ocsp_answer: bytes | None) -> EvidenceFacts:
    """Verify the evidence (all DER) about one serial number. Raises InputError, which says what does not hold."""
    return EvidenceCrl(issuer=issuer, crl=crl).facts(serial, ocsp_answer)


def _require_same(on_crl: Seen, in_ocsp: Seen) -> None:
    if on_crl.reason != in_ocsp.reason:
        raise _refused(f"the CRL says reason {on_crl.reason} and the OCSP answer {in_ocsp.reason}")
    if abs(on_crl.revoked_at - in_ocsp.revoked_at) > DATES_DIFFER_AT_MOST:
        raise _refused("the CRL and the OCSP answer tell different dates of the revocation")


def _in_ocsp(der: bytes, issuer: x509.Certificate, serial: SerialNumber) -> Seen:
    made_at = next(iter(ocsp.load_der_ocsp_response(der).responses)).this_update_utc
    return _seen("the OCSP answer", see_in_ocsp(der, issuer, serial, None, made_at))


def _seen(what: str, finding: Finding) -> Seen:
    if isinstance(finding, Seen):
        return finding
    raise _refused(_not_shown(what, finding))


def _not_shown(what: str, finding: NotYet | Wrong) -> str:
    detail = f" ({finding.detail})" if finding.detail else ""
    return f"{what} does not show the revocation: {finding.why}{detail}"


def _reason_name(reason: int) -> str:
    try:
        return ReasonCode(reason).rfc_name
    except ValueError:
        raise _refused(f"reason {reason} is none that lasts") from None


def _unreadable(error: Exception) -> InputError:
    return _refused(f"the evidence cannot be read: {type(error).__name__}")


def _refused(why: str) -> InputError:
    return InputError(why, next_step="Do not rely on this receipt; ask the desk for a new one.")
