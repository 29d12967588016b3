"""The 24 hours until everybody sees a revocation: from the ticket's receipt, of what is planned from its own date.

Two people approved the date, which then counts as that of receipt (ETSI EN 319 411-1 REV-6.2.4-05A).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sulku_kernel.clock import to_text
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.requests import unserved
from sulku_tickets.clocks import WANTED, running_subjects, start_clock, stop_clock
from sulku_tickets.domain.clock_rules import ClockKind

_KIND = ClockKind.PUBLICATION


def start_planned_clocks(tx: Transaction, ticket: Row) -> None:
    """A clock for each date for which something is approved; the one from the receipt ends."""
    dates = sorted(set(_dates(unserved(tx, ticket["id"]))))
    _stop(tx, ticket["id"], running_subjects(tx, ticket["id"], _KIND) - {_subject(at) for at in dates})
    for at in dates:
        start_clock(tx, ticket, _KIND, at=at, subject=_subject(at))


def stop_served_clocks(tx: Transaction, ticket_id: int) -> bool:
    """Stop the clocks of dates for which nothing waits any more, and all when nothing does; whether nothing does."""
    waiting = unserved(tx, ticket_id)
    running = running_subjects(tx, ticket_id, _KIND)
    dates = {_subject(at) for at in _dates(waiting)}
    _stop(tx, ticket_id, {one for one in running if one.startswith(WANTED)} - dates if waiting else running)
    return not waiting


def _dates(requests: Iterable[Row]) -> list[datetime]:
    """The dates that were approved and lay ahead; what was held since keeps its date until somebody decides anew."""
    approved = [row for row in requests if row["wanted_at"] and row["approved_at"]]
    return [row["wanted_at"] for row in approved if row["wanted_at"] > row["approved_at"]]


def _subject(at: datetime) -> str:
    return f"{WANTED}{to_text(at)}"


def _stop(tx: Transaction, ticket_id: int, subjects: Iterable[str]) -> None:
    for subject in sorted(subjects):
        stop_clock(tx, ticket_id, _KIND, at=tx.now, subject=subject)
