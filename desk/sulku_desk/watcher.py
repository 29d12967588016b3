"""The threads beside the dispatcher: one watches what the issuers publish, one tells how the CAs answer."""

from __future__ import annotations

import threading

import structlog

from sulku_kernel.clock import Clock
from sulku_kernel.errors import ConflictError
from sulku_mailbox import storage_faults
from sulku_revocation.circuit_counts import CircuitCounts
from sulku_revocation.publication_watch import PublicationWatch

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 5
TELL_EVERY_SECONDS = 10


def watch_until(watch: PublicationWatch, stop: threading.Event) -> None:
    """Take every turn that is due until `stop` is set. A fault is logged; the turn comes again when its lease ends."""
    while not stop.is_set():
        try:
            if watch.run_due():
                continue
        except ConflictError:
            log.warning("watch.lease_lost")
        except Exception as error:
            log.exception("watch.failed", error=storage_faults.named(error))
        stop.wait(LOOK_EVERY_SECONDS)


def count_until(counts: CircuitCounts, clock: Clock, stop: threading.Event) -> None:
    """Tell how the CAs answer until `stop` is set, and once more then. A database that is away is told later."""
    is_last = False
    while not is_last:
        is_last = stop.wait(TELL_EVERY_SECONDS)
        try:
            counts.tell(clock.now())
        except Exception as error:  # noqa: BLE001  what is counted here must not end the role
            log.warning("watch.counts_not_told", error=storage_faults.named(error))
