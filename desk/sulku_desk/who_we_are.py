"""Who we are, as every mail and form says it."""

from __future__ import annotations

from typing import Any

from sulku_desk.settings import Settings


def common_words(settings: Settings) -> dict[str, Any]:
    """The context that every template knows (`sulku_templates.catalogue.COMMON`)."""
    desk = settings.desk
    return {
        "organisation": desk.organisation.by_language,
        "desk": desk.name.by_language,
        "phone": desk.phone,
        "address": desk.addresses[0],
    }
