"""From a signer's certificate to a trust anchor (RFC 5280, 6.1), as strictly as S/MIME needs it.

Stricter than the RFC where that is simpler: a CA with name constraints, and whatever has a critical extension that is
not known here, leads nowhere. Revocation is asked of the lists that the administrator gave, never of an address in a
certificate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from sulku_mailbox.domain.evidence import SmimeVerdict
from sulku_revocation.domain.crl_evidence import OpenCrl, open_crl
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.signatures import WEAK_HASHES

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)
_LONGEST_PATH = 5
_KNOWN_CRITICAL = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,
    }
)
_MAIL_USAGES = frozenset({ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})


@dataclass(frozen=True, slots=True)
class SmimeTrust:
    """What the administrator trusts: anchors, certificates of CAs between, and revocation lists in DER."""

    anchors: tuple[x509.Certificate, ...] = ()
    between: tuple[x509.Certificate, ...] = ()
    crls: tuple[bytes, ...] = ()


def judge_certificate(
    certificate: x509.Certificate, others: Sequence[x509.Certificate], trust: SmimeTrust, at: datetime
) -> tuple[SmimeVerdict, str]:
    """VALID, EXPIRED, UNTRUSTED, REVOKED or REVOCATION_UNKNOWN at the moment `at`, and the word that says why."""
    try:
        path = find_path(certificate, [*others, *trust.between], trust.anchors)
        if path is None:
            return SmimeVerdict.UNTRUSTED, "no_path"
        if not _may_sign_mail(certificate):
            return SmimeVerdict.UNTRUSTED, "not_for_mail"
        if any(not one.not_valid_before_utc <= at <= one.not_valid_after_utc for one in path):
            return SmimeVerdict.EXPIRED, ""
        return _revocation(path, trust.crls, at)
    except UNREADABLE:
        return SmimeVerdict.UNTRUSTED, "certificate_broken"


def find_path(
    certificate: x509.Certificate, others: Iterable[x509.Certificate], anchors: Iterable[x509.Certificate]
) -> list[x509.Certificate] | None:
    """The certificates from the signer's to the anchor, both included; None when there is no way."""
    pool, ends = list(others), list(anchors)
    waiting = [[certificate]]
    tries = 200  # no honest signature needs so many
    while waiting and tries:
        path = waiting.pop()
        if any(_issued(path[-1], anchor, below=len(path) - 1) for anchor in ends):
            return [*path, next(one for one in ends if _issued(path[-1], one, below=len(path) - 1))]
        if len(path) < _LONGEST_PATH:
            tries -= 1
            waiting += [[*path, one] for one in pool if one not in path and _issued(path[-1], one, below=len(path) - 1)]
    return None


def _issued(certificate: x509.Certificate, issuer: x509.Certificate, *, below: int) -> bool:
    """Whether `issuer` is a CA that signed `certificate`. `below`: how many CAs stand under it in the path."""
    if certificate.issuer != issuer.subject or _has_unknown_critical(certificate) or not _may_issue(issuer, below):
        return False
    hash_ = certificate.signature_hash_algorithm
    if hash_ is not None and hash_.name in WEAK_HASHES:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, *UNREADABLE):
        return False
    return True


def _may_issue(issuer: x509.Certificate, below: int) -> bool:
    try:
        basic = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    if not basic.ca or (basic.path_length is not None and basic.path_length < below):
        return False
    usage = _extension(issuer, x509.KeyUsage)
    has_constraints = _extension(issuer, x509.NameConstraints) is not None
    return not has_constraints and (usage is None or usage.key_cert_sign) and not _has_unknown_critical(issuer)


def _may_sign_mail(certificate: x509.Certificate) -> bool:
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        return False
    extended = _extension(certificate, x509.ExtendedKeyUsage)
    return extended is None or not _MAIL_USAGES.isdisjoint(extended)


def _has_unknown_critical(certificate: x509.Certificate) -> bool:
    return any(one.critical and one.oid not in _KNOWN_CRITICAL for one in certificate.extensions)


def _extension(certificate: x509.Certificate, kind: type[_Kind]) -> _Kind | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _revocation(path: list[x509.Certificate], crls: Iterable[bytes], at: datetime) -> tuple[SmimeVerdict, str]:
    lists = list(crls)
    verdict = SmimeVerdict.VALID, ""
    for certificate, issuer in pairwise(path):
        current = [crl for der in lists if (crl := _current(der, issuer, at)) is not None]
        if any(certificate.serial_number in crl.entries for crl in current):
            return SmimeVerdict.REVOKED, ""
        if not current:
            verdict = SmimeVerdict.REVOCATION_UNKNOWN, "no_current_crl"
    return verdict


@lru_cache(maxsize=64)
def _opened(der: bytes, issuer: x509.Certificate) -> object:
    """Verifying a long list takes longer than everything else about a signature, and lists change once a day."""
    return open_crl(der, issuer)


def _current(der: bytes, issuer: x509.Certificate, at: datetime) -> OpenCrl | None:
    crl = _opened(der, issuer)
    if not isinstance(crl, OpenCrl) or crl.next_update is None or at >= crl.next_update:
        return None
    return crl
