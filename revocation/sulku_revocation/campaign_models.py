"""Tables of campaigns: the certificates on their lists, the order they go in, and the CRLs that showed them."""

from __future__ import annotations

import sqlalchemy as sa

from sulku_kernel.columns import ROW_ID, JsonText, UtcDateTime
from sulku_kernel.storage import desk_metadata
from sulku_kernel.transaction import Projection
from sulku_revocation.domain.campaign_states import CAMPAIGN_STATES, LINE_STATES

campaigns = sa.Table(
    "campaign",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    # The case that it serves, when there is one: alarms page there.
    sa.Column("ticket_id", sa.BigInteger),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("is_drill", sa.Boolean, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    # For the incident report: when what is wrong began, and when we knew of it (CCADB IRG, Timeline).
    sa.Column("began_at", UtcDateTime),
    sa.Column("identified_at", UtcDateTime),
    sa.Column("due_at", UtcDateTime),
    sa.Column("total", sa.Integer, nullable=False),
    # Lines of what was given that name no certificate, or more than one: [source, line, text, why].
    sa.Column("unmatched", JsonText, nullable=False),
    sa.Column("list_hash", sa.Text),
    sa.Column("frozen_at", UtcDateTime),
    sa.Column("wave_order", sa.Text, nullable=False),
    sa.Column("waves", JsonText, nullable=False),
    sa.Column("is_stepwise", sa.Boolean, nullable=False),
    sa.Column("per_minute", sa.Integer, nullable=False),
    sa.Column("ocsp_per_mille", sa.Integer, nullable=False),
    sa.Column("is_told_before", sa.Boolean, nullable=False),
    # One reason for all.
    sa.Column("reason", sa.Integer),
    sa.Column("invalidity_at", UtcDateTime),
    sa.Column("because", sa.Text),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", UtcDateTime),
    sa.Column("approval_digest", sa.Text),
    # The wave that may go out, and how often sending was begun: batches of an earlier run have no successor.
    sa.Column("wave", sa.Integer, nullable=False),
    sa.Column("run", sa.Integer, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_campaign_state", "state"),
)

campaign_lines = sa.Table(
    "campaign_line",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("campaign_id", sa.BigInteger, nullable=False),
    sa.Column("certificate_id", sa.BigInteger, nullable=False),
    sa.Column("issuer_id", sa.BigInteger, nullable=False),
    sa.Column("serial", sa.Text, nullable=False),
    sa.Column("account_id", sa.BigInteger),
    sa.Column("state", sa.Text, nullable=False),
    # Why it was left out or refused.
    sa.Column("why", sa.Text),
    sa.Column("due_at", UtcDateTime),
    sa.Column("held_by", sa.Text),  # the authority behind a legal hold
    sa.Column("held_reference", sa.Text),
    sa.Column("held_until", UtcDateTime),
    sa.Column("batch", sa.BigInteger),
    sa.Column("sent_at", UtcDateTime),
    # Somebody at the CA must agree: it is asked about from then on, and not sent again.
    sa.Column("awaits_approval_since", UtcDateTime),
    sa.Column("accepted_at", UtcDateTime),
    sa.Column("ca_revoked_at", UtcDateTime),
    sa.Column("ca_reason", sa.Integer),
    sa.Column("crl_digest", sa.Text),
    sa.Column("ocsp_digest", sa.Text),  # of the answer, where OCSP was asked about this very certificate
    sa.Column("confirmed_at", UtcDateTime),
    sa.UniqueConstraint("campaign_id", "certificate_id"),
    sa.Index("ix_campaign_line_state", "campaign_id", "state", "issuer_id"),
    sa.Index("ix_campaign_line_batch", "batch"),
    sa.Index("ix_campaign_line_account", "campaign_id", "account_id"),
    sa.Index("ix_campaign_line_certificate", "certificate_id"),
)

# In which order a list goes out. A plan, not a fact: it can be made anew until the campaign is approved.
campaign_turns = sa.Table(
    "campaign_turn",
    desk_metadata,
    sa.Column("campaign_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("line_id", sa.BigInteger, nullable=False),
    sa.Index("ix_campaign_turn_line", "line_id"),
)

# Each CRL that showed lines of a campaign; its signed bytes are a `publication_document`.
campaign_sights = sa.Table(
    "campaign_sight",
    desk_metadata,
    sa.Column("campaign_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("crl_digest", sa.Text, primary_key=True),
    sa.Column("issuer_id", sa.BigInteger, nullable=False),
    sa.Column("crl_number", sa.Text),
    sa.Column("this_update", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)

CAMPAIGNS = Projection("campaign", campaigns, CAMPAIGN_STATES, ticket_column="ticket_id")
CAMPAIGN_LINES = Projection("campaign_line", campaign_lines, LINE_STATES)
