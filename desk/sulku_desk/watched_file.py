"""A file of the administrator's that is looked at again when it has changed, while the desk runs.

One that was broken meanwhile stops nothing: what it said last stays in force, and the fault is logged.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from sulku_kernel.errors import ConfigurationError

log = structlog.get_logger()

T = TypeVar("T")


class WatchedFile(Generic[T]):
    """Call it for what the file says. Raises ConfigurationError, as `load` does, when it never was good."""

    def __init__(self, path: Path, load: Callable[[], T], *, fault: str) -> None:
        """`fault` is the event that is logged when the file is broken."""
        self._path = path
        self._load = load
        self._fault = fault
        self._seen: tuple[int, int] | None = None
        self._said: T | None = None

    def __call__(self) -> T:
        """What it says now, or said last."""
        seen = self._look()
        if self._said is None or seen != self._seen:
            self._seen = seen
            try:
                self._said = self._load()
            except ConfigurationError as error:
                if self._said is None:
                    raise
                log.error(self._fault, error=str(error), next_step=error.next_step)  # noqa: TRY400  a sentence says it
        return self._said

    def _look(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
