"""The inbox: sealed mails, deliveries, what was fetched over IMAP."""

import sqlalchemy as sa
from alembic import op

revision = "inbox_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_key",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_data_key")),
        schema="inbox",
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("raw_id", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mail_from", sa.Text(), nullable=False),
        sa.Column("rcpt_to", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("helo", sa.Text(), nullable=False),
        sa.Column("tls", sa.Text(), nullable=False),
        sa.Column("anomalies", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        schema="inbox",
    )
    op.create_index("ix_delivery_sha256", "delivery", ["sha256"], unique=False, schema="inbox")
    op.create_table(
        "imap_departed",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "folder", "uid_validity", "uid", name=op.f("pk_imap_departed")),
        schema="inbox",
    )
    op.create_table(
        "imap_fetched",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "folder", "uid_validity", "uid", name=op.f("pk_imap_fetched")),
        schema="inbox",
    )
    op.create_index(
        "ix_imap_fetched_content", "imap_fetched", ["mailbox", "folder", "sha256"], unique=False, schema="inbox"
    )
    op.create_table(
        "raw_chunk",
        sa.Column("raw_id", sa.Text(), nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("raw_id", "chunk", name=op.f("pk_raw_chunk")),
        schema="inbox",
    )


def downgrade() -> None:
    op.drop_table("raw_chunk", schema="inbox")
    op.drop_index("ix_imap_fetched_content", table_name="imap_fetched", schema="inbox")
    op.drop_table("imap_fetched", schema="inbox")
    op.drop_table("imap_departed", schema="inbox")
    op.drop_index("ix_delivery_sha256", table_name="delivery", schema="inbox")
    op.drop_table("delivery", schema="inbox")
    op.drop_table("data_key", schema="inbox")
