"""Shows a person the exact list that a decision or an approval is about, with what to look out for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel.errors import NotFoundError
from sulku_revocation.domain.decision_list import (
    DecisionList,
    Effect,
    ListedCertificate,
    effect_of,
    is_live,
    list_digest,
    warnings_for,
)
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.request_states import UNDECIDED, RequestState
from sulku_revocation.legal_holds import held_certificates, sentence_of
from sulku_revocation.requests import read_requests
from sulku_tickets.models import tickets

MOST_SIBLINGS = 1_000
SHOWN_STATES = frozenset(
    {
        RequestState.PROPOSED,
        RequestState.DECIDED,
        RequestState.APPROVED,
        RequestState.ORDERED,
        RequestState.ACCEPTED,
        RequestState.REVOKED,
        RequestState.ALREADY_REVOKED,
        RequestState.REFUSED,
    }
)


def decision_list(
    connection: sa.Connection,
    ticket_id: int,
    *,
    register: Register,
    now: datetime,
    states: Collection[str] = SHOWN_STATES,
) -> DecisionList:
    """The ticket's requests with their warnings, and the digest of those that are decided and wait for approval.

    Raises NotFoundError when there is no such ticket.
    """
    requester = connection.execute(sa.select(tickets.c.requester).where(tickets.c.id == ticket_id)).scalar_one_or_none()
    if requester is None:
        raise NotFoundError(f"there is no ticket {ticket_id}", next_step="Check the number.")
    accounts = frozenset(account.id for account in register.accounts_of_address(requester))
    rows = _without_changed([row for row in read_requests(connection, ticket_id) if row["state"] in states])
    on_list = frozenset(row["certificate_id"] for row in rows)
    holds = held_certificates(connection, on_list)
    entries, decided = [], []
    for row in rows:
        certificate = register.certificate(row["certificate_id"])
        if certificate is None:
            continue  # it left the register: deciding and approving refuse it by name
        hold = holds.get(certificate.id)
        held = "" if hold is None else sentence_of(hold)
        entry = _listed(row, certificate, register, on_list=on_list, accounts=accounts, now=now, held=held)
        entries.append(entry)
        if row["state"] == RequestState.DECIDED:
            decided.append(digest_line(row, certificate, entry.effect))
    return DecisionList(tuple(entries), list_digest(decided) if decided else "")


def _without_changed(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A certificate whose reason is changed, or was, stands there once: by the newest request about it."""
    updates = [row for row in rows if row["is_update"] and row["state"] != RequestState.REFUSED]
    changed = {row["certificate_id"]: row["id"] for row in updates}
    return [row for row in rows if row["id"] >= changed.get(row["certificate_id"], 0)]


DigestLine = tuple[CertificateRecord, ReasonCode, datetime | None, datetime | None, str]


def digest_line(row: Mapping[str, Any], certificate: CertificateRecord, effect: Effect) -> DigestLine:
    """What of a decided request the digest of the list binds."""
    return (
        certificate,
        ReasonCode(row["reason"]),
        row["invalidity_at"],
        row["wanted_at"],
        effect.replacement_serial,
    )


def read_effect(register: Register, certificate: CertificateRecord, now: datetime) -> Effect:
    """What revoking it comes to, from what is on file about its holder."""
    return effect_of(certificate, _of_holder(register, certificate), now)


def _of_holder(register: Register, certificate: CertificateRecord) -> tuple[CertificateRecord, ...]:
    account_id = certificate.account_id
    return () if account_id is None else register.certificates_of_account(account_id, limit=MOST_SIBLINGS)


def _listed(
    row: Mapping[str, Any],
    certificate: CertificateRecord,
    register: Register,
    *,
    on_list: frozenset[int],
    accounts: frozenset[int],
    now: datetime,
    held: str,
) -> ListedCertificate:
    holder = None if certificate.account_id is None else register.account(certificate.account_id)
    of_holder = _of_holder(register, certificate)
    same_key = register.with_spki(certificate.spki) if certificate.spki else ()
    return ListedCertificate(
        request_id=row["id"],
        state=row["state"],
        certificate=certificate,
        holder=certificate.organisation if holder is None else holder.organisation,
        reason=None if row["reason"] is None else ReasonCode(row["reason"]),
        invalidity_at=row["invalidity_at"],
        wanted_at=row["wanted_at"],
        held_because=row["held_because"],
        # What is ordered or revoked needs no warning that it will be.
        warnings=()
        if row["state"] not in UNDECIDED
        else warnings_for(
            certificate,
            of_holder=of_holder,
            same_key=same_key,
            on_list=on_list,
            requester_accounts=accounts,
            now=now,
            is_update=row["is_update"],
            is_held=bool(held),
        ),
        same_key=tuple(other.serial.hex for other in same_key if other.id != certificate.id and is_live(other, now)),
        asked_reason=None if row["asked_reason"] is None else ReasonCode(row["asked_reason"]),
        facts=tuple(row["facts"].split()),
        is_update=row["is_update"],
        legal_hold=held,
        effect=effect_of(certificate, of_holder, now),
    )
