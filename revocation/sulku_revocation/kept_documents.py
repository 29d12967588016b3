"""Keeps signed CRLs and OCSP answers as evidence, each once by its digest, however many revocations it shows."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sulku_kernel.transaction import Transaction
from sulku_revocation.request_models import publication_documents


def keep_documents(tx: Transaction, documents: Mapping[str, bytes]) -> None:
    """Keep the signed bytes by their SHA-256 (hex). What is there already, megabytes perhaps, is not written again."""
    columns = publication_documents.c
    known = set(tx.execute(sa.select(columns.sha256).where(columns.sha256.in_(list(documents)))).scalars())
    missing = [{"sha256": digest, "der": der} for digest, der in documents.items() if digest not in known]
    if not missing:
        return
    dialect = sqlite if tx.is_sqlite else postgresql
    insert = dialect.insert(publication_documents).on_conflict_do_nothing(index_elements=["sha256"])
    # SQLite holds what a statement was last given for as long as a connection keeps the statement: a whole CRL on each
    # connection of the pool. So the last that it is given is nothing, under a digest that is taken by now.
    tx.execute(insert, [*missing, {"sha256": missing[0]["sha256"], "der": b""}])
