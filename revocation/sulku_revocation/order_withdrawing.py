"""Taking back an order that waits for somebody at its CA: the only one that can be, once it was sent.

The CA's last answer must be that it has not acted and waits for a person, for the certificate's key or an approval.
After silence nobody knows, and nothing is withdrawn. Whoever calls the CA about an order holds the lease of its effect
(the dispatcher, `key_revoking.py`), and so does this: an order is never withdrawn while somebody is sending it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from sulku_kernel import outbox
from sulku_kernel.errors import ConflictError
from sulku_kernel.outbox import ClaimedEffect
from sulku_kernel.serial_number import whole_octets
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.domain.order_states import WAITS_FOR_SOMEBODY, OrderAlarm, OrderState
from sulku_revocation.orders import order_key
from sulku_revocation.request_models import ORDERS, REQUESTS, revocation_orders
from sulku_tickets.clocks import stop_clock
from sulku_tickets.domain.clock_rules import ClockKind

_ONE_CALL = timedelta(seconds=150)  # look, revoke, look


def waiting_answer(alarm: OrderAlarm, sentence: str) -> str:
    """What is kept of the CA's answer that it waits for somebody, as the effect's last error."""
    return f"{alarm}: {sentence}"


def waiting_orders(tx: Transaction, ticket_id: int) -> list[Row]:
    """The ticket's orders that wait for somebody, with what nobody may take back (a proven compromise) left out."""
    orders = revocation_orders.c
    query = sa.select(orders.id).where(orders.ticket_id == ticket_id, orders.state == OrderState.SENT)
    found = [tx.get(ORDERS, order_id) for order_id in tx.execute(query.order_by(orders.id)).scalars()]
    waiting = [order for order in found if not WAITS_FOR_SOMEBODY.isdisjoint(order["alarms"])]
    return [order for order in waiting if not tx.get(REQUESTS, order["request_id"])["proof"]]


def hold_order(tx: Transaction, order: Row) -> ClaimedEffect:
    """Its effect, which nobody else carries out until it is given back. Raises ConflictError while somebody does."""
    owner = f"{tx.actor.name}:{order['id']}"
    held = outbox.claim_waiting(tx.connection, order_key(order["id"]), owner=owner, now=tx.now, lease_for=_ONE_CALL)
    if held is None:
        raise ConflictError(
            f"the order to revoke {whole_octets(order['serial'])} is being sent at this moment",
            next_step="Try again in a minute.",
        )
    return held


def withdraw_order(tx: Transaction, order: Row, *, because: str) -> dict[str, Any]:
    """End the order and its request, so that it is never sent again. Returns the request.

    Raises ConflictError while it is sent, and when the CA's last answer leaves open whether it has acted.
    """
    effect = hold_order(tx, order)
    if not _is_waiting(effect.last_error, WAITS_FOR_SOMEBODY):
        raise ConflictError(
            f"it is not known whether the CA has revoked {whole_octets(order['serial'])} meanwhile",
            next_step="Wait until the CA has answered again: the ticket shows it.",
        )
    outbox.complete(tx.connection, effect, now=tx.now)
    tx.change(ORDERS, order, "WITHDRAW", because=[because], by=tx.actor.name)
    clock = ClockKind.DECISION_TO_VISIBLE
    stop_clock(tx, order["ticket_id"], clock, at=tx.now, subject=order_key(order["id"]))
    request = tx.get(REQUESTS, order["request_id"])
    return tx.change(REQUESTS, request, "WITHDRAW", {"because": because}, by=tx.actor.name)


def _is_waiting(last_answer: str | None, alarms: Collection[OrderAlarm]) -> bool:
    return (last_answer or "").startswith(tuple(f"{alarm}:" for alarm in alarms))
