"""Numbers for new rows of projections. Gaps are allowed, repeats are not."""

from __future__ import annotations

import sqlalchemy as sa

from sulku_kernel.plain_sql import run_plainly, spell
from sulku_kernel.storage import desk_metadata

number_blocks = sa.Table(
    "number_block",
    desk_metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
)


_RESERVE = spell(
    "INSERT INTO {desk}number_block AS block (kind, last) VALUES ({one}, {one})"
    " ON CONFLICT (kind) DO UPDATE SET last = block.last + excluded.last RETURNING last"
)


def reserve(connection: sa.Connection, kind: str, count: int = 1) -> range:
    """Reserve `count` consecutive numbers of a kind (`ticket`, `request`, …), from 1 upwards.

    The row stays locked until the commit; a worker reserves a block in a short transaction of its own.
    """
    [(last,)] = run_plainly(connection, _RESERVE, kind, count)
    return range(last - count + 1, last + 1)


def reserve_many(connection: sa.Connection, kinds: tuple[str, ...], count: int) -> dict[str, range]:
    """The same for several kinds. Name them always in the same order: each row is locked."""
    return {kind: reserve(connection, kind, count) for kind in kinds}
