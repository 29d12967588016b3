"""Tables of compromised keys: the block list, and what each entry rests on."""

from __future__ import annotations

import sqlalchemy as sa

from sulku_kernel.columns import ROW_ID, UtcDateTime
from sulku_kernel.storage import desk_metadata
from sulku_kernel.transaction import Projection

# A key is on it for good: what was once in other hands stays there (TLS BR 6.1.1.3).
compromised_keys = sa.Table(
    "compromised_key",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("spki", sa.Text, nullable=False, unique=True),
    sa.Column("basis", sa.Text, nullable=False),  # demonstrated, asserted
    # Kinds of proof that a machine verified, joined by blanks; '' when it is only asserted.
    sa.Column("kinds", sa.Text, nullable=False),
    sa.Column("because", sa.Text, nullable=False),
    sa.Column("ticket_id", sa.BigInteger),
    sa.Column("blocked_at", UtcDateTime, nullable=False),
    sa.Column("blocked_by", sa.Text, nullable=False),
    sa.Column("demonstrated_at", UtcDateTime),
)

# What was verified, so that it can be verified again; of a private key the statement that it signed, and itself sealed.
# One of each kind: a key can sign as many statements as it likes.
key_evidence = sa.Table(
    "key_evidence",
    desk_metadata,
    sa.Column("spki", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("ticket_id", sa.BigInteger),
    sa.Column("kept_at", UtcDateTime, nullable=False),
)

KEYS = Projection("key", compromised_keys, ticket_column="ticket_id")
