"""The table of legal holds."""

from __future__ import annotations

import sqlalchemy as sa

from sulku_kernel.columns import ROW_ID, UtcDateTime
from sulku_kernel.storage import desk_metadata
from sulku_kernel.transaction import Projection
from sulku_revocation.domain.hold_states import HOLD_STATES

legal_holds = sa.Table(
    "legal_hold",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("ticket_id", sa.BigInteger, nullable=False),
    sa.Column("certificate_id", sa.BigInteger, nullable=False),
    sa.Column("serial", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("authority", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("because", sa.Text, nullable=False),
    sa.Column("placed_by", sa.Text, nullable=False),
    sa.Column("placed_at", UtcDateTime, nullable=False),
    sa.Column("ended_by", sa.Text),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_legal_hold_certificate", "certificate_id"),
    sa.Index("ix_legal_hold_ticket", "ticket_id"),
)

LEGAL_HOLDS = Projection("legal_hold", legal_holds, HOLD_STATES, ticket_column="ticket_id")
