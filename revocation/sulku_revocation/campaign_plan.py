"""The order in which a list goes out, its hash, and which of its certificates have been replaced.

All of it is done where the rows are: a list of a hundred thousand never comes into memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel.errors import ConflictError
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.campaign_models import campaign_lines, campaign_turns
from sulku_revocation.domain.campaign_rules import WaveOrder, list_hash
from sulku_revocation.domain.campaign_states import LineState
from sulku_revocation.models import certificates, issuers

_TO_GO = (LineState.LISTED, LineState.HELD)
AT_ONCE = 2_000


def lay_turns(tx: Transaction, campaign_id: int, order: WaveOrder, now: datetime) -> int:
    """Give every line that can go out its position, from 1; returns how many there are."""
    lines, turns = campaign_lines.c, campaign_turns.c
    tx.execute(campaign_turns.delete().where(turns.campaign_id == campaign_id))
    position = sa.func.row_number().over(order_by=_order(campaign_id, order, now))
    chosen = (
        sa.select(sa.literal(campaign_id), position, lines.id)
        .select_from(campaign_lines.join(certificates, certificates.c.id == lines.certificate_id))
        .where(lines.campaign_id == campaign_id, lines.state.in_(_TO_GO))
    )
    columns = ["campaign_id", "position", "line_id"]
    tx.execute(campaign_turns.insert().from_select(columns, chosen, include_defaults=False))
    counted = sa.select(sa.func.count()).select_from(campaign_turns).where(turns.campaign_id == campaign_id)
    return int(tx.execute(counted).scalar_one())


def _order(campaign_id: int, order: WaveOrder, now: datetime) -> list[Any]:
    lines = campaign_lines.c
    by_holder = [lines.account_id.is_(None), lines.account_id, lines.certificate_id]
    match order:
        case WaveOrder.REPLACED_FIRST:
            return [sa.case((is_replaced(campaign_id, now), 0), else_=1), *by_holder]
        case WaveOrder.BY_DEADLINE:
            return [lines.due_at.is_(None), lines.due_at, *by_holder]
        case WaveOrder.BY_CUSTOMER:
            return by_holder


def is_replaced(campaign_id: int, now: datetime, *, since: datetime | None = None) -> sa.ColumnElement[bool]:
    """Whether a newer live certificate does the same: type, common name, holder, but another key, not itself listed.

    `certificates` must be joined. `since`: only ones whose validity began after that.
    """
    old, new = certificates, certificates.alias("newer")
    listed = campaign_lines.alias("listed")
    its_own = sa.exists().where(listed.c.campaign_id == campaign_id, listed.c.certificate_id == new.c.id)
    conditions = [
        old.c.common_name_folded != "",
        new.c.common_name_folded == old.c.common_name_folded,
        # Found by its name: a holder may have tens of thousands, of which looking through all for each would never end.
        new.c.account_id + 0 == old.c.account_id,
        new.c.certificate_type == old.c.certificate_type,
        new.c.not_before > (old.c.not_before if since is None else since),
        new.c.revoked_at.is_(None),
        sa.or_(new.c.not_after.is_(None), new.c.not_after >= now),
        sa.or_(new.c.spki == "", new.c.spki != old.c.spki),
        ~its_own,
    ]
    return sa.exists().where(*conditions).correlate(certificates)


def count_replaced(connection: sa.Connection, campaign_id: int, now: datetime, *, since: datetime | None = None) -> int:
    """How many certificates of the list have been replaced; with `since` only by what is newer than that."""
    lines = campaign_lines.c
    query = (
        sa.select(sa.func.count())
        .select_from(campaign_lines.join(certificates, certificates.c.id == lines.certificate_id))
        .where(lines.campaign_id == campaign_id, lines.state != LineState.LEFT_OUT)
        .where(is_replaced(campaign_id, now, since=since))
    )
    return int(connection.execute(query).scalar_one())


def check_turns(tx: Transaction, campaign: Row) -> None:
    """Every certificate that can go out has its turn. Raises ConflictError."""
    turns = campaign_turns.c
    counted = sa.select(sa.func.count()).select_from(campaign_turns).where(turns.campaign_id == campaign["id"])
    if tx.execute(counted).scalar_one() != sum(campaign["waves"]):
        raise ConflictError("the plan does not fit the list", next_step="Plan it again: sulku campaign plan.")


def hash_list(tx: Transaction, campaign_id: int) -> str:
    """The hash of everything on the list (`campaign_rules.list_hash`)."""
    tx.flush()
    return list_hash(sorted_list(tx.connection, campaign_id))


def sorted_list(connection: sa.Connection, campaign_id: int) -> Iterator[tuple[str, str]]:
    """(issuer's key identifier or name, serial) of each certificate on the list, sorted as octets."""
    lines = campaign_lines.c
    of_list = sa.select(lines.issuer_id).where(lines.campaign_id == campaign_id).distinct()
    named = connection.execute(
        sa.select(issuers.c.id, issuers.c.key_identifier, issuers.c.name).where(issuers.c.id.in_(of_list))
    )
    # In the order of their octets, whatever the database's language is.
    serial = lines.serial if connection.dialect.name == "sqlite" else sa.collate(lines.serial, "C")
    for name, issuer_id in sorted((row.key_identifier or row.name, row.id) for row in named):
        query = sa.select(lines.serial).where(lines.campaign_id == campaign_id, lines.issuer_id == issuer_id)
        for found in connection.execute(query.order_by(serial).execution_options(yield_per=AT_ONCE)).scalars():
            yield name, found
