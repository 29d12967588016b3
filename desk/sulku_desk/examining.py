"""Gathers what `doctor.py` judges from the stores and the folders of this machine. Changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography import x509

from sulku_desk import migrate
from sulku_desk.doctor import EFFECT_LATE_AFTER, HOUSEKEEPING_LATE_AFTER, diagnose
from sulku_desk.doctor_facts import Facts, Finding, Level, Room, StoreFacts, Waiting
from sulku_desk.instance import Instance
from sulku_desk.leader import TERM_LENGTH, leaders
from sulku_desk.reading import last_noted, readings
from sulku_desk.settings import Settings
from sulku_desk.sync_mark import lost_since
from sulku_kernel.checkpoints import FILE_NAME
from sulku_kernel.clock import from_text
from sulku_kernel.errors import ConfigurationError
from sulku_kernel.events import chain_head, events
from sulku_kernel.outbox import EffectState, outbox
from sulku_kernel.saying import Saying
from sulku_kernel.storage import BUSY_TIMEOUT_SECONDS, Storage, Store
from sulku_mailbox.inbox import used_key_ids
from sulku_mailbox.models import deliveries
from sulku_mailbox.sealing import DataKeys
from sulku_revocation.ca.authorities import DEFAULT
from sulku_revocation.campaign_report import last_drill
from sulku_revocation.domain.order_states import OrderState
from sulku_revocation.key_sweep import count_unattended
from sulku_revocation.register_keeping import HOUSEKEEPING
from sulku_revocation.register_marks import read_whole_at
from sulku_revocation.request_models import revocation_orders
from sulku_revocation.watching import count_alarming, read_points
from sulku_tickets.on_call import gaps, load_policy

LOOK_AGAIN_AFTER = timedelta(seconds=5)
_LOCKED_AFTER = timedelta(seconds=3)
_KEY_FILES = ("audit.pem", "links.key", "nonce.key", "reply.key")


def examine_from_within(instance: Instance) -> list[Finding]:
    """What a running role can say at any moment, without asking other servers."""
    facts = around(instance.settings, instance.clock.now())
    return diagnose(with_stores(facts, instance.storage, instance.settings))


class SelfExamination:
    """What is unwell, looked at again after some seconds only: safe to be asked by anybody, often."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._lock = threading.Lock()
        self._seen: tuple[datetime, dict[str, str]] | None = None

    def unwell(self) -> Mapping[str, str]:
        """The next step by the part that is unwell; nothing when all is well."""
        now = self._instance.clock.now()
        with self._lock:
            if self._seen is None or not timedelta() <= now - self._seen[0] < LOOK_AGAIN_AFTER:
                findings = examine_from_within(self._instance)
                found = {f.part.value: f.next_step for f in findings if f.level is Level.UNWELL}
                self._seen = now, found
            return self._seen[1]


# --- the stores -----------------------------------------------------------------------------------------------------


def with_stores(facts: Facts, storage: Storage, settings: Settings) -> Facts:
    """The same with what the stores say, or with why they say nothing."""
    try:
        migrate.require_current(storage)
    except ConfigurationError as error:
        if "schema version" in str(error):
            return replace(facts, schema_fault=str(error), schema_next_step=error.next_step)
        return replace(facts, database_fault=str(error), database_next_step=error.next_step)
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        step = "Check that it runs and that SULKU_DATABASE_URL is right; mails are answered with 451 meanwhile."
        return replace(facts, database_fault=_silent(error), database_next_step=step)
    with storage.inbox.reading() as inbox, storage.desk.reading() as desk:
        stores = _stores(inbox, desk, settings, facts.now)
        safe = _is_safe(inbox) and _is_safe(desk)
    if not safe:
        step = "Find out what switched it off; restart the desk."
        facts = replace(facts, database_fault=Saying("a commit may be lost in a crash"), database_next_step=step)
    elif file := _locked_file(storage):
        said = Saying("another program holds {file} locked: nothing can be written", file=file)
        step = "Find out who has the file open (fuser), and end it; mails are answered with 451 meanwhile."
        facts = replace(facts, database_fault=said, database_next_step=step)
    return replace(facts, stores=stores, key_faults=[*facts.key_faults, *_mail_keys(storage, settings)])


def _silent(error: Exception) -> Saying:
    return Saying("it does not answer ({error})", error=type(error).__name__)


def _stores(inbox: sa.Connection, desk: sa.Connection, settings: Settings, now: datetime) -> StoreFacts:
    head = desk.execute(sa.select(chain_head.c.seq)).scalar_one_or_none() or 0
    signed, last_signed_at = _last_signed(settings.checkpoints_folder)
    leader = desk.execute(sa.select(leaders).where(leaders.c.role == "scheduler")).one_or_none()
    orders, states = revocation_orders.c, OrderState
    return StoreFacts(
        unread=_unread(inbox, desk),
        late_effects=_late_effects(desk, now),
        orders_unanswered=_waiting(desk, orders.stored_at, orders.state.in_([states.STORED, states.SENT])),
        orders_unpublished=_waiting(desk, orders.accepted_at, orders.state == states.ACCEPTED),
        leader_term=0 if leader is None else leader.term,
        # Every tick of the leader renews its term, which a resigned one has ended.
        last_tick_at=None if leader is None else leader.until - TERM_LENGTH,
        unsigned_entries=max(0, head - signed),
        last_signed_at=last_signed_at,
        last_event_at=desk.execute(sa.select(events.c.at).where(events.c.seq == head)).scalar_one_or_none(),
        clock_ahead=_clock_ahead(desk, now),
        registers_read_at=_registers_read_at(desk, settings),
        valid_on_blocked_keys=count_unattended(desk, now),
        drilled_at=last_drill(desk) or _began_at(desk),
        points=read_points(desk),
        alarming_entries=count_alarming(desk),
    )


def _registers_read_at(desk: sa.Connection, settings: Settings) -> dict[str, datetime]:
    """Of the CAs that are still in the settings."""
    names = {DEFAULT, *settings.authorities}
    return {ca: at for ca, at in read_whole_at(desk).items() if ca in names}


def _unread(inbox: sa.Connection, desk: sa.Connection) -> Waiting:
    """What the desk has not noted yet, and what it has noted and not read."""
    noted = last_noted(desk)
    count, first = desk.execute(
        sa.select(sa.func.count(), sa.func.min(readings.c.id)).where(readings.c.state == "open")
    ).one()
    new, first_new = inbox.execute(
        sa.select(sa.func.count(), sa.func.min(deliveries.c.id)).where(deliveries.c.id > noted)
    ).one()
    oldest = min((id_ for id_ in (first, first_new) if id_ is not None), default=None)
    since = inbox.execute(sa.select(deliveries.c.received_at).where(deliveries.c.id == oldest)).scalar_one_or_none()
    return Waiting(count + new, since)


def _late_effects(desk: sa.Connection, now: datetime) -> dict[str, Waiting]:
    """Due for a while and nobody's, or in the hands of somebody whose lease ran out as long ago.

    Housekeeping waits behind everything else: it is late when the next hour's is due.
    """
    limit = now - EFFECT_LATE_AFTER
    in_haste = sa.or_(outbox.c.kind.not_in(HOUSEKEEPING), outbox.c.next_attempt_at <= now - HOUSEKEEPING_LATE_AFTER)
    free = sa.or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= limit)
    query = (
        sa.select(outbox.c.kind, sa.func.count().label("late"), sa.func.min(outbox.c.next_attempt_at).label("since"))
        .where(outbox.c.next_attempt_at <= limit, in_haste, free)
        .group_by(outbox.c.kind)
    )
    return {row.kind: Waiting(row.late, row.since) for row in desk.execute(query)}


def _began_at(desk: sa.Connection) -> datetime | None:
    return desk.execute(sa.select(events.c.at).where(events.c.seq == 1)).scalar_one_or_none()


def _waiting(desk: sa.Connection, since: sa.ColumnElement[Any], *conditions: sa.ColumnElement[bool]) -> Waiting:
    return Waiting(*desk.execute(sa.select(sa.func.count(), sa.func.min(since)).where(*conditions)).one())


def failed_lately(storage: Storage, now: datetime) -> int:
    """How many effects were given up within a day.

    Looks through the whole outbox: for a person who asks, not for a watchdog that asks all the time.
    """
    failed = sa.and_(outbox.c.state == EffectState.FAILED.value, outbox.c.finished_at > now - timedelta(days=1))
    with storage.desk.reading() as desk:
        return desk.execute(sa.select(sa.func.count()).where(failed)).scalar_one()


def _is_safe(connection: sa.Connection) -> bool:
    """Whether a commit is on disk before it counts. PostgreSQL was asked when the connection was made."""
    if connection.dialect.name != "sqlite":
        return True
    synchronous = connection.execute(sa.text("PRAGMA synchronous")).scalar_one()
    journal = connection.execute(sa.text("PRAGMA journal_mode")).scalar_one()
    return bool(synchronous >= 2 and journal == "wal")


def _locked_file(storage: Storage) -> str | None:
    """The file that somebody keeps everybody else from writing, longer than any transaction of ours takes."""
    for store in (storage.inbox, storage.desk):
        if store.is_sqlite and _is_locked(store):
            return store.engine.url.database
    return None


def _is_locked(store: Store) -> bool:
    with store.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={_LOCKED_AFTER // timedelta(milliseconds=1)}")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql("ROLLBACK")
        except sa.exc.OperationalError as error:
            return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_SECONDS * 1_000}")
    return False


def _clock_ahead(desk: sa.Connection, now: datetime) -> timedelta:
    if desk.dialect.name == "sqlite":
        return timedelta()
    theirs: datetime = desk.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return now - theirs


# --- folders and files ----------------------------------------------------------------------------------------------


def around(settings: Settings, now: datetime) -> Facts:
    """The facts that lie on this machine beside the stores."""
    on_call_fault, on_call_gaps = _on_call(settings.on_call_file, now)
    until, certificate_fault = _certificate(settings.smtp.certificate)
    return Facts(
        now,
        key_faults=list(_closed_keys(settings.keys_folder)),
        rooms=list(_rooms(settings)),
        sync_lost_at=lost_since(settings.home, "inbox"),
        desk_sync_lost_at=lost_since(settings.home, "desk"),
        on_call_fault=on_call_fault,
        on_call_gaps=on_call_gaps,
        certificate_until=until,
        certificate_fault=certificate_fault,
        oldest_crl=timedelta(hours=settings.publication.crl_age_hours),
    )


def _rooms(settings: Settings) -> Iterator[Room]:
    """Once for each disk: where the instance lies, large mails come in, and the system keeps its temporary files."""
    seen: set[int] = set()
    for place in (settings.home, settings.home / "spool", Path(tempfile.gettempdir())):
        try:
            device, usage = place.stat().st_dev, shutil.disk_usage(place)
        except OSError:
            continue
        if device not in seen:
            seen.add(device)
            yield Room(str(place), usage.free, usage.total)


def _closed_keys(folder: Path) -> Iterator[Saying]:
    for name in _KEY_FILES:
        file = folder / name
        try:
            mode = file.stat().st_mode
        except OSError:
            yield Saying("{file} is missing", file=str(file))
            continue
        if mode & 0o077:
            yield Saying("{file} is open to other users", file=str(file))


def _mail_keys(storage: Storage, settings: Settings) -> Iterator[str]:
    used = used_key_ids(storage.inbox)
    if not used and not any(settings.keys_folder.glob("mail-*.key")):
        return  # nothing was ever sealed; asked for, the key would be made
    try:
        DataKeys.load(settings.keys_folder, used=used)
    except ConfigurationError as error:
        yield str(error)


def _on_call(file: Path, now: datetime) -> tuple[Saying | None, list[tuple[int, datetime]]]:
    try:
        return None, gaps(load_policy(file), now)
    except ConfigurationError as error:
        return Saying("the on-call policy cannot be used: {error}", error=str(error)), []


def _certificate(file: Path | None) -> tuple[datetime | None, Saying | None]:
    if file is None:
        return None, None
    try:
        return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc, None
    except (OSError, ValueError) as error:
        return None, Saying("{file} cannot be read ({error})", file=str(file), error=type(error).__name__)


def _last_signed(folder: Path) -> tuple[int, datetime | None]:
    """Entry and time of the last checkpoint, as its line says; whether it is genuine is the audit's to verify."""
    try:
        with (folder / FILE_NAME).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4_096))
            last = json.loads(file.read().splitlines()[-1])
            return int(last["seq"]), from_text(last["at"])
    except (OSError, ValueError, IndexError, KeyError, TypeError):
        return 0, None
