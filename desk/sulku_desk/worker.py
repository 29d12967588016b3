"""Reads what the inbox holds, judges it and makes tickets of it: in batches, each settled in one transaction.

A batch is claimed under a lease; parsing and look-ups happen outside any write transaction; the tickets and "these
were read" become true together. A batch that fails is tried mail by mail, and a mail that fails three times becomes a
ticket with the raw mail and a page.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
import structlog

from sulku_desk import reading
from sulku_desk.reading import ClaimedReading
from sulku_desk.road import JudgedMail, Numbers, open_unread, settle
from sulku_kernel import numbers
from sulku_kernel.actor import Actor
from sulku_kernel.change_watch import ChangeWatch
from sulku_kernel.clock import Clock
from sulku_kernel.errors import ConflictError, UnavailableError
from sulku_kernel.first_comer import FirstComer
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_mailbox.inbox import Inbox, StoredDelivery
from sulku_mailbox.storage_faults import is_database_fault, named
from sulku_revocation.domain.reading_order import FIRST, IN_TURN, LARGE_IN_TURN, NOT_GLANCED_AT, seems_urgent
from sulku_tickets.domain.escalation_policy import EscalationPolicy

log = structlog.get_logger()

ACTOR = Actor.desk("worker")
# How long it sleeps when nothing waits: shortly at first, so that a mail is read within milliseconds while mails come.
SHORTEST_IDLE_SECONDS, LONGEST_IDLE_SECONDS = 0.001, 0.05
# Where it costs nearly nothing to ask whether anything came in, that is asked so often meanwhile.
LONGEST_BLINK_SECONDS = 0.005
# Of two workers that go after each single mail each is in the other's way: few new mails are left to the first of them,
# whose next batch takes them along. Nothing is left that has waited longer.
FEW = 8
LEFT_SECONDS = 0.02
# So many are read within some five seconds, in whatever order.
BACKLOG = 5_000
ARRIVALS_AT_ONCE = 2_000
# A larger mail is glanced at in any case, and read behind the others unless it is in haste.
LARGE = 200_000
# A batch holds at most so many octets of raw mail: memory stays bounded however large the mails are.
MOST_OCTETS = 16_000_000
# What was claimed and not begun within this time is given back: something more urgent may have come meanwhile.
MOST_SECONDS = 5.0

Judge = Callable[[Sequence[tuple[StoredDelivery, bytes]]], list[JudgedMail]]


class Worker:
    """One worker. `judge` reads and judges without writing; `policy` gives the on-call policy of the moment.

    When more than `backlog` mails wait, and of a large mail, `is_hasty` says by its first octets whether it is read
    before the others.
    """

    def __init__(
        self,
        storage: Storage,
        inbox: Inbox,
        judge: Judge,
        policy: Callable[[], EscalationPolicy],
        clock: Clock,
        *,
        is_hasty: Callable[[bytes], bool] = seems_urgent,
        backlog: int = BACKLOG,
        batch: int = 100,
        lease: timedelta = timedelta(seconds=15),
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = storage.desk
        self._inbox = inbox
        self._judge = judge
        self._policy = policy
        self._clock = clock
        self._is_hasty = is_hasty
        self._backlog = backlog
        self._batch = batch
        self._lease = lease
        self._elapsed = elapsed
        self._name = f"worker:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._claims = 0
        self._was_full = True  # whether the last claim took as many as it may: only then can more be waiting
        self._holding: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Faults of the database are waited out."""
        renewing = threading.Thread(target=self._renew_leases, args=(stop,), name="lease", daemon=True)
        renewing.start()
        idle = SHORTEST_IDLE_SECONDS
        arrivals, first = ChangeWatch(self._inbox.store), FirstComer(self._desk, "reader")
        while not stop.is_set():
            try:
                is_first = first.is_ours()
                if self.run_once(leaves_few=not is_first):
                    idle = SHORTEST_IDLE_SECONDS
                elif not is_first:
                    stop.wait(LEFT_SECONDS)
                else:
                    _rest(stop, arrivals, idle)
                    idle = min(idle * 1.5, LONGEST_IDLE_SECONDS)
            except ConflictError:
                log.warning("worker.lease_lost")
            except Exception as error:
                # Whatever it is, the lease runs out and the batch is tried again: stopping would help nobody.
                # A database that is away, or whose disk is full, is told in a line: it may be so for hours.
                if isinstance(error, sa.exc.DBAPIError):
                    log.warning("worker.waits_for_the_database", error=named(error))
                else:
                    log.exception("worker.batch_failed")
                stop.wait(1)
        arrivals.close()
        first.close()
        renewing.join()

    def _renew_leases(self, stop: threading.Event) -> None:
        """A lease is short, so that a killed worker's mails are soon another's; a batch that takes longer is kept."""
        while not stop.wait(self._lease.total_seconds() / 3):
            self.renew_lease()

    def renew_lease(self) -> None:
        """Hold the present batch for another lease. A database that is away is left to the next turn."""
        owner = self._holding
        if owner is None:
            return
        try:
            with self._desk.writing() as connection:
                reading.renew(connection, owner=owner, until=self._clock.now() + self._lease)
        except sa.exc.SQLAlchemyError as error:
            log.warning("worker.lease_not_renewed", error=type(error).__name__)

    def run_once(self, *, leaves_few: bool = False) -> int:
        """Claim, read and settle one batch. Returns how many mails there were.

        With `leaves_few` it leaves a few new mails to another worker.
        """
        arrived, is_backlog, is_idle = self._look(leaves_few=leaves_few)
        if is_idle:
            return 0
        to_glance_at = arrived if is_backlog else [delivery for delivery in arrived if delivery.size > LARGE]
        if to_glance_at:
            self._note_glancing(arrived, to_glance_at)
        owner, claimed, reserved = self._claim(arrived)
        if not claimed:
            return 0
        self._holding = owner
        try:
            deliveries = {delivery.id: delivery for delivery in arrived}
            older = [one.delivery_id for one in claimed if one.delivery_id not in deliveries]
            deliveries |= self._inbox.deliveries(older) if older else {}
            self._settle_parts(_parts_of(claimed, deliveries), deliveries, reserved, owner)
        except Exception as error:
            if _is_nobodys_fault(error):
                self._uncount(owner)
            raise
        finally:
            self._holding = None
        return len(claimed)

    def _settle_parts(
        self,
        parts: Sequence[list[ClaimedReading]],
        deliveries: dict[int, StoredDelivery],
        reserved: Numbers,
        owner: str,
    ) -> None:
        """Part by part, while there is time; one over which workers seem to die is never put off again."""
        end, is_late = self._elapsed() + MOST_SECONDS, False
        for part in parts:
            first = part[0]
            if first.attempt > reading.MOST_DEATHS:
                self._give_to_a_human(first, deliveries[first.delivery_id], owner, "a worker died each time")
            elif first.attempt > reading.MOST_TRIES or self._elapsed() < end:
                self._settle_or_each(part, deliveries, reserved, owner)
            else:
                is_late = True
        if is_late:
            with self._desk.writing(synced=False) as connection:
                reading.give_back(connection, owner=owner)

    def _uncount(self, owner: str) -> None:
        try:
            with self._desk.writing() as connection:
                reading.uncount(connection, owner=owner)
        except sa.exc.SQLAlchemyError as error:
            log.warning("worker.attempt_counted", error=type(error).__name__)

    def _settle_or_each(
        self,
        part: Sequence[ClaimedReading],
        deliveries: dict[int, StoredDelivery],
        reserved: Numbers,
        owner: str,
    ) -> None:
        try:
            self._settle(part, deliveries, reserved, owner)
        except Exception as error:
            if _is_nobodys_fault(error):
                raise
            # A fault of one mail must not hold up the others: each is tried alone.
            log.exception("worker.settling_failed", mails=len(part))
            self._settle_singly(part, deliveries, owner)

    def _look(self, *, leaves_few: bool) -> tuple[list[StoredDelivery], bool, bool]:
        """What has arrived, whether there is a backlog, and whether there is nothing to do at all."""
        with self._desk.reading() as connection:
            arrived = self._inbox.deliveries_after(reading.last_noted(connection), ARRIVALS_AT_ONCE)
            if not arrived or (leaves_few and self._are_few_and_new(arrived)):
                return [], False, not reading.has_claimable(connection, self._clock.now())
            is_backlog = len(arrived) > self._backlog or (
                self._was_full and reading.waits_longer(connection, self._backlog - len(arrived))
            )
            return arrived, is_backlog, False

    def _are_few_and_new(self, arrived: Sequence[StoredDelivery]) -> bool:
        waited = (self._clock.now() - arrived[0].envelope.received_at).total_seconds()
        return len(arrived) < FEW and 0 <= waited < LEFT_SECONDS

    def _claim(self, arrived: Sequence[StoredDelivery]) -> tuple[str, list[ClaimedReading], Numbers]:
        self._claims += 1
        owner = f"{self._name}:{self._claims}"
        with self._desk.writing(synced=False) as connection:
            reading.note_arrivals(connection, ((delivery.id, IN_TURN) for delivery in arrived))
            claimed = reading.claim(
                connection, owner=owner, now=self._clock.now(), lease_for=self._lease, limit=self._batch
            )
            self._was_full = len(claimed) == self._batch
            return owner, claimed, _reserve(connection, len(claimed))

    def _note_glancing(self, arrived: Sequence[StoredDelivery], to_glance_at: Sequence[StoredDelivery]) -> None:
        """Much waits, or what takes long: glance at it, so that who is in haste goes first."""
        ids = {delivery.id for delivery in to_glance_at}
        arrivals = [(delivery.id, NOT_GLANCED_AT if delivery.id in ids else IN_TURN) for delivery in arrived]
        with self._desk.writing(synced=False) as connection:
            noted = reading.note_new(connection, arrivals)
        new = [delivery for delivery in to_glance_at if delivery.id in noted]
        hasty = {digest for digest, beginning in self._inbox.beginnings(new) if self._is_hasty(beginning)}
        ordered: dict[int, list[int]] = {FIRST: [], IN_TURN: [], LARGE_IN_TURN: []}
        for delivery in new:
            later = LARGE_IN_TURN if delivery.size > LARGE else IN_TURN
            ordered[FIRST if delivery.sha256 in hasty else later].append(delivery.id)
        with self._desk.writing(synced=False) as connection:
            for priority, these in ordered.items():
                reading.order(connection, these, priority)

    def _settle(
        self,
        claimed: Sequence[ClaimedReading],
        deliveries: dict[int, StoredDelivery],
        reserved: Numbers,
        owner: str,
    ) -> None:
        raws = self._inbox.raws(deliveries[one.delivery_id] for one in claimed)
        batch = [(deliveries[one.delivery_id], raws[deliveries[one.delivery_id].sha256]) for one in claimed]
        judged = self._judge(batch)
        reserved = self._with_requests(reserved, sum(len(one.judgement.chosen) for one in judged))
        with begin(self._desk, self._clock, ACTOR) as tx:
            settle(tx, judged, reserved, self._policy())
            reading.complete(tx.connection, claimed, owner=owner, now=tx.now)

    def _with_requests(self, reserved: Numbers, wanted: int) -> Numbers:
        """With as many numbers for requests as are wanted; nearly always there are enough, one for each mail."""
        left = list(reserved.requests)
        if len(left) < wanted:
            with self._desk.writing() as connection:
                left += numbers.reserve(connection, "request", wanted - len(left))
        return replace(reserved, requests=iter(left))

    def _settle_singly(
        self, claimed: Sequence[ClaimedReading], deliveries: dict[int, StoredDelivery], owner: str
    ) -> None:
        for one in claimed:
            with self._desk.writing() as connection:
                reserved = _reserve(connection, 1)
            try:
                self._settle([one], deliveries, reserved, owner)
            except Exception as error:
                if _is_nobodys_fault(error):
                    raise
                log.exception("worker.mail_failed", delivery=one.delivery_id, attempt=one.attempt)
                if one.attempt >= reading.MOST_TRIES:
                    self._give_to_a_human(one, deliveries[one.delivery_id], owner, type(error).__name__)
                else:
                    with self._desk.writing() as connection:
                        reading.put_back(connection, one, owner=owner)

    def _give_to_a_human(self, one: ClaimedReading, delivery: StoredDelivery, owner: str, fault: str) -> None:
        with begin(self._desk, self._clock, ACTOR) as tx:
            ticket_id = numbers.reserve(tx.connection, "ticket")[0]
            open_unread(tx, delivery, ticket_id, self._policy(), fault)
            reading.complete(tx.connection, [one], owner=owner, now=tx.now)


def _rest(stop: threading.Event, arrivals: ChangeWatch, seconds: float) -> None:
    """Sleep for `seconds`, or until something came in where that can be seen; a lease that ran out is seen later."""
    end = time.monotonic() + seconds
    blink = min(seconds, LONGEST_BLINK_SECONDS) if arrivals.can_see else seconds
    while not stop.wait(blink):
        if arrivals.has_changed() or time.monotonic() >= end:
            return


def _is_nobodys_fault(error: Exception) -> bool:
    """Whether the fault is none of the mail's: a lost lease, a database or a reader that is away. It is waited out."""
    return isinstance(error, ConflictError | UnavailableError) or is_database_fault(error)


def _reserve(connection: sa.Connection, mails: int) -> Numbers:
    """Numbers for the tickets of a claim, and as many for requests: more are reserved when more are named."""
    if not mails:
        return Numbers(iter(()), iter(()))
    reserved = numbers.reserve_many(connection, ("request", "ticket"), mails)
    return Numbers(iter(reserved["ticket"]), iter(reserved["request"]))


def _parts_of(claimed: Sequence[ClaimedReading], deliveries: dict[int, StoredDelivery]) -> list[list[ClaimedReading]]:
    """Cut a claim so that no part holds more raw mail than fits; where there are several, the most urgent come first.

    A mail over which workers seem to die stands alone, behind all others, so that it takes none of them along.
    """
    parts: list[list[ClaimedReading]] = [[]]
    octets = 0
    if sum(deliveries[one.delivery_id].size for one in claimed) > MOST_OCTETS:
        claimed = sorted(claimed, key=lambda one: one.priority)
    for one in claimed:
        if one.attempt > reading.MOST_TRIES:
            continue
        size = deliveries[one.delivery_id].size
        if parts[-1] and octets + size > MOST_OCTETS:
            parts.append([])
            octets = 0
        parts[-1].append(one)
        octets += size
    alone = [[one] for one in claimed if one.attempt > reading.MOST_TRIES]
    return [part for part in parts if part] + alone
