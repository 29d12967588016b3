"""Roles end when the process that runs them is gone, however it ended: kill -9 leaves nobody time to stop them.

The supervisor holds one end of a pipe and says nothing; the other end is each role's standard input. The kernel closes
what a dead process held, so that its end shows on every system.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()

FLAG = "--while-stdin-is-open"
LONGEST_STOP_SECONDS = 10


class LifeLine:
    """The supervisor's pipe. `end` is for the roles."""

    def __init__(self) -> None:
        self.end, self._ours = os.pipe()

    def close(self) -> None:
        """Let go: roles that still run end."""
        os.close(self._ours)
        os.close(self.end)


def hold_on(stop: threading.Event, end_process: Callable[[int], object]) -> None:
    """Watch our standard input: when it closes, `stop` is set; who has not stopped some seconds later is ended."""

    def watch() -> None:
        while os.read(0, 1_024):
            pass
        log.warning("role.supervisor_gone")
        stop.set()
        time.sleep(LONGEST_STOP_SECONDS)
        end_process(1)

    threading.Thread(target=watch, name="life line", daemon=True).start()
