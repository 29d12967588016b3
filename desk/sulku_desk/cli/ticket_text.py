"""A ticket as data for `--json`, and the queue's rows for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sulku_console.shown_text import shown_line
from sulku_kernel.outbox import outbox
from sulku_revocation.domain.decision_list import ListedCertificate
from sulku_revocation.legal_holds import holds_of
from sulku_revocation.listing import decision_list
from sulku_revocation.orders import read_orders
from sulku_revocation.register import DatabaseRegister
from sulku_tickets.conversation import mails_of
from sulku_tickets.ticket_queue import deadlines_of, escalations_of, get_ticket, timeline


def queue_rows(rows: Sequence[Mapping[str, Any]], now: datetime) -> list[tuple[Any, ...]]:
    """The queue's rows for a table."""
    return [
        (
            row["number"],
            row["urgency"],
            remaining(row["due_at"], now),
            row["state"].lower().replace("_", " "),
            shown_line(row["requester"]),
            shown_line(row["subject"])[:60],
            row["assignee"] or "",
        )
        for row in rows
    ]


def remaining(due_at: datetime | None, now: datetime) -> str:
    """`in 3 h 05 min`, `12 min late`, or nothing."""
    if due_at is None:
        return ""
    left = due_at - now
    minutes = int(abs(left) // timedelta(minutes=1))
    said = f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
    return f"in {said}" if left >= timedelta(0) else f"{said} late"


def ticket_data(connection: sa.Connection, ticket_id: int, now: datetime) -> dict[str, Any]:
    """Everything about a ticket. Raises NotFoundError."""
    ticket = dict(get_ticket(connection, ticket_id))
    events = timeline(connection, ticket_id)
    listed = decision_list(connection, ticket_id, register=DatabaseRegister(connection), now=now)
    return {
        "ticket": ticket,
        "list_digest": listed.digest,
        "certificates": [
            {
                "request": entry.request_id,
                "state": entry.state,
                "issuer": entry.certificate.issuer,
                "serial": entry.certificate.serial.hex,
                "serial_tail": entry.serial_tail,
                "common_name": entry.certificate.common_name,
                "host_names": list(entry.certificate.host_names),
                "holder": entry.holder,
                "not_before": entry.certificate.not_before,
                "not_after": entry.certificate.not_after,
                "reason": None if entry.reason is None else entry.reason.rfc_name,
                "asked_reason": None if entry.asked_reason is None else entry.asked_reason.rfc_name,
                "facts": list(entry.facts),
                "is_update": entry.is_update,
                "legal_hold": entry.legal_hold,
                "effect": _effect(entry),
                "wanted_at": entry.wanted_at,
                "held_because": entry.held_because,
                "warnings": [{"word": word, "sentence": sentence} for word, sentence in entry.warnings],
                "same_key": list(entry.same_key),
            }
            for entry in listed.entries
        ],
        "legal_holds": list(holds_of(connection, ticket_id)),
        "orders": read_orders(connection, ticket_id),
        "put_off": _put_off(connection, ticket_id),
        "deadlines": [dict(row) for row in deadlines_of(connection, ticket_id)],
        "escalations": [dict(row) for row in escalations_of(connection, ticket_id)],
        "mails": [dict(row) for row in mails_of(connection, ticket_id)],
        "senders": [event.payload["evidence"] for event in events if event.payload and event.payload.get("evidence")],
        "timeline": [
            {
                "seq": event.seq,
                "at": event.at,
                "actor": event.actor,
                "subject": f"{event.subject.kind} {event.subject.id}",
                "action": event.action,
                "payload": event.payload,
            }
            for event in events
        ],
    }


def _effect(entry: ListedCertificate) -> dict[str, Any]:
    """What revoking it comes to."""
    replacement = entry.effect.replacement
    return {
        "is_test": entry.effect.is_test,
        "type": str(entry.certificate.certificate_type),
        "others_of_holder": entry.effect.others,
        "replacement": None
        if replacement is None
        else {"serial": replacement.serial.hex, "not_before": replacement.not_before},
    }


def _put_off(connection: sa.Connection, ticket_id: int) -> list[dict[str, Any]]:
    """Mails, orders and looks at what is published that did not work yet and are tried again, with the last fault."""
    columns = (outbox.c.kind, outbox.c.attempt, outbox.c.next_attempt_at, outbox.c.last_error)
    query = sa.select(*columns).where(outbox.c.ticket_id == ticket_id, outbox.c.next_attempt_at.is_not(None))
    rows = connection.execute(query.where(outbox.c.last_error.is_not(None)).order_by(outbox.c.id))
    return [dict(row) for row in rows.mappings()]
