"""The one append-only, hash-chained table of everything that happened: history, timeline and audit trail at once.

Each entry holds the digest of its payload and of the entry before it; the payload stands beside it, so that it can be
erased without breaking the chain. Rows of tickets, requests, orders and applications are projections: an entry's
`changes` merged in order give the row (`fold`), and `verify` compares them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel.bulk import insert_rows
from sulku_kernel.clock import to_microseconds
from sulku_kernel.columns import ROW_ID, UtcDateTime, canonical_json
from sulku_kernel.crash_points import crossing
from sulku_kernel.plain_sql import run_plainly, spell
from sulku_kernel.storage import desk_metadata

GENESIS = "0" * 64

events = sa.Table(
    "event",
    desk_metadata,
    sa.Column("seq", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("subject_kind", sa.Text, nullable=False),
    sa.Column("subject_id", sa.BigInteger, nullable=False),
    sa.Column("ticket_id", sa.BigInteger),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("payload_digest", sa.Text, nullable=False),
    sa.Column("previous_digest", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Index("ix_event_subject", "subject_kind", "subject_id", "seq"),
    sa.Index("ix_event_ticket", "ticket_id", "seq"),
)

event_payloads = sa.Table(
    "event_payload",
    desk_metadata,
    sa.Column("seq", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("payload", sa.Text),
)

# One row: the end of the chain. Locked last before each commit, so that entries stand in the order of the commits.
chain_head = sa.Table(
    "chain_head",
    desk_metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
)

_HEAD = spell("SELECT seq, digest FROM {desk}chain_head WHERE id = 1 {locked}")
_MOVE_HEAD = spell("UPDATE {desk}chain_head SET seq = {one}, digest = {one} WHERE id = 1")


@dataclass(frozen=True)
class Subject:
    """What an event is about: a kind (the projection's name) and the id of one of them."""

    kind: str
    id: int


@dataclass(frozen=True)
class Event:
    """One thing that happened, before it has its place in the chain.

    `payload` may hold `changes` (column → new value of the subject's row), `because` (reasons, sentences for people)
    and whatever else the action's readers need. JSON values, aware times and sets are allowed.
    """

    at: datetime
    actor: str
    subject: Subject
    action: str
    payload: Mapping[str, Any]
    ticket_id: int | None = None


@dataclass(frozen=True)
class RecordedEvent:
    """An event with its place in the chain. `payload` is None when it was erased."""

    seq: int
    at: datetime
    actor: str
    subject: Subject
    action: str
    payload: Mapping[str, Any] | None
    ticket_id: int | None
    payload_digest: str
    previous_digest: str
    digest: str


def digest_payload(payload_text: str) -> str:
    """SHA-256 of a payload's canonical text, lower-case hex."""
    return hashlib.sha256(payload_text.encode()).hexdigest()


def digest_entry(
    seq: int,
    at: datetime,
    actor: str,
    subject: Subject,
    ticket_id: int | None,
    action: str,
    payload_digest: str,
    previous_digest: str,
) -> str:
    """SHA-256 over every field of an entry and the digest before it, as one canonical JSON list."""
    fields = [
        seq,
        to_microseconds(at),
        actor,
        subject.kind,
        subject.id,
        ticket_id,
        action,
        payload_digest,
        previous_digest,
    ]
    return hashlib.sha256(canonical_json(fields).encode()).hexdigest()


@crossing("events_chained")
def append(connection: sa.Connection, new: Iterable[Event]) -> tuple[int, str]:
    """Add events to the end of the chain and return its new head (sequence number, digest).

    Call it last in a transaction: it locks the head row, which every other writer waits for.
    """
    heads = run_plainly(connection, _HEAD)
    if not heads:
        connection.execute(chain_head.insert().values(id=1, seq=0, digest=GENESIS))
    seq, previous = heads[0] if heads else (0, GENESIS)
    rows: list[dict[str, Any]] = []
    payloads: list[dict[str, Any]] = []
    for event in new:
        seq += 1
        text = canonical_json(event.payload)
        payload_digest = digest_payload(text)
        digest = digest_entry(
            seq, event.at, event.actor, event.subject, event.ticket_id, event.action, payload_digest, previous
        )
        rows.append(
            {
                "seq": seq,
                "at": event.at,
                "actor": event.actor,
                "subject_kind": event.subject.kind,
                "subject_id": event.subject.id,
                "ticket_id": event.ticket_id,
                "action": event.action,
                "payload_digest": payload_digest,
                "previous_digest": previous,
                "digest": digest,
            }
        )
        payloads.append({"seq": seq, "payload": text})
        previous = digest
    if rows:
        insert_rows(connection, events, rows)
        insert_rows(connection, event_payloads, payloads)
        run_plainly(connection, _MOVE_HEAD, seq, previous)
    return seq, previous


def read_events(
    connection: sa.Connection,
    *,
    ticket_id: int | None = None,
    subject: Subject | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[RecordedEvent]:
    """Events in order, of one ticket, of one subject, or all; those behind `after` only."""
    query = (
        sa.select(events, event_payloads.c.payload)
        .join(event_payloads, event_payloads.c.seq == events.c.seq, isouter=True)
        .where(events.c.seq > after)
        .order_by(events.c.seq)
        .limit(limit)
    )
    if ticket_id is not None:
        query = query.where(events.c.ticket_id == ticket_id)
    if subject is not None:
        query = query.where(events.c.subject_kind == subject.kind, events.c.subject_id == subject.id)
    return [_recorded(row) for row in connection.execute(query)]


def _recorded(row: sa.Row[Any]) -> RecordedEvent:
    return RecordedEvent(
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        subject=Subject(row.subject_kind, row.subject_id),
        action=row.action,
        payload=None if row.payload is None else json.loads(row.payload),
        ticket_id=row.ticket_id,
        payload_digest=row.payload_digest,
        previous_digest=row.previous_digest,
        digest=row.digest,
    )
