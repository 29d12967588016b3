"""Carries out the effects of the outbox: mails, orders to the CA, looks at CRL and OCSP.

Each kind has a lane of its own, so that a CA that hangs delays no mail. An effect is claimed under a lease, carried out
outside any transaction, and completed together with what came of it. A lease is short, so that what a killed dispatcher
had in hand is soon another's; an effect that takes longer is kept. A lane claims no more than it has threads free: a
page that comes now goes before all that waits, and no lease runs out while its effect stands in a queue of ours.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from sulku_kernel import outbox
from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock
from sulku_kernel.crash_points import crossing
from sulku_kernel.effects import Done, EffectHandler, EffectOutcome, GiveUp, RetryLater, Withhold
from sulku_kernel.errors import ConflictError
from sulku_kernel.events import Subject
from sulku_kernel.outbox import ClaimedEffect, EffectState
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Transaction, begin
from sulku_mailbox import storage_faults

log = structlog.get_logger()

ACTOR = Actor.desk("dispatcher")
IDLE_SECONDS = 0.2
LEASE = timedelta(seconds=20)
RENEW_AFTER = LEASE / 4
UNRENEWED_LEASE = timedelta(seconds=90)

Alarm = Callable[[Transaction, ClaimedEffect, str], None]


@dataclass(frozen=True)
class Lane:
    """Kinds that are carried out together, by so many threads.

    `longest` is how long a lease is renewed at most: longer than the time limits of the handler together. What hangs
    beyond it is handed out again.
    """

    name: str
    kinds: tuple[str, ...]
    threads: int
    longest: timedelta = timedelta(seconds=90)


@dataclass
class _InHand:
    """An effect that a thread carries out, since when, and when its lease was last renewed."""

    effect: ClaimedEffect
    since: datetime
    renewed_at: datetime


LANES = (
    Lane("mail", ("mail",), 4, timedelta(seconds=45)),
    Lane("decisions", ("automatic_decision",), 1),
    Lane("planned", ("planned_revocation", "legal_hold"), 1),
    Lane("orders", ("ca_order",), 4, timedelta(seconds=150)),
    # A batch is sent for half a minute, and then calls end that are under way (careful.py: look, revoke, look).
    Lane("campaigns", ("campaign_batch", "campaign_look", "campaign_notices"), 3, timedelta(seconds=150)),
    # A CA's whole list may take minutes.
    Lane("register", ("register_sync", "key_sweep"), 1, timedelta(minutes=30)),
    Lane("publication", ("publication_check",), 2, timedelta(seconds=150)),
)


class Dispatcher:
    """Runs handlers for due effects. `alarm` records an effect that was given up and pages somebody."""

    def __init__(self, store: Store, clock: Clock, handlers: Mapping[str, EffectHandler], alarm: Alarm) -> None:
        self._store = store
        self._clock = clock
        self._handlers = handlers
        self._alarm = alarm
        self._owner = f"dispatcher:{uuid.uuid4().hex[:12]}"

    def run_due(self, kinds: Iterable[str] | None = None, limit: int = 20) -> int:
        """Carry out what is due now, one after the other, and return how many there were. No lease is renewed."""
        claimed = self._claim(kinds or self._handlers, limit)
        for effect in claimed:
            self.carry_out(effect)
        return len(claimed)

    def run(self, stop: threading.Event, lanes: Iterable[Lane] = LANES) -> None:
        """Work until `stop` is set; one thread claims for each lane."""
        threads = [threading.Thread(target=self._run_lane, args=(lane, stop), name=lane.name) for lane in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _run_lane(self, lane: Lane, stop: threading.Event) -> None:
        running: dict[Future[None], _InHand] = {}
        with ThreadPoolExecutor(lane.threads, thread_name_prefix=lane.name) as pool:
            while running or not stop.is_set():
                running = {future: one for future, one in running.items() if not future.done()}
                self._renew_safely(lane, running.values())
                claimed = self._claim_safely(lane, lane.threads - len(running), stop)
                now = self._clock.now()
                running |= {pool.submit(self._carry_out_safely, one): _InHand(one, now, now) for one in claimed}
                if len(running) == lane.threads or stop.is_set():
                    wait(running, IDLE_SECONDS, FIRST_COMPLETED)
                elif not claimed:
                    stop.wait(IDLE_SECONDS)

    def _renew_safely(self, lane: Lane, in_hand: Iterable[_InHand]) -> None:
        now = self._clock.now()
        # Behind a clock that was set back the lease seems to end too late to be one of ours: it is renewed at once.
        due = [
            one
            for one in in_hand
            if not timedelta() <= now - one.renewed_at < RENEW_AFTER and now - one.since < lane.longest
        ]
        if not due:
            return
        try:
            with self._store.writing(synced=False) as connection:
                outbox.renew(connection, [one.effect for one in due], until=now + LEASE)
        except Exception as error:  # noqa: BLE001  a database that is away is left to the next turn
            log.warning("dispatcher.lease_not_renewed", lane=lane.name, error=storage_faults.named(error))
            return
        for one in due:
            one.renewed_at = now

    def _claim_safely(self, lane: Lane, free: int, stop: threading.Event) -> list[ClaimedEffect]:
        if free == 0 or stop.is_set():
            return []
        try:
            with self._store.reading() as connection:
                if not outbox.has_due(connection, now=self._clock.now(), kinds=lane.kinds):
                    return []
            return self._claim(lane.kinds, free, LEASE)
        except Exception as error:  # noqa: BLE001  a database that is away must not end the lane
            log.warning("dispatcher.claim_failed", lane=lane.name, error=storage_faults.named(error))
            stop.wait(2)
            return []

    def _claim(self, kinds: Iterable[str], limit: int, lease: timedelta = UNRENEWED_LEASE) -> list[ClaimedEffect]:
        with self._store.writing(synced=False) as connection:
            return outbox.claim(
                connection, owner=self._owner, now=self._clock.now(), limit=limit, lease_for=lease, kinds=kinds
            )

    def _carry_out_safely(self, effect: ClaimedEffect) -> None:
        try:
            self.carry_out(effect)
        except ConflictError:
            log.warning("dispatcher.lease_lost", effect=effect.id, kind=effect.kind)
        except Exception:
            # The lease runs out and the effect is handed out again: nothing is lost by going on.
            log.exception("dispatcher.completion_failed", effect=effect.id, kind=effect.kind)

    def carry_out(self, effect: ClaimedEffect) -> EffectOutcome:
        """Call the handler and record what came of it. Raises ConflictError when the lease was lost meanwhile."""
        outcome = self._call(effect)
        now = self._clock.now()
        with crossing("effect_completed"), begin(self._store, self._clock, ACTOR) as tx:
            match outcome:
                case Done(commit):
                    outbox.complete(tx.connection, effect, now=now)
                case RetryLater(error, after, commit):
                    pause = after if after is not None else outbox.back_off(effect.attempt, priority=effect.priority)
                    outbox.retry(tx.connection, effect, at=now + pause, error=error)
                case Withhold(why, commit):
                    outbox.give_up(tx.connection, effect, now=now, error=why, state=EffectState.WITHHELD)
                    _record(tx, effect, "EFFECT_WITHHELD", why)
                case GiveUp(error, commit):
                    outbox.give_up(tx.connection, effect, now=now, error=error)
                    _record(tx, effect, "EFFECT_FAILED", error)
                    self._alarm(tx, effect, error)
            commit(tx)
        return outcome

    def _call(self, effect: ClaimedEffect) -> EffectOutcome:
        try:
            return self._handlers[effect.kind](effect)
        except Exception as error:
            # A handler's fault must neither lose the effect nor stop the lane: it is tried again and stays visible.
            log.exception("dispatcher.handler_failed", effect=effect.id, kind=effect.kind)
            return RetryLater(f"internal error: {type(error).__name__}")


def _record(tx: Transaction, effect: ClaimedEffect, action: str, why: str) -> None:
    tx.record(
        Subject("effect", effect.id),
        action,
        {"kind": effect.kind, "key": effect.key, "because": [why]},
        ticket_id=effect.ticket_id,
    )
