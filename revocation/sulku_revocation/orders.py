"""Orders to the CA and what was seen of them: stored before they are sent, revoked only when seen.

Every step is a change of the order and of its request in one transaction. The I/O stands in `order_effects.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel import numbers
from sulku_kernel.clock import to_text
from sulku_kernel.crash_points import crossing
from sulku_kernel.outbox import Effect
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.alarms import Alarm, Page
from sulku_revocation.domain.order_states import OrderAlarm, OrderState
from sulku_revocation.domain.publication_evidence import Seen
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.register_port import Register
from sulku_revocation.kept_documents import keep_documents
from sulku_revocation.overtaken import wake_overtaken
from sulku_revocation.publication_clocks import stop_served_clocks
from sulku_revocation.register import mark_revoked
from sulku_revocation.request_models import (
    ORDERS,
    REQUESTS,
    publication_documents,
    publication_evidence,
    revocation_orders,
)
from sulku_revocation.telling import tell_revoked
from sulku_revocation.watched import watch_revocations
from sulku_tickets.clocks import start_clock, stop_clock
from sulku_tickets.domain.clock_rules import ClockKind
from sulku_tickets.models import TICKETS

CA_ORDER, PUBLICATION_CHECK = "ca_order", "publication_check"


def order_key(order_id: int) -> str:
    """The key of the effect that sends an order, and the subject of the clock that watches it."""
    return f"order:{order_id}"


@crossing("order_stored")
def store_order(tx: Transaction, ticket: Row, request: Row) -> dict[str, Any]:
    """Store the order of an approved request, with the effect that sends it and the clock that watches it."""
    tx.flush()
    (order_id,) = numbers.reserve(tx.connection, ORDERS.kind)
    key = order_key(order_id)
    order = tx.create(
        ORDERS,
        order_id,
        "STORE",
        {
            "request_id": request["id"],
            "ticket_id": request["ticket_id"],
            "certificate_id": request["certificate_id"],
            "issuer_id": request["issuer_id"],
            "serial": request["serial"],
            "reason": request["reason"],
            "is_update": request["is_update"],
            "invalidity_at": request["invalidity_at"],
            # Bound to the approved list too, so that no other instance's order 7 is taken for this one at the CA.
            "idempotency_key": f"{key}:{request['list_digest'][:32]}",
            "stored_at": tx.now,
            "alarms": [],
        },
    )
    tx.enqueue(Effect(CA_ORDER, key=key, payload={"order_id": order_id}, ticket_id=ticket["id"], priority=1))
    start_clock(tx, ticket, ClockKind.DECISION_TO_VISIBLE, at=tx.now, subject=key)
    return order


@crossing("order_marked_sent")
def mark_sent(tx: Transaction, order_id: int) -> dict[str, Any]:
    """The order is about to be sent (again). Returns it as it is now; only a stored one changes."""
    order = dict(tx.get(ORDERS, order_id))
    if order["state"] == OrderState.STORED:
        return tx.change(ORDERS, order, "SEND", {"sent_at": tx.now})
    return order


@crossing("answer_recorded")
def record_accepted(
    tx: Transaction, order_id: int, *, revoked_at: datetime, reason: int, is_repeat: bool, notes: Sequence[str] = ()
) -> dict[str, Any]:
    """The CA has it. Nothing is revoked yet: from now on CRL and OCSP are watched. A repeat changes nothing.

    `notes` say what of the order the CA did not record; they stand in the history.
    """
    order = _lock(tx, order_id)
    if order["state"] != OrderState.SENT:
        return order
    changes = {"accepted_at": tx.now, "ca_revoked_at": revoked_at, "ca_reason": reason}
    order = tx.change(
        ORDERS, order, "ACCEPT", changes, is_repeat=is_repeat, **({"because": list(notes)} if notes else {})
    )
    tx.change(REQUESTS, tx.get(REQUESTS, order["request_id"]), "ACCEPT")
    tx.enqueue(
        Effect(
            PUBLICATION_CHECK,
            key=f"publication:{order_id}",
            payload={"order_id": order_id},
            ticket_id=order["ticket_id"],
            priority=2,
        )
    )
    return order


def record_refused(tx: Transaction, order_id: int, *, why: str, message: str) -> None:
    """The CA will never do it. The request ends as REFUSED, visibly: the ticket stays open and its clocks run on."""
    order = _lock(tx, order_id)
    if order["state"] != OrderState.SENT:
        return
    tx.change(ORDERS, order, "REFUSE", why=why, because=[message])
    tx.change(REQUESTS, tx.get(REQUESTS, order["request_id"]), "REFUSE", why=why, because=[message])


def raise_alarm(tx: Transaction, order_id: int, alarm: OrderAlarm, sentence: str, page: Page) -> bool:
    """Record an alarm of an order and page, once; returns whether it was the first time."""
    order = _lock(tx, order_id)
    if alarm in order["alarms"] or order["state"] not in _alarming_states(alarm):
        return False
    tx.change(ORDERS, order, "ALARM", {"alarms": [*order["alarms"], str(alarm)]}, because=[sentence])
    page(tx, Alarm(order["ticket_id"], f"{order_key(order_id)}:{alarm}", str(alarm), sentence))
    return True


@crossing("sight_recorded")
def record_seen(tx: Transaction, order_id: int, kind: str, seen: Seen, *, at: datetime) -> None:
    """Keep the evidence of the first sight of the revocation in the CRL (`crl`) or OCSP (`ocsp`)."""
    order = _lock(tx, order_id)
    if order["state"] != OrderState.ACCEPTED or order[f"{kind}_visible_at"] is not None:
        return
    changes: dict[str, Any] = {f"{kind}_visible_at": at, f"{kind}_digest": seen.sha256}
    number = None if seen.number is None else str(seen.number)
    if kind == "crl":
        changes["crl_number"] = number
    keep_documents(tx, {seen.sha256: seen.signed})
    tx.insert(
        publication_evidence,
        {
            "order_id": order_id,
            "kind": kind,
            "seen_at": at,
            "number": number,
            "this_update": seen.this_update,
            "revoked_at": seen.revoked_at,
            "reason": seen.reason,
            "sha256": seen.sha256,
        },
    )
    tx.change(ORDERS, order, f"SEE_{kind.upper()}", changes, this_update=to_text(seen.this_update))


@crossing("revocation_confirmed")
def confirm(tx: Transaction, order_id: int, register: Register) -> bool:
    """Both CRL and OCSP were seen and their evidence is kept: now, and only now, it is REVOKED. Tells everybody.

    Returns False when it was confirmed before. Raises LookupError without the evidence of both.
    """
    order = _lock(tx, order_id)
    if order["state"] != OrderState.ACCEPTED:
        return False
    evidence = {row["kind"]: row for row in read_evidence(tx, order_id)}
    if set(evidence) != {"crl", "ocsp"}:
        raise LookupError(f"order {order_id} has evidence of {sorted(evidence)} only")
    reason, revoked_at = ReasonCode(evidence["crl"]["reason"]), evidence["crl"]["revoked_at"]
    published = {"confirmed_at": tx.now, "ca_reason": int(reason), "ca_revoked_at": revoked_at}
    order = tx.change(ORDERS, order, "CONFIRM", published)
    tx.change(REQUESTS, tx.get(REQUESTS, order["request_id"]), "SEE")
    before = register.certificate(order["certificate_id"])
    mark_revoked(tx, order["certificate_id"], at=revoked_at, reason=reason, is_update=order["is_update"])
    ticket = tx.get(TICKETS, order["ticket_id"])
    stop_clock(tx, ticket["id"], ClockKind.DECISION_TO_VISIBLE, at=tx.now, subject=order_key(order_id))
    stop_served_clocks(tx, ticket["id"])
    watch_revocations(tx, [order["certificate_id"]])
    wake_overtaken(tx, [order["certificate_id"]])
    tell_revoked(tx, ticket, order, register, before=before)
    return True


def orders_of_requests(tx: Transaction, request_ids: Collection[int]) -> list[dict[str, Any]]:
    """The orders of some requests, in order."""
    query = (
        sa.select(revocation_orders)
        .where(revocation_orders.c.request_id.in_(list(request_ids)))
        .order_by(revocation_orders.c.id)
    )
    return [dict(row) for row in tx.execute(query).mappings()]


def read_orders(connection: sa.Connection, ticket_id: int) -> list[dict[str, Any]]:
    """The ticket's orders in order, for showing."""
    query = sa.select(revocation_orders).where(revocation_orders.c.ticket_id == ticket_id)
    return [dict(row) for row in connection.execute(query.order_by(revocation_orders.c.id)).mappings()]


def read_crl_numbers(connection: sa.Connection) -> dict[int, int]:
    """The highest CRL number ever seen of each issuer, by its id: no older CRL is believed, after a restart either."""
    query = sa.select(revocation_orders.c.issuer_id, revocation_orders.c.crl_number).distinct()
    highest: dict[int, int] = {}
    for issuer_id, number in connection.execute(query.where(revocation_orders.c.crl_number.is_not(None))):
        highest[issuer_id] = max(int(number), highest.get(issuer_id, 0))
    return highest


def read_evidence(source: Transaction | sa.Connection, order_id: int) -> list[dict[str, Any]]:
    """What was seen of an order: kind, seen_at, number, this_update, revoked_at, reason, sha256, signed `der`."""
    query = (
        sa.select(publication_evidence, publication_documents.c.der)
        .join(publication_documents, publication_documents.c.sha256 == publication_evidence.c.sha256)
        .where(publication_evidence.c.order_id == order_id)
        .order_by(publication_evidence.c.kind)
    )
    return [dict(row) for row in source.execute(query).mappings()]


def _alarming_states(alarm: OrderAlarm) -> frozenset[OrderState]:
    """What comes too late to matter pages nobody; that a revocation is taken back matters only once it was seen."""
    is_late = alarm is OrderAlarm.NO_LONGER_REVOKED
    return frozenset({OrderState.CONFIRMED} if is_late else {OrderState.SENT, OrderState.ACCEPTED})


def _lock(tx: Transaction, order_id: int) -> dict[str, Any]:
    """The order, locked behind its ticket: the order in which approvals lock, so that two never wait for each other."""
    ticket_id = tx.execute(
        sa.select(revocation_orders.c.ticket_id).where(revocation_orders.c.id == order_id)
    ).scalar_one()
    tx.get(TICKETS, ticket_id)
    return dict(tx.get(ORDERS, order_id))
