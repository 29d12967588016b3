"""Gathers what the policy looks at, for each request of a ticket: anew at decision and again at approval."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from sulku_kernel.errors import InputError, NotAllowedError
from sulku_kernel.events import event_payloads, events
from sulku_kernel.serial_number import whole_octets
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.domain.policy import Facts, Policy, Requirement, requirements, unmet
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import CertificateRecord, CertificateType
from sulku_revocation.domain.register_port import Register
from sulku_revocation.requests import certificates_on
from sulku_tickets.domain.evidence import SECOND_FACTORS
from sulku_tickets.domain.urgency import Assurance, Urgency


@dataclass(frozen=True)
class Case:
    """One request with its certificate as the register has it now, and what the policy says about it."""

    row: Row
    certificate: CertificateRecord
    facts: Facts
    requirement: Requirement

    @property
    def missing(self) -> tuple[str, ...]:
        """What keeps it from being decided, as sentences; empty when nothing does."""
        return unmet(self.requirement, self.facts)


def recorded_evidence(tx: Transaction | sa.Connection, ticket_id: int) -> tuple[bool, ...]:
    """For each piece of evidence that a person recorded whether it is a second factor by which the holder agreed.

    Read from the audit chain itself. A call-back at which the holder said no is evidence too, and confirms nothing.
    """
    query = (
        sa.select(event_payloads.c.payload)
        .join(events, events.c.seq == event_payloads.c.seq)
        .where(
            events.c.ticket_id == ticket_id,
            events.c.subject_kind == "ticket",
            events.c.action == "EVIDENCE",
            events.c.actor.startswith("user:"),
            event_payloads.c.payload.is_not(None),
        )
        .order_by(events.c.seq)
    )
    recorded = [json.loads(payload) for payload in tx.execute(query).scalars()]
    return tuple(one.get("confirmed") is True and one.get("kind") in SECOND_FACTORS for one in recorded)


def gather_cases(
    tx: Transaction,
    ticket: Row,
    wanted: Iterable[tuple[Row, ReasonCode]],
    *,
    register: Register,
    policy: Policy,
    is_break_glass: bool = False,
) -> list[Case]:
    """A case for each (request, reason). Raises InputError for what can never be ordered."""
    evidence = recorded_evidence(tx, ticket["id"])
    has_one_holder = _has_one_holder(tx, ticket["id"], register)
    holders = register.accounts_of_address(ticket["requester"] or "")
    cases = []
    for row, reason in wanted:
        certificate = _orderable(register, row)
        facts = Facts(
            urgency=Urgency(ticket["urgency"]),
            reason=reason,
            is_proven=bool(row["proof"]),
            assurance=Assurance(ticket["assurance"]),
            is_holder=any(register.revocable_by(account, certificate) for account in holders),
            has_evidence=bool(evidence),
            is_confirmed=any(evidence),
            has_one_holder=has_one_holder,
            age=tx.now - ticket["received_at"],
            is_break_glass=is_break_glass,
        )
        cases.append(Case(row, certificate, facts, requirements(facts, policy)))
    return cases


def require_met(cases: Iterable[Case]) -> None:
    """Refuse when the policy's demands are not met. Raises NotAllowedError, naming each certificate and what lacks."""
    lacking = [
        f"{case.certificate.common_name or case.certificate.serial}: {missing}"
        for case in cases
        for missing in case.missing
    ]
    if lacking:
        raise NotAllowedError(
            "the policy does not allow this yet: " + "; ".join(lacking),
            next_step="Confirm the request (call back the number on file, passphrase) and record it: "
            "sulku ticket evidence NUMBER callback --note …. What another holder has comes off the list: "
            "sulku ticket match NUMBER --drop REQUEST --because ….",
        )


def _has_one_holder(tx: Transaction, ticket_id: int, register: Register) -> bool:
    certificates = [register.certificate(certificate_id) for certificate_id in certificates_on(tx, ticket_id)]
    holders = {certificate.account_id for certificate in certificates if certificate is not None}
    return len(holders) == 1 and None not in holders


def _orderable(register: Register, row: Row) -> CertificateRecord:
    certificate = register.certificate(row["certificate_id"])
    if certificate is None or certificate.serial.hex != row["serial"] or certificate.issuer_id != row["issuer_id"]:
        raise InputError(
            f"request {row['id']} names a certificate that the register no longer has",
            next_step="Drop it from the ticket and match again.",
        )
    serial = whole_octets(row["serial"])
    if certificate.certificate_type is CertificateType.CA:
        raise InputError(f"{serial} is a certificate of a CA itself", next_step="Drop it from the ticket.")
    if certificate.revoked_at is not None and not row["is_update"]:
        raise InputError(f"certificate {serial} is revoked already", next_step="Drop it from the ticket.")
    return certificate
