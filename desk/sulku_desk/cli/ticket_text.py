"""A ticket and the queue as data for `--json` and as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sulku_desk.cli.output import print_table, say
from sulku_kernel.clock import from_text
from sulku_kernel.outbox import outbox
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
            row["state"].lower().replace("_", " "),
            remaining(row["due_at"], now),
            row["case_class"].replace("_", " "),
            row["requester"],
            row["subject"][:60],
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
                "warnings": [{"word": word, "sentence": sentence} for word, sentence in entry.warnings],
                "same_key": list(entry.same_key),
            }
            for entry in listed.entries
        ],
        "orders": read_orders(connection, ticket_id),
        "put_off": _put_off(connection, ticket_id),
        "deadlines": [dict(row) for row in deadlines_of(connection, ticket_id)],
        "escalations": [dict(row) for row in escalations_of(connection, ticket_id)],
        "mails": [dict(row) for row in mails_of(connection, ticket_id)],
        "timeline": [
            {
                "seq": event.seq,
                "at": event.at,
                "actor": event.actor,
                "subject": f"{event.subject.kind} {event.subject.id}",
                "action": event.action,
                "payload": event.payload,
            }
            for event in timeline(connection, ticket_id)
        ],
    }


def _put_off(connection: sa.Connection, ticket_id: int) -> list[dict[str, Any]]:
    """Mails, orders and looks at what is published that did not work yet and are tried again, with the last fault."""
    columns = (outbox.c.kind, outbox.c.attempt, outbox.c.next_attempt_at, outbox.c.last_error)
    query = sa.select(*columns).where(outbox.c.ticket_id == ticket_id, outbox.c.next_attempt_at.is_not(None))
    rows = connection.execute(query.where(outbox.c.last_error.is_not(None)).order_by(outbox.c.id))
    return [dict(row) for row in rows.mappings()]


def print_ticket(data: Mapping[str, Any]) -> None:
    """The ticket for people, what matters most first."""
    ticket = data["ticket"]
    say(f"{ticket['number']}  {ticket['urgency']}  {ticket['state']}  {ticket['case_class'].replace('_', ' ')}")
    say(f"{ticket['subject']}")
    say(f"from {ticket['requester'] or '(no certain sender)'}, assurance {ticket['assurance']}, {ticket['language']}")
    say(f"received {_time(ticket['received_at'])}, assignee {ticket['assignee'] or 'nobody'}")
    print_certificates(data)
    for order in data["orders"]:
        seen = [f"{kind} {_time(order[f'{kind.lower()}_visible_at'])}" for kind in ("CRL", "OCSP")]
        say(f"order {order['id']} {order['state']} for {order['serial']}: {', '.join(seen)}")
    for row in data["put_off"]:
        again = f"attempt {row['attempt']} failed, next {_time(row['next_attempt_at'])}"
        say(f"{row['kind'].replace('_', ' ')}: {again}: {row['last_error']}")
    say("")
    for row in data["deadlines"]:
        stopped = f"stopped {_time(row['stopped_at'])}" if row["stopped_at"] else f"due {_time(row['due_at'])}"
        say(f"clock {row['kind'].replace('_', ' ')}: {stopped}")
    for mail in data["mails"]:
        say("")
        to = ", ".join(mail["to_addresses"])
        say(f"--- {mail['direction']}  {_time(mail['at'])}  {mail['from_address'] or 'us'} → {to}  {mail['subject']}")
        say(mail["new_text"].strip())
    say("")
    for event in data["timeline"]:
        say(f"{_time(event['at'])}  {event['action']:<20} {event['actor']}")


def print_certificates(data: Mapping[str, Any]) -> None:
    """The list that is decided and approved, with what to look out for."""
    rows = [
        (
            entry["request"],
            entry["state"],
            entry["serial_tail"],
            entry["common_name"],
            entry["holder"],
            f"{entry['not_before']:%Y-%m-%d} … {entry['not_after']:%Y-%m-%d}" if entry["not_after"] else "",
            entry["reason"] or "",
        )
        for entry in data["certificates"]
    ]
    print_table(
        ("request", "state", "serial", "common name", "holder", "valid", "reason"),
        rows,
        empty="No certificate is matched yet.",
    )
    for entry in data["certificates"]:
        for warning in entry["warnings"]:
            say(f"  ! {entry['serial_tail']}: {warning['sentence']}")
    if data["list_digest"]:
        say(f"list {data['list_digest']}")


def _time(at: datetime | str | None) -> str:
    if at is None:
        return "not yet"
    moment = from_text(at) if isinstance(at, str) else at
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
