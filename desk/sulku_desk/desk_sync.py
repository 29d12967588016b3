"""The disk failed to keep what was written to the desk's file: every role stops until the desk has started anew.

Whoever meets it leaves a mark, so that no other role of this machine goes on writing behind pages that may be gone:
a log of which a piece is missing ends there for whoever reads it after a crash, whatever was synced behind it. The
roles stand still and are not restarted, and one of them tells on-call. Only `sulku serve` begins again, when it has
moved the whole log into the file and verified what is there. PostgreSQL does all this by itself.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import sqlalchemy as sa
import structlog

from sulku_desk import lost_sync_alarm
from sulku_desk.checking import verify_audit
from sulku_desk.instance import Instance
from sulku_desk.lost_sync_alarm import LostSyncAlarm
from sulku_desk.on_call_file import OnCallFile
from sulku_desk.sync_mark import lost_since, mark_of
from sulku_kernel.actor import Actor
from sulku_kernel.errors import ConfigurationError
from sulku_kernel.events import Subject
from sulku_kernel.storage import Store
from sulku_kernel.transaction import begin

log = structlog.get_logger()

_STANDS_STILL = "Check the disk; then stop and start sulku serve: it verifies the database first."
_STILL_FAILS = "Check the disk and its log, and see that no other program has the file open; then start again."
_RESTORE = "Keep a copy of the folder, restore the last backup (sulku restore), and start again."


def run_while_kept(
    instance: Instance, stop: threading.Event, work: Callable[[threading.Event], None], *, shows: bool = False
) -> None:
    """`work` until `stop` is set, or until a sync of the desk's file is lost; then stand still and tell until `stop`.

    A role that `shows` what is there goes on with that: it is only refused what it would write.
    """
    watch = DeskSyncWatch(instance)
    is_over = threading.Event()
    watching = threading.Thread(target=watch.run, args=(stop, is_over), name="lost sync", daemon=True)
    watching.start()
    try:
        if shows or watch.lost_at() is None:
            work(stop if shows else is_over)
    except Exception:
        if shows or watch.lost_at() is None:
            raise
        log.exception("role.ended_by_lost_sync")
    finally:
        if shows or watch.lost_at() is None:
            stop.set()
        stop.wait()
        watching.join()


class DeskSyncWatch:
    """Looks every other second whether the desk's file can still be trusted, and tells on-call when it cannot."""

    def __init__(self, instance: Instance) -> None:
        self._store = instance.storage.desk
        self._home = instance.settings.home
        self._clock = instance.clock
        self._alarm = LostSyncAlarm(
            instance.settings, instance.clock, OnCallFile(instance.settings.on_call_file), "desk"
        )
        self._mark = mark_of(self._home, "desk")
        self._lock: int | None = None
        self._lost_at: datetime | None = None

    def run(self, stop: threading.Event, is_over: threading.Event) -> None:
        """Until `stop`; `is_over` is set then, or as soon as a sync was lost."""
        try:
            while not stop.wait(lost_sync_alarm.LOOK_EVERY_SECONDS):
                since = self.lost_at()
                if since is not None:
                    is_over.set()
                    self._tell(since)
        finally:
            is_over.set()
            self._let_others_tell()

    def lost_at(self) -> datetime | None:
        """Since when the file cannot be trusted, as this process or another one has found; None while it can."""
        if self._lost_at is None:
            marked = lost_since(self._home, "desk")
            if marked is None and not self._store.sync_lost.is_set():
                return None
            self._lost_at = marked or self._clock.now()
            self._store.sync_lost.set()
            log.critical("desk.sync_lost", next_step=_STANDS_STILL)
            self._alarm.leave_mark(self._lost_at)
        return self._lost_at

    def _tell(self, since: datetime) -> None:
        if self._is_ours_to_tell():
            self._alarm.tell_safely(since)

    def _is_ours_to_tell(self) -> bool:
        """Whether no other role tells: whoever has the mark's lock (flock(2)) does, until it dies."""
        if self._lock is not None:
            return True
        try:
            lock = os.open(self._mark, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return True  # without a mark better twice than not at all
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def _let_others_tell(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def verify_what_was_kept(instance: Instance) -> None:
    """Before the desk starts behind a lost sync: what is there is written anew and verified, and the mark goes.

    What the log holds, as we read it, is moved into the file and synced, so that nothing depends any more on pages that
    may not be on the disk; then the file's structure, the history and its checkpoints must be whole, and an entry about
    it must reach the disk. Raises ConfigurationError when the disk still fails, or when something is missing.
    """
    store = instance.storage.desk
    mark = mark_of(instance.settings.home, "desk")
    if not store.is_sqlite or not mark.exists():
        return
    try:
        _move_log(store)
        fault = _fault_of(instance)
        if not fault:
            store.sync_lost.clear()
            with begin(store, instance.clock, Actor.desk("serve")) as tx:
                tx.record(Subject("store", 1), "VERIFY_AFTER_LOST_SYNC")
            _move_log(store)
    except sa.exc.OperationalError as error:
        why = f"the disk does not keep the desk's file: {error.orig}"
        raise ConfigurationError(why, next_step=_STILL_FAILS) from None
    if fault:
        raise ConfigurationError(f"behind a failed sync the desk's file is not whole: {fault}", next_step=_RESTORE)
    with suppress(FileNotFoundError):
        mark.unlink()
    log.warning("desk.verified_after_lost_sync")


def _move_log(store: Store) -> None:
    with store.engine.connect() as connection:
        is_busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    if is_busy:
        raise ConfigurationError("the desk's file is in use: it cannot be verified", next_step=_STILL_FAILS)


def _fault_of(instance: Instance) -> str:
    """What is not whole; '' when all is."""
    try:
        with instance.storage.desk.reading() as connection:
            structure: str = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        faults = verify_audit(instance).faults if structure == "ok" else [structure]
    except sa.exc.OperationalError:
        raise
    except sa.exc.DatabaseError as error:  # a page that makes no sense
        return str(error.orig)
    return faults[0] if faults else ""
