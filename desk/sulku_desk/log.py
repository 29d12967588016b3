"""Logging: one JSON object a line, in UTC, on standard error. JSON escapes what could forge a line or move a cursor."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logging(role: str, level: int = logging.INFO) -> None:
    """Send our log and that of the libraries to standard error, each line named after the role."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    # These print addresses and whole protocol lines when they warn.
    for name in ("mail.log", "mail.error", "mail.debug", "httpx2", "httpcore2", "apscheduler"):
        logging.getLogger(name).setLevel(logging.ERROR)
