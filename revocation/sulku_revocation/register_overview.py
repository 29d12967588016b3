"""The register as lists for people: its issuers and its holders, with how many certificates each has."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_revocation.domain.record import CertificateType
from sulku_revocation.models import accounts, certificates, contacts, issuers


def list_issuers(connection: sa.Connection) -> list[dict[str, Any]]:
    """Every issuer, oldest first, with `certificates`, how many of them it issued."""
    counted = _count_by(certificates.c.issuer_id)
    columns = [column for column in issuers.c if column.name not in {"name_key", "certificate_der"}]
    has_certificate = issuers.c.certificate_der.is_not(None).label("has_certificate")
    query = (
        sa.select(*columns, has_certificate, sa.func.coalesce(counted.c.count, 0).label("certificates"))
        .join(counted, counted.c.id == issuers.c.id, isouter=True)
        .order_by(issuers.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def list_unassigned(connection: sa.Connection, now: datetime, limit: int = 1_000) -> list[dict[str, Any]]:
    """Valid certificates that belong to no holder on file, oldest first: a person finds out whose they are."""
    columns = certificates.c
    query = (
        sa.select(
            *(columns[name] for name in ("id", "serial", "common_name", "organisation", "organisation_oid")),
            issuers.c.name.label("issuer"),
            columns.not_after,
        )
        .join(issuers, issuers.c.id == columns.issuer_id)
        .where(
            columns.account_id.is_(None),
            columns.revoked_at.is_(None),
            columns.certificate_type != CertificateType.CA.value,
            sa.or_(columns.not_after.is_(None), columns.not_after > now),
        )
        .order_by(columns.id)
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def list_accounts(connection: sa.Connection) -> list[dict[str, Any]]:
    """Every holder by name, with `contacts` and `certificates`, how many it has of each."""
    people, counted = _count_by(contacts.c.account_id), _count_by(certificates.c.account_id)
    columns = [column for column in accounts.c if column.name != "organisation_folded"]
    query = (
        sa.select(
            *columns,
            sa.func.coalesce(people.c.count, 0).label("contacts"),
            sa.func.coalesce(counted.c.count, 0).label("certificates"),
        )
        .join(people, people.c.id == accounts.c.id, isouter=True)
        .join(counted, counted.c.id == accounts.c.id, isouter=True)
        .order_by(accounts.c.organisation_folded, accounts.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _count_by(column: sa.Column[Any]) -> sa.Subquery:
    counted = sa.select(column.label("id"), sa.func.count().label("count"))
    return counted.where(column.is_not(None)).group_by(column).subquery()
