"""A cheap look at a mail that waits: its subject and the beginning of its first text, decoded, and nothing more.

Good enough to say which of a hundred thousand mails to read first, never to decide anything.
"""

from __future__ import annotations

import html
import re

from sulku_mailbox.domain.charsets import decode_text
from sulku_mailbox.domain.defects import Findings
from sulku_mailbox.domain.encoded_words import decode_header
from sulku_mailbox.domain.entities import Entity, read_entities
from sulku_mailbox.domain.limits import LIMITS

# Of the raw mail: a long header of a chain of servers, then some pages of text.
BEGINNING = 16_384
_LONGEST_TEXT = 4_096
_TAG = re.compile(r"<[^<>]{0,1000}>")


def glance(beginning: bytes, depth: int = 0) -> str:
    """Subject and first text in a mail's first `BEGINNING` octets, whatever they are. Linear; limits as in parsing.

    So also of a mail that is passed on in it, but not of one that a mail system sends back.
    """
    findings = Findings()
    root = read_entities(beginning[:BEGINNING], findings)
    subject = decode_header(root.fields.first("subject") or b"", findings)
    text = next((entity for entity in root.walk() if _is_text(entity)), None)
    seen = subject if text is None else f"{subject}\n{_beginning_of(text, findings)}"
    inner = next((entity for entity in root.walk() if entity.type == "message/rfc822"), None)
    if inner is None or root.type == "multipart/report" or depth >= LIMITS.forwarded_depth:
        return seen
    return f"{seen}\n{glance(inner.body(findings).lstrip(), depth + 1)}"


def _is_text(entity: Entity) -> bool:
    return entity.type.startswith("text/") and entity.disposition.value != "attachment"


def _beginning_of(entity: Entity, findings: Findings) -> str:
    text = decode_text(entity.body(findings), entity.content.parameters.get("charset", ""), findings)
    if entity.type == "text/html":
        text = html.unescape(_TAG.sub(" ", text))
    return text[:_LONGEST_TEXT]
