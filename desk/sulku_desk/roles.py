"""One role in one process: `python -m sulku_desk.roles worker`. `sulku serve` starts these.

With `--while-stdin-is-open` it stops when its standard input closes, as it does when `sulku serve` is killed.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
from contextlib import suppress
from functools import partial
from typing import NoReturn

import structlog

from sulku_desk.instance import Instance, open_instance
from sulku_desk.life_line import FLAG, hold_on
from sulku_desk.log import configure_logging
from sulku_desk.serve import ROLES, stop_on_signals
from sulku_desk.settings import load_settings
from sulku_kernel.errors import SulkuError
from sulku_kernel.write_ahead_log import moved_beside

log = structlog.get_logger()

WORKER_NICENESS = 5  # where processors are scarce, mails are taken in before they are read
DISPATCHER_CACHE_KIB = 2048  # for each of some twenty threads


def run_worker(instance: Instance, stop: threading.Event) -> None:
    """Read, match, judge, open tickets."""
    from sulku_desk.wiring import make_reader, make_worker

    os.nice(WORKER_NICENESS)
    with make_reader(instance.settings) as reader, moved_beside(instance.storage.desk):
        worker = make_worker(instance, reader)
        # What is loaded by now stays, and mails leave no circles behind: the collector need hardly ever look.
        gc.freeze()
        gc.set_threshold(20_000, 50, 100)
        worker.run(stop)


def run_dispatcher(instance: Instance, stop: threading.Event) -> None:
    """Send mails, order revocations, look at CRL and OCSP."""
    from sulku_desk.memory import give_large_blocks_back
    from sulku_desk.watcher import count_until, watch_until
    from sulku_desk.wiring import open_dispatcher_role

    give_large_blocks_back()
    instance.storage.desk.cache_at_most(DISPATCHER_CACHE_KIB)
    with open_dispatcher_role(instance) as role:
        beside = [
            threading.Thread(target=watch_until, args=(role.watch, stop), name="watch"),
            threading.Thread(target=count_until, args=(role.counts, instance.clock, stop), name="counts"),
        ]
        for thread in beside:
            thread.start()
        role.dispatcher.run(stop)
        for thread in beside:
            thread.join()


def run_scheduler(instance: Instance, stop: threading.Event) -> None:
    """Deadlines and pages."""
    from sulku_desk.wiring import make_scheduler

    make_scheduler(instance).run(stop)


def run_intake(instance: Instance, stop: threading.Event) -> None:
    """Take mail in: SMTP, LMTP, IMAP."""
    from sulku_desk.intake import run

    with moved_beside(instance.storage.inbox):
        asyncio.run(run(instance, stop))


def run_ca(instance: Instance, stop: threading.Event) -> None:
    """The embedded CA."""
    from sulku_desk.embedded_ca import run

    run(instance, stop)


def run_web(instance: Instance, stop: threading.Event) -> None:
    """Console and public pages."""
    from sulku_desk.web import run

    run(instance, stop)


RUN = {
    "ca": run_ca,
    "intake": run_intake,
    "worker": run_worker,
    "dispatcher": run_dispatcher,
    "scheduler": run_scheduler,
    "web": run_web,
}


def run(role: str, instance: Instance, stop: threading.Event) -> None:
    """Run a role until `stop`, or until the disk does not keep what it writes.

    The intake writes the inbox alone and has an alarm of its own; the CA keeps files.
    """
    if role in {"intake", "ca"} or not instance.storage.desk.is_sqlite:
        RUN[role](instance, stop)
        return
    from sulku_desk.desk_sync import run_while_kept

    run_while_kept(instance, stop, partial(RUN[role], instance), shows=role == "web")


def main(role: str, *, is_held: bool = False) -> int:
    """Run a role until SIGTERM, or while standard input is open when it `is_held` by that.

    Returns the exit code: 0 when it was asked to stop.
    """
    configure_logging(role)
    stop = threading.Event()
    stop_on_signals(stop)
    if is_held:
        hold_on(stop, end_process)
    try:
        instance = open_instance(load_settings())
        try:
            run(role, instance, stop)
        finally:
            instance.close()
    except SulkuError as error:
        log.error("role.cannot_run", error=str(error), next_step=error.next_step)  # noqa: TRY400  a sentence says it
        return 1
    except Exception:
        log.exception("role.failed")
        return 1
    return 0


def end_process(code: int) -> NoReturn:
    """End at once, whatever threads there are: one that hangs would keep a failed role from being restarted."""
    with suppress(OSError):  # what cannot be written, on a full disk, keeps nobody alive
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3 or sys.argv[1] not in ROLES or sys.argv[2:] not in ([], [FLAG]):
        sys.exit(f"usage: python -m sulku_desk.roles {{{','.join(ROLES)}}} [{FLAG}]")
    end_process(main(sys.argv[1], is_held=len(sys.argv) == 3))
