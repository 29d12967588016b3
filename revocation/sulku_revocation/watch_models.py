"""Tables of what is watched of the issuers: their lists and responders, what stands there, what stays revoked."""

from __future__ import annotations

import sqlalchemy as sa

from sulku_kernel.columns import ROW_ID, JsonText, UtcDateTime
from sulku_kernel.lease import lease_columns
from sulku_kernel.storage import desk_metadata

# Whose turn it is; `id` is the issuer's.
issuer_watches = sa.Table(
    "issuer_watch",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("next_turn_at", UtcDateTime, nullable=False),
    *lease_columns(),
)

# How each CA answers, counted over all nodes; `state` is the last one that a node told of.
ca_circuits = sa.Table(
    "ca_circuit",
    desk_metadata,
    sa.Column("ca", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("calls", sa.BigInteger, nullable=False),
    sa.Column("failures", sa.BigInteger, nullable=False),
    sa.Column("opened", sa.BigInteger, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)

# The last look at each address where an issuer publishes.
published_points = sa.Table(
    "published_point",
    desk_metadata,
    sa.Column("issuer_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),  # crl, ocsp
    sa.Column("looked_at", UtcDateTime, nullable=False),
    # What was wrong with it, since when; '' when nothing was. The columns below tell the last good list.
    sa.Column("fault", sa.Text, nullable=False),
    sa.Column("fault_since", UtcDateTime),
    sa.Column("number", sa.Text),  # up to 20 octets (RFC 5280, 5.2.3)
    sa.Column("this_update", UtcDateTime),
    sa.Column("next_update", UtcDateTime),
    sa.Column("octets", sa.BigInteger, nullable=False),
    sa.Column("entries", sa.BigInteger, nullable=False),
    # How many certificates of holders could still come on it.
    sa.Column("valid", sa.BigInteger, nullable=False),
)

# Every entry of every CRL, and why it may stand there (`domain/crl_comparing.Origin`).
crl_entries = sa.Table(
    "crl_entry",
    desk_metadata,
    sa.Column("issuer_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("serial", sa.Text, primary_key=True),  # lower-case hex
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
    sa.Index("ix_crl_entry_origin", "origin", "issuer_id"),
    sqlite_with_rowid=False,
)

# The ticket about what is wrong with an issuer's publication, by kind (`EscalationKind`), and what is so now.
issuer_alarms = sa.Table(
    "issuer_alarm",
    desk_metadata,
    sa.Column("issuer_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, nullable=False),
    sa.Column("facts", JsonText, nullable=False),
)

# Revocations that were confirmed: looked at again until the certificate expires.
watched_revocations = sa.Table(
    "watched_revocation",
    desk_metadata,
    sa.Column("certificate_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("issuer_id", sa.BigInteger, nullable=False),
    sa.Column("serial", sa.Text, nullable=False),
    sa.Column("until", UtcDateTime),  # None: it is not on file when the certificate expires
    sa.Column("looks", sa.Integer, nullable=False),
    sa.Column("next_look_at", UtcDateTime, nullable=False),
    sa.Index("ix_watched_revocation_due", "issuer_id", "next_look_at"),
)
