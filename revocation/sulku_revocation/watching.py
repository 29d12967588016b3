"""What is watched when nothing is ordered: the issuers' lists, who put what on them, and that revoked stays revoked.

One turn for each issuer (`publication_watch.py` looks, this writes down). Alarms about an order page on its ticket;
what is wrong with a list or stands on it without an order has a ticket of its own (`issuer_alarms.py`) and is the
doctor's to tell (`read_points`, `count_alarming`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sulku_kernel import lease
from sulku_kernel.bulk import insert_rows
from sulku_kernel.errors import InputError
from sulku_kernel.events import Subject
from sulku_kernel.lease import Fence
from sulku_kernel.serial_number import SerialNumber, whole_octets
from sulku_kernel.transaction import Transaction
from sulku_mailbox.batches import in_batches
from sulku_revocation.alarms import Page
from sulku_revocation.campaign_models import campaign_lines
from sulku_revocation.domain.crl_comparing import ALARMING, Comparison, Origin
from sulku_revocation.domain.crl_evidence import OpenCrl
from sulku_revocation.domain.crl_health import PublishedPoint
from sulku_revocation.domain.crl_reading import CrlEntry
from sulku_revocation.domain.order_states import OrderAlarm, OrderState
from sulku_revocation.domain.publication_evidence import PASSING_REASONS, NotYet, Wrong
from sulku_revocation.domain.record import CertificateType
from sulku_revocation.models import certificates, issuers
from sulku_revocation.orders import raise_alarm
from sulku_revocation.overtaken import wake_overtaken
from sulku_revocation.register import mark_many_revoked
from sulku_revocation.request_models import revocation_orders
from sulku_revocation.watch_models import crl_entries, issuer_watches, published_points
from sulku_revocation.watched import hasten_looks

MOST_NAMED = 100
MOST_MARKED = 5_000
_NOT_ORDERED = (Origin.BEFORE, Origin.FOREIGN, Origin.KNOWN)
_AT_ONCE = 500


@dataclass(frozen=True)
class Look:
    """What one address gave: a list that counts, or why there is none; for a responder None when it answered well."""

    kind: str
    url: str
    found: OpenCrl | NotYet | Wrong | None


def has_turn(connection: sa.Connection, now: datetime, lease_for: timedelta, *, pace: timedelta) -> bool:
    """Whether an issuer is to be looked at: asked before taking the write lock. `pace`: how long from turn to turn."""
    due = sa.select(issuer_watches.c.id).where(_is_due(now, pace), lease.is_free(issuer_watches))
    question = sa.select(due.exists() | _unwatched().exists())
    return connection.execute(question, lease.moment(now, lease_for)).scalar_one()


def claim_turn(
    connection: sa.Connection, *, owner: str, now: datetime, lease_for: timedelta, pace: timedelta
) -> Sequence[sa.RowMapping]:
    """The issuer that waits longest, for us alone until the lease ends; nothing when none is due.

    A turn that lies further ahead than the pace was set before the clock went back: it is due now, and so are the
    looks at revocations that were put off by that clock.
    """
    new = [{"id": id_, "next_turn_at": now} for id_ in connection.execute(_unwatched()).scalars()]
    insert_rows(connection, issuer_watches, new, unless_there=("id",))
    claimed = lease.claim(
        connection,
        issuer_watches,
        due=_is_due(now, pace),
        order_by=(issuer_watches.c.next_turn_at, issuer_watches.c.id),
        owner=owner,
        now=now,
        lease=lease_for,
        limit=1,
    )
    for row in claimed:
        if row["next_turn_at"] > now:
            hasten_looks(connection, row["id"], now)
    return claimed


def _is_due(now: datetime, pace: timedelta) -> sa.ColumnElement[bool]:
    at = issuer_watches.c.next_turn_at
    return sa.or_(at <= now, at > now + 2 * pace)  # the clocks of nodes may differ


def end_turn(connection: sa.Connection, fence: Fence, *, next_turn_at: datetime) -> None:
    """The issuer was looked at. Call it in the transaction that records what was seen. Raises ConflictError."""
    lease.release(connection, issuer_watches, fence, {"next_turn_at": next_turn_at})


def _unwatched() -> sa.Select[tuple[int]]:
    return sa.select(issuers.c.id).where(issuers.c.id.not_in(sa.select(issuer_watches.c.id)))


# --- the lists ------------------------------------------------------------------------------------------------------


def count_valid(connection: sa.Connection, issuer_id: int, now: datetime) -> int:
    """How many certificates of holders this issuer has that are valid and not revoked. Looks through all there are."""
    on_file = certificates.c
    query = sa.select(sa.func.count()).where(
        on_file.issuer_id == issuer_id,
        on_file.not_after > now,
        on_file.revoked_at.is_(None),
        on_file.certificate_type != CertificateType.CA,
    )
    return connection.execute(query).scalar_one()


def record_look(tx: Transaction, issuer_id: int, look: Look, valid: int) -> None:
    """Keep what an address gave. What is wrong stands beside what the last good list said."""
    here = sa.and_(published_points.c.issuer_id == issuer_id, published_points.c.url == look.url)
    before = tx.execute(sa.select(published_points).where(here)).mappings().one_or_none()
    row = {**_empty(), **(before or {}), "issuer_id": issuer_id, "url": look.url, "kind": look.kind}
    row |= {"looked_at": tx.now, "fault": _fault(look.found), "valid": valid}
    # Not in the future, behind a clock that was set back.
    row["fault_since"] = min(row["fault_since"] or tx.now, tx.now) if row["fault"] else None
    if isinstance(look.found, OpenCrl):
        row |= _facts(look.found)
    tx.execute(published_points.delete().where(here))
    tx.insert(published_points, row)


def _empty() -> dict[str, object]:
    return {"fault_since": None, "number": None, "this_update": None, "next_update": None, "octets": 0, "entries": 0}


def _facts(crl: OpenCrl) -> dict[str, object]:
    return {
        "number": None if crl.number is None else str(crl.number),
        "this_update": crl.this_update,
        "next_update": crl.next_update,
        "octets": len(crl.der),
        "entries": len(crl.entries),
    }


def _fault(found: OpenCrl | NotYet | Wrong | None) -> str:
    return f"{found.why}: {found.detail}".removesuffix(": ")[:500] if isinstance(found, NotYet | Wrong) else ""


def read_points(connection: sa.Connection, issuer_id: int | None = None) -> list[PublishedPoint]:
    """The last look at each address, by issuer; of one, or of all."""
    columns = [column for column in published_points.c if column.name != "issuer_id"]
    query = (
        sa.select(issuers.c.name.label("issuer"), issuers.c.is_test, *columns)
        .join(issuers, issuers.c.id == published_points.c.issuer_id)
        .where(sa.true() if issuer_id is None else published_points.c.issuer_id == issuer_id)
        .order_by(published_points.c.issuer_id, published_points.c.kind, published_points.c.url)
    )
    return [PublishedPoint(**row) for row in connection.execute(query).mappings()]


def read_list_numbers(connection: sa.Connection) -> dict[tuple[int, str], int]:
    """The CRL number last seen at each address: no older one is believed there, after a restart either."""
    columns = published_points.c
    query = sa.select(columns.issuer_id, columns.url, columns.number).where(columns.number.is_not(None))
    return {(row.issuer_id, row.url): int(row.number) for row in connection.execute(query)}


# --- what stands on them --------------------------------------------------------------------------------------------


def known_serials(connection: sa.Connection, issuer_id: int) -> frozenset[int]:
    """What stood on the issuer's lists at the last look."""
    query = sa.select(crl_entries.c.serial).where(
        crl_entries.c.issuer_id == issuer_id, crl_entries.c.origin != Origin.GONE
    )
    return frozenset(int(serial, 16) for serial in connection.execute(query).scalars())


def has_looked(connection: sa.Connection, issuer_id: int) -> bool:
    """Whether a list of this issuer was ever read."""
    query = sa.select(published_points.c.url).where(
        published_points.c.issuer_id == issuer_id, published_points.c.this_update.is_not(None)
    )
    return connection.execute(query.limit(1)).first() is not None


def record_comparison(tx: Transaction, issuer_id: int, found: Comparison, page: Page, *, is_first: bool) -> None:
    """Keep what is new on the lists and why it may be; what is gone before its time pages."""
    foreign: list[str] = []
    for serials in _parts(found.new):
        foreign += _record_new(tx, issuer_id, serials, is_first=is_first)
    if foreign:
        because = [f"{len(foreign)} certificates stand on the CRL, and no order of ours is about them."]
        payload = {"serials": foreign[:MOST_NAMED], "count": len(foreign), "because": because}
        tx.record(Subject("issuer", issuer_id), "CRL_ENTRY_WITHOUT_ORDER", payload)
    for serials in _parts(found.gone):
        _record_gone(tx, issuer_id, serials, page)


def _record_new(tx: Transaction, issuer_id: int, serials: list[str], *, is_first: bool) -> list[str]:
    """Returns those that nobody here ordered."""
    ordered = _ordered(tx, issuer_id, serials)
    unknown = Origin.BEFORE if is_first else Origin.FOREIGN
    origins = {serial: Origin.ORDER if serial in ordered else unknown for serial in serials}
    tx.execute(crl_entries.delete().where(_here(issuer_id, serials)))  # what was gone and is back
    rows = [
        {"issuer_id": issuer_id, "serial": serial, "origin": str(origin), "first_seen_at": tx.now}
        for serial, origin in origins.items()
    ]
    tx.insert(crl_entries, *rows)
    return [serial for serial, origin in origins.items() if origin is Origin.FOREIGN]


def _ordered(tx: Transaction, issuer_id: int, serials: list[str]) -> frozenset[str]:
    """Those that an order of ours is about. An order is stored before it is sent, so none can be on a list earlier."""
    on_file = certificates.c
    of_these = sa.and_(on_file.serial.in_(serials), on_file.issuer_id == issuer_id)
    single = (
        sa.select(on_file.serial)
        .join(revocation_orders, revocation_orders.c.certificate_id == on_file.id)
        .where(of_these, revocation_orders.c.state.not_in((OrderState.REFUSED, OrderState.WITHDRAWN)))
    )
    in_campaigns = (
        sa.select(on_file.serial)
        .join(campaign_lines, campaign_lines.c.certificate_id == on_file.id)
        .where(of_these, campaign_lines.c.sent_at.is_not(None))
    )
    return frozenset(tx.execute(single.union(in_campaigns)).scalars())


def mark_revoked_elsewhere(tx: Transaction, issuer_id: int, entry_of: Callable[[int], CrlEntry | None]) -> None:
    """The register says of what stands on the lists without an order that it is revoked, some at each look.

    What may come back (a hold) and what is dated ahead are left as they are.
    """
    on_file, listed = certificates.c, crl_entries.c
    query = (
        sa.select(on_file.id, on_file.serial)
        .join(crl_entries, sa.and_(listed.issuer_id == on_file.issuer_id, listed.serial == on_file.serial))
        .where(listed.issuer_id == issuer_id, listed.origin.in_(_NOT_ORDERED), on_file.revoked_at.is_(None))
    )
    found = {row.id: entry_of(int(row.serial, 16)) for row in tx.execute(query.limit(MOST_MARKED))}
    revoked = {
        id_: (entry.revoked_at, entry.reason)
        for id_, entry in found.items()
        if entry is not None and entry.reason not in PASSING_REASONS and entry.revoked_at <= tx.now
    }
    for some in in_batches(revoked.items(), _AT_ONCE):
        mark_many_revoked(tx, dict(some))
        wake_overtaken(tx, dict(some))


def _record_gone(tx: Transaction, issuer_id: int, serials: list[str], page: Page) -> None:
    """An entry may go when the certificate has expired (RFC 5280, 3.3). What we have revoked may not go before."""
    on_file = certificates.c
    query = sa.select(on_file.id, on_file.serial).where(
        on_file.serial.in_(serials),
        on_file.issuer_id == issuer_id,
        on_file.revoked_at.is_not(None),
        sa.or_(on_file.not_after.is_(None), on_file.not_after > tx.now),
    )
    early = {row.id: row.serial for row in tx.execute(query)}
    others = sorted(set(serials) - set(early.values()))
    tx.execute(crl_entries.delete().where(_here(issuer_id, others)))
    if early:
        gone = _here(issuer_id, list(early.values()))
        tx.execute(crl_entries.update().where(gone).values(origin=str(Origin.GONE)))
        because = ["They were revoked here, have not expired, and stand on the CRL no more."]
        payload = {"serials": sorted(early.values())[:MOST_NAMED], "count": len(early), "because": because}
        tx.record(Subject("issuer", issuer_id), "CRL_ENTRY_GONE", payload)
    for id_, serial in early.items():
        raise_no_longer_revoked(tx, id_, f"Certificate {whole_octets(serial)} stands on the CRL no more.", page)


def raise_no_longer_revoked(tx: Transaction, certificate_id: int, sentence: str, page: Page) -> None:
    """Page on the ticket of each order by which the certificate was revoked."""
    orders = revocation_orders.c
    ours = sa.select(orders.id).where(orders.certificate_id == certificate_id, orders.state == OrderState.CONFIRMED)
    for order_id in tx.execute(ours.order_by(orders.id)).scalars().all():
        raise_alarm(tx, order_id, OrderAlarm.NO_LONGER_REVOKED, f"{sentence} It counts as revoked.", page)


def count_alarming(connection: sa.Connection) -> dict[tuple[str, Origin], int]:
    """How many entries alarm, by the issuer's name and why."""
    query = (
        sa.select(issuers.c.name, crl_entries.c.origin, sa.func.count().label("entries"))
        .join(crl_entries, crl_entries.c.issuer_id == issuers.c.id)
        .where(crl_entries.c.origin.in_(ALARMING))
        .group_by(issuers.c.name, crl_entries.c.origin)
    )
    return {(row.name, Origin(row.origin)): row.entries for row in connection.execute(query)}


def read_alarming(connection: sa.Connection) -> list[dict[str, Any]]:
    """The entries that alarm: issuer, serial, origin (`foreign` or `gone`), first_seen_at."""
    query = (
        sa.select(
            issuers.c.name.label("issuer"), *(crl_entries.c[name] for name in ("serial", "origin", "first_seen_at"))
        )
        .join(crl_entries, crl_entries.c.issuer_id == issuers.c.id)
        .where(crl_entries.c.origin.in_(ALARMING))
        .order_by(crl_entries.c.first_seen_at, crl_entries.c.serial)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def account_for(tx: Transaction, serials: Iterable[str], because: str) -> int:
    """Somebody found out about entries that alarm: they do no more. Returns how many there were.

    Raises InputError without a reason, and for a serial number that does not alarm.
    """
    if not because.strip():
        raise InputError("it is not said what was found out", next_step="Say it with --because.")
    wanted = {_read_serial(serial) for serial in serials}
    alarming = sa.and_(crl_entries.c.origin.in_(ALARMING), crl_entries.c.serial.in_(wanted))
    found = tx.execute(sa.select(crl_entries).where(alarming)).all()
    missing = sorted(wanted - {row.serial for row in found})
    if missing:
        named = ", ".join(map(whole_octets, missing[:5]))
        raise InputError(f"no alarm is on for {named}", next_step="See `sulku ca crl`.")
    tx.execute(crl_entries.delete().where(alarming, crl_entries.c.origin == Origin.GONE))
    tx.execute(crl_entries.update().where(alarming).values(origin=str(Origin.KNOWN)))
    for row in found:
        payload = {"serial": row.serial, "was": row.origin, "because": [because.strip()]}
        tx.record(Subject("issuer", row.issuer_id), "CRL_ENTRY_ACCOUNTED_FOR", payload)
    return len(found)


def _read_serial(text: str) -> str:
    try:
        return SerialNumber.from_hex(text).hex
    except ValueError as error:
        raise InputError(f"{text!r}: {error}", next_step="Give serial numbers in hex.") from error


def _here(issuer_id: int, serials: list[str]) -> sa.ColumnElement[bool]:
    return sa.and_(crl_entries.c.issuer_id == issuer_id, crl_entries.c.serial.in_(serials))


def _parts(serials: Collection[int]) -> Iterator[list[str]]:
    """In hex and in order, a few hundred at a time: a statement takes only so many."""
    in_order = [format(serial, "x") for serial in sorted(serials)]
    for begin in range(0, len(in_order), _AT_ONCE):
        yield in_order[begin : begin + _AT_ONCE]
