"""What another policy would have required of the cases that are on file. Changes nothing.

Each request is looked at with what stands on its ticket now, and the age it had when it was decided (or has now).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from sulku_kernel.transaction import Row
from sulku_revocation.decision_facts import recorded_evidence
from sulku_revocation.domain.policy import Facts, Policy, Requirement, requirements, unmet
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.request_states import ENDED, SEEN_REVOKED
from sulku_revocation.request_models import revocation_requests
from sulku_tickets.domain.urgency import Assurance, Urgency
from sulku_tickets.models import tickets


@dataclass(frozen=True, slots=True)
class Change:
    """A request for which the two policies differ: the rule that answers, what it demands, and what is missing."""

    number: str
    serial: str
    state: str
    before: Requirement
    after: Requirement
    missing_before: tuple[str, ...]
    missing_after: tuple[str, ...]

    @property
    def becomes_automatic(self) -> bool:
        """Whether the desk would revoke it with nobody's help, and did not have to before."""
        return self.after.automatic and not self.before.automatic


@dataclass(frozen=True, slots=True)
class Trial:
    """How many requests each rule answers, before and after, and every request that would be treated otherwise."""

    requests: int
    rules_before: dict[str, int]
    rules_after: dict[str, int]
    changes: tuple[Change, ...]


def try_policy(
    connection: sa.Connection, register: Register, *, current: Policy, candidate: Policy, now: datetime
) -> Trial:
    """Judge every request on file by both policies."""
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    changes = []
    requests = 0
    for ticket, rows in _by_ticket(connection):
        for row, facts in _facts(connection, register, ticket, rows, now):
            old, new = requirements(facts, current), requirements(facts, candidate)
            requests += 1
            before[old.because[0]] += 1
            after[new.because[0]] += 1
            if _demands(old) != _demands(new):
                lacks = unmet(old, facts), unmet(new, facts)
                changes.append(Change(ticket["number"], row["serial"], row["state"], old, new, *lacks))
    return Trial(requests, dict(before), dict(after), tuple(changes))


def _demands(needed: Requirement) -> tuple[object, ...]:
    """What the two are compared by: the sentence and the version may differ freely."""
    name = needed.because[0]
    return (
        name, needed.assurance, needed.needs_evidence, needed.needs_confirmation, needed.decided_by,
        needed.four_eyes, needed.automatic,
    )  # fmt: skip


def _by_ticket(connection: sa.Connection) -> Iterator[tuple[Row, list[Row]]]:
    query = sa.select(revocation_requests).order_by(revocation_requests.c.ticket_id, revocation_requests.c.id)
    grouped: dict[int, list[Row]] = {}
    for row in connection.execute(query).mappings():
        grouped.setdefault(row["ticket_id"], []).append(dict(row))
    for ticket_id, rows in grouped.items():
        ticket = connection.execute(sa.select(tickets).where(tickets.c.id == ticket_id)).mappings().one()
        yield dict(ticket), rows


def _facts(
    connection: sa.Connection, register: Register, ticket: Row, rows: list[Row], now: datetime
) -> Iterator[tuple[Row, Facts]]:
    evidence = recorded_evidence(connection, ticket["id"])
    holders = register.accounts_of_address(ticket["requester"] or "")
    certificate_of = cache(register.certificate)
    standing = [row for row in rows if row["state"] not in ENDED - SEEN_REVOKED]
    on_ticket = {_holder(certificate_of(row["certificate_id"])) for row in standing}
    for row in rows:
        certificate = certificate_of(row["certificate_id"])
        yield (
            row,
            Facts(
                urgency=Urgency(ticket["urgency"]),
                reason=ReasonCode(row["reason"] or 0),
                is_proven=bool(row["proof"]),
                assurance=Assurance(ticket["assurance"]),
                is_holder=certificate is not None
                and any(register.revocable_by(account, certificate) for account in holders),
                has_evidence=bool(evidence),
                is_confirmed=any(evidence),
                has_one_holder=len(on_ticket) == 1 and None not in on_ticket,
                age=(row["decided_at"] or now) - ticket["received_at"],
            ),
        )


def _holder(certificate: CertificateRecord | None) -> int | None:
    return None if certificate is None else certificate.account_id
