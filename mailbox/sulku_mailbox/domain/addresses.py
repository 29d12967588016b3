"""Address fields (RFC 5322, 3.4), read so that nobody can be made to look like somebody else (CVE-2023-27043).

The scanner is linear. Lists of recipients are read kindly; the sender is read strictly: one field, one address, and
nothing else in it that could be taken for an address. Otherwise the mail has no identity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
_ENCODED = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]*+\?=")
_ADDRESS_LIKE = re.compile(r"[^\s<>()\[\],;:\"'@=]{1,255}+@[^\s<>()\[\],;:\"'@]{1,255}")


@dataclass(frozen=True, slots=True)
class Sender:
    """`address` normalised, or None when the mail has no identity; `shown` is the decoded field."""

    address: str | None
    shown: str


@dataclass(slots=True)
class _Entry:
    """What stands between two commas."""

    outside: str = ""
    angle: str | None = None
    after: str = ""
    comments: str = ""
    is_broken: bool = False

    @property
    def specification(self) -> str:
        return (self.outside if self.angle is None else self.angle).strip()

    @property
    def is_blank(self) -> bool:
        return self.angle is None and not self.outside.strip()


def read_sender(values: Sequence[bytes], findings: Findings) -> Sender:
    """The author of the mail from all its From fields. Several fields or addresses, groups, routes, addresses inside
    names or comments, and encoded words inside the address all leave it without identity.
    """
    if not values:
        findings.add(Defect.FROM_MISSING)
        return Sender(None, "")
    shown = decode_header(values[0], findings)
    if len(values) > 1:
        findings.add(Defect.FROM_SEVERAL)
        return Sender(None, shown)
    text = decode_text(values[0], "", findings)
    entries = [entry for entry in _scan(text, findings) if not entry.is_blank]
    addressed = [entry for entry in entries if entry.angle is not None or "@" in entry.specification]
    if not addressed:
        findings.add(Defect.FROM_MISSING)
        return Sender(None, shown)
    if len(addressed) > 1:
        findings.add(Defect.FROM_SEVERAL)
        return Sender(None, shown)
    address = _strict_address(addressed[0])
    if address is None or any(entry.is_broken for entry in entries) or _names_another(text, shown, address):
        findings.add(Defect.FROM_AMBIGUOUS)
        return Sender(None, shown)
    return Sender(address, shown)


def read_addresses(values: Iterator[bytes], findings: Findings) -> tuple[str, ...]:
    """All addresses of these fields, normalised, each once, in order; what is none is left out with a defect."""
    found: dict[str, None] = {}
    tried = 0
    for value in values:
        for entry in _scan(decode_text(value, "", findings), findings):
            if entry.is_blank:
                continue
            tried += 1
            if tried > LIMITS.addresses:
                findings.add(Defect.ADDRESS_LIMIT)
                return tuple(found)
            address = _normalised(entry.specification)
            if address is None:
                if "@" in entry.specification:
                    findings.add(Defect.ADDRESS_BROKEN)
                continue
            found[address] = None
    return tuple(found)


def _strict_address(entry: _Entry) -> str | None:
    if entry.is_broken or entry.after.strip():
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
    in_angle = False
    for found in _TOKEN.finditer(text):
        token = found[0]
        if depth:
            depth += (token == "(") - (token == ")")
            entry.comments += token if len(entry.comments) < 1000 else ""
            continue
        if token == "(":
            depth = 1
        elif token == ")":
            entry.is_broken = True
        elif in_angle:
            in_angle = token != ">"
            if token in "<,;" and not token.isspace():
                entry.is_broken = True
            if in_angle and token != "<":
                entry.angle = (entry.angle or "") + token
        elif token == "<":
            entry.is_broken |= entry.angle is not None
            entry.angle, in_angle = "", True
        elif token in {",", ";"}:
            yield entry
            entry = _Entry()
        elif token == ":" and entry.angle is None and "@" not in entry.outside:
            entry = _Entry()  # the name of a group
        else:
            _append(entry, token)
    entry.is_broken |= in_angle or depth > 0
    if entry.is_broken:
        findings.add(Defect.ADDRESS_BROKEN)
    yield entry


def _append(entry: _Entry, token: str) -> None:
    if entry.angle is None:
        entry.outside += token
    else:
        entry.after += token
    if token in {">", "\\"}:
        entry.is_broken = True
