"""The desk: tickets, register, requests and orders, applications, events, outbox."""

import sqlalchemy as sa
from alembic import op

revision = "desk_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("organisation_folded", sa.Text(), nullable=False),
        sa.Column("business_id", sa.Text(), nullable=False),
        sa.Column("oid", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("business_id", "oid", name=op.f("uq_account_business_id_oid")),
        schema="desk",
    )
    op.create_index("ix_account_oid", "account", ["oid"], unique=False, schema="desk")
    op.create_index("ix_account_organisation", "account", ["organisation_folded"], unique=False, schema="desk")
    op.create_table(
        "account_gram_count",
        sa.Column("gram", sa.Text(), nullable=False),
        sa.Column("holders", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("gram", name=op.f("pk_account_gram_count")),
        schema="desk",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "application",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("business_id", sa.Text(), nullable=False),
        sa.Column("certificate_type", sa.Text(), nullable=False),
        sa.Column("common_name", sa.Text(), nullable=False),
        sa.Column("applicant_email", sa.Text(), nullable=False),
        sa.Column("technical_email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("number", name=op.f("uq_application_number")),
        sa.UniqueConstraint("reference", name=op.f("uq_application_reference")),
        schema="desk",
    )
    op.create_index("ix_application_state", "application", ["state", "changed_at"], unique=False, schema="desk")
    op.create_table(
        "automatic_answer",
        sa.Column("effect_key", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("effect_key", name=op.f("pk_automatic_answer")),
        schema="desk",
    )
    op.create_index("ix_automatic_answer_address", "automatic_answer", ["address", "at"], unique=False, schema="desk")
    op.create_index("ix_automatic_answer_domain", "automatic_answer", ["domain", "at"], unique=False, schema="desk")
    op.create_index("ix_automatic_answer_ticket", "automatic_answer", ["ticket_id"], unique=False, schema="desk")
    op.create_table(
        "campaign",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=True),
        sa.Column("identified_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("unmatched", sa.Text(), nullable=False),
        sa.Column("list_hash", sa.Text(), nullable=True),
        sa.Column("frozen_at", sa.BigInteger(), nullable=True),
        sa.Column("wave_order", sa.Text(), nullable=False),
        sa.Column("waves", sa.Text(), nullable=False),
        sa.Column("is_stepwise", sa.Boolean(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("ocsp_per_mille", sa.Integer(), nullable=False),
        sa.Column("is_told_before", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Integer(), nullable=True),
        sa.Column("invalidity_at", sa.BigInteger(), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("approval_digest", sa.Text(), nullable=True),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        schema="desk",
    )
    op.create_index("ix_campaign_state", "campaign", ["state"], unique=False, schema="desk")
    op.create_table(
        "campaign_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("certificate_id", sa.BigInteger(), nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("held_reference", sa.Text(), nullable=True),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.Column("batch", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("awaits_approval_since", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("ca_revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("ca_reason", sa.Integer(), nullable=True),
        sa.Column("crl_digest", sa.Text(), nullable=True),
        sa.Column("ocsp_digest", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_line")),
        sa.UniqueConstraint("campaign_id", "certificate_id", name=op.f("uq_campaign_line_campaign_id_certificate_id")),
        schema="desk",
    )
    op.create_index(
        "ix_campaign_line_account", "campaign_line", ["campaign_id", "account_id"], unique=False, schema="desk"
    )
    op.create_index("ix_campaign_line_batch", "campaign_line", ["batch"], unique=False, schema="desk")
    op.create_index("ix_campaign_line_certificate", "campaign_line", ["certificate_id"], unique=False, schema="desk")
    op.create_index(
        "ix_campaign_line_state", "campaign_line", ["campaign_id", "state", "issuer_id"], unique=False, schema="desk"
    )
    op.create_table(
        "campaign_sight",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("crl_digest", sa.Text(), nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("crl_number", sa.Text(), nullable=True),
        sa.Column("this_update", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "crl_digest", name=op.f("pk_campaign_sight")),
        schema="desk",
    )
    op.create_table(
        "campaign_turn",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "position", name=op.f("pk_campaign_turn")),
        schema="desk",
    )
    op.create_index("ix_campaign_turn_line", "campaign_turn", ["line_id"], unique=False, schema="desk")
    op.create_table(
        "chain_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_head")),
        schema="desk",
    )
    op.create_table(
        "deadline",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("next_fire_at", sa.BigInteger(), nullable=True),
        sa.Column("fired", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
        sa.UniqueConstraint("ticket_id", "kind", "subject", name=op.f("uq_deadline_ticket_id_kind_subject")),
        schema="desk",
    )
    op.create_index(
        "ix_deadline_next_fire",
        "deadline",
        ["next_fire_at"],
        unique=False,
        schema="desk",
        sqlite_where=sa.text("next_fire_at IS NOT NULL"),
        postgresql_where=sa.text("next_fire_at IS NOT NULL"),
    )
    op.create_table(
        "escalation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("causes", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("next_page_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        schema="desk",
    )
    op.create_index(
        "ix_escalation_next_page",
        "escalation",
        ["next_page_at"],
        unique=False,
        schema="desk",
        sqlite_where=sa.text("next_page_at IS NOT NULL"),
        postgresql_where=sa.text("next_page_at IS NOT NULL"),
    )
    op.create_index("ix_escalation_ticket", "escalation", ["ticket_id"], unique=False, schema="desk")
    op.create_table(
        "event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("payload_digest", sa.Text(), nullable=False),
        sa.Column("previous_digest", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        schema="desk",
    )
    op.create_index("ix_event_subject", "event", ["subject_kind", "subject_id", "seq"], unique=False, schema="desk")
    op.create_index("ix_event_ticket", "event", ["ticket_id", "seq"], unique=False, schema="desk")
    op.create_table(
        "event_payload",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event_payload")),
        schema="desk",
    )
    op.create_table(
        "issuer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("key_identifier", sa.Text(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("crl_url", sa.Text(), nullable=False),
        sa.Column("ocsp_url", sa.Text(), nullable=False),
        sa.Column("certificate_der", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer")),
        sa.UniqueConstraint("name_key", "key_identifier", name=op.f("uq_issuer_name_key_key_identifier")),
        schema="desk",
    )
    op.create_table(
        "leader",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("term", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_leader")),
        schema="desk",
    )
    op.create_table(
        "login_failure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
        schema="desk",
    )
    op.create_index("ix_login_failure_key", "login_failure", ["key", "at"], unique=False, schema="desk")
    op.create_table(
        "number_block",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_number_block")),
        schema="desk",
    )
    op.create_table(
        "operator",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("login", name=op.f("uq_operator_login")),
        schema="desk",
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        schema="desk",
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["kind", "priority", "next_attempt_at"],
        unique=False,
        schema="desk",
        sqlite_where=sa.text("next_attempt_at IS NOT NULL"),
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )
    op.create_index("ix_outbox_ticket", "outbox", ["ticket_id"], unique=False, schema="desk")
    op.create_table(
        "compromised_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("spki", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("blocked_at", sa.BigInteger(), nullable=False),
        sa.Column("blocked_by", sa.Text(), nullable=False),
        sa.Column("demonstrated_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compromised_key")),
        sa.UniqueConstraint("spki", name=op.f("uq_compromised_key_spki")),
        schema="desk",
    )
    op.create_table(
        "key_evidence",
        sa.Column("spki", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("spki", "kind", name=op.f("pk_key_evidence")),
        schema="desk",
    )
    op.create_table(
        "crl_entry",
        sa.Column("issuer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuer_id", "serial", name=op.f("pk_crl_entry")),
        schema="desk",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_crl_entry_origin", "crl_entry", ["origin", "issuer_id"], unique=False, schema="desk")
    op.create_table(
        "ca_circuit",
        sa.Column("ca", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ca", name=op.f("pk_ca_circuit")),
        schema="desk",
    )
    op.create_table(
        "issuer_alarm",
        sa.Column("issuer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("issuer_id", "kind", name=op.f("pk_issuer_alarm")),
        schema="desk",
    )
    op.create_table(
        "issuer_watch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("next_turn_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer_watch")),
        schema="desk",
    )
    op.create_table(
        "published_point",
        sa.Column("issuer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("fault_since", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("this_update", sa.BigInteger(), nullable=True),
        sa.Column("next_update", sa.BigInteger(), nullable=True),
        sa.Column("octets", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("valid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuer_id", "url", name=op.f("pk_published_point")),
        schema="desk",
    )
    op.create_table(
        "watched_revocation",
        sa.Column("certificate_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("next_look_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_watched_revocation")),
        schema="desk",
    )
    op.create_index(
        "ix_watched_revocation_due", "watched_revocation", ["issuer_id", "next_look_at"], unique=False, schema="desk"
    )
    op.create_table(
        "publication_document",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_publication_document")),
        schema="desk",
    )
    op.create_table(
        "publication_evidence",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("this_update", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "kind", name=op.f("pk_publication_evidence")),
        schema="desk",
    )
    op.create_table(
        "reading",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
        schema="desk",
    )
    op.create_index(
        "ix_reading_open",
        "reading",
        ["priority", "id"],
        unique=False,
        schema="desk",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("certificate_id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
        schema="desk",
    )
    op.create_index("ix_legal_hold_certificate", "legal_hold", ["certificate_id"], unique=False, schema="desk")
    op.create_index("ix_legal_hold_ticket", "legal_hold", ["ticket_id"], unique=False, schema="desk")
    op.create_table(
        "revocation_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("certificate_id", sa.BigInteger(), nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("reason", sa.Integer(), nullable=False),
        sa.Column("is_update", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("invalidity_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("ca_revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("ca_reason", sa.Integer(), nullable=True),
        sa.Column("crl_visible_at", sa.BigInteger(), nullable=True),
        sa.Column("ocsp_visible_at", sa.BigInteger(), nullable=True),
        sa.Column("crl_number", sa.Text(), nullable=True),
        sa.Column("crl_digest", sa.Text(), nullable=True),
        sa.Column("ocsp_digest", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("alarms", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revocation_order")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_revocation_order_idempotency_key")),
        sa.UniqueConstraint("request_id", name=op.f("uq_revocation_order_request_id")),
        schema="desk",
    )
    op.create_index(
        "ix_revocation_order_certificate", "revocation_order", ["certificate_id"], unique=False, schema="desk"
    )
    op.create_index("ix_revocation_order_ticket", "revocation_order", ["ticket_id"], unique=False, schema="desk")
    op.create_table(
        "revocation_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("certificate_id", sa.BigInteger(), nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("spki", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_reason", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Integer(), nullable=True),
        sa.Column("facts", sa.Text(), server_default="", nullable=False),
        sa.Column("is_update", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("invalidity_at", sa.BigInteger(), nullable=True),
        sa.Column("wanted_at", sa.BigInteger(), nullable=True),
        sa.Column("held_because", sa.Text(), server_default="", nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("list_digest", sa.Text(), nullable=True),
        sa.Column("policy_rule", sa.Text(), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("break_glass_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revocation_request")),
        schema="desk",
    )
    op.create_index(
        "ix_revocation_request_certificate", "revocation_request", ["certificate_id"], unique=False, schema="desk"
    )
    op.create_index(
        "uq_revocation_request_open",
        "revocation_request",
        ["ticket_id", "certificate_id", "is_update"],
        unique=True,
        schema="desk",
        sqlite_where=sa.text("state NOT IN ('DROPPED', 'REJECTED', 'WITHDRAWN', 'REFUSED')"),
        postgresql_where=sa.text("state NOT IN ('DROPPED', 'REJECTED', 'WITHDRAWN', 'REFUSED')"),
    )
    op.create_table(
        "register_mark",
        sa.Column("ca", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("whole_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ca", name=op.f("pk_register_mark")),
        schema="desk",
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
        schema="desk",
    )
    op.create_index("ix_session_operator", "session", ["operator_id"], unique=False, schema="desk")
    op.create_table(
        "ticket",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("case_class", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("assurance", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("first_delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("first_delivery_id", name=op.f("uq_ticket_first_delivery_id")),
        schema="desk",
    )
    op.create_index(
        "ix_ticket_open",
        "ticket",
        ["state", "urgency"],
        unique=False,
        schema="desk",
        sqlite_where=sa.text("state <> 'CLOSED'"),
        postgresql_where=sa.text("state <> 'CLOSED'"),
    )
    op.create_table(
        "ticket_mail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("from_address", sa.Text(), nullable=False),
        sa.Column("to_addresses", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("new_text", sa.Text(), nullable=False),
        sa.Column("quoted_text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("judgement", sa.Text(), nullable=True),
        sa.Column("defects", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=True),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("effect_key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_mail")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_ticket_mail_delivery_id")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_ticket_mail_effect_key")),
        schema="desk",
    )
    op.create_index("ix_ticket_mail_message_id", "ticket_mail", ["message_id"], unique=False, schema="desk")
    op.create_index("uq_ticket_mail_sha256", "ticket_mail", ["sha256"], unique=True, schema="desk")
    op.create_index("ix_ticket_mail_ticket", "ticket_mail", ["ticket_id", "id"], unique=False, schema="desk")
    op.create_table(
        "account_domain",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["desk.account.id"], name=op.f("fk_account_domain_account_id")),
        sa.PrimaryKeyConstraint("account_id", "domain", name=op.f("pk_account_domain")),
        schema="desk",
    )
    op.create_index("ix_account_domain_domain", "account_domain", ["domain", "account_id"], unique=False, schema="desk")
    op.create_table(
        "account_gram",
        sa.Column("gram", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["desk.account.id"], name=op.f("fk_account_gram_account_id")),
        sa.PrimaryKeyConstraint("gram", "account_id", name=op.f("pk_account_gram")),
        schema="desk",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_account_gram_account", "account_gram", ["account_id"], unique=False, schema="desk")
    op.create_table(
        "certificate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("certificate_type", sa.Text(), nullable=False),
        sa.Column("common_name", sa.Text(), nullable=False),
        sa.Column("common_name_folded", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("organisation_folded", sa.Text(), nullable=False),
        sa.Column("organisation_oid", sa.Text(), nullable=False),
        sa.Column("host_names", sa.Text(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("not_after", sa.BigInteger(), nullable=True),
        sa.Column("sha1", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("spki", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["desk.account.id"], name=op.f("fk_certificate_account_id")),
        sa.ForeignKeyConstraint(["issuer_id"], ["desk.issuer.id"], name=op.f("fk_certificate_issuer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("serial", "issuer_id", name=op.f("uq_certificate_serial_issuer_id")),
        schema="desk",
    )
    op.create_index("ix_certificate_account", "certificate", ["account_id", "id"], unique=False, schema="desk")
    op.create_index(
        "ix_certificate_common_name", "certificate", ["common_name_folded", "id"], unique=False, schema="desk"
    )
    op.create_index("ix_certificate_fingerprint", "certificate", ["fingerprint", "id"], unique=False, schema="desk")
    op.create_index("ix_certificate_oid", "certificate", ["organisation_oid", "id"], unique=False, schema="desk")
    op.create_index(
        "ix_certificate_organisation", "certificate", ["organisation_folded", "id"], unique=False, schema="desk"
    )
    op.create_index("ix_certificate_sha1", "certificate", ["sha1", "id"], unique=False, schema="desk")
    op.create_index("ix_certificate_spki", "certificate", ["spki", "id"], unique=False, schema="desk")
    op.create_table(
        "contact",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["desk.account.id"], name=op.f("fk_contact_account_id")),
        sa.PrimaryKeyConstraint("account_id", "position", name=op.f("pk_contact")),
        schema="desk",
    )
    op.create_index("ix_contact_email", "contact", ["email", "account_id"], unique=False, schema="desk")
    op.create_table(
        "certificate_document",
        sa.Column(
            "certificate_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["desk.certificate.id"], name=op.f("fk_certificate_document_certificate_id")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certificate_document")),
        schema="desk",
    )
    op.create_table(
        "certificate_name",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("certificate_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["desk.certificate.id"], name=op.f("fk_certificate_name_certificate_id")
        ),
        sa.PrimaryKeyConstraint("name", "certificate_id", name=op.f("pk_certificate_name")),
        schema="desk",
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_certificate_name_certificate", "certificate_name", ["certificate_id"], unique=False, schema="desk"
    )


def downgrade() -> None:
    op.drop_index("ix_certificate_name_certificate", table_name="certificate_name", schema="desk")
    op.drop_table("certificate_name", schema="desk")
    op.drop_table("certificate_document", schema="desk")
    op.drop_index("ix_contact_email", table_name="contact", schema="desk")
    op.drop_table("contact", schema="desk")
    op.drop_index("ix_certificate_spki", table_name="certificate", schema="desk")
    op.drop_index("ix_certificate_sha1", table_name="certificate", schema="desk")
    op.drop_index("ix_certificate_organisation", table_name="certificate", schema="desk")
    op.drop_index("ix_certificate_oid", table_name="certificate", schema="desk")
    op.drop_index("ix_certificate_fingerprint", table_name="certificate", schema="desk")
    op.drop_index("ix_certificate_common_name", table_name="certificate", schema="desk")
    op.drop_index("ix_certificate_account", table_name="certificate", schema="desk")
    op.drop_table("certificate", schema="desk")
    op.drop_index("ix_account_gram_account", table_name="account_gram", schema="desk")
    op.drop_table("account_gram", schema="desk")
    op.drop_index("ix_account_domain_domain", table_name="account_domain", schema="desk")
    op.drop_table("account_domain", schema="desk")
    op.drop_index("ix_ticket_mail_ticket", table_name="ticket_mail", schema="desk")
    op.drop_index("uq_ticket_mail_sha256", table_name="ticket_mail", schema="desk")
    op.drop_index("ix_ticket_mail_message_id", table_name="ticket_mail", schema="desk")
    op.drop_table("ticket_mail", schema="desk")
    op.drop_index(
        "ix_ticket_open",
        table_name="ticket",
        schema="desk",
        sqlite_where=sa.text("state <> 'CLOSED'"),
        postgresql_where=sa.text("state <> 'CLOSED'"),
    )
    op.drop_table("ticket", schema="desk")
    op.drop_index("ix_session_operator", table_name="session", schema="desk")
    op.drop_table("session", schema="desk")
    op.drop_index(
        "uq_revocation_request_open",
        table_name="revocation_request",
        schema="desk",
        sqlite_where=sa.text("state NOT IN ('DROPPED', 'REJECTED', 'WITHDRAWN', 'REFUSED')"),
        postgresql_where=sa.text("state NOT IN ('DROPPED', 'REJECTED', 'WITHDRAWN', 'REFUSED')"),
    )
    op.drop_index("ix_revocation_request_certificate", table_name="revocation_request", schema="desk")
    op.drop_table("revocation_request", schema="desk")
    op.drop_index("ix_legal_hold_ticket", table_name="legal_hold", schema="desk")
    op.drop_index("ix_legal_hold_certificate", table_name="legal_hold", schema="desk")
    op.drop_table("legal_hold", schema="desk")
    op.drop_index("ix_revocation_order_ticket", table_name="revocation_order", schema="desk")
    op.drop_index("ix_revocation_order_certificate", table_name="revocation_order", schema="desk")
    op.drop_table("revocation_order", schema="desk")
    op.drop_index(
        "ix_reading_open",
        table_name="reading",
        schema="desk",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("reading", schema="desk")
    op.drop_table("publication_evidence", schema="desk")
    op.drop_index("ix_watched_revocation_due", table_name="watched_revocation", schema="desk")
    op.drop_table("watched_revocation", schema="desk")
    op.drop_table("published_point", schema="desk")
    op.drop_table("register_mark", schema="desk")
    op.drop_table("issuer_alarm", schema="desk")
    op.drop_table("issuer_watch", schema="desk")
    op.drop_table("ca_circuit", schema="desk")
    op.drop_index("ix_crl_entry_origin", table_name="crl_entry", schema="desk")
    op.drop_table("crl_entry", schema="desk")
    op.drop_table("publication_document", schema="desk")
    op.drop_table("key_evidence", schema="desk")
    op.drop_table("compromised_key", schema="desk")
    op.drop_index("ix_outbox_ticket", table_name="outbox", schema="desk")
    op.drop_index(
        "ix_outbox_due",
        table_name="outbox",
        schema="desk",
        sqlite_where=sa.text("next_attempt_at IS NOT NULL"),
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )
    op.drop_table("outbox", schema="desk")
    op.drop_table("operator", schema="desk")
    op.drop_table("number_block", schema="desk")
    op.drop_index("ix_login_failure_key", table_name="login_failure", schema="desk")
    op.drop_table("login_failure", schema="desk")
    op.drop_table("leader", schema="desk")
    op.drop_table("issuer", schema="desk")
    op.drop_table("event_payload", schema="desk")
    op.drop_index("ix_event_ticket", table_name="event", schema="desk")
    op.drop_index("ix_event_subject", table_name="event", schema="desk")
    op.drop_table("event", schema="desk")
    op.drop_index("ix_escalation_ticket", table_name="escalation", schema="desk")
    op.drop_index(
        "ix_escalation_next_page",
        table_name="escalation",
        schema="desk",
        sqlite_where=sa.text("next_page_at IS NOT NULL"),
        postgresql_where=sa.text("next_page_at IS NOT NULL"),
    )
    op.drop_table("escalation", schema="desk")
    op.drop_index(
        "ix_deadline_next_fire",
        table_name="deadline",
        schema="desk",
        sqlite_where=sa.text("next_fire_at IS NOT NULL"),
        postgresql_where=sa.text("next_fire_at IS NOT NULL"),
    )
    op.drop_table("deadline", schema="desk")
    op.drop_table("chain_head", schema="desk")
    op.drop_index("ix_campaign_turn_line", table_name="campaign_turn", schema="desk")
    op.drop_table("campaign_turn", schema="desk")
    op.drop_table("campaign_sight", schema="desk")
    op.drop_index("ix_campaign_line_account", table_name="campaign_line", schema="desk")
    op.drop_index("ix_campaign_line_batch", table_name="campaign_line", schema="desk")
    op.drop_index("ix_campaign_line_certificate", table_name="campaign_line", schema="desk")
    op.drop_index("ix_campaign_line_state", table_name="campaign_line", schema="desk")
    op.drop_table("campaign_line", schema="desk")
    op.drop_index("ix_campaign_state", table_name="campaign", schema="desk")
    op.drop_table("campaign", schema="desk")
    op.drop_index("ix_automatic_answer_ticket", table_name="automatic_answer", schema="desk")
    op.drop_index("ix_automatic_answer_domain", table_name="automatic_answer", schema="desk")
    op.drop_index("ix_automatic_answer_address", table_name="automatic_answer", schema="desk")
    op.drop_table("automatic_answer", schema="desk")
    op.drop_index("ix_application_state", table_name="application", schema="desk")
    op.drop_table("application", schema="desk")
    op.drop_table("account_gram_count", schema="desk")
    op.drop_index("ix_account_organisation", table_name="account", schema="desk")
    op.drop_index("ix_account_oid", table_name="account", schema="desk")
    op.drop_table("account", schema="desk")
