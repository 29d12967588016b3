"""The parts of a message (RFC 2046), found in one pass over the bytes.

A stack of open multiparts is kept while the delimiter lines are walked through once, so the cost is linear in the size
whatever the nesting, and limits cut the tree off instead of failing. The standard library's parser recurses per level
(RecursionError at a thousand) and needs half a minute for a million parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.header_fields import Fields, read_fields
from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.parameters import Parameterised, parse_parameterised
from sulku_mailbox.domain.transfer import decode_transfer

_DELIMITER = re.compile(rb"\n--([^\n]*)")
_PLAIN = Parameterised("text/plain")
_NO_DISPOSITION = Parameterised("")


@dataclass(slots=True)
class Entity:
    """One part: its fields, where its body lies in `source`, and its own parts."""

    source: bytes
    fields: Fields
    content: Parameterised
    disposition: Parameterised
    where: str
    end: int
    parts: list[Entity] = field(default_factory=list)
    type: str = field(init=False)
    """The media type in lower case, `text/plain` where none is given (RFC 2045, 5.2)."""

    def __post_init__(self) -> None:
        self.type = self.content.value

    @property
    def is_multipart(self) -> bool:
        return self.type.startswith("multipart/") and bool(self.parts)

    @property
    def is_message(self) -> bool:
        return self.type in {"message/rfc822", "message/global", "message/news"}

    def raw_body(self) -> bytes:
        """The body as it stands in the message."""
        return self.source[self.fields.body_start : self.end]

    def body(self, findings: Findings) -> bytes:
        """The body after its transfer encoding was taken off."""
        encoding = self.fields.first("content-transfer-encoding") or b""
        return decode_transfer(self.raw_body(), encoding, findings)

    def walk(self) -> Iterator[Entity]:
        """This part and all parts below it, in the order of the message; no recursion."""
        waiting = [self]
        while waiting:
            entity = waiting.pop()
            yield entity
            waiting.extend(reversed(entity.parts))


class _Walk:
    """The state of one pass: the open multiparts from the outermost in, and what has been used of the limits."""

    def __init__(self, raw: bytes, findings: Findings) -> None:
        self.raw = raw
        self.findings = findings
        self.open: list[tuple[bytes, Entity]] = []
        self.depth_of: dict[bytes, int] = {}
        self.last: list[Entity] = []  # last[k]: the part of open[k] that is being read
        self.parts = 0
        self.header_bytes = 0

    def start(self, position: int, parent: Entity | None) -> Entity:
        budget = min(LIMITS.header_bytes, max(LIMITS.all_headers_bytes - self.header_bytes, 512))
        fields = read_fields(self.raw, position, self.findings, limit=budget)
        self.header_bytes += fields.body_start - position
        content = _content_type(fields, parent, self.findings)
        disposition = fields.first("content-disposition")
        where = "1" if parent is None else f"{parent.where}.{len(parent.parts) + 1}"
        if parent is not None and parent.where == "1":
            where = str(len(parent.parts) + 1)
        entity = Entity(
            source=self.raw,
            fields=fields,
            content=content,
            disposition=_NO_DISPOSITION if disposition is None else parse_parameterised(disposition, self.findings),
            where=where,
            end=len(self.raw),
        )
        self.parts += 1
        if parent is not None:
            parent.parts.append(entity)
        self._open(entity)
        return entity

    def _open(self, entity: Entity) -> None:
        if not entity.type.startswith("multipart/"):
            return
        boundary = entity.content.raw.get("boundary", b"").rstrip()
        if not boundary or len(boundary) > LIMITS.boundary_bytes or boundary in self.depth_of:
            self.findings.add(Defect.BOUNDARY_MISSING)
        elif len(self.open) >= LIMITS.nesting:
            self.findings.add(Defect.NESTING)
        else:
            self.depth_of[boundary] = len(self.open)
            self.open.append((boundary, entity))

    def close_to(self, depth: int, end: int) -> None:
        """Everything inside the multipart at `depth` ends at `end`."""
        while len(self.open) > depth + 1:
            boundary, entity = self.open.pop()
            del self.depth_of[boundary]
            self._end_last(entity, end)
            entity.end = end
        self._end_last(self.open[depth][1], end)

    @staticmethod
    def _end_last(entity: Entity, end: int) -> None:
        if entity.parts and entity.parts[-1].end > end:
            last = entity.parts[-1]
            last.end = max(end, last.fields.body_start)


def read_entities(raw: bytes, findings: Findings) -> Entity:
    """The message as a tree of parts. Never raises; what is beyond the limits stays in the part it stands in."""
    walk = _Walk(raw, findings)
    root = walk.start(0, None)
    if not walk.open:
        return root
    resume = root.fields.body_start
    for found in _DELIMITER.finditer(raw, max(resume - 1, 0)):
        start = found.start() + 1
        if start < resume or not walk.open:
            continue
        line = found[1].rstrip()
        depth = walk.depth_of.get(line)
        if depth is None:
            if not line.endswith(b"--") or (depth := walk.depth_of.get(line[:-2])) is None:
                continue
            walk.close_to(depth, _before_newline(raw, start))
            boundary, entity = walk.open.pop()
            del walk.depth_of[boundary]
            entity.end = _before_newline(raw, start)
            continue
        walk.close_to(depth, _before_newline(raw, start))
        if walk.parts >= LIMITS.parts:
            findings.add(Defect.PARTS_LIMIT)
            break
        resume = walk.start(min(found.end() + 1, len(raw)), walk.open[depth][1]).fields.body_start
    if walk.open:
        findings.add(Defect.BOUNDARY_NOT_CLOSED)
    return root


def _before_newline(raw: bytes, position: int) -> int:
    """The line break before a delimiter belongs to the delimiter (RFC 2046, 5.1.1). A line feed is always there."""
    return position - (2 if raw[position - 2 : position] == b"\r\n" else 1)


def _content_type(fields: Fields, parent: Entity | None, findings: Findings) -> Parameterised:
    value = fields.first("content-type")
    content = parse_parameterised(value, findings) if value else _PLAIN
    if "/" not in content.value:
        if content.value == "text":
            return Parameterised("text/plain", content.parameters, content.raw)
        if parent is not None and parent.type == "multipart/digest":
            return Parameterised("message/rfc822", content.parameters, content.raw)
        return Parameterised("text/plain", content.parameters, content.raw)
    if value is None and parent is not None and parent.type == "multipart/digest":
        return Parameterised("message/rfc822")
    return content
