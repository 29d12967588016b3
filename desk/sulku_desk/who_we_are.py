"""Who we are, as every mail and form says it."""

from __future__ import annotations

from typing import Any

from sulku_desk.settings import Settings
from sulku_kernel.language import Language
from sulku_templates.revocation_form import file_name


def common_words(settings: Settings) -> dict[str, Any]:
    """The context that every template knows (`sulku_templates.catalogue.COMMON`)."""
    desk = settings.desk
    return {
        "organisation": desk.organisation.by_language,
        "desk": desk.name.by_language,
        "phone": desk.phone,
        "address": desk.addresses[0],
        "form_url": _form_urls(settings.web.base_url),
    }


def _form_urls(base_url: str) -> dict[str, str] | str:
    """Where customers fetch the form; only TLS is for them, an address without it is this machine's own."""
    if not base_url.startswith("https://"):
        return ""
    return {language.value: f"{base_url.rstrip('/')}/forms/{file_name(language)}" for language in Language}
