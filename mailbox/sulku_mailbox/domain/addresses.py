"""Address fields (RFC 5322, 3.4), read so that nobody can be made to look like somebody else (CVE-2023-27043).

The scanner is linear. Lists of recipients are read kindly; the sender is read strictly: one field, one address, and
nothing else in it that could be taken for an address. Otherwise the mail has no identity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sulku_kernel.address import normalise_address
from sulku_mailbox.domain.charsets import decode_text
from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.encoded_words import decode_header
from sulku_mailbox.domain.limits import LIMITS

_TOKEN = re.compile(
    r'(?P<quoted>"(?:[^"\\]|\\.)*+"?)|(?P<blank>\s++)|(?P<special>[()<>,;:@\\\[\]])|(?P<atom>[^\s"()<>,;:@\\\[\]]++)',
    re.DOTALL,
)
# A name of plain words and one address, as nearly all write it: nothing in it can be taken for anything else.
_SIMPLE = re.compile(
    rb"(?:[a-z][a-z .-]*+)?+<([a-z0-9]++(?:[._-][a-z0-9]++)*+@(?:[a-z0-9]++(?:-[a-z0-9]++)*+\.)++[a-z]{2,63})>",
    re.IGNORECASE,
)
_LONGEST_SIMPLE = 200
_ENCODED = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]*+\?=")
_ADDRESS_LIKE = re.compile(r"[^\s<>()\[\],;:\"'@=]{1,255}+@[^\s<>()\[\],;:\"'@]{1,255}")


@dataclass(frozen=True, slots=True)
class Sender:
    """`address` normalised, or None when the mail has no identity; `shown` is the decoded field."""

    address: str | None
    shown: str


class _Entry:
    """What stands between two commas: before, inside and behind the angle brackets. Comments are left out."""

    __slots__ = ("_after", "_inside", "_outside", "has_at", "is_broken", "is_open")

    def __init__(self) -> None:
        self._outside: list[str] = []
        self._inside: list[str] | None = None
        self._after: list[str] = []
        self.is_broken = False
        self.is_open = False  # inside the angle brackets now
        self.has_at = False  # an @ stands before them

    @property
    def outside(self) -> str:
        return "".join(self._outside)

    @property
    def angle(self) -> str | None:
        return None if self._inside is None else "".join(self._inside)

    @property
    def has_no_angle(self) -> bool:
        return self._inside is None

    @property
    def has_words_behind(self) -> bool:
        return any(map(str.strip, self._after))

    @property
    def specification(self) -> str:
        return (self.outside if self.angle is None else self.angle).strip()

    @property
    def is_blank(self) -> bool:
        return self.has_no_angle and not any(map(str.strip, self._outside))

    def add_inside(self, mark: str) -> None:
        """One mark between `<` and `>`."""
        if mark == ">":
            self.is_open = False
        elif self._inside is not None and mark != "<":
            self._inside.append(mark)
        self.is_broken |= mark in {"<", ",", ";", ")"}

    def add_outside(self, mark: str) -> None:
        """One mark before `<` or behind `>`."""
        if mark == "<":
            self.is_broken |= self._inside is not None
            self._inside, self.is_open = [], True
            return
        self.is_broken |= mark in {">", ")", "\\"}
        if self._inside is None:
            self.has_at |= "@" in mark
            self._outside.append(mark)
        else:
            self._after.append(mark)


def read_sender(values: Sequence[bytes], findings: Findings) -> Sender:
    """The author of the mail from all its From fields.

    Several fields or addresses, routes, other addresses inside names or comments, and encoded words inside the
    address all leave it without identity.
    """
    if not values:
        findings.add(Defect.FROM_MISSING)
        return Sender(None, "")
    if len(values) == 1 and (simple := _simple_address(values[0])):
        return Sender(simple, values[0].decode("ascii"))
    shown = decode_header(values[0][: LIMITS.from_bytes], findings)
    if len(values) > 1:
        findings.add(Defect.FROM_SEVERAL)
        return Sender(None, shown)
    if len(values[0]) > LIMITS.from_bytes:
        findings.add(Defect.FROM_AMBIGUOUS)
        return Sender(None, shown)
    return Sender(_author(decode_text(values[0], "", findings), shown, findings), shown)


def _author(text: str, shown: str, findings: Findings) -> str | None:
    """The one address of a From field; None with the defect that says why there is none."""
    entries = [entry for entry in _scan(text, findings) if not entry.is_blank]
    addressed = [entry for entry in entries if entry.angle is not None or "@" in entry.specification]
    if len(addressed) != 1:
        findings.add(Defect.FROM_SEVERAL if addressed else Defect.FROM_MISSING)
        return None
    address = _strict_address(addressed[0])
    if address is None or any(entry.is_broken for entry in entries) or _names_another(text, shown, address):
        findings.add(Defect.FROM_AMBIGUOUS)
        return None
    return address


def read_addresses(values: Iterable[bytes], findings: Findings) -> tuple[str, ...]:
    """All addresses of these fields, normalised, each once, in order; what is none is left out with a defect."""
    found: dict[str, None] = {}
    tried = 0
    for value in values:
        for specification in _specifications(value, findings):
            tried += 1
            if tried > LIMITS.addresses:
                findings.add(Defect.ADDRESS_LIMIT)
                return tuple(found)
            address = _normalised(specification)
            if address is None:
                if "@" in specification:
                    findings.add(Defect.ADDRESS_BROKEN)
                continue
            found[address] = None
    return tuple(found)


def _simple_address(value: bytes) -> str | None:
    """The address of a field that holds it and perhaps a plain name; None where that takes a closer look."""
    return _read_simple(value) if len(value) <= _LONGEST_SIMPLE else None


@lru_cache(maxsize=2048)
def _read_simple(value: bytes) -> str | None:
    simple = _SIMPLE.fullmatch(value)
    return normalise_address(simple[1].decode("ascii")) if simple else None


def _specifications(value: bytes, findings: Findings) -> Iterator[str]:
    """What stands for an address in each entry of a field."""
    if simple := _simple_address(value):
        yield simple
        return
    for entry in _scan(decode_text(value, "", findings), findings):
        if not entry.is_blank:
            yield entry.specification


def _strict_address(entry: _Entry) -> str | None:
    if entry.is_broken or entry.has_words_behind:
        return None
    if entry.angle is not None and "@" in _unquoted(entry.outside):
        return None
    text = entry.specification
    if text.count("@") != 1 or "=?" in text or '"' in text:
        return None
    return _normalised(text)


def _unquoted(text: str) -> str:
    return re.sub(r'"(?:[^"\\]|\\.)*+"?', "", _ENCODED.sub("", text), flags=re.DOTALL)


def _names_another(raw: str, shown: str, address: str) -> bool:
    """Whether anything that a person or another program could take for an address differs from the chosen one."""
    for text in (raw, shown):
        candidates = _ADDRESS_LIKE.findall(text[: LIMITS.field_chars])
        if len(candidates) > 20:
            return True
        if any(_normalised(candidate.strip("'\"`.")) != address for candidate in candidates):
            return True
    return False


@lru_cache(maxsize=2048)
def _normalised(text: str) -> str | None:
    return normalise_address(text)


def _scan(text: str, findings: Findings) -> Iterator[_Entry]:
    """The entries of an address list. Groups are opened up: their members are entries, their names are not."""
    entry = _Entry()
    depth = 0
    for found in _TOKEN.finditer(text):
        mark = found[0]
        if depth:
            depth += (mark == "(") - (mark == ")")
        elif mark == "(":
            depth = 1
        elif entry.is_open:
            entry.add_inside(mark)
        elif mark in {",", ";"}:
            yield entry
            entry = _Entry()
        elif mark == ":" and not entry.has_at and entry.has_no_angle:
            entry = _Entry()  # the name of a group
        else:
            entry.add_outside(mark)
    entry.is_broken |= entry.is_open or depth > 0
    if entry.is_broken:
        findings.add(Defect.ADDRESS_BROKEN)
    yield entry
