"""The languages of the service (Kielilaki 423/2003: Finnish and Swedish; others are answered in English)."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """ISO 639-1 codes."""

    FI = "fi"
    SV = "sv"
    EN = "en"
