"""The desk's own revocation form as a PDF that can be filled in and read aloud (PDF/UA-1), in three languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from sulku_kernel.language import Language
from sulku_kernel.revocation_form import field_name
from sulku_templates.accessible_pdf import draw, page_template
from sulku_templates.form_words import form_parts, form_texts

_ADDRESS = Markup('<a class="unbroken" href="mailto:{0}">{0}</a>')


def render_form(language: Language, common: Mapping[str, Any]) -> bytes:
    """The PDF. `common` says who we are, as for mails (`catalogue.COMMON`); `phone` may be empty."""
    return draw(_html(language, common), has_form=True)


def file_name(language: Language) -> str:
    """The name under which the form is handed out."""
    return f"revocation-request-{language.value}.pdf"


def _html(language: Language, common: Mapping[str, Any]) -> str:
    texts = form_texts(language)
    phone = str(common.get("phone") or "")
    texts["how"] = Markup(texts["how"]).format(  # noqa: S704  # a text of ours; what is put into it is escaped
        address=_ADDRESS.format(common["address"])
    )
    texts["phone"] = texts["phone"].format(phone=phone) if phone else ""
    return page_template("revocation_form.html.j2").render(
        language=language.value,
        organisation=_in_language(common["organisation"], language),
        texts=texts,
        parts=form_parts(language),
        field_name=field_name,
    )


def _in_language(value: Any, language: Language) -> str:
    """`value` may hold one text for each language, as in `rendering`."""
    return str(value[language.value]) if isinstance(value, Mapping) else str(value)
