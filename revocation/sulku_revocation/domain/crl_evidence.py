"""Does this CRL show that the certificate is revoked, and may it be believed? (RFC 5280, 5 and 6.3.3.)

`open_crl` verifies a CRL once (signature, issuer, scope); `see_on_crl` then answers for one serial number and one
moment, so that a thousand orders of a mass revocation verify one CRL once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.crl_reading import CrlEntries, CrlEntry, CrlFormatError
from sulku_revocation.domain.crl_writing import key_identifier_of
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.publication_evidence import Finding, NotYet, Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.signatures import WEAK_HASHES

SKEW = timedelta(minutes=5)  # how far the issuer's clock and ours may be apart

_SIGNING_KEYS = (
    rsa.RSAPublicKey,
    ec.EllipticCurvePublicKey,
    ed25519.Ed25519PublicKey,
    ed448.Ed448PublicKey,
    dsa.DSAPublicKey,
)


@dataclass(frozen=True)
class OpenCrl:
    """A CRL whose signature, issuer and scope were verified. Freshness is a question of the moment."""

    number: int | None
    this_update: datetime
    next_update: datetime | None
    entries: CrlEntries
    sha256: str
    der: bytes


def open_crl(der: bytes, issuer: x509.Certificate) -> OpenCrl | Wrong:
    """Read and verify a CRL against its issuer's certificate. Total: whatever the bytes are, the answer is a value."""
    try:
        crl = x509.load_der_x509_crl(der)
        return _verified(der, crl, issuer)
    except UNREADABLE as error:
        return Wrong("garbage", str(error)[:200])


def see_on_crl(
    crl: OpenCrl, serial: SerialNumber, expected: ReasonCode, now: datetime, *, last_number: int | None = None
) -> Finding:
    """What a verified CRL says about `serial` at `now`. `last_number`: the highest CRL number seen of this issuer."""
    stale = _staleness(crl, now, last_number)
    if stale is not None:
        return stale
    try:
        entry = crl.entries.find(serial)
    except CrlFormatError as error:
        return Wrong("garbage", str(error))
    if entry is None:
        return NotYet("not_listed", is_statement=True, number=crl.number)
    return _entry_finding(crl, entry, expected, now)


def _entry_finding(crl: OpenCrl, entry: CrlEntry, expected: ReasonCode, now: datetime) -> Finding:
    if entry.names_other_issuer:
        return Wrong("scope", "the entry names another issuer (indirect CRL)")
    if entry.revoked_at > now + SKEW:
        return Wrong("not_fresh", f"revoked only from {entry.revoked_at.isoformat()}")
    if entry.reason != expected:
        return Wrong("reason", f"the list says {entry.reason}, the order {int(expected)}")
    return Seen(
        number=crl.number,
        this_update=crl.this_update,
        next_update=crl.next_update,
        revoked_at=entry.revoked_at,
        reason=entry.reason,
        sha256=crl.sha256,
        signed=crl.der,
    )


def _verified(der: bytes, crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> OpenCrl | Wrong:
    """Raises what the library does (`UNREADABLE`)."""
    if crl.issuer != issuer.subject:
        return Wrong("issuer", f"signed in the name of {crl.issuer.rfc4514_string()[:200]}")
    key = issuer.public_key()
    hash_algorithm = crl.signature_hash_algorithm
    is_weak = hash_algorithm is not None and hash_algorithm.name in WEAK_HASHES
    if is_weak or not isinstance(key, _SIGNING_KEYS) or not crl.is_signature_valid(key):
        return Wrong("signature", "not by the issuer's key")
    problem = _scope_problem(crl, key_identifier_of(issuer))
    if problem is not None:
        return problem
    return OpenCrl(
        number=_crl_number(crl),
        this_update=crl.last_update_utc,
        next_update=crl.next_update_utc,
        entries=CrlEntries(der),
        sha256=hashlib.sha256(der).hexdigest(),
        der=der,
    )


def _scope_problem(crl: x509.CertificateRevocationList, key_identifier: bytes) -> Wrong | None:
    """Whether the list covers what we ask for: complete, of this key, every reason, end-entity certificates."""
    for extension in crl.extensions:
        match extension.value:
            case x509.AuthorityKeyIdentifier(key_identifier=bytes() as named) if named != key_identifier:
                return Wrong("issuer", "the authority key identifier names another key")
            case x509.DeltaCRLIndicator():
                return Wrong("scope", "a delta CRL stood where the complete one belongs")
            case x509.IssuingDistributionPoint() as point if (
                point.indirect_crl
                or point.only_some_reasons
                or point.only_contains_ca_certs
                or point.only_contains_attribute_certs
            ):
                return Wrong("scope", "the list covers other certificates or only some reasons")
            case x509.UnrecognizedExtension() if extension.critical:
                return Wrong("scope", f"a critical extension is not known: {extension.oid.dotted_string}")
            case _:
                pass
    return None


def _crl_number(crl: x509.CertificateRevocationList) -> int | None:
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return None


def _staleness(crl: OpenCrl, now: datetime, last_number: int | None) -> Wrong | None:
    if crl.this_update > now + SKEW:
        return Wrong("not_fresh", f"made in the future: {crl.this_update.isoformat()}")
    if crl.next_update is None:
        return Wrong("not_fresh", "no nextUpdate (RFC 5280, 5.1.2.5 requires it)")
    if now >= crl.next_update:
        return Wrong("expired", f"valid until {crl.next_update.isoformat()}")
    if last_number is not None and (crl.number is None or crl.number < last_number):
        return Wrong("replayed", f"CRL number {crl.number}, seen before: {last_number}")
    return None
