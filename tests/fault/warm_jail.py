"""The jailed reader forked from its worker, which is warm: started as a program it takes most of a second.

A worker that is killed every second would else hardly read a mail that needs it. What the child does is the desk's own
code (`sulku_revocation.jail`); that the program starts and shuts itself in is proven by the tests of the mailbox.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from sulku_mailbox import jail, jailed_reader
from sulku_revocation.jail import NO_RECOVERY_KEY, make_examiner

_examiner = cache(make_examiner)


class ForkedJail:
    """What `JailedReader` asks of its child: as much of `subprocess.Popen` as it uses."""

    def __init__(self, command: Sequence[str], **_: Any) -> None:
        requests, to_child = os.pipe()
        from_child, answers = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            _become_jail(requests, answers, list(command[command.index("-m") + 2 :]))
        os.close(requests)
        os.close(answers)
        self.stdin, self.stdout = os.fdopen(to_child, "wb", buffering=0), os.fdopen(from_child, "rb", buffering=0)
        self._status: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        end = time.monotonic() + (timeout or 0)
        while self._status is None:
            found, status = os.waitpid(self.pid, 0 if timeout is None else os.WNOHANG)
            if found:
                self._status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                raise subprocess.TimeoutExpired("the jail", timeout or 0)
            else:
                time.sleep(0.005)
        return self._status

    def kill(self) -> None:
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)


def warm_up_jail() -> None:
    """Load in the parent what every child needs."""
    jail.warm_up()
    _examiner(None)


def fork_jails() -> None:
    """From now on this process's jailed readers are forked from it."""
    fork = SimpleNamespace(
        Popen=ForkedJail,
        PIPE=subprocess.PIPE,
        DEVNULL=subprocess.DEVNULL,
        TimeoutExpired=subprocess.TimeoutExpired,
    )
    jailed_reader.subprocess = fork  # type: ignore[assignment]


def _become_jail(requests: int, answers: int, arguments: list[str]) -> NoReturn:
    with suppress(BaseException):
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, signal.SIG_DFL)
        for descriptor, place in ((requests, 0), (answers, 1), (os.open(os.devnull, os.O_WRONLY), 2)):
            os.dup2(descriptor, place)
        os.closerange(3, 4_096)
        sys.stdin, sys.stdout = open(0), open(1, "w")  # noqa: SIM115  what they were belongs to the parent
        recovery, memory_bytes, *rest = arguments
        sys.argv = ["jail", str(int(memory_bytes) + _address_space()), *rest]
        jail.main(lambda: _examiner(None if recovery == NO_RECOVERY_KEY else bytes.fromhex(recovery)))
    os._exit(1)


def _address_space() -> int:
    """Octets that are mapped already: what the parent brought along is not held against the mail."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")
