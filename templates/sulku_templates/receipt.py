"""The receipt of a revocation as a PDF that can be read aloud (PDF/UA-1), with the signed evidence as files in it.

`receipt_text` gives the words that stand on the page, so that whoever verifies a receipt can tell whether they are the
ones that its facts lead to.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from sulku_kernel.clock import from_text
from sulku_kernel.language import Language
from sulku_kernel.serial_number import whole_octets
from sulku_templates.accessible_pdf import AttachedFile, draw, page_template
from sulku_templates.people_time import people_time, utc_time
from sulku_templates.receipt_words import receipt_texts
from sulku_templates.words import word

_TIMES = frozenset(
    {"revoked_at", "invalidity_at", "crl_made_at", "ocsp_made_at", "sent_at", "crl_visible_at", "ocsp_visible_at"}
    | {"confirmed_at"}
)
_EVIDENCE = ("serial", "issuer", "revoked_at", "reason", "invalidity_at", "crl_number", "crl_made_at", "ocsp_made_at")
_WHERE_THERE_IS_ONE = frozenset({"invalidity_at"})
_RECORDS = (
    "number",
    "common_name",
    "organisation",
    "sent_at",
    "crl_visible_at",
    "ocsp_visible_at",
)
_GROUPS = re.compile(r".{1,4}")
# Latin, Greek and Cyrillic letters, and signs; nothing invisible, nothing that changes the direction of writing.
_DRAWN = re.compile(
    "[\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0373\u0386-\u03ff\u0400-\u0481\u048a-\u04ff\u1e00-\u1eff"
    "\u2013-\u2022\u2026\u20ac\u2122]"
)


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
    return draw(_html(language, desk, evidence, records), files=files, at=made_at)


def receipt_text(language: Language, *, desk: str, evidence: Mapping[str, Any], records: Mapping[str, Any]) -> str:
    """What the page says, without any white space."""
    return words_on(_html(language, desk, evidence, records))


def words_on(html: str) -> str:
    """What a page says, without any white space."""
    reader = _Words()
    reader.feed(html)
    return without_space("".join(reader.said))


def without_space(text: str) -> str:
    """How texts are compared: where a line was broken says nothing."""
    return "".join(text.split())


def _html(language: Language, desk: str, evidence: Mapping[str, Any], records: Mapping[str, Any]) -> str:
    return page_template("receipt.html.j2").render(
        language=language.value,
        desk=desk,
        texts=receipt_texts(language),
        evidence=[
            (name, shown(name, evidence[name], language))
            for name in _EVIDENCE
            if evidence[name] or name not in _WHERE_THERE_IS_ONE
        ],
        # By themselves: there may be a hundred, and a row that goes on over pages is read without its heading.
        host_names=[legible(name) for name in records["host_names"]],
        records=[(name, shown(name, records[name], language)) for name in _RECORDS],
        issuer_sha256=_grouped(evidence["issuer_sha256"]),
    )


def shown(name: str, value: Any, language: Language) -> list[str]:
    """The lines that show a value of a receipt."""
    if not value:
        return ["–"]
    if name in _TIMES:
        at = from_text(value)
        return [people_time(at, language), utc_time(at)]
    if name == "reason":
        return [word("reason", value, language), value]
    if name == "serial":
        return [_grouped(whole_octets(value))]
    if name == "issuer_sha256":
        return [_grouped(value)]
    return [legible(str(value))]


def legible(text: str) -> str:
    """What comes from outside, all of it to be seen and compared: what the font cannot draw is shown by its number."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(char if _DRAWN.fullmatch(char) else f"[U+{ord(char):04X}]" for char in composed)


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
