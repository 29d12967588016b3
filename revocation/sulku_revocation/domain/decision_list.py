"""The list a person decides and approves: exactly which certificates, for which reason, and what to look out for.

The digest binds an approval to the list that was shown. The warnings are the guard against revoking the wrong
certificate (a CA once revoked the replacement instead, twice: DOMAIN F12).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

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

    @property
    def serial_tail(self) -> str:
        """What the person types again."""
        return self.certificate.serial.tail


@dataclass(frozen=True, slots=True)
class DecisionList:
    """All open requests of a ticket. `digest` covers those that are decided and wait for approval; '' when none."""

    entries: tuple[ListedCertificate, ...]
    digest: str


WARNINGS = {
    "newest": "This is the newest certificate for these names and an older one is still valid: "
    "make sure that the replacement is not revoked instead of the replaced.",
    "newer_exists": "A newer certificate for the same names exists; this one is the older.",
    "expired": "It has expired: revoking it changes nothing for relying parties.",
    "revoked": "It is revoked already.",
    "is_ca": "This is a certificate of a CA itself and is not revoked here.",
    "no_holder": "No holder is on file for it: nobody but the requester will be told.",
    "other_holder": "It belongs to another holder than the requester's.",
    "same_key": "Other certificates with the same key are valid and not on this list.",
}


def list_digest(entries: Iterable[tuple[CertificateRecord, ReasonCode, datetime | None, datetime | None]]) -> str:
    """SHA-256 (hex) over the canonical JSON of the list, in order.

    Each entry has its certificate (issuer, serial, SPKI), reason, invalidity date, and the time it is ordered at.
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
        ]
        for certificate, reason, invalidity_at, wanted_at in entries
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


def warnings_for(
    certificate: CertificateRecord,
    *,
    of_holder: Sequence[CertificateRecord],
    same_key: Sequence[CertificateRecord],
    on_list: frozenset[int],
    requester_accounts: frozenset[int],
    now: datetime,
) -> tuple[tuple[str, str], ...]:
    """What a person must see before deciding on `certificate`, most important first.

    `of_holder`: the holder's certificates; `same_key`: those with its key; `on_list`: certificate ids on the ticket's
    list; `requester_accounts`: the holders for which the requester's address is on file.
    """
    words = []
    if certificate.certificate_type is CertificateType.CA:
        words.append("is_ca")
    if certificate.revoked_at is not None:
        words.append("revoked")
    if is_expired(certificate, now):
        words.append("expired")
    words += _age_among_siblings(certificate, siblings(certificate, of_holder), now)
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
