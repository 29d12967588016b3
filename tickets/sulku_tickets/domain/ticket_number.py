"""The ticket's number as people read, say and type it: `S26-000123`."""

from __future__ import annotations

import re
from datetime import datetime

from sulku_kernel.errors import InputError

_TYPED = re.compile(r"(?:s(?P<year>[0-9]{2})-?|#)?(?P<id>[0-9]{1,18})", re.IGNORECASE | re.ASCII)


def ticket_number(ticket_id: int, received_at: datetime) -> str:
    """`S` + year of receipt (UTC) + id, at least six digits: `S26-000123`."""
    return f"S{received_at.year % 100:02d}-{ticket_id:06d}"


def parse_ticket_number(typed: str) -> int:
    """The ticket's id in what somebody typed: `S26-000123`, `s26-123`, `#123`, `123`. Raises InputError.

    The year only helps people; the id alone is the ticket. It is never read out of a mail: tokens do that.
    """
    found = _TYPED.fullmatch(typed.strip()[:40])
    if found is None or int(found["id"]) == 0:
        raise InputError(
            f"{typed.strip()[:40]!r} is not a ticket number", next_step="Write it like S26-000123, or only 123."
        )
    return int(found["id"])
