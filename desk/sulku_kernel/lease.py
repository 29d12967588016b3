"""Claiming work: one mechanism for inbox messages, effects and deadlines.

A claim is a lease with a fence: owner and attempt. Whoever comes back after the lease ran out finds another attempt in
the row, so that a late update touches nothing. A table that can be claimed has the columns of `lease_columns`.

A lease that ends later than any could was given before the clock was set back: it is void, so that nobody waits until
the clock has caught up for what a dead holder had. From one who lives the fence keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sulku_kernel.columns import UtcDateTime
from sulku_kernel.errors import ConflictError

# Twice the longest lease that stands for more than one turn's own (`claim_by`): the clocks of nodes may differ.
LONGEST_LEASE = timedelta(minutes=3)


def lease_columns() -> tuple[sa.Column[Any], ...]:
    """`lease_owner`, `lease_until` and `attempt` for a table whose rows are claimed."""
    return (
        sa.Column("lease_owner", sa.Text),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    )


@dataclass(frozen=True)
class Fence:
    """What a holder must still find in the row for its write to count."""

    id: int
    owner: str
    attempt: int


def is_free(table: sa.Table) -> sa.ColumnElement[bool]:
    """Whether nobody holds a row, at the moment that `moment` gives to the statement."""
    until = table.c.lease_until
    now, void = (sa.bindparam(name, type_=UtcDateTime()) for name in ("claim_now", "claim_void"))
    return sa.or_(until.is_(None), until <= now, until > void)


def moment(now: datetime, lease: timedelta = timedelta()) -> dict[str, datetime]:
    """The values that `is_free` asks for; `lease` is the longest given in this table, when it is a long one."""
    return {"claim_now": now, "claim_void": now + max(2 * lease, LONGEST_LEASE)}


def claim(
    connection: sa.Connection,
    table: sa.Table,
    *,
    due: sa.ColumnElement[bool],
    order_by: tuple[sa.ColumnElement[Any], ...],
    owner: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    set_values: dict[str, Any] | None = None,
) -> list[sa.RowMapping]:
    """Lease up to `limit` rows that are `due` and not leased by anybody, and return them as they are now.

    Commit before working on them. On PostgreSQL rows that another node is just claiming are skipped.
    """
    statement = claiming(table, connection.dialect.name, due=due, order_by=order_by, set_values=set_values)
    return claim_by(connection, statement, owner=owner, now=now, lease=lease, limit=limit)


def claiming(
    table: sa.Table,
    dialect: str,
    *,
    due: sa.ColumnElement[bool],
    order_by: tuple[sa.ColumnElement[Any], ...],
    set_values: dict[str, Any] | None = None,
) -> sa.Executable:
    """The statement of `claim`, for who claims so often that it is better built once; run it with `claim_by`."""
    limit = sa.bindparam("claim_limit", type_=sa.Integer())
    chosen = sa.select(table.c.id).where(due, is_free(table)).order_by(*order_by).limit(limit)
    if dialect != "sqlite":
        # As a CTE it is run once; as a plain sub-select a plan may run it again, and it would lock beyond the limit.
        chosen = sa.select(chosen.with_for_update(skip_locked=True).cte("chosen").c.id)
    new = {
        "lease_owner": sa.bindparam("claim_owner", type_=sa.Text()),
        "lease_until": sa.bindparam("claim_until", type_=UtcDateTime()),
        "attempt": table.c.attempt + 1,
    }
    return table.update().where(table.c.id.in_(chosen)).values({**new, **(set_values or {})}).returning(table)


def claim_by(
    connection: sa.Connection,
    statement: sa.Executable,
    *,
    owner: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    given: Mapping[str, Any] | None = None,
) -> list[sa.RowMapping]:
    """See `claim`; `given` is what else the statement asks. RETURNING promises no order: holders sort themselves."""
    ours = {"claim_owner": owner, "claim_until": now + lease, "claim_limit": limit, **moment(now, lease)}
    return list(connection.execute(statement, {**ours, **(given or {})}).mappings())


def renew(connection: sa.Connection, table: sa.Table, fences: Iterable[Fence], until: datetime) -> None:
    """Hold these until then: their holder is alive and still at work. One that was lost meanwhile is left alone."""
    for fence in fences:
        connection.execute(table.update().where(_held_by(table, fence)).values(lease_until=until))


def release(connection: sa.Connection, table: sa.Table, fence: Fence, values: dict[str, Any] | None = None) -> None:
    """Write `values` and give the lease back. Raises ConflictError when the lease was lost: roll back then."""
    written = connection.execute(
        table.update().where(_held_by(table, fence)).values(lease_owner=None, lease_until=None, **(values or {}))
    )
    if written.rowcount != 1:
        raise ConflictError(f"the lease on {table.name} {fence.id} was lost to another holder")


def _held_by(table: sa.Table, fence: Fence) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.id == fence.id, table.c.lease_owner == fence.owner, table.c.attempt == fence.attempt)
