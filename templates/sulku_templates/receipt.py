"""The receipt of a revocation as a PDF that can be read aloud (PDF/UA-1), with the signed evidence as files in it.

`receipt_text` gives the words that stand on the page, so that whoever verifies a receipt can tell whether they are the
ones that its facts lead to. WeasyPrint is loaded when a receipt is drawn, not before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NoReturn, cast

import jinja2

from sulku_kernel.clock import from_text
from sulku_kernel.language import Language
from sulku_kernel.serial_number import whole_octets
from sulku_templates.people_time import people_time, utc_time
from sulku_templates.receipt_words import receipt_texts
from sulku_templates.words import word

_PAGES = Path(__file__).parent / "page"
_TIMES = frozenset(
    {"revoked_at", "invalidity_at", "crl_made_at", "ocsp_made_at", "sent_at", "crl_visible_at", "ocsp_visible_at"}
)
_EVIDENCE = ("serial", "issuer", "revoked_at", "reason", "invalidity_at", "crl_number", "crl_made_at", "ocsp_made_at")
_WHERE_THERE_IS_ONE = frozenset({"invalidity_at"})
_RECORDS = (
    "number",
    "common_name",
    "host_names",
    "organisation",
    "sent_at",
    "crl_visible_at",
    "ocsp_visible_at",
)
_GROUPS = re.compile(r".{1,4}")


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file in the receipt."""

    name: str
    content: bytes
    description: str


def render_receipt(
    language: Language,
    *,
    desk: str,
    evidence: Mapping[str, Any],
    records: Mapping[str, Any],
    files: tuple[AttachedFile, ...],
    made_at: datetime,
) -> bytes:
    """The PDF. `evidence` is what was signed, `records` what the desk adds of its own; times as text in UTC."""
    import weasyprint

    attachments = [
        weasyprint.Attachment(
            string=one.content,
            name=one.name,
            description=one.description,
            created=made_at,
            modified=made_at,
            relationship="Supplement",
        )
        for one in files
    ]
    page = weasyprint.HTML(string=_html(language, desk, evidence, records), url_fetcher=_fetch_nothing)
    return cast("bytes", page.write_pdf(attachments=attachments, pdf_variant="pdf/ua-1"))


def receipt_text(language: Language, *, desk: str, evidence: Mapping[str, Any], records: Mapping[str, Any]) -> str:
    """What the page says, without any white space."""
    reader = _Words()
    reader.feed(_html(language, desk, evidence, records))
    return without_space("".join(reader.said))


def without_space(text: str) -> str:
    """How texts are compared: where a line was broken says nothing."""
    return "".join(text.split())


def _html(language: Language, desk: str, evidence: Mapping[str, Any], records: Mapping[str, Any]) -> str:
    return _page().render(
        language=language.value,
        desk=desk,
        texts=receipt_texts(language),
        evidence=[
            (name, _shown(name, evidence[name], language))
            for name in _EVIDENCE
            if evidence[name] or name not in _WHERE_THERE_IS_ONE
        ],
        records=[(name, _shown(name, records[name], language)) for name in _RECORDS],
        issuer_sha256=_grouped(evidence["issuer_sha256"]),
    )


@cache
def _page() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGES),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("receipt.html.j2")


def _shown(name: str, value: Any, language: Language) -> list[str]:
    """The lines that show a value."""
    if not value:
        return ["–"]
    if name in _TIMES:
        at = from_text(value)
        return [people_time(at, language), utc_time(at)]
    if name == "reason":
        return [word("reason", value, language), value]
    if name == "serial":
        return [_grouped(whole_octets(value))]
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _grouped(digits: str) -> str:
    return " ".join(_GROUPS.findall(digits))


class _Words(HTMLParser):
    """The text nodes of the body."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._is_body = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  the library's
        self._is_body = self._is_body or tag == "body"

    def handle_data(self, data: str) -> None:
        if self._is_body:
            self.said.append(data)


def _fetch_nothing(url: str, *_: object, **__: object) -> NoReturn:
    """A receipt needs no file and no network."""
    raise ValueError(f"the receipt refers to {url}")
