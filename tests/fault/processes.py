"""Processes forked from a warm parent, which has no thread and nothing open: a start costs no import."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.fault.sampled_receipts import sample_receipts, some_page
from tests.fault.warm_jail import fork_jails, warm_up_jail
from tests.fault.world import FaultWorld

from sulku_desk.log import configure_logging
from sulku_desk.roles import RUN
from sulku_desk.wiring import public_suffixes
from sulku_revocation.whole_timeout import system_trust

Body = Callable[[threading.Event], None]
STOP_SECONDS = 20


class Forked:
    """A forked process that runs `body` until it ends, is stopped, or is killed."""

    def __init__(self, name: str, body: Body, log: Path) -> None:
        self.name, self.body, self._log = name, body, log
        self.deaths = self.status = 0
        self.is_stopped = False
        self.process_id = self._fork()

    def _fork(self) -> int:
        assert threading.active_count() == 1, "a process with threads must not fork"
        sys.stdout.flush()
        process_id = os.fork()
        if process_id:
            return process_id
        code = 70
        try:
            code = _run(self.name, self.body, self._log)
        finally:
            os._exit(code)

    def is_alive(self) -> bool:
        if self.process_id:
            found, status = os.waitpid(self.process_id, os.WNOHANG)
            if found:
                self.process_id, self.status = 0, status
        return bool(self.process_id)

    def is_paused(self) -> bool:
        """Whether it was stopped by a signal since this was asked last."""
        found, status = os.waitpid(self.process_id, os.WNOHANG | os.WUNTRACED) if self.process_id else (0, 0)
        if found and not os.WIFSTOPPED(status):
            self.process_id, self.status = 0, status
        return bool(found) and os.WIFSTOPPED(status)

    def restart(self) -> None:
        """Start it again if it is dead."""
        if not self.is_alive():
            self.deaths += 1
            self.is_stopped = False
            self.process_id = self._fork()

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self.process_id:
            os.kill(self.process_id, signal.SIGKILL)
            os.waitpid(self.process_id, 0)
            self.process_id = 0

    def pause(self) -> None:
        if self.is_alive():
            os.kill(self.process_id, signal.SIGSTOP)
            self.is_stopped = True

    def resume(self) -> None:
        if self.is_stopped and self.process_id:
            os.kill(self.process_id, signal.SIGCONT)
        self.is_stopped = False

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when that does not help."""
        self.resume()
        if self.is_alive():
            os.kill(self.process_id, signal.SIGTERM)
            end = time.monotonic() + STOP_SECONDS
            while self.is_alive():
                if time.monotonic() > end:
                    self.kill()
                    return
                time.sleep(0.01)

    def wait(self, seconds: float) -> int | None:
        """The wait status once it has ended; None when it has not."""
        end = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > end:
                return None
            time.sleep(0.002)
        return self.status


def die_with_parent() -> None:
    """Be killed when the parent ends, however it ends: nothing of a run outlives it (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def warm_up() -> None:
    """Load in the parent what its children would each load late."""
    warm_up_jail()
    public_suffixes()
    system_trust()
    some_page()


def _run(name: str, body: Body, log: Path) -> int:
    die_with_parent()
    ctypes.CDLL(None).prctl(15, name.encode())  # PR_SET_NAME: `ps` and `top` tell which it is
    gc.freeze()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    configure_logging(name)
    fork_jails()
    sample_receipts()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        body(stop)
    except BaseException:  # noqa: BLE001  it is a process of its own: nobody else would hear of it
        traceback.print_exc()
        return 1
    return 0


def role_body(world: FaultWorld, role: str, prepare: Callable[[], None]) -> Body:
    """A role of the desk as `sulku serve` runs it. `prepare` runs first: a seeded bug is put in there."""

    def body(stop: threading.Event) -> None:
        prepare()
        instance = world.open()
        try:
            RUN[role](instance, stop)
        finally:
            instance.close()

    return body


def nothing() -> None:
    """No bug."""
