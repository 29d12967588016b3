"""The desk's own revocation form as a PDF that can be filled in and read aloud (PDF/UA-1), in three languages.

WeasyPrint is loaded when a form is drawn, not before: it wants Debian's Pango and half a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, cast

import jinja2
from markupsafe import Markup

from sulku_kernel.language import Language
from sulku_kernel.revocation_form import field_name
from sulku_templates.form_words import form_parts, form_texts

_UNBROKEN = Markup('<span class="unbroken">{}</span>')
_PAGES = Path(__file__).parent / "page"


def render_form(language: Language, common: Mapping[str, Any]) -> bytes:
    """The PDF. `common` says who we are, as for mails (`catalogue.COMMON`); `phone` may be empty."""
    import weasyprint

    page = weasyprint.HTML(string=_html(language, common), url_fetcher=_fetch_nothing)
    return cast("bytes", page.write_pdf(pdf_forms=True, pdf_variant="pdf/ua-1"))


def file_name(language: Language) -> str:
    """The name under which the form is handed out."""
    return f"revocation-request-{language.value}.pdf"


def _html(language: Language, common: Mapping[str, Any]) -> str:
    texts = form_texts(language)
    phone = str(common.get("phone") or "")
    texts["how"] = Markup(texts["how"]).format(  # noqa: S704  # a text of ours; what is put into it is escaped
        address=_UNBROKEN.format(common["address"])
    )
    texts["phone"] = texts["phone"].format(phone=phone) if phone else ""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGES),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("revocation_form.html.j2").render(
        language=language.value,
        organisation=_in_language(common["organisation"], language),
        texts=texts,
        parts=form_parts(language),
        field_name=field_name,
    )


def _in_language(value: Any, language: Language) -> str:
    """`value` may hold one text for each language, as in `rendering`."""
    return str(value[language.value]) if isinstance(value, Mapping) else str(value)


def _fetch_nothing(url: str, *_: object, **__: object) -> NoReturn:
    """The form needs no file and no network."""
    raise ValueError(f"the form refers to {url}")
