"""What around an order is so wrong that somebody is woken, whatever else goes on.

Whom to page is the on-call policy's to say, which the composition root knows: it hands in a `Page`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sulku_kernel.transaction import Transaction
from sulku_revocation.domain.order_states import OrderAlarm
from sulku_tickets.domain.escalation_policy import EscalationPolicy
from sulku_tickets.escalation import EscalationKind, start_escalation
from sulku_tickets.models import TICKETS

BREAK_GLASS = "break_glass"
LEGAL_HOLD_ENDS = "legal_hold_ends"
CERTIFICATE_ON_BLOCKED_KEY = "certificate_on_blocked_key"
CERTIFICATE_ALARMS = (BREAK_GLASS, LEGAL_HOLD_ENDS, CERTIFICATE_ON_BLOCKED_KEY)
# What is paged by its own name; whatever else concerns an order is something that cannot be carried out.
_KINDS: dict[str, EscalationKind] = {
    BREAK_GLASS: EscalationKind.BREAK_GLASS,
    LEGAL_HOLD_ENDS: EscalationKind.LEGAL_HOLD_ENDS,
    OrderAlarm.NO_LONGER_REVOKED: EscalationKind.NO_LONGER_REVOKED,
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """`key` names it for ever (the same key pages once); `what` is a word, `sentence` says it to the person woken."""

    ticket_id: int
    key: str
    what: str
    sentence: str


class Page(Protocol):
    """Pages the on-call contact about a ticket, within the transaction, through the outbox."""

    def __call__(self, tx: Transaction, alarm: Alarm) -> None:
        """Enqueue the page."""
        ...


def page_by(policy: Callable[[], EscalationPolicy]) -> Page:
    """A `Page` that starts (or joins) the ticket's escalation by the policy in force at that moment."""

    def page(tx: Transaction, alarm: Alarm) -> None:
        ticket = tx.get(TICKETS, alarm.ticket_id)
        kind = _KINDS.get(alarm.what, EscalationKind.EFFECT_FAILED)
        start_escalation(tx, ticket, policy(), kind, because=f"{alarm.what}: {alarm.sentence}")

    return page
