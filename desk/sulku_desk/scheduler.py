"""Ticks. What is due stands in our own tables; a thread only ticks every second, and a watchdog sees one that is dead.

Every tick first stands for leader; a tick that is not the leader's does nothing. Both count seconds, not the time of
day: APScheduler, which ticked here before, waits for the time that it has noted, and so did nothing for an hour when
the clock was set back by one.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from sulku_desk import leader
from sulku_kernel.clock import Clock
from sulku_kernel.storage import Store
from sulku_mailbox import storage_faults

log = structlog.get_logger()

TICK_EVERY_SECONDS, LOOK_EVERY_SECONDS = 1, 5
LAST_TICK_SECONDS = 5
WATCHDOG_LIMIT = timedelta(seconds=30)


@dataclass(frozen=True)
class Duty:
    """Something the leader does every so often: `act` claims what is due and returns how much that was."""

    name: str
    every: timedelta
    act: Callable[[], int]


class Scheduler:
    """Runs duties while it is the leader. `elapsed` counts seconds and is never set."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        duties: tuple[Duty, ...],
        *,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._clock = clock
        self._duties = duties
        self._owner = f"scheduler:{uuid.uuid4().hex[:12]}"
        self._term: leader.Term | None = None
        self._due: dict[str, datetime] = {}
        self._elapsed = elapsed
        self._ticked = elapsed()

    def tick(self) -> dict[str, int]:
        """Do what is due now, when we are the leader. Returns what each duty that ran has done."""
        now = self._clock.now()
        with self._store.writing() as connection:
            self._term = leader.stand(connection, "scheduler", self._owner, now)
        done: dict[str, int] = {}
        if self._term is not None:
            for duty in self._duties:
                if self._is_due(duty, now):
                    self._due[duty.name] = now + duty.every
                    done[duty.name] = self._run(duty)
        self._ticked = self._elapsed()
        return done

    def _is_due(self, duty: Duty, now: datetime) -> bool:
        # A turn that lies further ahead than the duty's pace was set before the clock went back: it is due now.
        due_at = self._due.get(duty.name, now)
        return due_at <= now or due_at > now + duty.every

    def _run(self, duty: Duty) -> int:
        try:
            return duty.act()
        except Exception:
            # One duty's fault must not keep the others from being done; it is tried again at its next turn.
            log.exception("scheduler.duty_failed", duty=duty.name)
            return 0

    def run(self, stop: threading.Event) -> None:
        """Tick every second until `stop` is set. Raises RuntimeError when the ticking died: somebody restarts us."""
        ticking = threading.Thread(target=self._tick_until, args=(stop,), name="tick", daemon=True)
        ticking.start()
        try:
            while not stop.wait(LOOK_EVERY_SECONDS):
                self.require_ticking()
            ticking.join(LAST_TICK_SECONDS)  # or it would stand for leader once more when we have resigned
        finally:
            self._resign()

    def require_ticking(self) -> None:
        """Nothing, when a tick ended lately. Raises RuntimeError when the ticking died or hangs in a duty."""
        if self._elapsed() - self._ticked > WATCHDOG_LIMIT.total_seconds():
            raise RuntimeError("the tick thread is dead")

    def _tick_until(self, stop: threading.Event) -> None:
        while not stop.wait(TICK_EVERY_SECONDS):
            self._tick_safely()

    def _tick_safely(self) -> None:
        try:
            self.tick()
        except Exception as error:  # noqa: BLE001  a database that is away must not end the ticking
            log.warning("scheduler.tick_failed", error=storage_faults.named(error))
            # Alive, though without a database: the watchdog is about a thread that does not come back.
            self._ticked = self._elapsed()

    def _resign(self) -> None:
        term = self._term  # a last tick in its thread may end it meanwhile
        if term is not None:
            with self._store.writing() as connection:
                leader.resign(connection, term, self._clock.now())
