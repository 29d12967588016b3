"""A header block as fields (RFC 5322, 2.2), found in one linear pass over the bytes."""

from __future__ import annotations

import re
from collections.abc import KeysView, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.limits import LIMITS

_FIELD = re.compile(rb"^(?!--)([!-9;-~]++)[ \t]*+:([^\n]*(?:\n[ \t][^\n]*)*)\n?", re.MULTILINE)
_NAME = re.compile(rb"(?!--)[!-9;-~]+")
_LINE = re.compile(rb"\n(?![ \t])")  # the end of one that is not folded
_BLANK_LINE = re.compile(rb"\r*\n")
_MBOX_LINE = re.compile(rb">?From (?![ \t]*:)[^\n]*\n")
_END = re.compile(rb"\n\r*\n")
_WITHOUT_HYPHEN = (
    "from to cc bcc sender subject date received references comments keywords organization precedence priority "
    "importance sensitivity lines newsgroups path status"
)
_ORDINARY = 16_384  # octets of a header in which nothing is odd
_SHORT = 200  # of a part's, which is one of a few
_PLAIN_NAMES = frozenset(_WITHOUT_HYPHEN.split())


class Fields:
    """The fields of one header, in order, names in lower case; values are unfolded when asked for, and not decoded."""

    __slots__ = ("_by_name", "_repeated", "_written", "body_start")

    def __init__(self, fields: Sequence[tuple[str, bytes]], body_start: int) -> None:
        """`fields` with their folds; `body_start` is where the body begins in the bytes that were read."""
        self.body_start = body_start
        self._written = fields
        self._by_name = by_name = dict[str, list[bytes]]()
        self._repeated: set[str] = set()
        for name, value in fields:
            if name in by_name:
                by_name[name].append(value)
                self._repeated.add(name)
            else:
                by_name[name] = [value]

    @property
    def all(self) -> list[tuple[str, bytes]]:
        """Every field, top first."""
        return [(name, _unfolded(value)) for name, value in self._written]

    def first(self, name: str) -> bytes | None:
        """The first value of the field `name` (lower case), or None."""
        values = self._by_name.get(name)
        return _unfolded(values[0]) if values else None

    def each(self, name: str) -> Sequence[bytes]:
        """Every value of the field `name`, top first."""
        return [_unfolded(value) for value in self._by_name.get(name, ())]

    def names(self) -> KeysView[str]:
        return self._by_name.keys()

    def repeats(self, names: AbstractSet[str]) -> bool:
        """Whether one of these fields stands several times."""
        return not self._repeated.isdisjoint(names)


def read_fields(raw: bytes, start: int, findings: Findings, *, limit: int = LIMITS.header_bytes) -> Fields:
    """The header that begins at `start`. It ends at the empty line, or before the first line that is no field.

    At most `limit` octets of it are read; the body still begins where the header really ends. A message whose fields
    are all unknown to mail has no header: `Thanks:)` is how its text begins.
    """
    fields = _read_fields(raw, start, findings, limit)
    names = fields.names()
    if start == 0 and names and not any("-" in name or name in _PLAIN_NAMES for name in names):
        return Fields((), 0)
    return fields


def _unfolded(value: bytes) -> bytes:
    value = value[: LIMITS.field_chars]
    if b"\n" in value:
        value = b"".join([line.rstrip(b"\r") for line in value.split(b"\n")])
    return value.strip()


@lru_cache(maxsize=1_024)
def _name(written: bytes) -> str:
    return written.lower().decode("ascii")


def _read_fields(raw: bytes, start: int, findings: Findings, limit: int) -> Fields:
    end = _END.search(raw, max(start - 1, 0), start + min(limit, _ORDINARY))
    if end:
        header = raw[start : end.start() + 1]
        sound = _few_fields(header) if len(header) <= _SHORT else _all_fields(header)
        if sound is not None:
            return Fields(sound, end.end())
    position = start
    if mbox := _MBOX_LINE.match(raw, position):
        position = mbox.end()
    fields: list[tuple[str, bytes]] = []
    stop = position + limit
    while position < stop:
        found = _FIELD.match(raw, position)
        if found is None:
            return Fields(fields, _body_start(raw, position, findings))
        fields.append((_name(found[1]), found[2]))
        position = found.end()
    if position < len(raw) and not _BLANK_LINE.match(raw, position):
        findings.add(Defect.HEADER_LIMIT)
        end = _END.search(raw, position - 1)
        return Fields(fields, end.end() if end else len(raw))
    return Fields(fields, _body_start(raw, position, findings))


def _all_fields(header: bytes) -> tuple[tuple[str, bytes], ...] | None:
    """The fields of a header in which nothing else stands, not even a blank before a colon, as nearly all are."""
    fields = []
    for line in _LINE.split(header[:-1]) if header else ():
        written, colon, value = line.partition(b":")
        name = _sound_name(written)
        if not (name and colon):
            return None
        fields.append((name, value))
    return tuple(fields)


_few_fields = lru_cache(maxsize=512)(_all_fields)


@lru_cache(maxsize=1_024)
def _sound_name(written: bytes) -> str:
    """The name of a field in lower case; empty when it is none."""
    return _name(written) if _NAME.fullmatch(written) else ""


def whole_fields(raw: bytes, findings: Findings) -> tuple[tuple[tuple[str, bytes], ...], int]:
    """The fields of the first header as they stand, name and folds included, and where the body begins.

    By the same rules as `read_fields`, for those who check signatures over them.
    """
    position = mbox.end() if (mbox := _MBOX_LINE.match(raw)) else 0
    fields: list[tuple[str, bytes]] = []
    while position < LIMITS.header_bytes:
        if (found := _FIELD.match(raw, position)) is None:
            break
        fields.append((_name(found[1]), found[0].rstrip(b"\r\n")))
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
