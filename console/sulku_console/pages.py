"""Renders pages. Everything is escaped; strangers' text also passes `line`, `text` or `serial`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib.resources import files
from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from sulku_console import times
from sulku_console.form_guard import FIELD, form_token, secret_of
from sulku_console.own_findings import is_own, own_headline
from sulku_console.shown_text import shown_address, shown_line, shown_number, shown_serial, shown_size, shown_text
from sulku_console.visitor import Visitor, keep_browser_token, new_browser_token, parts_of, remember_language
from sulku_console.wording import is_translated, translate
from sulku_console.wording.desk_sentences import desk_sentences
from sulku_console.wording.explanations import explain
from sulku_kernel.language import Language

STATIC = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_WEB = files("sulku_console") / "web"


def static_content(name: str) -> bytes:
    """A file that pages load."""
    return (_WEB / name).read_bytes()


# In the address, so that browsers may keep a file for ever and still get the next version.
_VERSIONS = {name: hashlib.sha256(static_content(name)).hexdigest()[:12] for name in STATIC}

_environment = Environment(
    loader=PackageLoader("sulku_console", "web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(line=shown_line, text=shown_text, serial=shown_serial, address=shown_address)
_environment.filters.update(headline=own_headline)
_environment.tests.update(own=is_own)
_environment.globals.update(static=lambda name: f"/static/{_VERSIONS[name]}/{name}", minutes=timedelta(minutes=1))


def render(request: Request, visitor: Visitor, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page in the visitor's language, with the token that its forms carry."""
    parts = parts_of(request)
    secret = secret_of(request, visitor.token)
    fresh = "" if secret else new_browser_token()
    language = context.pop("language", visitor.language)
    now = parts.clock.now()
    body = _environment.get_template(template).render(
        **_words(language),
        **_times(now, language),
        saying=lambda said: parts.saying(said, language),
        now=now,
        language=language,
        languages=list(Language),
        visitor=visitor,
        organisation=parts.organisation,
        instance=parts.instance,
        form_field=Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, form_token(secret or fresh)),
        here=request.url.path if request.method == "GET" else "/",
        **context,
    )
    response = HTMLResponse(body, status)
    remember_language(request, response)
    if fresh:
        keep_browser_token(parts, response, fresh)
    return response


def _words(language: Language) -> dict[str, Callable[..., Any]]:
    def t(english: str, **values: Any) -> str:
        said = translate(english, language)
        return said.format(**values) if values else said

    def say(english: str) -> Markup:
        """A sentence of another part, marked as English where it cannot be said in this language."""
        return _marked(translate(english, language), is_ours=is_translated(english, language))

    def explained(kind: str, word: str) -> Markup:
        sentence, is_ours = explain(kind, word, language)
        return _marked(sentence, is_ours=is_ours)

    def told(text: str) -> str:
        """A detail of the history: a key of the catalogue, a sentence of the desk's own, or another's words."""
        own = desk_sentences(text, language, partial(times.absolute, language=language))
        return translate(text, language) if own is None else own

    return {
        "t": t,
        "say": say,
        "explained": explained,
        "told": told,
        "number_of": partial(shown_number, language=language),
        "size_of": partial(shown_size, language=language),
    }


def _marked(sentence: str, *, is_ours: bool) -> Markup:
    mark = Markup("{}") if is_ours else Markup('<span lang="en">{}</span>')
    return mark.format(shown_line(sentence))


def _times(now: Any, language: Language) -> dict[str, Callable[..., Any]]:
    return {
        "absolute": partial(times.absolute, language=language),
        "day": partial(times.day, language=language),
        "relative": partial(times.relative, now=now, language=language),
        "due": partial(times.due, now=now, language=language),
        "distance": times.distance,
        "for_field": times.for_field,
    }
