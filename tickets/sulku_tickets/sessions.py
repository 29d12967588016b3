"""Sessions: 256 random bits given to the person, their SHA-256 kept.

A login always makes a new token (nothing that was known before it is worth anything after it), a session ends by
itself when idle and at the latest when its time is up, and it ends at once when the person's roles or password change
or the account is disabled. Roles are read from the account at each use.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from sulku_kernel.actor import Actor
from sulku_kernel.events import Subject
from sulku_kernel.transaction import Transaction
from sulku_tickets.models import operators, sessions
from sulku_tickets.operators import Operator


class SessionKind(StrEnum):
    """Where somebody works."""

    CLI = "cli"
    WEB = "web"


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts without use, and altogether."""

    idle: timedelta
    absolute: timedelta


LIMITS = {
    SessionKind.WEB: SessionLimits(idle=timedelta(minutes=30), absolute=timedelta(hours=12)),
    SessionKind.CLI: SessionLimits(idle=timedelta(hours=4), absolute=timedelta(hours=12)),
}

# A use is written down at most this often, so that reading a page does not write each time.
_SEEN_EVERY = timedelta(minutes=1)


def start_session(tx: Transaction, operator: Operator, kind: SessionKind, *, replaces: str | None = None) -> str:
    """A new session for somebody who was just authenticated. Returns the token, which is shown nowhere else.

    `replaces`: the token the browser had before the login; it ends.
    """
    if replaces is not None:
        tx.execute(sessions.delete().where(sessions.c.token_hash == _hash(replaces)))
    tx.execute(sessions.delete().where(sessions.c.expires_at <= tx.now))
    token = secrets.token_urlsafe(32)
    row = {
        "token_hash": _hash(token),
        "operator_id": operator.id,
        "kind": SessionKind(kind).value,
        "created_at": tx.now,
        "seen_at": tx.now,
        "expires_at": tx.now + LIMITS[SessionKind(kind)].absolute,
    }
    tx.insert(sessions, row)
    tx.record(Subject("operator", operator.id), "START_SESSION", {"kind": row["kind"]})
    return token


def resolve_session(connection: sa.Connection, token: str, now: datetime) -> Actor | None:
    """Who is logged in with this token, with the roles the account has now; None when nobody is. Only reads."""
    row = connection.execute(
        sa.select(sessions, operators.c.login, operators.c.roles)
        .join(operators, operators.c.id == sessions.c.operator_id)
        .where(sessions.c.token_hash == _hash(token), operators.c.disabled_at.is_(None))
    ).one_or_none()
    if row is None or now >= row.expires_at or now - row.seen_at >= LIMITS[SessionKind(row.kind)].idle:
        return None
    return Actor.user(row.login, frozenset(row.roles))


def touch_session(connection: sa.Connection, token: str, now: datetime) -> None:
    """Say that a session is in use, so that it is not idle. Writes at most once a minute."""
    connection.execute(
        sessions.update()
        .where(sessions.c.token_hash == _hash(token), sessions.c.seen_at <= now - _SEEN_EVERY)
        .values(seen_at=now)
    )


def end_session(tx: Transaction, token: str) -> None:
    """Log out. Nothing happens when the session has ended already."""
    ended = tx.execute(
        sessions.delete().where(sessions.c.token_hash == _hash(token)).returning(sessions.c.operator_id)
    ).scalar_one_or_none()
    if ended is not None:
        tx.record(Subject("operator", ended), "END_SESSION")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
