"""Does this CRL show that the certificate is revoked, and may it be believed? (RFC 5280, 5 and 6.3.3.)

`open_crl` verifies a CRL once (signature, issuer, scope); `see_on_crl` then answers for one serial number and one
moment, so that a thousand orders of a mass revocation verify one CRL once. `open_delta` does the same for a delta CRL,
which says what has changed since a complete one (5.2.4): where there is one, it has the last word.
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
from sulku_revocation.domain.publication_evidence import Finding, NotYet, Seen, Wrong, is_as_expected
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.signatures import WEAK_HASHES

SKEW = timedelta(minutes=5)  # how far the issuer's clock and ours may be apart
REMOVE_FROM_CRL = 8  # only on a delta CRL (RFC 5280, 5.3.1)
MOST_DELTA_URLS = 4

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
    base_number: int | None = None  # of a delta CRL: the complete one that it needs at least
    delta_urls: tuple[str, ...] = ()  # where its delta CRL is found (RFC 5280, 5.2.6)
    scope: bytes = b""  # the issuing distribution point as DER; a delta must have the same


def open_crl(der: bytes, issuer: x509.Certificate) -> OpenCrl | Wrong:
    """Read and verify a CRL against its issuer's certificate. Total: whatever the bytes are, the answer is a value."""
    opened = _open(der, issuer)
    if isinstance(opened, OpenCrl) and opened.base_number is not None:
        return Wrong("scope", "a delta CRL stood where the complete one belongs")
    return opened


def open_evidence(der: bytes, issuer: x509.Certificate) -> OpenCrl | Wrong:
    """Read and verify a CRL that was kept as evidence: complete or delta, what stands on it was revoked. Total."""
    return _open(der, issuer)


def open_delta(der: bytes, issuer: x509.Certificate, complete: OpenCrl) -> OpenCrl | Wrong:
    """Read and verify a delta CRL that is to complete `complete` (RFC 5280, 5.2.4). Total.

    One whose base is newer than `complete` leaves out what happened between the two: it proves nothing.
    """
    delta = _open(der, issuer)
    if isinstance(delta, Wrong):
        return delta
    if delta.base_number is None:
        return Wrong("delta", "a complete CRL stood where the delta belongs")
    if complete.number is None or complete.number < delta.base_number:
        return Wrong("delta", f"it needs the complete CRL {delta.base_number}, and {complete.number} is published")
    if delta.scope != complete.scope:
        return Wrong("delta", "it covers other certificates than the complete CRL")
    return delta


def see_on_crl(
    crl: OpenCrl,
    serial: SerialNumber,
    expected: ReasonCode | None,
    now: datetime,
    *,
    last_number: int | None = None,
    delta: OpenCrl | None = None,
) -> Finding:
    """What a verified CRL, with its delta if it has one, says about `serial` at `now`.

    `last_number`: the highest CRL number seen of this issuer. `expected` None: any reason that lasts will do.
    """
    stale = staleness(crl, now, last_number)
    if stale is not None:
        return stale
    try:
        if delta is not None and _is_newer(delta, crl):
            return _see_with_delta(crl, delta, serial, expected, now)
        return _see_listed(crl, serial, expected, now)
    except CrlFormatError as error:
        return Wrong("garbage", str(error))


def staleness(crl: OpenCrl, now: datetime, last_number: int | None) -> Wrong | None:
    """Why the list does not count at `now`; None when it does."""
    if crl.this_update > now + SKEW:
        return Wrong("not_fresh", f"made in the future: {crl.this_update.isoformat()}")
    if crl.next_update is None:
        return Wrong("not_fresh", "no nextUpdate (RFC 5280, 5.1.2.5 requires it)")
    if now >= crl.next_update:
        return Wrong("expired", f"valid until {crl.next_update.isoformat()}")
    if last_number is not None and (crl.number is None or crl.number < last_number):
        return Wrong("replayed", f"CRL number {crl.number}, seen before: {last_number}")
    return None


def _is_newer(delta: OpenCrl, complete: OpenCrl) -> bool:
    """A delta made before the complete list has nothing to add."""
    return delta.number is not None and complete.number is not None and delta.number > complete.number


def _see_with_delta(
    crl: OpenCrl, delta: OpenCrl, serial: SerialNumber, expected: ReasonCode | None, now: datetime
) -> Finding:
    """Raises CrlFormatError."""
    stale = staleness(delta, now, None)
    if stale is not None:
        return Wrong(stale.why, f"the delta CRL: {stale.detail}")
    entry = delta.entries.find(serial)
    if entry is None:
        return _see_listed(crl, serial, expected, now)
    if entry.reason == REMOVE_FROM_CRL:
        return NotYet("not_listed", "the delta CRL takes it off the list", is_statement=True, number=delta.number)
    return _entry_finding(delta, entry, expected, now)


def _see_listed(crl: OpenCrl, serial: SerialNumber, expected: ReasonCode | None, now: datetime) -> Finding:
    """Raises CrlFormatError."""
    entry = crl.entries.find(serial)
    if entry is None:
        return NotYet("not_listed", is_statement=True, number=crl.number)
    return _entry_finding(crl, entry, expected, now)


def _entry_finding(crl: OpenCrl, entry: CrlEntry, expected: ReasonCode | None, now: datetime) -> Finding:
    if entry.names_other_issuer:
        return Wrong("scope", "the entry names another issuer (indirect CRL)")
    if entry.revoked_at > now + SKEW:
        return Wrong("not_fresh", f"revoked only from {entry.revoked_at.isoformat()}")
    if not is_as_expected(entry.reason, expected):
        ordered = "one that lasts" if expected is None else int(expected)
        return Wrong("reason", f"the list says {entry.reason}, the order {ordered}")
    return Seen(
        number=crl.number,
        this_update=crl.this_update,
        next_update=crl.next_update,
        revoked_at=entry.revoked_at,
        reason=entry.reason,
        sha256=crl.sha256,
        signed=crl.der,
    )


def _open(der: bytes, issuer: x509.Certificate) -> OpenCrl | Wrong:
    try:
        crl = x509.load_der_x509_crl(der)
        return _verified(der, crl, issuer)
    except UNREADABLE as error:
        return Wrong("garbage", str(error)[:200])


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
        base_number=_base_number(crl),
        delta_urls=_delta_urls(crl),
        scope=_scope(crl),
    )


def _scope_problem(crl: x509.CertificateRevocationList, key_identifier: bytes) -> Wrong | None:
    """Whether the list covers what we ask for: complete, of this key, every reason, end-entity certificates."""
    for extension in crl.extensions:
        match extension.value:
            case x509.AuthorityKeyIdentifier(key_identifier=bytes() as named) if named != key_identifier:
                return Wrong("issuer", "the authority key identifier names another key")
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


def _base_number(crl: x509.CertificateRevocationList) -> int | None:
    try:
        return crl.extensions.get_extension_for_class(x509.DeltaCRLIndicator).value.crl_number
    except x509.ExtensionNotFound:
        return None


def _delta_urls(crl: x509.CertificateRevocationList) -> tuple[str, ...]:
    try:
        points = crl.extensions.get_extension_for_class(x509.FreshestCRL).value
    except x509.ExtensionNotFound:
        return ()
    names = [name for point in points for name in point.full_name or ()]
    return tuple(name.value for name in names if isinstance(name, x509.UniformResourceIdentifier))[:MOST_DELTA_URLS]


def _scope(crl: x509.CertificateRevocationList) -> bytes:
    try:
        return crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value.public_bytes()
    except x509.ExtensionNotFound:
        return b""
