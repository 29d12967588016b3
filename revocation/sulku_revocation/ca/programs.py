"""Runs a CA's program: no shell, hardly an environment, an end to its time and to what it may say."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sulku_kernel.errors import ConfigurationError
from sulku_revocation.ca.authority import TryLater

LARGEST_OUTPUT = 64 * 1024
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program came to. `said` and `complained` are its outputs, cut at LARGEST_OUTPUT octets."""

    code: int
    said: bytes
    complained: bytes

    @property
    def last_words(self) -> str:
        """The last line of its complaints, for a message."""
        lines = self.complained.decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:200] if lines else ""


def run(
    command: Sequence[str | Path],
    *,
    asked: bytes = b"",
    seconds: float,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    lock: int | None = None,
    output: IO[bytes] | None = None,
) -> Ended:
    """Run it with `asked` on its input, and kill it with all its children when the time is over.

    `lock` is the descriptor of a lock that must be held as long as the program runs, though this process be killed.
    `output` is a file for what it says, when that may be long: it has all of it then, and stands at its end.

    Raises TryLater when it does not end in time or dies of a signal (what it did is not known), ConfigurationError when
    it cannot be started. Its outputs go to files, so that no child that keeps them open can make us wait.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained, tempfile.TemporaryFile() as given:
        given.write(asked)
        given.seek(0)
        try:
            started = subprocess.Popen(  # noqa: S603  the administrator's own program, by the settings
                [str(part) for part in command],
                stdin=given,
                stdout=said if output is None else output,
                stderr=complained,
                env={**_ENVIRONMENT, **(environment or {})},
                cwd=folder,
                start_new_session=True,
                pass_fds=() if lock is None else (lock,),
            )
        except OSError as error:
            raise ConfigurationError(
                f"{command[0]} cannot be started: {error.strerror}", next_step="Correct the program in the settings."
            ) from error
        code = _wait(started, seconds, str(command[0]))
        return Ended(code, _read(said.fileno()), _read(complained.fileno()))


def _wait(started: subprocess.Popen[bytes], seconds: float, name: str) -> int:
    try:
        code = started.wait(seconds)
    except subprocess.TimeoutExpired:
        raise TryLater(f"{name} did not end within {seconds:g} s and was stopped") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()
    if code < 0:
        raise TryLater(f"{name} died of signal {-code}")
    return code


def _read(descriptor: int) -> bytes:
    return os.pread(descriptor, LARGEST_OUTPUT, 0)
