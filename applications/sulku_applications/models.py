"""The application's row, explained by its events."""

from __future__ import annotations

import sqlalchemy as sa

from sulku_applications.domain.stages import APPLICATION_MACHINE
from sulku_kernel.columns import ROW_ID, UtcDateTime
from sulku_kernel.storage import desk_metadata
from sulku_kernel.transaction import Projection

applications = sa.Table(
    "application",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Text, nullable=False, unique=True),
    sa.Column("reference", sa.Text, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("business_id", sa.Text, nullable=False),
    sa.Column("certificate_type", sa.Text, nullable=False),
    sa.Column("common_name", sa.Text, nullable=False),
    sa.Column("applicant_email", sa.Text, nullable=False),
    sa.Column("technical_email", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("change", sa.Integer, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Index("ix_application_state", "state", "changed_at"),
)

APPLICATIONS = Projection("application", applications, APPLICATION_MACHINE)
