"""What is wrong with what an issuer publishes becomes a case: one ticket for each issuer and kind, which pages.

A list or responder that is unwell, a certificate on a CRL that nobody here ordered, one that came off it before it
expired. The ticket goes on while it stays so: what is new joins it and pages again when somebody had acknowledged; what
is well again is noted. A ticket that was closed while it stays unwell is followed by another a day later. A test
issuer's wakes nobody.

Call it where the issuer has just been looked at: what was seen long ago wakes nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from sulku_kernel.language import Language
from sulku_kernel.serial_number import whole_octets
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.domain.crl_comparing import Origin
from sulku_revocation.domain.crl_health import OLDEST_CRL, UNWATCHED, complaints
from sulku_revocation.domain.order_states import OrderState
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.models import certificates
from sulku_revocation.request_models import revocation_orders
from sulku_revocation.watch_models import crl_entries, issuer_alarms
from sulku_revocation.watching import read_points
from sulku_tickets import clocks, escalation
from sulku_tickets.domain.clock_rules import ClockKind
from sulku_tickets.domain.escalation_policy import EscalationPolicy
from sulku_tickets.domain.ticket_states import TicketState
from sulku_tickets.domain.urgency import CaseClass, Urgency
from sulku_tickets.escalation import EscalationKind, start_escalation
from sulku_tickets.models import TICKETS
from sulku_tickets.opening import URGENT, OwnTicket, open_own_ticket

MOST_NAMED = 100
ASK_AGAIN_AFTER = timedelta(days=1)
_ENTRIES = {
    Origin.FOREIGN: (
        EscalationKind.CRL_ENTRY_FOREIGN,
        "stand on the CRL, and no order of ours is about them",
    ),
    Origin.GONE: (
        EscalationKind.CRL_ENTRY_GONE,
        "were revoked here, have not expired, and stand on the CRL no more",
    ),
}


@dataclass(frozen=True)
class _Found:
    """What is unwell of one kind now, if anything is: `facts` tell one fault from the next, `because` says it."""

    kind: EscalationKind
    facts: Sequence[str]
    because: Sequence[str]


class IssuerAlarms:
    """Opens, continues and notes them. `on_call` is asked only when there is somebody to page."""

    def __init__(self, on_call: Callable[[], EscalationPolicy], oldest_crl: timedelta = OLDEST_CRL) -> None:
        self._on_call = on_call
        self._oldest_crl = oldest_crl

    def __call__(self, tx: Transaction, issuer: IssuerRecord) -> None:
        """See the module."""
        for found in self._find(tx, issuer):
            before = _read(tx, issuer.id, found.kind)
            if found.facts:
                self._tell(tx, issuer, found, before)
            elif before is not None and before["facts"]:
                _note_well_again(tx, issuer, found, before)

    def _find(self, tx: Transaction, issuer: IssuerRecord) -> Iterator[_Found]:
        tx.flush()
        points = read_points(tx.connection, issuer.id)
        urgent = [
            (f"{one.word} {point.url}", f"{one.what}. {one.next_step}")
            for point in points
            for one in complaints(point, tx.now, self._oldest_crl)
            if one.is_urgent and one.word != UNWATCHED
        ]
        facts, because = [fact for fact, _ in urgent], [said for _, said in urgent]
        yield _Found(EscalationKind.PUBLICATION_UNWELL, facts, because)
        for origin in _ENTRIES:
            yield _entries(tx, issuer.id, origin)

    def _tell(self, tx: Transaction, issuer: IssuerRecord, found: _Found, before: Row | None) -> None:
        is_new = before is None or not set(found.facts) <= set(before["facts"])
        ticket = None if before is None else tx.get(TICKETS, before["ticket_id"])
        if ticket is None or _must_be_told_anew(tx, ticket, is_new=is_new):
            ticket = self._open(tx, issuer, found)
        elif is_new:
            ticket = tx.change(TICKETS, ticket, "FOUND_MORE", {"updated_at": tx.now}, because=list(found.because))
            if Urgency(ticket["urgency"]) in URGENT:
                start_escalation(tx, ticket, self._on_call(), found.kind, because=" ".join(found.because))
        _keep(tx, issuer.id, found, ticket["id"])

    def _open(self, tx: Transaction, issuer: IssuerRecord, found: _Found) -> dict[str, Any]:
        urgency = Urgency.P3 if issuer.is_test else Urgency.P1
        ticket = open_own_ticket(
            tx,
            OwnTicket(
                subject=f"{found.kind.word}: {issuer.name}",
                urgency=urgency,
                language=Language.FI,
                because=" ".join(found.because),
                case_class=CaseClass.AUTOMATIC,
                cause=found.kind,
            ),
            policy=self._on_call(),
        )
        if urgency in URGENT:
            clocks.start_clock(tx, ticket, ClockKind.FIRST_HUMAN, at=tx.now, subject="")
        return ticket


def _entries(tx: Transaction, issuer_id: int, origin: Origin) -> _Found:
    kind, what = _ENTRIES[origin]
    listed = crl_entries.c
    query = sa.select(listed.serial).where(listed.issuer_id == issuer_id, listed.origin == origin)
    if origin is Origin.GONE:
        query = query.where(~_pages_on_its_order())
    # The newest first: so that what comes later is always among those that are named.
    serials = tx.execute(query.order_by(listed.first_seen_at.desc(), listed.serial)).scalars().all()
    named, more = list(serials[:MOST_NAMED]), len(serials) - MOST_NAMED
    facts = [*named, *([f"{more} more"] if more > 0 else [])]
    shown = ", ".join(map(whole_octets, named)) + (f" and {more} more" if more > 0 else "")
    return _Found(kind, facts, [f"{len(serials)} certificates {what}: {shown}."] if facts else [])


def _pages_on_its_order() -> sa.Exists:
    """Whether a single order of ours revoked the entry's certificate: then that order's ticket pages."""
    listed, on_file, orders = crl_entries.c, certificates.c, revocation_orders.c
    return sa.exists().where(
        on_file.issuer_id == listed.issuer_id,
        on_file.serial == listed.serial,
        orders.certificate_id == on_file.id,
        orders.state == OrderState.CONFIRMED,
    )


def _must_be_told_anew(tx: Transaction, ticket: Row, *, is_new: bool) -> bool:
    """Whether the ticket was closed, and before what is new, or so long ago that it may have been a mistake."""
    if ticket["state"] != TicketState.CLOSED:
        return False
    return is_new or tx.now - ticket["updated_at"] >= ASK_AGAIN_AFTER


def _note_well_again(tx: Transaction, issuer: IssuerRecord, found: _Found, before: Row) -> None:
    """Of a list that is well nobody need be woken any more; who put an entry there, a person must find out."""
    ticket = tx.get(TICKETS, before["ticket_id"])
    because = [f"Well again: {', '.join(before['facts'])}."]
    tx.change(TICKETS, ticket, "WELL_AGAIN", {"updated_at": tx.now}, because=because)
    if found.kind is EscalationKind.PUBLICATION_UNWELL:
        escalation.acknowledge(tx, ticket["id"])
    _keep(tx, issuer.id, found, ticket["id"])


def _read(tx: Transaction, issuer_id: int, kind: EscalationKind) -> Row | None:
    row = tx.execute(sa.select(issuer_alarms).where(_here(issuer_id, kind))).mappings().one_or_none()
    return None if row is None else dict(row)


def _keep(tx: Transaction, issuer_id: int, found: _Found, ticket_id: int) -> None:
    tx.execute(issuer_alarms.delete().where(_here(issuer_id, found.kind)))
    row = {"issuer_id": issuer_id, "kind": found.kind.word, "ticket_id": ticket_id, "facts": list(found.facts)}
    tx.insert(issuer_alarms, row)


def _here(issuer_id: int, kind: EscalationKind) -> sa.ColumnElement[bool]:
    return sa.and_(issuer_alarms.c.issuer_id == issuer_id, issuer_alarms.c.kind == kind.word)
