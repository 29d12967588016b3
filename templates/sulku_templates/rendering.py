"""Renders a `Message` of the catalogue as subject, text and HTML, in its language.

The texts are Jinja2 in a small notation (`layout.py`) that becomes text and HTML at once. Values are only shown: they
are put on one line, and escaped in HTML. Whatever goes wrong in a template, a mail goes out: a plain built-in text
takes its place, and `RenderedMail.fallback_because` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import jinja2
from jinja2.runtime import Context, Undefined

from sulku_kernel.clock import from_text, to_text
from sulku_kernel.language import Language
from sulku_kernel.serial_number import whole_octets
from sulku_templates.catalogue import Audience, find_template
from sulku_templates.fallback import fallback_source
from sulku_templates.layout import as_written, one_line, plain, read_blocks, split_subject, write_text
from sulku_templates.message import Message
from sulku_templates.people_time import people_date, people_time, utc_time
from sulku_templates.words import word

TEXTS = Path(__file__).parent / "mail"
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """What is sent. `fallback_because` is empty, or says why the built-in text was used: somebody should be told."""

    subject: str
    text: str
    html: str
    fallback_because: str = ""


class Written(str):
    """Text whose lines are marked already."""

    __slots__ = ()


class Renderer:
    """`overrides` is the administrator's folder: a file of the same name there wins (`fi/reply.j2`)."""

    def __init__(self, overrides: Path | None = None) -> None:
        folders = [TEXTS] if overrides is None else [overrides, TEXTS]
        self._texts = _environment(jinja2.FileSystemLoader(folders))
        self._pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folders),
            undefined=jinja2.StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._built_in = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEXTS), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )

    def render(self, message: Message, common: Mapping[str, Any]) -> RenderedMail:
        """The mail. `common` says who we are; a value that is a mapping holds one text for each language."""
        ourselves = {**_in_language(common, message.language), "language": message.language.value}
        context = {**message.context, **ourselves}
        try:
            return self._render(message, context, ourselves)
        except Exception as error:  # noqa: BLE001  a template may fail in any way; the mail must go out all the same
            return self._fall_back(message, context, _reason(error))

    def _render(self, message: Message, context: Mapping[str, Any], ourselves: Mapping[str, Any]) -> RenderedMail:
        language = message.language.value
        source = self._texts.get_template(f"{language}/{message.template}.j2").render(context)
        known = find_template(message.template)
        if known is None or known.audience is not Audience.ON_CALL:
            source += "\n\n" + self._texts.get_template(f"{language}/closing.j2").render(ourselves)
        return _lay_out(self._pages, source, language)

    def _fall_back(self, message: Message, context: Mapping[str, Any], because: str) -> RenderedMail:
        source = fallback_source(message.template, message.language, context)
        laid_out = _lay_out(self._built_in, source, message.language.value)
        return RenderedMail(laid_out.subject, laid_out.text, laid_out.html, because)


def _lay_out(pages: jinja2.Environment, source: str, language: str) -> RenderedMail:
    subject, body = split_subject(source)
    blocks = read_blocks(body)
    html = pages.get_template("base.html.j2").render(language=language, subject=subject, blocks=blocks)
    return RenderedMail(subject, write_text(blocks), html)


def _environment(loader: jinja2.BaseLoader) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=loader,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  this is text; HTML is made of it by a template that escapes everything
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        time=_time,
        utc=_utc,
        after=_after,
        validity=_validity,
        word=_word,
        serial=whole_octets,
        listed=_listed,
        as_written=_as_written,
    )
    return environment


def _shown(value: Any) -> Any:
    """How a value is written: on one line; nothing as a dash. A missing one raises where Jinja2 turns it to text."""
    if isinstance(value, Undefined | Written):
        return value
    return NOTHING if value is None or value == "" else plain(str(value))


@jinja2.pass_context
def _time(context: Context, at: str | None) -> str:
    return NOTHING if not at else people_time(from_text(at), Language(context["language"]))


def _utc(at: str | None) -> str:
    return NOTHING if not at else utc_time(from_text(at))


def _after(at: str, hours: int) -> str:
    """A deadline: so many hours later, in UTC, whatever the clocks on the wall do."""
    return to_text(from_text(at) + timedelta(hours=hours))


@jinja2.pass_context
def _validity(context: Context, certificate: Mapping[str, Any]) -> str:
    """From the first to the last day; an end that is not known is left open."""
    first, last = certificate["not_before"], certificate["not_after"]
    if not first and not last:
        return NOTHING
    language = Language(context["language"])
    return " – ".join("" if not at else people_date(from_text(at), language) for at in (first, last)).strip()


@jinja2.pass_context
def _word(context: Context, code: str, kind: str) -> str:
    return word(kind, code, Language(context["language"]))


def _as_written(text: str) -> Written:
    return Written(as_written(text))


def _listed(values: list[str]) -> str:
    return ", ".join(values) if values else NOTHING


def _in_language(common: Mapping[str, Any], language: Language) -> dict[str, Any]:
    return {
        name: value.get(language.value, "") if isinstance(value, Mapping) else value for name, value in common.items()
    }


def _reason(error: Exception) -> str:
    # An error's text names the variable or the line; what a customer wrote is in none of these.
    said = str(error) if isinstance(error, jinja2.TemplateError) else ""
    return one_line(f"{type(error).__name__}: {said}" if said else type(error).__name__)
