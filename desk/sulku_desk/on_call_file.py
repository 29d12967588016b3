"""The on-call policy of the moment: the file is looked at again when it has changed.

A file that was broken while the desk runs must not keep anybody from being paged: the last good policy stays in force
and the fault is logged until it is mended.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sulku_desk.watched_file import WatchedFile
from sulku_tickets.domain.escalation_policy import EscalationPolicy
from sulku_tickets.on_call import load_policy

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


class OnCallFile(WatchedFile[EscalationPolicy]):
    """Call it for the policy in force. Raises ConfigurationError when there never was a good one."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, partial(load_policy, path), fault="on_call.broken")
