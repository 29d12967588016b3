"""Times as people read them: Europe/Helsinki, always with the offset, in patterns of our own.

(Babel's short date for `sv_FI` is `2026-11-24`, which nobody in Finland writes.)
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sulku_kernel.clock import require_utc
from sulku_kernel.language import Language

HELSINKI = ZoneInfo("Europe/Helsinki")
_ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def people_time(at: datetime, language: Language) -> str:
    """`24.11.2026 klo 14.05 (UTC+2)`, `24.11.2026 kl. 14.05 (UTC+2)`, `24 Nov 2026, 14:05 (UTC+2)`."""
    local = require_utc(at).astimezone(HELSINKI)
    offset = (local.utcoffset() or timedelta(0)) // timedelta(hours=1)
    if language is Language.EN:
        return f"{_date(local, language)}, {local:%H:%M} (UTC{offset:+d})"
    word = "klo" if language is Language.FI else "kl."
    return f"{_date(local, language)} {word} {local.hour}.{local:%M} (UTC{offset:+d})"


def people_date(at: datetime, language: Language) -> str:
    """The day in Helsinki: `24.11.2026`, `24 Nov 2026`."""
    return _date(require_utc(at).astimezone(HELSINKI), language)


def utc_time(at: datetime) -> str:
    """`2026-11-24 12:05:09 UTC`: beside the local time, where the second matters as evidence."""
    return require_utc(at).strftime("%Y-%m-%d %H:%M:%S UTC")


def _date(local: datetime, language: Language) -> str:
    if language is Language.EN:
        return f"{local.day} {_ENGLISH_MONTHS[local.month - 1]} {local.year}"
    return f"{local.day}.{local.month}.{local.year}"
