"""The on-call policy of the moment: the file is looked at again when it has changed.

A file that was broken while the desk runs must not keep anybody from being paged: the last good policy stays in force
and the fault is logged until it is mended.
"""

from __future__ import annotations

from pathlib import Path

import structlog

from sulku_kernel.errors import ConfigurationError
from sulku_tickets.domain.escalation_policy import EscalationPolicy
from sulku_tickets.on_call import load_policy

log = structlog.get_logger()

TEMPLATE = """\
# Whom the desk pages, and when. Each step is paged by mail until somebody acknowledges; then everything is quiet.
# A contact may have a turn: since = 2026-11-23T06:00:00Z, until = 2026-11-30T06:00:00Z.
repeat_minutes = 5

[[step]]
after_minutes = 0
contacts = [{{ name = {name}, email = {email}, language = {language} }}]

# [[step]]
# after_minutes = 10
# contacts = [{{ name = "Second line", email = "second@example.fi", language = "fi" }}]

[[duty_manager]]
name = {name}
email = {email}
language = {language}
"""


class OnCallFile:
    """Call it for the policy in force. Raises ConfigurationError when there never was a good one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._policy: EscalationPolicy | None = None

    def __call__(self) -> EscalationPolicy:
        """The policy."""
        seen = self._look()
        if self._policy is None or seen != self._seen:
            self._seen = seen
            try:
                self._policy = load_policy(self._path)
            except ConfigurationError as error:
                if self._policy is None:
                    raise
                log.error("on_call.broken", error=str(error), next_step=error.next_step)  # noqa: TRY400  a sentence says it
        return self._policy

    def _look(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
