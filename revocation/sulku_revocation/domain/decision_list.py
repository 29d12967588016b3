"""The list a person decides and approves: exactly which certificates, for which reason, and what to look out for.

The digest binds an approval to the list that was shown. The warnings are the guard against revoking the wrong
certificate (a CA once revoked the replacement instead, twice: DOMAIN F12).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sulku_kernel.clock import to_text
from sulku_kernel.columns import canonical_json
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import CertificateRecord, CertificateType


@dataclass(frozen=True, slots=True)
class ListedCertificate:
    """One line of the list. `warnings` are (word of the closed list below, sentence for people)."""

    request_id: int
    state: str
    certificate: CertificateRecord
    holder: str
    reason: ReasonCode | None
    invalidity_at: datetime | None
    wanted_at: datetime | None
    held_because: str
    warnings: tuple[tuple[str, str], ...]
    same_key: tuple[str, ...]
    """Serials (hex) of other certificates with this key, not revoked and not expired."""
    asked_reason: ReasonCode | None
    facts: tuple[str, ...]
    is_update: bool
    legal_hold: str
    """The hold that lasts on it, as a sentence; '' without one."""
    effect: Effect

    @property
    def serial_tail(self) -> str:
        """What the person types again."""
        return self.certificate.serial.tail


@dataclass(frozen=True, slots=True)
class Effect:
    """What revoking a certificate comes to for its holder.

    `replacement` is the newest live certificate that does the same with another key; `others` counts the holder's
    other live certificates; `is_test`: nothing in production uses it.
    """

    replacement: CertificateRecord | None
    others: int
    is_test: bool

    @property
    def replacement_serial(self) -> str:
        """Its serial number in hex, which the digest of the list holds; '' without one."""
        return "" if self.replacement is None else self.replacement.serial.hex


@dataclass(frozen=True, slots=True)
class DecisionList:
    """All open requests of a ticket. `digest` covers those that are decided and wait for approval; '' when none."""

    entries: tuple[ListedCertificate, ...]
    digest: str


RECENT = timedelta(days=7)
TEST_TYPES = frozenset({CertificateType.TEST_SERVER, CertificateType.TEST_SYSTEM_SIGNATURE})

WARNINGS = {
    "legal_hold": "A court or another authority forbids that it is revoked now.",
    "is_update": "It is revoked already; only its reason is changed, to keyCompromise.",
    "newest": "This is the newest certificate for these names and an older one is still valid: "
    "make sure that the replacement is not revoked instead of the replaced.",
    "recent": "It was issued within the last seven days: make sure that it is not the replacement.",
    "newer_exists": "A newer certificate for the same names exists; this one is the older.",
    "expired": "It has expired: revoking it changes nothing for relying parties.",
    "revoked": "It is revoked already.",
    "is_ca": "This is a certificate of a CA itself and is not revoked here.",
    "no_holder": "No holder is on file for it: nobody but the requester will be told.",
    "other_holder": "It belongs to another holder than the requester's.",
    "same_key": "Other certificates with the same key are valid and not on this list.",
}


def list_digest(
    entries: Iterable[tuple[CertificateRecord, ReasonCode, datetime | None, datetime | None, str]],
) -> str:
    """SHA-256 (hex) over the canonical JSON of the list, in order.

    Each entry has its certificate (issuer, serial, SPKI), reason, invalidity date, the time it is ordered at, and the
    serial number of what replaces it: whoever approves has seen what stops working.
    """
    lines = sorted(
        [
            str(certificate.issuer_id),
            certificate.issuer,
            certificate.serial.hex,
            certificate.spki,
            str(int(reason)),
            to_text(invalidity_at) if invalidity_at else "",
            to_text(wanted_at) if wanted_at else "",
            replacement,
        ]
        for certificate, reason, invalidity_at, wanted_at, replacement in entries
    )
    return hashlib.sha256(canonical_json(lines).encode()).hexdigest()


def is_expired(certificate: CertificateRecord, now: datetime) -> bool:
    """Whether its validity is over. One without dates on file counts as valid."""
    return certificate.not_after is not None and certificate.not_after < now


def is_live(certificate: CertificateRecord, now: datetime) -> bool:
    """Neither revoked nor expired."""
    return certificate.revoked_at is None and not is_expired(certificate, now)


def siblings(certificate: CertificateRecord, others: Sequence[CertificateRecord]) -> tuple[CertificateRecord, ...]:
    """Other certificates of the same type for the same names: a host in common, or the same common name."""
    return tuple(
        other
        for other in others
        if other.id != certificate.id
        and other.certificate_type is certificate.certificate_type
        and _share_a_name(certificate, other)
    )


def _share_a_name(one: CertificateRecord, other: CertificateRecord) -> bool:
    if not set(one.host_names).isdisjoint(other.host_names):
        return True
    return one.common_name.casefold() == other.common_name.casefold() != ""


def effect_of(certificate: CertificateRecord, of_holder: Sequence[CertificateRecord], now: datetime) -> Effect:
    """What revoking it comes to. `of_holder`: the holder's certificates."""
    live = [one for one in of_holder if one.id != certificate.id and is_live(one, now)]
    others = [one for one in live if one.certificate_type is not CertificateType.CA]
    return Effect(replacement_of(certificate, others), len(others), certificate.certificate_type in TEST_TYPES)


def replacement_of(certificate: CertificateRecord, live: Sequence[CertificateRecord]) -> CertificateRecord | None:
    """The newest of the holder's live certificates that begins later, has another key and does the same."""
    begin = certificate.not_before
    later = [
        (one.not_before, one.id, one)
        for one in siblings(certificate, live)
        if one.not_before is not None and begin is not None and one.not_before > begin and one.spki != certificate.spki
    ]
    return max(later)[2] if later else None


def warnings_for(
    certificate: CertificateRecord,
    *,
    of_holder: Sequence[CertificateRecord],
    same_key: Sequence[CertificateRecord],
    on_list: frozenset[int],
    requester_accounts: frozenset[int],
    now: datetime,
    is_update: bool = False,
    is_held: bool = False,
) -> tuple[tuple[str, str], ...]:
    """What a person must see before deciding on `certificate`, most important first.

    `of_holder`: the holder's certificates; `same_key`: those with its key; `on_list`: certificate ids on the ticket's
    list; `requester_accounts`: the holders for which the requester's address is on file; `is_update`: only its reason
    is to change; `is_held`: a legal hold lasts on it.
    """
    words = ["legal_hold"] if is_held else []
    if certificate.certificate_type is CertificateType.CA:
        words.append("is_ca")
    if certificate.revoked_at is not None:
        words.append("is_update" if is_update else "revoked")
    if is_expired(certificate, now):
        words.append("expired")
    words += _age_among_siblings(certificate, siblings(certificate, of_holder), now)
    if certificate.not_before is not None and now - certificate.not_before < RECENT:
        words.append("recent")
    if any(is_live(other, now) and other.id not in on_list | {certificate.id} for other in same_key):
        words.append("same_key")
    if certificate.account_id is None:
        words.append("no_holder")
    elif certificate.account_id not in requester_accounts:
        words.append("other_holder")
    return tuple((word, WARNINGS[word]) for word in words)


def _age_among_siblings(
    certificate: CertificateRecord, others: Sequence[CertificateRecord], now: datetime
) -> list[str]:
    if certificate.not_before is None:
        return []
    begins = [other.not_before for other in others if other.not_before is not None and is_live(other, now)]
    if any(begin > certificate.not_before for begin in begins):
        return ["newer_exists"]
    return ["newest"] if begins else []
