"""The register's tables: issuers, certificates, their names and contents, holders and their contacts.

An issuer is a name *and* a key: two generations with one name are two issuers. A certificate is an issuer and a serial
number. Every column that is asked for by mail has an index that ends in the id, so that the newest come first without
sorting. `_folded` columns hold `domain.folding`; digests are lower-case hex, empty when unknown.
"""

from __future__ import annotations

import sqlalchemy as sa

from sulku_kernel.columns import ROW_ID, UtcDateTime
from sulku_kernel.storage import desk_metadata

issuers = sa.Table(
    "issuer",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_key", sa.Text, nullable=False),
    sa.Column("key_identifier", sa.Text, nullable=False),
    sa.Column("is_test", sa.Boolean, nullable=False),
    sa.Column("crl_url", sa.Text, nullable=False),
    sa.Column("ocsp_url", sa.Text, nullable=False),
    sa.Column("certificate_der", sa.LargeBinary),
    sa.UniqueConstraint("name_key", "key_identifier"),
)

accounts = sa.Table(
    "account",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("organisation_folded", sa.Text, nullable=False),
    sa.Column("business_id", sa.Text, nullable=False),
    sa.Column("oid", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.UniqueConstraint("business_id", "oid"),
    sa.Index("ix_account_oid", "oid"),
    sa.Index("ix_account_organisation", "organisation_folded"),
)

account_domains = sa.Table(
    "account_domain",
    desk_metadata,
    sa.Column("account_id", sa.BigInteger, sa.ForeignKey(accounts.c.id), primary_key=True),
    sa.Column("domain", sa.Text, primary_key=True),
    sa.Index("ix_account_domain_domain", "domain", "account_id"),
)

contacts = sa.Table(
    "contact",
    desk_metadata,
    sa.Column("account_id", sa.BigInteger, sa.ForeignKey(accounts.c.id), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("phone", sa.Text, nullable=False),
    sa.Column("roles", sa.Text, nullable=False),  # joined by blanks
    sa.Index("ix_contact_email", "email", "account_id"),
)

# Three letters of a holder's folded name, blanks at both ends: how a name with a slip is found without a scan.
account_grams = sa.Table(
    "account_gram",
    desk_metadata,
    sa.Column("gram", sa.Text, primary_key=True),
    sa.Column("account_id", sa.BigInteger, sa.ForeignKey(accounts.c.id), primary_key=True),
    sa.Index("ix_account_gram_account", "account_id"),
    sqlite_with_rowid=False,
)

# How many holders have the three letters: the rare ones are asked first.
gram_counts = sa.Table(
    "account_gram_count",
    desk_metadata,
    sa.Column("gram", sa.Text, primary_key=True),
    sa.Column("holders", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

certificates = sa.Table(
    "certificate",
    desk_metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
    sa.Column("issuer_id", sa.BigInteger, sa.ForeignKey(issuers.c.id), nullable=False),
    sa.Column("serial", sa.Text, nullable=False),  # lower-case hex
    sa.Column("certificate_type", sa.Text, nullable=False),
    sa.Column("common_name", sa.Text, nullable=False),
    sa.Column("common_name_folded", sa.Text, nullable=False),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("organisation_folded", sa.Text, nullable=False),
    sa.Column("organisation_oid", sa.Text, nullable=False),
    sa.Column("host_names", sa.Text, nullable=False),  # joined by blanks
    sa.Column("not_before", UtcDateTime),
    sa.Column("not_after", UtcDateTime),
    sa.Column("sha1", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("spki", sa.Text, nullable=False),
    sa.Column("account_id", sa.BigInteger, sa.ForeignKey(accounts.c.id)),
    sa.Column("revoked_at", UtcDateTime),
    sa.Column("reason", sa.Integer),
    # The serial stands first: mails name serials, hardly ever issuers.
    sa.UniqueConstraint("serial", "issuer_id"),
    sa.Index("ix_certificate_fingerprint", "fingerprint", "id"),
    sa.Index("ix_certificate_sha1", "sha1", "id"),
    sa.Index("ix_certificate_spki", "spki", "id"),
    sa.Index("ix_certificate_common_name", "common_name_folded", "id"),
    sa.Index("ix_certificate_organisation", "organisation_folded", "id"),
    sa.Index("ix_certificate_oid", "organisation_oid", "id"),
    sa.Index("ix_certificate_account", "account_id", "id"),
)

# The certificate itself, as far as it is known, in a table of its own: what is asked for by mail never needs it.
certificate_documents = sa.Table(
    "certificate_document",
    desk_metadata,
    sa.Column(
        "certificate_id",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        sa.ForeignKey(certificates.c.id),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("der", sa.LargeBinary, nullable=False),
)

# How far what a CA has issued was taken over: `mark` is its adapter's word (`ca.authority.Mark`), `source` says which
# adapter's and of which CA, `whole_at` is when all of it was last read.
register_marks = sa.Table(
    "register_mark",
    desk_metadata,
    sa.Column("ca", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("mark", sa.Text, nullable=False),
    sa.Column("whole_at", UtcDateTime, nullable=False),
)

certificate_names = sa.Table(
    "certificate_name",
    desk_metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("certificate_id", sa.BigInteger, sa.ForeignKey(certificates.c.id), primary_key=True),
    sa.Index("ix_certificate_name_certificate", "certificate_id"),
    sqlite_with_rowid=False,
)
