"""The Date field (RFC 5322, 3.3) as an aware UTC time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sulku_mailbox.domain.defects import Defect, Findings

# What nearly all programs write.
_USUAL = re.compile(
    r"[A-Z][a-z]{2}, (\d{1,2}) ([A-Z][a-z]{2}) ([12]\d{3}) (\d\d:\d\d:\d\d) ([+-][01]\d[0-5]\d)(?: \([A-Z]{1,5}\))?",
    re.ASCII,
)
_MONTH_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_MONTHS = {name: f"{at:02}" for at, name in enumerate(_MONTH_NAMES.split(), 1)}


def read_date(value: bytes | None, findings: Findings) -> datetime | None:
    """The moment, or None with a defect. A time without zone (`-0000`) is taken as UTC."""
    if value is None:
        return None
    try:
        text = value[:100].decode("ascii", "replace")
        if (usual := _USUAL.fullmatch(text)) and usual[2] in _MONTHS:
            day, month, year, clock, zone = usual.groups()
            moment = datetime.fromisoformat(f"{year}-{_MONTHS[month]}-{day:0>2}T{clock}{zone}")
        else:
            moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        findings.add(Defect.DATE_BROKEN)
        return None
