"""Which parts of a message are its text, and which are files beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sulku_mailbox.domain.characters import plain_characters
from sulku_mailbox.domain.charsets import decode_text
from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.entities import Entity
from sulku_mailbox.domain.flowed import unflow
from sulku_mailbox.domain.html_text import STRUCK, html_to_text, html_to_words, may_strike_out
from sulku_mailbox.domain.limits import LIMITS

_BASE64_START = re.compile(rb"\s*(?:[A-Za-z0-9+/=]|\Z)")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_END = 4_096
_ORDINARY = 16_384  # characters of a text that a person wrote


@dataclass(slots=True)
class Body:
    """`text` is what a person sees; `html` the first HTML part, decoded, not cleaned; `files` are the other parts."""

    text: str = ""
    html: str | None = None
    files: list[Entity] = field(default_factory=list)
    messages: list[Entity] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)
    """Where the files stand that were read as text too, since some of it may be missing."""


def read_body(root: Entity, findings: Findings) -> Body:
    """Sorts the parts of `root` into text, files and attached messages, in the order of the message."""
    body = Body()
    texts: list[str] = []
    waiting = [root]
    while waiting:
        entity = waiting.pop()
        if entity.is_multipart:
            if not texts and _says_also_text(entity):
                texts.append(_plain(entity, findings))
            if entity.type == "multipart/alternative" and (choice := _alternatives(entity)) is not None:
                plain, html, others = choice
                texts.append(_choose(plain, html, body, findings))
                waiting.extend(reversed(others))
            else:
                waiting.extend(reversed(entity.parts))
        elif entity.is_message:
            body.messages.append(entity)
        elif not _is_text(entity, root):
            body.files.append(entity)
        else:
            is_html = entity.type == "text/html"
            texts.append(_seen(_html(entity, body, findings), findings) if is_html else _plain(entity, findings))
            if _may_be_incomplete(entity, root):
                body.files.append(entity)
                body.damaged.add(entity.where)
    body.text = _bounded("\n\n".join([piece.strip("\n") for piece in texts if piece.strip()]), findings)
    return body


def _is_text(entity: Entity, root: Entity) -> bool:
    """Text without a file name that is not sent as an attachment. What is alone in a message is its text."""
    if entity.type.startswith("multipart/"):
        return True  # its boundary was unusable
    if entity.type not in {"text/plain", "text/html"}:
        return entity is root and entity.type.startswith("text/") and entity.type != "text/calendar"
    if entity is root:
        return entity.disposition.value != "attachment"
    if entity.disposition.value == "attachment":
        return False
    return not (entity.disposition.parameters.get("filename") or entity.content.parameters.get("name"))


def _says_also_text(entity: Entity) -> bool:
    """A multipart whose header names a second type, of text: what stands before its parts may be what is shown.

    It can be read in two ways, so both are.
    """
    types = entity.fields.each("content-type")
    return len(types) > 1 and types[-1].lower().startswith(b"text/")


def _may_be_incomplete(entity: Entity, root: Entity) -> bool:
    """Text that ends with the message and not with its multipart, or that is not in the encoding it claims.

    Nobody can know what is missing: it is read as text, and the file is there to be looked at.
    """
    boundary = root.content.raw.get("boundary")
    if root.type.startswith("multipart/") and boundary and entity.end == len(entity.source):
        end = entity.raw_body()[-_END:].rstrip()
        return bool(end) and not end.endswith(b"--" + boundary + b"--")
    return _only_claims_base64(entity)


def _only_claims_base64(entity: Entity) -> bool:
    encoding = entity.fields.first("content-transfer-encoding")
    return encoding is not None and encoding.lower() == b"base64" and not _BASE64_START.match(entity.raw_body())


def _alternatives(entity: Entity) -> tuple[Entity | None, Entity | None, list[Entity]] | None:
    """The plain and the HTML version of the same text, and what else stands with them (calendar, pictures)."""
    plain: Entity | None = None
    html: Entity | None = None
    others: list[Entity] = []
    for part in entity.parts:
        inner = list(part.walk()) if part.is_multipart else [part]
        for leaf in inner:
            if leaf.is_multipart:
                continue
            if leaf.type == "text/plain" and plain is None and _is_text(leaf, entity):
                plain = leaf
            elif leaf.type == "text/html" and html is None and _is_text(leaf, entity):
                html = leaf
            else:
                others.append(leaf)
    return None if plain is None and html is None else (plain, html, others)


def _choose(plain: Entity | None, html: Entity | None, body: Body, findings: Findings) -> str:
    """Plain text where it says everything; else HTML; both where each says something that the other does not."""
    if html is None:
        return "" if plain is None else _plain(plain, findings)
    markup = _html(html, body, findings)
    text = "" if plain is None else _plain(plain, findings)
    is_struck = may_strike_out(markup)
    if text.strip() and not is_struck and _says_all(text, html_to_words(markup)):
        return text
    seen = _seen(markup, findings)
    if is_struck and STRUCK in seen and _squeezed(seen, _telling(text)):
        return seen  # plain text drops the line through a word
    return _fuller(text, seen, findings) if text.strip() else seen


def _says_all(text: str, everything: str) -> bool:
    """Whether the plain text says all that the HTML could show (`everything`, with what is hidden in it)."""
    if not (len(text) < _ORDINARY and len(everything) < len(text) * 3):
        return False
    lines = set(text.split("\n"))
    besides = [line for line in everything.splitlines() if line not in lines and line not in text]  # mostly none
    return _squeezed(text, _telling("\n".join(besides)))


def _fuller(text: str, seen: str, findings: Findings) -> str:
    in_text, in_html = _telling(text), _telling(seen)
    if _squeezed(text, in_html - in_text):
        return text if len(text) * 3 > len(seen) else seen
    if _squeezed(seen, in_text - in_html):
        return seen
    findings.add(Defect.ALTERNATIVES_DIFFER)
    return f"{text}\n\n{seen}"


def _telling(text: str) -> set[str]:
    """The words that could name a certificate: those with a digit."""
    return {word for word in text.split() if not word.isalpha() and len(word) > 3 and _DIGIT.search(word)}


def _squeezed(text: str, words: set[str]) -> bool:
    """Whether all the words stand in the text when blanks and marks do not count (tables and links differ in them)."""
    letters = ""
    for word in words:
        if word not in text:
            letters = letters or _letters(text)
            if _letters(word) not in letters:
                return False
    return True


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _plain(entity: Entity, findings: Findings) -> str:
    octets = entity.raw_body() if _only_claims_base64(entity) else entity.body(findings)
    raw = _cut(octets, 4 * LIMITS.text_chars, findings)
    parameters = entity.content.parameters
    text = decode_text(raw, parameters.get("charset", ""), findings).replace("\r\n", "\n").replace("\r", "\n")
    if parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=parameters.get("delsp", "").lower() == "yes")
    return plain_characters(text, findings)


def _seen(markup: str, findings: Findings) -> str:
    return plain_characters(html_to_text(markup), findings)


def _html(entity: Entity, body: Body, findings: Findings) -> str:
    raw = _cut(entity.body(findings), LIMITS.html_bytes, findings)
    charset = entity.content.parameters.get("charset", "")
    if not charset and (found := _META_CHARSET.search(raw, 0, 4096)):
        label = found[1].decode("ascii", "replace").lower()
        charset = "" if label.startswith("utf-16") else label
    html = decode_text(raw, charset, findings)
    if body.html is None:
        body.html = html
    return html


def _cut(raw: bytes, limit: int, findings: Findings) -> bytes:
    if len(raw) > limit:
        findings.add(Defect.TEXT_LIMIT)
    return raw[:limit]


def _bounded(text: str, findings: Findings) -> str:
    if len(text) > LIMITS.text_chars:
        findings.add(Defect.TEXT_LIMIT)
    return text[: LIMITS.text_chars]
