"""A header block as fields (RFC 5322, 2.2), found in one linear pass over the bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.limits import LIMITS

_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:([^\n]*(?:\n[ \t][^\n]*)*)\n?")
_BLANK_LINE = re.compile(rb"\r*\n")
_MBOX_LINE = re.compile(rb">?From (?![ \t]*:)[^\n]*\n")
_END = re.compile(rb"\n\r*\n")
_WITHOUT_HYPHEN = (
    "from to cc bcc sender subject date received references comments keywords organization precedence priority "
    "importance sensitivity lines newsgroups path status"
)
_PLAIN_NAMES = frozenset(_WITHOUT_HYPHEN.split())


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one header, in order, names in lower case, values unfolded but not decoded."""

    all: tuple[tuple[str, bytes], ...]
    body_start: int
    """Where the body begins in the bytes that were read."""

    def first(self, name: str) -> bytes | None:
        """The first value of the field `name` (lower case), or None."""
        for field, value in self.all:
            if field == name:
                return value
        return None

    def each(self, name: str) -> Iterator[bytes]:
        """Every value of the field `name`, top first."""
        return (value for field, value in self.all if field == name)

    def names(self) -> frozenset[str]:
        return frozenset(field for field, _ in self.all)


def read_fields(raw: bytes, start: int, findings: Findings, *, limit: int = LIMITS.header_bytes) -> Fields:
    """The header that begins at `start`. It ends at the empty line, or before the first line that is no field.

    At most `limit` octets of it are read; the body still begins where the header really ends. A message whose fields
    are all unknown to mail has no header: `Thanks:)` is how its text begins.
    """
    fields = _read_fields(raw, start, findings, limit)
    if start == 0 and fields.all and not any("-" in name or name in _PLAIN_NAMES for name, _ in fields.all):
        return Fields((), 0)
    return fields


def _read_fields(raw: bytes, start: int, findings: Findings, limit: int) -> Fields:
    position = start
    if mbox := _MBOX_LINE.match(raw, position):
        position = mbox.end()
    fields: list[tuple[str, bytes]] = []
    stop, longest = position + limit, LIMITS.field_chars
    while position < stop:
        if raw.startswith(b"--", position) or (found := _FIELD.match(raw, position)) is None:
            return Fields(tuple(fields), _body_start(raw, position, findings))
        name, value = found.groups()
        value = value[:longest]
        if b"\n" in value:
            value = b"".join([line.rstrip(b"\r") for line in value.split(b"\n")])
        fields.append((name.lower().decode("ascii"), value.strip()))
        position = found.end()
    if position < len(raw) and not _BLANK_LINE.match(raw, position):
        findings.add(Defect.HEADER_LIMIT)
        end = _END.search(raw, position - 1)
        return Fields(tuple(fields), end.end() if end else len(raw))
    return Fields(tuple(fields), _body_start(raw, position, findings))


def whole_fields(raw: bytes, findings: Findings) -> tuple[tuple[tuple[str, bytes], ...], int]:
    """The fields of the first header as they stand, name and folds included, and where the body begins.

    By the same rules as `read_fields`, for those who check signatures over them.
    """
    position = mbox.end() if (mbox := _MBOX_LINE.match(raw)) else 0
    fields: list[tuple[str, bytes]] = []
    while position < LIMITS.header_bytes:
        if raw.startswith(b"--", position) or (found := _FIELD.match(raw, position)) is None:
            break
        fields.append((found[1].lower().decode("ascii"), found[0].rstrip(b"\r\n")))
        position = found.end()
    else:
        findings.add(Defect.HEADER_LIMIT)
    if not fields:
        findings.add(Defect.NO_HEADER)
    return tuple(fields), _body_start(raw, position, findings)


def _body_start(raw: bytes, position: int, findings: Findings) -> int:
    if blank := _BLANK_LINE.match(raw, position):
        return blank.end()
    if position < len(raw):
        findings.add(Defect.HEADER_BROKEN)
    return position
