"""A revocation whose reason turns out to be a compromised key: the published reason is changed (TLS BR 7.2.2).

Only towards keyCompromise, and by two people like any decision: it becomes a request of its own on a ticket, and its
order asks the CA to change the entry. The date of the first revocation stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sulku_kernel.errors import InputError
from sulku_kernel.transaction import Transaction
from sulku_revocation.decisions import decide
from sulku_revocation.domain.default_policy import DEFAULT_POLICY
from sulku_revocation.domain.policy import Policy
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.request_states import NOT_ORDERED
from sulku_revocation.requests import create_requests, get_open_ticket, proofs_on, requests_of, require_reason
from sulku_revocation.roles import DECIDERS, require_role


def propose_updates(
    tx: Transaction, ticket_id: int, certificates: Sequence[CertificateRecord], *, because: str
) -> list[dict[str, Any]]:
    """A request on an open ticket for each revoked certificate whose reason is to become keyCompromise.

    Raises NotAllowedError, and InputError for one that is not revoked, has that reason, or is proposed already.
    """
    require_role(tx.actor, DECIDERS, "change the reason of a revocation")
    require_reason(because)
    ticket = get_open_ticket(tx, ticket_id)
    waiting = {row["certificate_id"] for row in requests_of(tx, ticket["id"], NOT_ORDERED) if row["is_update"]}
    for certificate in certificates:
        _require_changeable(certificate, waiting)
    proofs = proofs_on(tx, ticket["id"])
    return create_requests(tx, ticket["id"], "UPDATE", certificates, proofs=proofs, because=because)


def decide_updates(
    tx: Transaction,
    ticket_id: int,
    certificates: Sequence[CertificateRecord],
    *,
    because: str,
    register: Register,
    invalidity_at: datetime | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> list[dict[str, Any]]:
    """Propose and decide it in one step; somebody else approves. Raises as `propose_updates` and `decide`."""
    rows = propose_updates(tx, ticket_id, certificates, because=because)
    tx.flush()
    return decide(
        tx,
        ticket_id,
        because=because,
        facts=["key_compromised"],
        requests=[row["id"] for row in rows],
        invalidity_at=invalidity_at,
        register=register,
        policy=policy,
    )


def _require_changeable(certificate: CertificateRecord, waiting: set[int]) -> None:
    serial = certificate.serial
    if certificate.revoked_at is None:
        raise InputError(f"{serial} is not revoked", next_step="Decide to revoke it: sulku ticket decide.")
    if certificate.reason == ReasonCode.KEY_COMPROMISE:
        raise InputError(f"{serial} is revoked for keyCompromise already", next_step="There is nothing to change.")
    if certificate.id in waiting:
        raise InputError(f"{serial} waits on this ticket for that already", next_step="Decide or approve it.")
