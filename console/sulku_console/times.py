"""Times as people read them: in Helsinki, with the offset from UTC, and how far away they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sulku_kernel.errors import InputError
from sulku_kernel.language import Language
from sulku_templates.people_time import HELSINKI, people_date, people_time

# `24.11.2026 klo 14.05 (UTC+2)` and `24.11.2026`: on the pages as in the mails.
absolute, day = people_time, people_date


def distance(between: timedelta) -> str:
    """`3 h 5 min`: the two largest units, on one line; the same in the three languages."""
    return _distance(between).replace(" ", "\N{NO-BREAK SPACE}")


def _distance(between: timedelta) -> str:
    minutes, seconds = divmod(int(abs(between) / timedelta(seconds=1)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h" if hours and days < 14 else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def relative(at: datetime, now: datetime, language: Language) -> str:
    """`in 12 min`, `12 min ago`."""
    far = distance(at - now)
    if abs(at - now) < timedelta(seconds=1):
        return {Language.FI: "nyt", Language.SV: "nu", Language.EN: "now"}[language]
    if at > now:
        return {Language.FI: f"{far} kuluttua", Language.SV: f"om {far}", Language.EN: f"in {far}"}[language]
    return {Language.FI: f"{far} sitten", Language.SV: f"för {far} sedan", Language.EN: f"{far} ago"}[language]


def due(at: datetime, now: datetime, language: Language) -> str:
    """How a deadline stands: `in 12 min`, or how late it is."""
    if at > now:
        return relative(at, now, language)
    far = distance(at - now)
    return {Language.FI: f"{far} myöhässä", Language.SV: f"{far} försenad", Language.EN: f"{far} late"}[language]


def typed_time(text: str) -> datetime | None:
    """A time from a form (`2026-11-23T14:30`, Helsinki time) in UTC; None when the field was left empty."""
    if not text.strip():
        return None
    try:
        local = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{text[:40]!r} is not a time", next_step="Write it like 2026-11-23T14:30.") from None
    return (local if local.tzinfo else local.replace(tzinfo=HELSINKI)).astimezone(UTC)


def for_field(at: datetime) -> str:
    """A time as such a field of a form shows it; what is typed back comes out of `typed_time` as it was."""
    return f"{at.astimezone(HELSINKI):%Y-%m-%dT%H:%M}"
