"""How many automatic answers an address and a domain get, so that a forged sender or a robot costs nobody a flood.

Caps (RFC 3834, 2): one answer for each ticket, five for an address in 24 hours, twenty for a domain in an hour. A place
is taken before the answer is sent, under the effect's key: a repeated effect has its place already.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from sulku_kernel.address import domain_of
from sulku_kernel.columns import UtcDateTime
from sulku_kernel.crash_points import crossing
from sulku_kernel.storage import Store, desk_metadata

PER_ADDRESS, ADDRESS_WINDOW = 5, timedelta(hours=24)
PER_DOMAIN, DOMAIN_WINDOW = 20, timedelta(hours=1)

automatic_answers = sa.Table(
    "automatic_answer",
    desk_metadata,
    sa.Column("effect_key", sa.Text, primary_key=True),
    sa.Column("ticket_id", sa.BigInteger),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("domain", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_automatic_answer_ticket", "ticket_id"),
    sa.Index("ix_automatic_answer_address", "address", "at"),
    sa.Index("ix_automatic_answer_domain", "domain", "at"),
)


@crossing("answer_place_taken")
def take_place(store: Store, *, effect_key: str, ticket_id: int | None, address: str, now: datetime) -> str:
    """Take a place for an automatic answer. Returns why there is none, or an empty string."""
    with store.writing() as connection:
        if not store.is_sqlite:  # SQLite has one writer anyway
            lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"automatic answer {domain_of(address)}"))
            connection.execute(sa.select(lock))
        table = automatic_answers.c
        if _count(connection, table.effect_key == effect_key):
            return ""
        if ticket_id is not None and _count(connection, table.ticket_id == ticket_id):
            return "this ticket has had its automatic answer"
        if _count(connection, table.address == address, table.at > now - ADDRESS_WINDOW) >= PER_ADDRESS:
            return f"the address has had {PER_ADDRESS} automatic answers in 24 hours"
        if _count(connection, table.domain == domain_of(address), table.at > now - DOMAIN_WINDOW) >= PER_DOMAIN:
            return f"the domain has had {PER_DOMAIN} automatic answers in an hour"
        row = {
            "effect_key": effect_key,
            "ticket_id": ticket_id,
            "address": address,
            "domain": domain_of(address),
            "at": now,
        }
        connection.execute(automatic_answers.insert().values(row))
        return ""


def _count(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(automatic_answers).where(*conditions)
    return int(connection.execute(query).scalar_one())
