"""The worker's side of the jail: starts the child when it is needed, asks it, ends it when it goes too far."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sulku_kernel.errors import UnavailableError
from sulku_mailbox.domain.defects import Defect
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.mail_frame import decode_mail
from sulku_mailbox.domain.unreadable import unreadable_mail
from sulku_mailbox.jail_request import LENGTH, Asked, encode_head

_PIECE = 1_048_576
_COMMAND = (sys.executable, "-I", "-m", "sulku_mailbox.jail")


@dataclass(frozen=True, slots=True)
class JailLimits:
    """For one mail: address space in octets, processor seconds, wall-clock seconds; and seconds for starting."""

    memory_bytes: int = 384 * 1024 * 1024
    cpu_seconds: int = 4
    seconds: float = 10.0
    start_seconds: float = 30.0
    answer_bytes: int = 384 * 1024 * 1024


class ReaderUnavailableError(UnavailableError):
    """The jailed reader does not start. (Our fault: the mail is not to blame and must be tried again.)"""


class _ChildLostError(Exception):
    """The child ended, or its answer is none."""


class _TooSlowError(Exception):
    """The child did not answer in time."""


@dataclass(slots=True)
class JailedReader:
    """One child at a time, for one caller at a time. `command` is what is started, for tests."""

    trusted_authserv_ids: frozenset[str] = frozenset()
    limits: JailLimits = field(default_factory=JailLimits)
    command: Sequence[str] = _COMMAND
    starts: int = 0
    _child: subprocess.Popen[bytes] | None = None

    def read(self, raw: bytes, passwords: Sequence[str] = ()) -> Mail:
        """The mail, read in the jail. What cannot be read there comes back unreadable, with its cause.

        `passwords` are tried on what is encrypted. A child that is lost is replaced and the mail tried once more,
        because the child may have been killed for reasons of the machine; when it is lost again, or at once when it
        took too long, the mail is tried with its attached files unopened, because one of them may be what hurts.
        Raises ReaderUnavailableError when no child can be started.
        """
        cause = Defect.READER_LOST
        opens = [True, True, False]
        while opens:
            asked = Asked(raw, tuple(passwords), opens.pop(0))
            try:
                return self._ask(asked)
            except _TooSlowError:
                self.close()
                cause = Defect.TIME_LIMIT
            except _ChildLostError:
                is_out_of_time = self._end(patience=0.5) == -signal.SIGXCPU
                cause = Defect.TIME_LIMIT if is_out_of_time else Defect.READER_LOST
            if cause is Defect.TIME_LIMIT and asked.opens:
                opens = [False]
        return unreadable_mail(raw, cause)

    def close(self) -> None:
        """End the child, if there is one. The next `read` starts another."""
        self._end()

    @property
    def child_id(self) -> int | None:
        """The process id of the child that runs now."""
        return None if self._child is None else self._child.pid

    def _ask(self, asked: Asked) -> Mail:
        child = self._running()
        deadline = time.monotonic() + self.limits.seconds
        _write(child, encode_head(asked), deadline)
        _write(child, asked.raw, deadline)
        answer = _read_answer(child, self.limits.answer_bytes, deadline)
        try:
            mail = decode_mail(answer)
        except ValueError as error:
            raise _ChildLostError from error
        if Defect.MEMORY_LIMIT in mail.defects:
            self.close()  # what is left in its memory is anybody's guess
        return mail

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            self._child = self._start()
        return self._child

    def _start(self) -> subprocess.Popen[bytes]:
        limits = self.limits
        arguments = [str(limits.memory_bytes), str(limits.cpu_seconds), *sorted(self.trusted_authserv_ids)]
        self.starts += 1
        try:
            child = subprocess.Popen(  # noqa: S603  # our own interpreter with our own module
                [*self.command, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the worker, which ends the child in its own time
            )
        except OSError as error:
            raise ReaderUnavailableError(f"The jailed reader does not start: {error}.", next_step=_NEXT_STEP) from error
        for pipe in (child.stdin, child.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        try:
            _read_answer(child, _PIECE, time.monotonic() + limits.start_seconds)
        except (_ChildLostError, _TooSlowError) as error:
            _kill(child)
            raise ReaderUnavailableError("The jailed reader does not start.", next_step=_NEXT_STEP) from error
        return child

    def _end(self, patience: float = 0.0) -> int | None:
        child, self._child = self._child, None
        return None if child is None else _kill(child, patience)


_NEXT_STEP = "Free memory and processes on this machine, or run `python -m sulku_mailbox.jail 402653184 4` to see why."


def _kill(child: subprocess.Popen[bytes], patience: float = 0.0) -> int:
    """Ends the child and gives its exit status. One that is ending by itself gets `patience` seconds for it."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(patience)
    child.kill()
    status = child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    return status


def _write(child: subprocess.Popen[bytes], content: bytes, deadline: float) -> None:
    assert child.stdin is not None
    view = memoryview(content)
    while view:
        _wait(child.stdin.fileno(), select.POLLOUT, deadline)
        try:
            view = view[os.write(child.stdin.fileno(), view[:_PIECE]) :]
        except BlockingIOError:
            continue
        except OSError as error:
            raise _ChildLostError from error


def _read_answer(child: subprocess.Popen[bytes], most: int, deadline: float) -> bytes:
    (length,) = LENGTH.unpack(_read(child, LENGTH.size, deadline))
    if length > most:
        raise _ChildLostError
    return _read(child, length, deadline)


def _read(child: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
    assert child.stdout is not None
    pieces: list[bytes] = []
    while size:
        _wait(child.stdout.fileno(), select.POLLIN, deadline)
        try:
            piece = os.read(child.stdout.fileno(), min(size, _PIECE))
        except BlockingIOError:
            continue
        if not piece:
            raise _ChildLostError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _wait(descriptor: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise _TooSlowError
