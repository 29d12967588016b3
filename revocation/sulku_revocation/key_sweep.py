"""Looking through what was issued: weak keys go onto the block list, and what lives on a blocked key is named.

At arrival only mails that speak of weakness are examined for it, since it takes two milliseconds a key; what the CA has
issued is looked through here, from its own list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel.transaction import Transaction
from sulku_revocation.block_list import block_weak
from sulku_revocation.domain.proofs.public_keys import of_certificate
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import CertificateType
from sulku_revocation.domain.request_states import ENDED, RequestState
from sulku_revocation.domain.spki import spki_digest
from sulku_revocation.key_models import compromised_keys
from sulku_revocation.models import certificates
from sulku_revocation.request_models import revocation_requests
from sulku_revocation.weak_keys import weaknesses_of
from sulku_tickets.models import tickets


@dataclass(frozen=True, slots=True)
class LiveOnBlockedKey:
    """A certificate that is neither revoked nor expired although its key is compromised: it must be revoked."""

    certificate_id: int
    serial: str
    common_name: str
    spki: str
    basis: str


def find_weak(ders: Iterable[bytes]) -> tuple[int, dict[str, tuple[bytes, tuple[str, ...]]]]:
    """How many certificates were looked at, and the weak keys among theirs: digest → key, and the checks it failed."""
    looked_at, weak = 0, {}
    for der in ders:
        looked_at += 1
        for spki in of_certificate(der):
            found = weaknesses_of(spki)
            if found:
                weak[spki_digest(spki)] = (spki, found)
    return looked_at, weak


def block_all_weak(tx: Transaction, weak: dict[str, tuple[bytes, tuple[str, ...]]]) -> list[str]:
    """Put them on the list; the digests of those that are new there."""
    return [
        digest for digest, (spki, checks) in weak.items() if block_weak(tx, digest, spki, " ".join(checks)) is not None
    ]


def live_on_blocked_keys(connection: sa.Connection, now: datetime) -> list[LiveOnBlockedKey]:
    """Every certificate on file that must be revoked for its key, oldest first; never a CA's own."""
    columns = certificates.c
    query = sa.select(columns.id, columns.serial, columns.common_name, columns.spki, compromised_keys.c.basis)
    found = connection.execute(_must_be_revoked(query, now).order_by(columns.id))
    return [LiveOnBlockedKey(*row) for row in found]


def unattended(source: Transaction | sa.Connection, now: datetime) -> list[LiveOnBlockedKey]:
    """Those of them that stand on no ticket that is still open about them: issued after the key was blocked, perhaps.

    Nor on one where a person decided against it.
    """
    columns = certificates.c
    query = sa.select(columns.id, columns.serial, columns.common_name, columns.spki, compromised_keys.c.basis)
    found = source.execute(_must_be_revoked(query, now).where(~_attended(), ~_put_aside()).order_by(columns.id))
    return [LiveOnBlockedKey(row.id, row.serial, row.common_name, row.spki, row.basis) for row in found]


def count_unattended(connection: sa.Connection, now: datetime) -> int:
    """How many of them stand on no ticket that is still open about them, whatever a person decided before."""
    query = _must_be_revoked(sa.select(sa.func.count()), now).where(~_attended())
    return int(connection.execute(query).scalar_one())


def _attended() -> sa.Exists:
    requests = revocation_requests.c
    return sa.exists().where(requests.certificate_id == certificates.c.id, requests.state.not_in(sorted(ENDED)))


def _put_aside() -> sa.Exists:
    """Whether a person decided against revoking it who knew what is known of its key now.

    What was taken back or rejected before, for whatever reason, says nothing about a key that was compromised later.
    """
    request, key = revocation_requests.c, compromised_keys.c
    since = sa.func.coalesce(key.demonstrated_at, key.blocked_at)
    was_about_the_key = sa.or_(
        request.proof != "",
        sa.and_(
            key.demonstrated_at.is_(None),
            sa.or_(request.reason == int(ReasonCode.KEY_COMPROMISE), request.ticket_id == key.ticket_id),
        ),
    )
    return sa.exists().where(
        request.certificate_id == certificates.c.id,
        request.state.in_([RequestState.REJECTED, RequestState.DROPPED, RequestState.WITHDRAWN]),
        tickets.c.id == request.ticket_id,
        sa.or_(tickets.c.received_at >= since, was_about_the_key),
    )


def _must_be_revoked(query: sa.Select[Any], now: datetime) -> sa.Select[Any]:
    columns = certificates.c
    return (
        query.select_from(compromised_keys)
        .join(certificates, columns.spki == compromised_keys.c.spki)
        .where(
            columns.revoked_at.is_(None),
            sa.or_(columns.not_after.is_(None), columns.not_after >= now),
            columns.certificate_type != CertificateType.CA.value,
        )
    )
