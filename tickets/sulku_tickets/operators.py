"""The people who work here: accounts, passwords and logging in.

Passwords are kept as Argon2id hashes (RFC 9106). A wrong login, a wrong password and a disabled account get the same
answer after the same work. Guessing is slowed down per login *and* network address and per address alone; nobody's
account is ever locked, since an attacker could then keep on-call out at night. Many failures on one login are an alarm.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from sulku_kernel import numbers
from sulku_kernel.actor import Actor
from sulku_kernel.address import normalise_address
from sulku_kernel.clock import Clock
from sulku_kernel.columns import storable_text
from sulku_kernel.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from sulku_kernel.events import Subject
from sulku_kernel.storage import Store, for_update
from sulku_kernel.transaction import Transaction, begin
from sulku_tickets.domain.roles import KEEPS_ACCOUNTS, Role, require_role
from sulku_tickets.models import OPERATORS, login_failures, operators, sessions

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024

# In this time so many failures are borne before the next attempt is refused unheard, or an alarm is recorded.
WINDOW = timedelta(minutes=15)
FAILURES_PER_LOGIN_AND_PEER = 5
FAILURES_PER_PEER = 30
ALARM_AT = 20

_LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
_hasher = PasswordHasher()
# What an unknown login is compared with, so that it takes as long as a known one.
_NOBODY = _hasher.hash("nobody has this password")


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who may log in. Never holds the hash."""

    id: int
    login: str
    name: str
    email: str
    phone: str
    roles: frozenset[str]
    disabled_at: datetime | None

    @property
    def actor(self) -> Actor:
        """The person as the audit trail names them."""
        return Actor.user(self.login, self.roles)


def add_operator(
    tx: Transaction, *, login: str, name: str, email: str, password: str, roles: Iterable[str], phone: str = ""
) -> Operator:
    """A new account. Raises InputError, ConflictError (the login is taken), NotAllowedError (not an administrator)."""
    _require_administrator(tx)
    login = login.strip().lower()
    if _LOGIN.fullmatch(login) is None:
        raise InputError(
            "a login is 1 to 64 letters a to z, digits, dots, dashes or underscores", next_step="Choose another login."
        )
    address = normalise_address(email)
    if address is None:
        raise InputError(f"{email!r} is not an email address", next_step="Give one like name@example.fi.")
    checked = _checked_roles(roles)
    if find_operator(tx.connection, login) is not None:
        raise ConflictError(f"there is an operator {login} already", next_step="Choose another login.")
    values = {
        "login": login,
        "name": storable_text(name.strip() or login, 200),
        "email": address,
        "phone": storable_text(phone.strip(), 50),
        "roles": sorted(checked),
        "password_hash": _hasher.hash(_checked_password(password, login)),
        "disabled_at": None,
        "created_at": tx.now,
    }
    (operator_id,) = numbers.reserve(tx.connection, OPERATORS.kind)
    tx.create(OPERATORS, operator_id, "ADD_OPERATOR", values)
    tx.flush()
    return get_operator(tx.connection, login)


def change_roles(tx: Transaction, login: str, roles: Iterable[str]) -> None:
    """Give other roles. All sessions of the person end, since they were opened with the old ones."""
    _require_administrator(tx)
    checked = _checked_roles(roles)
    operator = get_operator(tx.connection, login)
    if Role.ADMINISTRATOR not in checked:
        _require_another_administrator(tx, operator)
    _change(tx, operator, "CHANGE_ROLES", {"roles": sorted(checked)}, before=operator.roles)
    _end_sessions(tx, operator)


def change_password(tx: Transaction, login: str, password: str) -> None:
    """Set another password, one's own or as administrator. All sessions of the person end."""
    operator = get_operator(tx.connection, login)
    if tx.actor.name != operator.actor.name:
        _require_administrator(tx)
    hashed = _hasher.hash(_checked_password(password, operator.login))
    _change(tx, operator, "CHANGE_PASSWORD", {"password_hash": hashed})
    _end_sessions(tx, operator)


def disable_operator(tx: Transaction, login: str) -> None:
    """Let somebody in no more. The row stays, since events name it."""
    _require_administrator(tx)
    operator = get_operator(tx.connection, login)
    _require_another_administrator(tx, operator)
    _change(tx, operator, "DISABLE_OPERATOR", {"disabled_at": tx.now})
    _end_sessions(tx, operator)


def authenticate(store: Store, clock: Clock, *, login: str, password: str, peer: str = "") -> Operator:
    """The person with this login and password; success and failure are recorded, never what was typed.

    `peer` is the network address the attempt comes from (`cli` for the command line). Raises NotAllowedError, with
    the same words for every wrong combination, and with others when too many were tried.
    """
    login = _comparable(login)
    now = clock.now()
    with store.reading() as connection:
        refused = _too_many(connection, login, peer, now)
        known = connection.execute(sa.select(operators).where(operators.c.login == login)).one_or_none()
    if refused:
        raise NotAllowedError(
            "too many failed attempts from here", next_step=f"Wait {WINDOW // timedelta(minutes=1)} minutes."
        )
    # Outside every transaction: the hash takes its time, and nobody else should wait for it.
    is_right = _verify(_NOBODY if known is None else known.password_hash, password)
    if known is None or not is_right or known.disabled_at is not None:
        _record_failure(store, clock, login, peer, None if known is None else known.id)
        raise NotAllowedError("login or password is wrong", next_step="Try again, or ask an administrator.")
    operator = _operator(known)
    renewed = _hasher.hash(password) if _hasher.check_needs_rehash(known.password_hash) else None
    with begin(store, clock, operator.actor) as tx:
        if renewed is not None:
            _change(tx, operator, "RENEW_PASSWORD_HASH", {"password_hash": renewed})
        tx.execute(login_failures.delete().where(login_failures.c.key == _key(login, peer)))
        tx.record(Subject("operator", operator.id), "LOGIN", {"peer": storable_text(peer, 100)})
    return operator


def find_operator(connection: sa.Connection, login: str) -> Operator | None:
    """The account, disabled or not, or None."""
    row = connection.execute(sa.select(operators).where(operators.c.login == _comparable(login))).one_or_none()
    return None if row is None else _operator(row)


def get_operator(connection: sa.Connection, login: str) -> Operator:
    """The account. Raises NotFoundError."""
    operator = find_operator(connection, login)
    if operator is None:
        raise NotFoundError(f"there is no operator {login}", next_step="See them all with: sulku user list.")
    return operator


def list_operators(connection: sa.Connection) -> list[Operator]:
    """Everybody, by login."""
    return [_operator(row) for row in connection.execute(sa.select(operators).order_by(operators.c.login))]


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password[:LONGEST_PASSWORD])
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False


def _too_many(connection: sa.Connection, login: str, peer: str, now: datetime) -> bool:
    since = now - WINDOW
    return (
        _count(connection, _key(login, peer), since) >= FAILURES_PER_LOGIN_AND_PEER
        or _count(connection, _key("", peer), since) >= FAILURES_PER_PEER
    )


def _count(connection: sa.Connection, key: str, since: datetime) -> int:
    query = sa.select(sa.func.count()).where(login_failures.c.key == key, login_failures.c.at > since)
    return connection.execute(query).scalar_one()


def _record_failure(store: Store, clock: Clock, login: str, peer: str, operator_id: int | None) -> None:
    with begin(store, clock, Actor.desk("login")) as tx:
        tx.execute(login_failures.delete().where(login_failures.c.at <= tx.now - WINDOW))
        keys = (_key(login, peer), _key("", peer), _key(login, None))
        tx.insert(login_failures, *({"key": key, "at": tx.now} for key in keys))
        tx.flush()
        # An unknown login is not written down: people type their password there.
        subject = Subject("login", 0) if operator_id is None else Subject("operator", operator_id)
        tx.record(subject, "LOGIN_FAILED", {"peer": storable_text(peer, 100), "known": operator_id is not None})
        failures = _count(tx.connection, _key(login, None), tx.now - WINDOW)
        alarmed = _count(tx.connection, _alarm_key(login), tx.now - WINDOW)
        # Not "exactly so many": two failures at once may count past it.
        if failures >= ALARM_AT and not alarmed:
            tx.insert(login_failures, {"key": _alarm_key(login), "at": tx.now})
            payload = {"failures": failures, "minutes": WINDOW // timedelta(minutes=1)}
            tx.record(subject, "LOGIN_ALARM", payload)


def _comparable(login: str) -> str:
    # What somebody typed into a form may hold what a database refuses to compare.
    return storable_text(login.strip().lower(), 100)


def _key(login: str, peer: str | None) -> str:
    scope = f"{login}\n{peer}" if peer is not None else login
    return hashlib.sha256(scope.encode("utf-8", "replace")).hexdigest()


def _alarm_key(login: str) -> str:
    return hashlib.sha256(f"{login}\nalarm\n".encode("utf-8", "replace")).hexdigest()


def _checked_password(password: str, login: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InputError(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters",
            next_step="Choose a longer one; several words are fine.",
        )
    if login in password.lower() and len(password) < 2 * len(login) + SHORTEST_PASSWORD:
        raise InputError("the password is built on the login", next_step="Choose one without it.")
    if len(set(password)) < 5:
        raise InputError("the password repeats a few characters", next_step="Choose several words.")
    try:
        password.encode()
    except UnicodeEncodeError:
        raise InputError("the password is not valid text", next_step="Type it again.") from None
    return password


def _checked_roles(roles: Iterable[str]) -> frozenset[str]:
    given = frozenset(str(role) for role in roles)
    unknown = sorted(given - {role.value for role in Role})
    if unknown or not given:
        raise InputError(
            f"{unknown[0]!r} is no role" if unknown else "an account needs a role",
            next_step=f"Choose from {', '.join(role.value for role in Role)}.",
        )
    return given


def _require_administrator(tx: Transaction) -> None:
    # A part of the desk may: `sulku init` makes the first administrator, before anybody can log in.
    if not tx.actor.name.startswith("desk:"):
        require_role(tx.actor, KEEPS_ACCOUNTS, "keep accounts")


def _require_another_administrator(tx: Transaction, operator: Operator) -> None:
    """Nobody could ever let anybody in again. Locked, so that two who disable each other do not both succeed."""
    query = for_update(tx.is_sqlite, sa.select(operators).where(operators.c.disabled_at.is_(None)))
    administrators = {row.login for row in tx.execute(query) if Role.ADMINISTRATOR in row.roles}
    if administrators == {operator.login}:
        raise NotAllowedError(
            f"{operator.login} is the last administrator",
            next_step="Make another first: sulku user add LOGIN --role administrator.",
        )


def _change(tx: Transaction, operator: Operator, verb: str, changes: dict[str, Any], **detail: Any) -> None:
    tx.change(OPERATORS, tx.get(OPERATORS, operator.id), verb, changes, login=operator.login, **detail)


def _end_sessions(tx: Transaction, operator: Operator) -> None:
    tx.execute(sessions.delete().where(sessions.c.operator_id == operator.id))


def _operator(row: sa.Row[tuple[object, ...]]) -> Operator:
    return Operator(
        id=row.id,
        login=row.login,
        name=row.name,
        email=row.email,
        phone=row.phone,
        roles=frozenset(row.roles),
        disabled_at=row.disabled_at,
    )
