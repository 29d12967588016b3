"""Numbers for new rows of projections. Gaps are allowed, repeats are not."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sulku_kernel.storage import desk_metadata

number_blocks = sa.Table(
    "number_block",
    desk_metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
)


# Built once: a worker reserves for every batch, however small.
_RESERVE = {
    dialect.__name__.rpartition(".")[2]: (insert := dialect.insert(number_blocks))
    .on_conflict_do_update(index_elements=["kind"], set_={"last": number_blocks.c.last + insert.excluded.last})
    .returning(number_blocks.c.last)
    for dialect in (sqlite, postgresql)
}


def reserve(connection: sa.Connection, kind: str, count: int = 1) -> range:
    """Reserve `count` consecutive numbers of a kind (`ticket`, `request`, …), from 1 upwards.

    The row stays locked until the commit; a worker reserves a block in a short transaction of its own.
    """
    last = connection.execute(_RESERVE[connection.dialect.name], {"kind": kind, "last": count}).scalar_one()
    return range(last - count + 1, last + 1)


def reserve_many(connection: sa.Connection, kinds: tuple[str, ...], count: int) -> dict[str, range]:
    """The same for several kinds. Name them always in the same order: each row is locked.

    One statement with many rows would be compiled anew each time, which takes longer than to run some.
    """
    return {kind: reserve(connection, kind, count) for kind in kinds}
