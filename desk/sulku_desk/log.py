"""Logging: one JSON object a line, in UTC, on standard error. JSON escapes what could forge a line or move a cursor.

A line may get lost, on a full disk or when nobody reads them any more; nothing ends by that. (The intake once did, in
the middle of telling that the disk was full, and `sulku serve` with all roles.)
"""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STANDARD_ERROR = 2


class _LossyFile(io.FileIO):
    """Drops what cannot be written, and keeps none of it to try again. What a full disk has cut ends its line."""

    _is_cut = False

    def write(self, line: ReadableBuffer, /) -> int:
        """A line by one call of the system, so that those of several processes do not mix."""
        given = bytes(line)
        whole = b"\n" + given if self._is_cut else given
        with suppress(OSError):
            self._is_cut = super().write(whole) != len(whole)
        return len(given)


def _standard_error() -> io.TextIOWrapper:
    lossy = _LossyFile(_STANDARD_ERROR, "wb", closefd=False)
    return io.TextIOWrapper(lossy, encoding="utf-8", errors="backslashreplace", write_through=True)


def configure_logging(role: str, level: int = logging.INFO) -> None:
    """Send our log and that of the libraries to standard error, each line named after the role."""
    lines = _standard_error()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(lines),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    logging.basicConfig(level=logging.WARNING, stream=lines, format="%(levelname)s %(name)s %(message)s")
    # These print addresses and whole protocol lines when they warn.
    for name in ("mail.log", "mail.error", "mail.debug", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.ERROR)
