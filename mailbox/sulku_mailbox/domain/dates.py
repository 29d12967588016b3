"""The Date field (RFC 5322, 3.3) as an aware UTC time."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sulku_mailbox.domain.defects import Defect, Findings


def read_date(value: bytes | None, findings: Findings) -> datetime | None:
    """The moment, or None with a defect. A time without zone (`-0000`) is taken as UTC."""
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value[:100].decode("ascii", "replace"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        findings.add(Defect.DATE_BROKEN)
        return None
