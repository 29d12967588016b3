"""An effect that will never happen wakes somebody: nothing is given up silently."""

from __future__ import annotations

from collections.abc import Callable

from sulku_kernel.outbox import ClaimedEffect
from sulku_kernel.transaction import Transaction
from sulku_tickets.domain.escalation_policy import EscalationPolicy
from sulku_tickets.escalation import EscalationKind, start_escalation
from sulku_tickets.models import TICKETS
from sulku_tickets.on_call import first_to_page
from sulku_tickets.on_call_mail import mail_to_on_call

OnCall = Callable[[], EscalationPolicy]


def effect_alarm(on_call: OnCall) -> Callable[[Transaction, ClaimedEffect, str], None]:
    """Pages about the ticket of a failed effect; about one without a ticket by a mail of its own."""

    def alarm(tx: Transaction, effect: ClaimedEffect, error: str) -> None:
        if effect.ticket_id is not None:
            ticket = tx.get(TICKETS, effect.ticket_id)
            because = f"{effect.kind} was given up: {error}"
            start_escalation(tx, ticket, on_call(), EscalationKind.EFFECT_FAILED, because=because)
        elif effect.payload.get("template") != "effect_failed":  # that one failing cannot be told the same way
            _tell_on_call(tx, on_call(), effect, error)

    return alarm


def _tell_on_call(tx: Transaction, policy: EscalationPolicy, effect: ClaimedEffect, error: str) -> None:
    for contact in first_to_page(policy, tx.now):
        key = f"effect_failed:{effect.id}:{contact.email}"
        context = {"kind": effect.kind, "key": effect.key, "error": error}
        tx.enqueue(mail_to_on_call(key, "effect_failed", contact, context))
