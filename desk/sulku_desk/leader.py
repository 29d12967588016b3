"""One leader among all nodes: a lease with a term. Only the leader's ticks act.

One that was paused in its tick and is leader no more does no harm when it goes on: a duty locks what it changes, row by
row, in one transaction with what comes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from sulku_kernel.columns import UtcDateTime
from sulku_kernel.crash_points import crossing
from sulku_kernel.storage import desk_metadata

TERM_LENGTH = timedelta(seconds=8)

leaders = sa.Table(
    "leader",
    desk_metadata,
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("term", sa.BigInteger, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
)


@dataclass(frozen=True)
class Term:
    """A term of office."""

    role: str
    owner: str
    number: int


@crossing("leader_stood")
def stand(connection: sa.Connection, role: str, owner: str, now: datetime) -> Term | None:
    """Be elected or renew; None while another one holds the office. Call it at the start of every tick."""
    row = connection.execute(_locked(connection, role)).one_or_none()
    if row is None:
        connection.execute(leaders.insert().values(role=role, owner=owner, term=1, until=now + TERM_LENGTH))
        return Term(role, owner, 1)
    # A term that ends later than any could was given before the clock was set back: nobody waits for that.
    if row.owner != owner and now < row.until <= now + 2 * TERM_LENGTH:
        return None
    term = row.term if row.owner == owner else row.term + 1
    connection.execute(
        leaders.update().where(leaders.c.role == role).values(owner=owner, term=term, until=now + TERM_LENGTH)
    )
    return Term(role, owner, term)


def resign(connection: sa.Connection, term: Term, now: datetime) -> None:
    """Leave at once, so that another need not wait for the term to end."""
    connection.execute(
        leaders.update()
        .where(leaders.c.role == term.role, leaders.c.owner == term.owner, leaders.c.term == term.number)
        .values(until=now)
    )


def _locked(connection: sa.Connection, role: str) -> sa.Select[tuple[str, str, int, datetime]]:
    query = sa.select(leaders).where(leaders.c.role == role)
    return query if connection.dialect.name == "sqlite" else query.with_for_update()
