"""What a campaign would do, in numbers, before anybody decides: nothing is sent and nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.transaction import Row
from sulku_revocation.campaign_models import campaign_lines
from sulku_revocation.campaign_plan import count_replaced
from sulku_revocation.domain.campaign_states import UNDER_WAY, LineState
from sulku_revocation.domain.crl_writing import encode_crl_entry
from sulku_revocation.domain.hold_states import HoldState
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.hold_models import legal_holds
from sulku_revocation.models import accounts, certificates, contacts, issuers
from sulku_revocation.telling import TOLD_ROLES

MOST_HOLDERS = 20
_SAMPLED = 200  # serial numbers whose encoded length tells how long an entry is


@dataclass(frozen=True, slots=True)
class IssuerForecast:
    """An issuer's part, and how its CRL grows: entries and octets of the list now (as far as we know) and then."""

    issuer_id: int
    name: str
    is_test: bool
    to_revoke: int
    entries_now: int
    octets_now: int
    octets_then: int
    shortest: timedelta | None
    """How long sending takes at the chosen pace; None at the CA's own."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would happen. Counts are certificates unless they say otherwise."""

    total: int
    to_revoke: int
    held: int
    left_out: Mapping[str, int]  # revoked, expired
    unmatched: int  # lines of what was given
    replaced: int
    holders: int
    holders_without_contact: int
    without_holder: int
    by_type: Mapping[str, int]
    by_reason: Mapping[str, int]
    issuers: tuple[IssuerForecast, ...]
    largest_holders: tuple[tuple[str, int], ...]
    waves: tuple[int, ...]


def dry_run(connection: sa.Connection, campaign: Row, now: datetime) -> DryRun:
    """The numbers of a campaign as it stands; `now` decides which replacements are live."""
    id_ = campaign["id"]
    states = _by(connection, id_, campaign_lines.c.state, only=None)
    reason = None if campaign["reason"] is None else ReasonCode(campaign["reason"])
    going = _going(states)
    return DryRun(
        total=campaign["total"],
        to_revoke=going,
        held=states.get(LineState.HELD, 0) + _held_elsewhere(connection, id_),
        left_out=_by(connection, id_, campaign_lines.c.why, only={LineState.LEFT_OUT}),
        unmatched=len(campaign["unmatched"]),
        replaced=count_replaced(connection, id_, now),
        holders=_holders(connection, id_),
        holders_without_contact=len(holders_without_contact(connection, id_)),
        without_holder=_by(connection, id_, campaign_lines.c.account_id.is_(None)).get(True, 0),
        by_type=_by(connection, id_, certificates.c.certificate_type),
        by_reason={} if reason is None else {reason.rfc_name: going},
        issuers=_forecasts(connection, campaign, reason or ReasonCode.SUPERSEDED, now),
        largest_holders=_largest(connection, id_),
        waves=tuple(campaign["waves"]),
    )


_TO_GO = frozenset(LineState) - {LineState.LEFT_OUT}


def _going(states: Mapping[Any, int]) -> int:
    return sum(states.get(state, 0) for state in UNDER_WAY | {LineState.REVOKED})


def _by(connection: sa.Connection, campaign_id: int, what: sa.ColumnElement[Any], only: Any = _TO_GO) -> dict[Any, int]:
    """How many lines have each value of a column."""
    query = (
        sa.select(what, sa.func.count())
        .select_from(campaign_lines.join(certificates, certificates.c.id == campaign_lines.c.certificate_id))
        .where(campaign_lines.c.campaign_id == campaign_id)
        .group_by(what)
    )
    if only is not None:
        query = query.where(campaign_lines.c.state.in_(sorted(only)))
    return dict(map(tuple, connection.execute(query)))


def _held_elsewhere(connection: sa.Connection, campaign_id: int) -> int:
    """Lines whose certificate is under a legal hold that was placed on a ticket."""
    lines, holds = campaign_lines.c, legal_holds.c
    query = sa.select(sa.func.count(sa.distinct(lines.id))).join(
        legal_holds, sa.and_(holds.certificate_id == lines.certificate_id, holds.state == HoldState.HELD)
    )
    wanted = query.where(lines.campaign_id == campaign_id, lines.state == LineState.LISTED)
    return int(connection.execute(wanted).scalar_one())


def _holders(connection: sa.Connection, campaign_id: int) -> int:
    query = sa.select(sa.func.count()).select_from(_holders_of(campaign_id).subquery())
    return int(connection.execute(query).scalar_one())


def holders_without_contact(connection: sa.Connection, campaign_id: int) -> list[str]:
    """The holders whom nobody can write to, by name: they must be reached in another way."""
    # Roles are joined by blanks; no role is a part of another's name.
    is_told = sa.or_(*(contacts.c.roles.contains(role) for role in sorted(TOLD_ROLES)))
    has_contact = sa.exists().where(contacts.c.account_id == accounts.c.id, contacts.c.email != "", is_told)
    query = sa.select(accounts.c.organisation).where(accounts.c.id.in_(_holders_of(campaign_id)), ~has_contact)
    return list(connection.execute(query.order_by(accounts.c.organisation)).scalars())


def _holders_of(campaign_id: int) -> sa.Select[Any]:
    lines = campaign_lines.c
    chosen = (lines.campaign_id == campaign_id, lines.state != LineState.LEFT_OUT, lines.account_id.is_not(None))
    return sa.select(lines.account_id).where(*chosen).distinct()


def _forecasts(
    connection: sa.Connection, campaign: Row, reason: ReasonCode, now: datetime
) -> tuple[IssuerForecast, ...]:
    going = _by(connection, campaign["id"], campaign_lines.c.issuer_id, only=UNDER_WAY | {LineState.HELD})
    named = connection.execute(sa.select(issuers).where(issuers.c.id.in_(list(going))).order_by(issuers.c.id))
    return tuple(_forecast(connection, campaign, row, going[row.id], reason, now) for row in named)


def _forecast(
    connection: sa.Connection, campaign: Row, issuer: Any, more: int, reason: ReasonCode, now: datetime
) -> IssuerForecast:
    columns = certificates.c
    standing = sa.select(sa.func.count()).where(
        columns.issuer_id == issuer.id,
        columns.revoked_at.is_not(None),
        sa.or_(columns.not_after.is_(None), columns.not_after >= now),
    )
    entries = int(connection.execute(standing).scalar_one())
    each = _entry_octets(connection, campaign, issuer.id, reason, now)
    pace = campaign["per_minute"]
    return IssuerForecast(
        issuer_id=issuer.id,
        name=issuer.name,
        is_test=issuer.is_test,
        to_revoke=more,
        entries_now=entries,
        octets_now=round(entries * each),
        octets_then=round((entries + more) * each),
        shortest=timedelta(minutes=more / pace) if pace else None,
    )


def _entry_octets(connection: sa.Connection, campaign: Row, issuer_id: int, reason: ReasonCode, now: datetime) -> float:
    """What an entry with serial numbers like these, and the invalidity date where one is decided, takes on a CRL."""
    lines = campaign_lines.c
    query = sa.select(lines.serial).where(lines.campaign_id == campaign["id"], lines.issuer_id == issuer_id)
    serials = connection.execute(query.limit(_SAMPLED)).scalars().all()
    since = campaign["invalidity_at"]
    lengths = [len(encode_crl_entry(SerialNumber.from_hex(serial), now, reason, since)) for serial in serials]
    return sum(lengths) / len(lengths) if lengths else 0.0


def _largest(connection: sa.Connection, campaign_id: int) -> tuple[tuple[str, int], ...]:
    lines = campaign_lines.c
    count = sa.func.count().label("certificates")
    query = (
        sa.select(accounts.c.organisation, count)
        .join(accounts, accounts.c.id == lines.account_id)
        .where(lines.campaign_id == campaign_id, lines.state != LineState.LEFT_OUT)
        .group_by(accounts.c.id, accounts.c.organisation)
        .order_by(count.desc(), accounts.c.organisation)
        .limit(MOST_HOLDERS)
    )
    return tuple((row.organisation, row.certificates) for row in connection.execute(query))
