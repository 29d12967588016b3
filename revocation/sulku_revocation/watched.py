"""Revocations that were seen and must stay: looked at again, ever more seldom, until the certificate expires."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from sulku_kernel.bulk import insert_rows
from sulku_kernel.columns import UtcDateTime
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.domain.crl_comparing import LOOK_AGAIN_AFTER, next_look_at
from sulku_revocation.models import certificates
from sulku_revocation.watch_models import watched_revocations


def watch_revocations(tx: Transaction, certificate_ids: Collection[int]) -> None:
    """These count as revoked now: watch that they stay so. One that is watched already is left as it is."""
    on_file = certificates.c
    query = sa.select(on_file.id, on_file.issuer_id, on_file.serial, on_file.not_after)
    rows = [
        {
            "certificate_id": row.id,
            "issuer_id": row.issuer_id,
            "serial": row.serial,
            "until": row.not_after,
            "looks": 0,
            "next_look_at": at,
        }
        for row in tx.execute(query.where(on_file.id.in_(list(certificate_ids))))
        if (at := next_look_at(tx.now, 0, row.not_after)) is not None
    ]
    insert_rows(tx.connection, watched_revocations, rows, unless_there=("certificate_id",))


def read_due(connection: sa.Connection, issuer_id: int, now: datetime, limit: int) -> list[Row]:
    """The revocations of this issuer that are to be looked at now, the longest due first."""
    watched = watched_revocations.c
    query = sa.select(watched_revocations).where(watched.issuer_id == issuer_id, watched.next_look_at <= now)
    query = query.order_by(watched.next_look_at, watched.certificate_id).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def record_looked(tx: Transaction, looked_at: Iterable[Row], *, again_after: timedelta | None = None) -> None:
    """These were looked at: the next look is further away, or `again_after`; none after the certificate has expired."""
    for row in looked_at:
        here = watched_revocations.c.certificate_id == row["certificate_id"]
        looks = row["looks"] + 1 if again_after is None else row["looks"]
        at = next_look_at(tx.now, looks, row["until"])
        if at is None:
            tx.execute(watched_revocations.delete().where(here))
        else:
            at = at if again_after is None else min(at, tx.now + again_after)
            tx.execute(watched_revocations.update().where(here).values(looks=looks, next_look_at=at))


def hasten_looks(connection: sa.Connection, issuer_id: int, now: datetime) -> None:
    """The clock was set back: a look that lies further ahead than any would now is due at once."""
    watched = watched_revocations.c
    *early, last = (sa.literal(now + gap, UtcDateTime()) for gap in LOOK_AGAIN_AFTER)
    furthest = sa.case(*((watched.looks == looks, at) for looks, at in enumerate(early)), else_=last)
    late = watched_revocations.update().where(watched.issuer_id == issuer_id, watched.next_look_at > furthest)
    connection.execute(late.values(next_look_at=now))
