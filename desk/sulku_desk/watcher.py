"""The thread of the role dispatcher that watches what the issuers publish."""

from __future__ import annotations

import threading

import structlog

from sulku_kernel.errors import ConflictError
from sulku_mailbox import storage_faults
from sulku_revocation.publication_watch import PublicationWatch

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 5


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
