"""Tables of tickets, their mails, deadlines and escalations, and of operators and their sessions.

`ticket`, `escalation` and `operator` are projections of the event chain. The others explain themselves: a deadline's
and a mail's story stands in the ticket's events. Indexes are few and partial, so that opening a ticket costs the same
with a million others there.
"""

from __future__ import annotations

import sqlalchemy as sa

from sulku_kernel.columns import ROW_ID, JsonText, UtcDateTime
from sulku_kernel.lease import lease_columns
from sulku_kernel.storage import desk_metadata
from sulku_kernel.transaction import Projection
from sulku_tickets.domain.ticket_states import ESCALATION_STATES, TICKET_STATES

_IDENTITY = sa.BigInteger().with_variant(sa.Integer, "sqlite")

tickets = sa.Table(
    "ticket",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("case_class", sa.Text, nullable=False),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("requester", sa.Text, nullable=False),
    sa.Column("assurance", sa.Text, nullable=False),
    sa.Column("account_id", sa.BigInteger),
    sa.Column("assignee", sa.Text),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("first_delivery_id", sa.BigInteger, nullable=False, unique=True),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Index(
        "ix_ticket_open",
        "state",
        "urgency",
        sqlite_where=sa.text("state <> 'CLOSED'"),
        postgresql_where=sa.text("state <> 'CLOSED'"),
    ),
)

# `delivery_id` is the inbox's and null for our own mails; `effect_key` is the outbox's and null for mails that came in.
ticket_mails = sa.Table(
    "ticket_mail",
    desk_metadata,
    sa.Column("id", _IDENTITY, primary_key=True, autoincrement=True),
    sa.Column("ticket_id", sa.BigInteger, nullable=False),
    sa.Column("delivery_id", sa.BigInteger, unique=True),
    sa.Column("sha256", sa.Text),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text),
    sa.Column("from_address", sa.Text, nullable=False),
    sa.Column("to_addresses", JsonText, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("new_text", sa.Text, nullable=False),
    sa.Column("quoted_text", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("judgement", JsonText),
    sa.Column("defects", JsonText, nullable=False),
    sa.Column("files", JsonText),
    sa.Column("template", sa.Text),
    sa.Column("effect_key", sa.Text, unique=True),
    sa.Index("ix_ticket_mail_ticket", "ticket_id", "id"),
    # The same bytes are one mail, also when two workers meet them at once. Mails of ours have no digest.
    sa.Index("uq_ticket_mail_sha256", "sha256", unique=True),
    sa.Index("ix_ticket_mail_message_id", "message_id"),
)

# `fired` is the highest percentage that has fired; `next_fire_at` is null when there is nothing more to fire.
# `subject` tells several clocks of one kind apart (`order:7`); the first of a kind has an empty one.
deadlines = sa.Table(
    "deadline",
    desk_metadata,
    sa.Column("id", _IDENTITY, primary_key=True, autoincrement=True),
    sa.Column("ticket_id", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("next_fire_at", UtcDateTime),
    sa.Column("fired", sa.Integer, nullable=False),
    sa.Column("stopped_at", UtcDateTime),
    *lease_columns(),
    sa.UniqueConstraint("ticket_id", "kind", "subject"),
    sa.Index(
        "ix_deadline_next_fire",
        "next_fire_at",
        sqlite_where=sa.text("next_fire_at IS NOT NULL"),
        postgresql_where=sa.text("next_fire_at IS NOT NULL"),
    ),
)

# One row per ticket and kind of cause (`escalation.escalation_id`); `round` counts how often it was started.
escalations = sa.Table(
    "escalation",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("ticket_id", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("causes", sa.Integer, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("next_page_at", UtcDateTime),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Column("acknowledged_by", sa.Text),
    sa.Column("policy", JsonText, nullable=False),
    sa.Index("ix_escalation_ticket", "ticket_id"),
    sa.Index(
        "ix_escalation_next_page",
        "next_page_at",
        sqlite_where=sa.text("next_page_at IS NOT NULL"),
        postgresql_where=sa.text("next_page_at IS NOT NULL"),
    ),
)

operators = sa.Table(
    "operator",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("login", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("phone", sa.Text, nullable=False),
    sa.Column("roles", JsonText, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("disabled_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

# Only SHA-256 of the token is kept: who reads the table can take over nobody's session.
sessions = sa.Table(
    "session",
    desk_metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("operator_id", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Index("ix_session_operator", "operator_id"),
)

# Failed attempts to log in, for the rate limit. `key` is a login or a network address, as SHA-256.
login_failures = sa.Table(
    "login_failure",
    desk_metadata,
    sa.Column("id", _IDENTITY, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_login_failure_key", "key", "at"),
)

TICKETS = Projection("ticket", tickets, TICKET_STATES, ticket_column="id")
ESCALATIONS = Projection("escalation", escalations, ESCALATION_STATES, ticket_column="ticket_id")
OPERATORS = Projection("operator", operators, sealed=frozenset({"password_hash"}))
