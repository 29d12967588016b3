"""An end to code that goes on for too long, in the process that runs it: libraries are patient with hostile files."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_AGAIN = 0.05


class OutOfTimeError(BaseException):
    """The processor time is used up. Not an Exception, so that no library takes it for its own."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError when what runs inside has used so much processor time.

    By a signal, so in the main thread only; elsewhere there is no limit. Code in C is interrupted when it returns.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    is_running = True

    def stop(_number: int, _frame: FrameType | None) -> None:
        if is_running:
            raise OutOfTimeError

    before = signal.signal(signal.SIGPROF, stop)
    try:
        # again and again: the first may be swallowed by a bare `except`
        signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
        yield
    finally:
        is_running = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
