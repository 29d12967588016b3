"""Tables of revocation requests, orders and the evidence that a revocation was seen published."""

from __future__ import annotations

import sqlalchemy as sa

from sulku_kernel.columns import ROW_ID, JsonText, UtcDateTime
from sulku_kernel.storage import desk_metadata
from sulku_kernel.transaction import Projection
from sulku_revocation.domain.order_states import ORDER_STATES
from sulku_revocation.domain.request_states import REQUEST_STATES, RequestState

_GONE = (RequestState.DROPPED, RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.REFUSED)
_OPEN = sa.text("state NOT IN ({})".format(", ".join(f"'{state}'" for state in _GONE)))

revocation_requests = sa.Table(
    "revocation_request",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("ticket_id", sa.BigInteger, nullable=False),
    sa.Column("certificate_id", sa.BigInteger, nullable=False),
    sa.Column("issuer_id", sa.BigInteger, nullable=False),
    sa.Column("serial", sa.Text, nullable=False),
    sa.Column("spki", sa.Text, nullable=False),
    sa.Column("account_id", sa.BigInteger),
    sa.Column("state", sa.Text, nullable=False),
    # What the requester asked for, as it was understood; it stays (TLS BR 7.2.2: both are kept).
    sa.Column("asked_reason", sa.Integer),
    # The reason asked for until somebody decides; then the reason decided.
    sa.Column("reason", sa.Integer),
    # What was established when it was decided (`domain.reason_wizard`), joined by blanks.
    sa.Column("facts", sa.Text, nullable=False, server_default=""),
    # It is revoked already, and only its reason is to become keyCompromise (TLS BR 7.2.2).
    sa.Column("is_update", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("invalidity_at", UtcDateTime),
    # When it is wished for, if that lies ahead; once decided, when it is ordered (None: at once).
    sa.Column("wanted_at", UtcDateTime),
    # What took it back or asked to wait, until somebody decides again; '' when nothing did.
    sa.Column("held_because", sa.Text, nullable=False, server_default=""),
    # Kinds of proof of compromise that a machine verified for this certificate's key; '' when none.
    sa.Column("proof", sa.Text, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_at", UtcDateTime),
    sa.Column("list_digest", sa.Text),
    sa.Column("policy_rule", sa.Text),
    sa.Column("because", sa.Text),
    sa.Column("break_glass_reason", sa.Text),
    # A certificate stands on a ticket once, unless it was dropped, rejected, withdrawn or refused before; and once
    # more when its reason changes.
    sa.Index(
        "uq_revocation_request_open",
        "ticket_id",
        "certificate_id",
        "is_update",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    sa.Index("ix_revocation_request_certificate", "certificate_id"),
)

revocation_orders = sa.Table(
    "revocation_order",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("request_id", sa.BigInteger, nullable=False, unique=True),
    sa.Column("ticket_id", sa.BigInteger, nullable=False),
    sa.Column("certificate_id", sa.BigInteger, nullable=False),
    sa.Column("issuer_id", sa.BigInteger, nullable=False),
    sa.Column("serial", sa.Text, nullable=False),
    sa.Column("reason", sa.Integer, nullable=False),
    sa.Column("is_update", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("invalidity_at", UtcDateTime),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("idempotency_key", sa.Text, nullable=False, unique=True),
    sa.Column("stored_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.Column("accepted_at", UtcDateTime),
    # What the CA recorded: another reason than ordered when something else had revoked it before.
    sa.Column("ca_revoked_at", UtcDateTime),
    sa.Column("ca_reason", sa.Integer),
    sa.Column("crl_visible_at", UtcDateTime),
    sa.Column("ocsp_visible_at", UtcDateTime),
    sa.Column("crl_number", sa.Text),  # up to 20 octets (RFC 5280, 5.2.3)
    sa.Column("crl_digest", sa.Text),
    sa.Column("ocsp_digest", sa.Text),
    sa.Column("confirmed_at", UtcDateTime),
    sa.Column("alarms", JsonText, nullable=False),
    sa.Index("ix_revocation_order_ticket", "ticket_id"),
    sa.Index("ix_revocation_order_certificate", "certificate_id"),
)

# The signed bytes as they were served, once for all orders that one CRL confirms.
publication_documents = sa.Table(
    "publication_document",
    desk_metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("der", sa.LargeBinary, nullable=False),
)

publication_evidence = sa.Table(
    "publication_evidence",
    desk_metadata,
    sa.Column("order_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),  # crl, ocsp
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("number", sa.Text),
    sa.Column("this_update", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime, nullable=False),
    sa.Column("reason", sa.Integer, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
)

REQUESTS = Projection("request", revocation_requests, REQUEST_STATES, ticket_column="ticket_id")
ORDERS = Projection("order", revocation_orders, ORDER_STATES, ticket_column="ticket_id")
