"""The tables of the inbox. Append-only: intake inserts and selects, and needs no other right.

Reading them is the desk's business (`sulku_desk.reading`); nothing here says whether a mail was read.
"""

from __future__ import annotations

import sqlalchemy as sa

from sulku_kernel.columns import ROW_ID, JsonText, UtcDateTime
from sulku_kernel.storage import inbox_metadata

# Which data keys were ever used, so that a missing key is noticed at start and not at the first old mail.
data_keys = sa.Table(
    "data_key",
    inbox_metadata,
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("first_used_at", UtcDateTime, nullable=False),
)

# A mail's bytes, sealed. All chunks of a mail are written in one transaction. They are not keyed by their digest: rows
# that come in the order of their keys are written at the end of the file, those of a digest anywhere in it.
raw_chunks = sa.Table(
    "raw_chunk",
    inbox_metadata,
    sa.Column("raw_id", sa.Text, primary_key=True),
    sa.Column("chunk", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

# One row each time a mail was handed to us. The ids are dense and become visible in their order (see `Inbox.add`).
# `sha256` (hex) is of the plain bytes; `raw_id` says where they are kept.
deliveries = sa.Table(
    "delivery",
    inbox_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("raw_id", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mail_from", sa.Text, nullable=False),
    sa.Column("rcpt_to", JsonText, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("peer", sa.Text, nullable=False),
    sa.Column("helo", sa.Text, nullable=False),
    sa.Column("tls", sa.Text, nullable=False),
    sa.Column("anomalies", JsonText, nullable=False),
    sa.Index("ix_delivery_sha256", "sha256"),
)

# What was fetched from an IMAP mailbox; see `sulku_mailbox.ledger`.
imap_fetched = sa.Table(
    "imap_fetched",
    inbox_metadata,
    sa.Column("mailbox", sa.Text, primary_key=True),
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("uid_validity", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("uid", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("delivery_id", sa.BigInteger, nullable=False),
    sa.Column("fetched_at", UtcDateTime, nullable=False),
    sa.Index("ix_imap_fetched_content", "mailbox", "folder", "sha256"),
)

# How a fetched message left its folder: moved by us, or gone by somebody else's hand.
imap_departed = sa.Table(
    "imap_departed",
    inbox_metadata,
    sa.Column("mailbox", sa.Text, primary_key=True),
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("uid_validity", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("uid", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
