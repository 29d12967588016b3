"""The mails of a ticket, in and out, and who takes part in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel.columns import storable_text
from sulku_kernel.events import Subject, read_events
from sulku_kernel.transaction import Row, Transaction
from sulku_tickets.clocks import stop_clocks
from sulku_tickets.domain.clock_rules import ClockKind, stopped_by_template
from sulku_tickets.domain.masking import mask
from sulku_tickets.models import ticket_mails

INCOMING = "in"
OUTGOING = "out"

# A header longer than this is no header a person wrote (RFC 5322, 2.1.1: 998 octets a line).
HEADER_LIMIT = 998
RECIPIENTS_KEPT = 100


# Answers who must still get the preliminary report, an address each; holders are the revocation's to know.
Untold = Callable[[Transaction, int], Sequence[str]]


def _nobody(_tx: Transaction, _ticket_id: int) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """A mail as a ticket keeps it: what was read and judged. The raw bytes stay in the inbox under `sha256`.

    `received_at` is the moment of acceptance. `is_automatic`: a machine wrote it (auto-reply, bounce, list); it
    joins a ticket without waking it. `judgement` is the JSON of `sulku explain`; `defects` are the reader's words;
    `files` says what came along (`sulku_revocation.domain.attached_files`), None when nothing did;
    `evidence` is what is known of who sent it (`sulku_mailbox.domain.evidence`), kept in the mail's event.
    """

    delivery_id: int
    sha256: str
    from_address: str
    to_addresses: tuple[str, ...]
    subject: str
    received_at: datetime
    message_id: str | None = None
    references: tuple[str, ...] = ()
    new_text: str = ""
    quoted_text: str = ""
    judgement: Mapping[str, Any] = field(default_factory=dict)
    defects: tuple[str, ...] = ()
    files: Mapping[str, Any] | None = None
    is_automatic: bool = False
    evidence: Mapping[str, Any] = field(default_factory=dict)


def mail_row(ticket_id: int, mail: IncomingMail) -> dict[str, Any]:
    """The row of a mail that came in."""
    return {
        "ticket_id": ticket_id,
        "delivery_id": mail.delivery_id,
        "sha256": mail.sha256,
        "direction": INCOMING,
        "message_id": None if mail.message_id is None else storable_text(mail.message_id, HEADER_LIMIT),
        "from_address": storable_text(mail.from_address, HEADER_LIMIT),
        "to_addresses": [storable_text(address, HEADER_LIMIT) for address in mail.to_addresses[:RECIPIENTS_KEPT]],
        "subject": mask(storable_text(mail.subject, HEADER_LIMIT)),
        "new_text": mask(storable_text(mail.new_text)),
        "quoted_text": mask(storable_text(mail.quoted_text)),
        "at": mail.received_at,
        "judgement": mail.judgement,
        "defects": list(mail.defects),
        "files": mail.files,
    }


def record_sent(
    tx: Transaction,
    *,
    ticket_id: int,
    message_id: str,
    to: str,
    subject: str,
    text: str,
    at: datetime,
    template: str,
    key: str,
    untold: Untold = _nobody,
) -> None:
    """A mail of ours was handed over: keep it, and stop the clocks that waited for it.

    The clock of the preliminary report goes on while `untold` names somebody whom no report has reached. Call it in the
    transaction that completes the effect `key`; the same key twice is refused by the table.
    """
    tx.insert(
        ticket_mails,
        {
            "ticket_id": ticket_id,
            "direction": OUTGOING,
            "message_id": storable_text(message_id, HEADER_LIMIT),
            "from_address": "",
            "to_addresses": [storable_text(to, HEADER_LIMIT)],
            "subject": storable_text(subject, HEADER_LIMIT),
            "new_text": storable_text(text),
            "quoted_text": "",
            "at": at,
            "defects": [],
            "template": template,
            "effect_key": key,
        },
    )
    payload = {"template": template, "to": to, "message_id": message_id, "key": key}
    tx.record(Subject("ticket", ticket_id), "MAIL_SENT", payload, ticket_id=ticket_id)
    stopped = stopped_by_template(template)
    if ClockKind.PRELIMINARY_REPORT in stopped and untold(tx, ticket_id):
        stopped -= {ClockKind.PRELIMINARY_REPORT}
    stop_clocks(tx, ticket_id, stopped, at=at)


def told(tx: Transaction, ticket_id: int, templates: Collection[str]) -> frozenset[str]:
    """The addresses to which a mail of ours of one of these templates was handed over."""
    query = sa.select(ticket_mails.c.to_addresses).where(
        ticket_mails.c.ticket_id == ticket_id,
        ticket_mails.c.direction == OUTGOING,
        ticket_mails.c.template.in_(sorted(templates)),
    )
    return frozenset(address for addresses in tx.execute(query).scalars() for address in addresses)


def record_failed(tx: Transaction, *, ticket_id: int, to: str, template: str, error: str, key: str) -> None:
    """A mail of ours will never be delivered: the smarthost refused it for good."""
    payload = {"template": template, "to": to, "error": storable_text(error, HEADER_LIMIT), "key": key}
    tx.record(Subject("ticket", ticket_id), "MAIL_FAILED", payload, ticket_id=ticket_id)


def record_bounce(
    tx: Transaction,
    *,
    ticket_id: int,
    address: str,
    status: str,
    trouble: str,
    message_id: str | None,
    template: str = "",
    told_instead: Sequence[str] = (),
) -> None:
    """A mail of ours to `address` came back: somebody must repair that contact (RFC 3464; status as RFC 3463).

    `trouble` is the status in a word (`sulku_mailbox.domain.delivery_status.Trouble`), `template` what came back,
    `told_instead` who else gets the same mail now.
    """
    payload = {
        "address": storable_text(address, HEADER_LIMIT),
        "status": storable_text(status, 100),
        "trouble": trouble,
        "message_id": None if message_id is None else storable_text(message_id, HEADER_LIMIT),
        "template": template,
        "told_instead": list(told_instead),
    }
    tx.record(Subject("ticket", ticket_id), "CONTACT_REPAIR", payload, ticket_id=ticket_id)


def bounced(tx: Transaction, ticket_id: int) -> frozenset[str]:
    """The addresses from which a mail of this ticket came back."""
    happened = read_events(tx.connection, subject=Subject("ticket", ticket_id))
    return frozenset((event.payload or {}).get("address", "") for event in happened if event.action == "CONTACT_REPAIR")


def find_sent_mail(
    tx: Transaction, ticket_id: int, *, message_id: str | None = None, to: str | None = None
) -> Row | None:
    """The mail of ours on this ticket with this Message-ID, or the newest one to this address."""
    query = sa.select(ticket_mails).where(
        ticket_mails.c.ticket_id == ticket_id,
        ticket_mails.c.direction == OUTGOING,
        ticket_mails.c.template.is_not(None),
    )
    if message_id is not None:
        query = query.where(ticket_mails.c.message_id == storable_text(message_id, HEADER_LIMIT))
    rows = [dict(row) for row in tx.execute(query.order_by(ticket_mails.c.id.desc())).mappings()]
    return next((row for row in rows if message_id is not None or to in row["to_addresses"]), None)


def participants(connection: sa.Connection, ticket_id: int) -> frozenset[str]:
    """The addresses that wrote to this ticket or were written to by us; what others put into To: does not count."""
    query = sa.select(ticket_mails.c.direction, ticket_mails.c.from_address, ticket_mails.c.to_addresses).where(
        ticket_mails.c.ticket_id == ticket_id
    )
    found: set[str] = set()
    for row in connection.execute(query):
        found.update(row.to_addresses if row.direction == OUTGOING else [row.from_address])
    return frozenset(found - {""})


def find_ticket_for_message_id(connection: sa.Connection, message_id: str) -> int | None:
    """The ticket of a mail *we* sent under this Message-ID. Others' Message-IDs are guessable and prove nothing."""
    return connection.execute(
        sa.select(ticket_mails.c.ticket_id)
        .where(ticket_mails.c.message_id == storable_text(message_id, HEADER_LIMIT))
        .where(ticket_mails.c.direction == OUTGOING)
        .limit(1)
    ).scalar_one_or_none()


def find_ticket_for_sha256(connection: sa.Connection, sha256: str) -> int | None:
    """The ticket that has a mail of exactly these bytes already."""
    return connection.execute(
        sa.select(ticket_mails.c.ticket_id).where(ticket_mails.c.sha256 == sha256).order_by(ticket_mails.c.id).limit(1)
    ).scalar_one_or_none()


def mails_of(connection: sa.Connection, ticket_id: int) -> list[sa.RowMapping]:
    """Every mail of a ticket, oldest first."""
    query = sa.select(ticket_mails).where(ticket_mails.c.ticket_id == ticket_id).order_by(ticket_mails.c.id)
    return list(connection.execute(query).mappings())
