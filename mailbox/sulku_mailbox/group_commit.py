"""Mails that arrive together are stored in one transaction, by one writer thread.

One fsync then stands behind many a 250, and a burst costs little more than a single mail. A mail that was submitted is
stored whether or not its sender still waits: cancelling the wait cancels nothing else.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Sequence

import structlog

from sulku_kernel.errors import UnavailableError
from sulku_mailbox.inbox import Delivery, Inbox
from sulku_mailbox.storage_faults import is_database_fault, named

log = structlog.get_logger(__name__)

MOST_MAILS = 256
MOST_OCTETS = 32 * 1_048_576
# Who came together comes together again: behind a batch of several mails the next one waits this long for company, as
# few large commits cost a quarter less than many small ones. A mail that comes alone never waits.
COMPANY_SECONDS = 0.0005

_Outcome = int | Exception


class _Waiting:
    """A submitted mail and whom to tell."""

    __slots__ = ("delivery", "future")

    def __init__(self, delivery: Delivery, future: asyncio.Future[int]) -> None:
        self.delivery = delivery
        self.future = future

    def settle(self, outcome: _Outcome) -> None:
        if self.future.done():
            return  # the sender went away meanwhile
        if isinstance(outcome, Exception):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


class GroupCommit:
    """The one writer of a listener. `start`, `submit` and `stop` are called on the event loop."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._storing_since: float | None = None

    @property
    def seconds_at_one_batch(self) -> float:
        """How long the writer has been storing what it stores at this moment; 0 when it waits for mail."""
        since = self._storing_since
        return 0.0 if since is None else time.monotonic() - since

    @property
    def is_broken(self) -> bool:
        """Whether the disk has failed to sync, so that nothing is promised any more."""
        return self._inbox.sync_lost_at is not None

    def start(self) -> None:
        """Start the writer thread."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="inbox-writer", daemon=True)
        self._thread.start()

    def submit(self, delivery: Delivery) -> asyncio.Future[int]:
        """Have a mail stored. The future gives its delivery id once it is durable, or the exception that forbade it.

        The mail's temporary file is closed when the outcome is known. Raises UnavailableError when the disk has
        failed to sync before.
        """
        assert self._loop is not None
        try:
            self._inbox.require_trust()
        except UnavailableError:
            delivery.raw.close()
            raise
        future: asyncio.Future[int] = self._loop.create_future()
        self._queue.put(_Waiting(delivery, future))
        return future

    async def stop(self) -> None:
        """Store what was submitted, then end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    # --- the writer thread -------------------------------------------------------------------------------------

    def _run(self) -> None:
        is_open, last = True, 0
        while is_open:
            batch, is_open = self._gather(COMPANY_SECONDS if last > 1 else 0)
            last = len(batch)
            if batch:
                self._storing_since = time.monotonic()
                outcomes = self._store(batch)
                self._storing_since = None
                for waiting in batch:
                    waiting.delivery.raw.close()
                assert self._loop is not None
                try:
                    self._loop.call_soon_threadsafe(_settle_all, batch, outcomes)
                except RuntimeError:
                    return  # the loop was closed without stop(): nobody waits any more

    def _gather(self, patience: float) -> tuple[list[_Waiting], bool]:
        """Wait for a mail, and `patience` seconds for others; take all that have come. False when this was the end."""
        batch: list[_Waiting] = []
        octets = 0
        first = self._queue.get()
        if patience:
            time.sleep(patience)
        while first is not None:
            batch.append(first)
            octets += first.delivery.raw.size
            if len(batch) >= MOST_MAILS or octets >= MOST_OCTETS:
                return batch, True
            try:
                first = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _store(self, batch: Sequence[_Waiting]) -> Sequence[_Outcome]:
        try:
            return self._inbox.add([waiting.delivery for waiting in batch])
        except UnavailableError as error:  # they were submitted before a lost sync was known
            return [error] * len(batch)
        except Exception as error:  # noqa: BLE001  whatever it is, each sender must hear to try again
            # Only the class is logged: the text of a database error can hold the mail or a password.
            log.error("inbox_refused", error=named(error), mails=len(batch))  # noqa: TRY400  see above
            self._inbox.note_fault(error)
            if len(batch) == 1 or is_database_fault(error):
                return [error] * len(batch)
        # One of them is to blame; it must not take the others with it.
        return [outcome for waiting in batch for outcome in self._store([waiting])]


def _settle_all(batch: Sequence[_Waiting], outcomes: Sequence[_Outcome]) -> None:
    for waiting, outcome in zip(batch, outcomes, strict=True):
        waiting.settle(outcome)
