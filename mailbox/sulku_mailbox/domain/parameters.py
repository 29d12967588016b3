"""`Content-Type: text/plain; charset=utf-8` and its like: a value with parameters (RFC 2045, 5.1; RFC 2231)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from sulku_mailbox.domain.charsets import decode_text
from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.encoded_words import decode_header
from sulku_mailbox.domain.limits import LIMITS

_BETWEEN = re.compile(rb"[\s;]*+")
_VALUE = re.compile(rb"\s*([^\s;\"]{1,200})")
_PARAMETER = re.compile(rb"([^\s=;\"]{1,100}+)\s*+=\s*+(?:\"((?:[^\"\\]|\\.)*+)\"?|([^;\"\s][^;]*+)?)", re.DOTALL)
# One plain parameter.
_SINGLE = re.compile(
    rb"([a-z0-9/.+-]{1,100});[ \t]?([a-z]{1,40})=(?:\"([ !#-\[\]-~]{1,100})\"|([!#-:<-~]{1,100}))", re.IGNORECASE
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_USUAL = 200
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?$")


@dataclass(frozen=True, slots=True)
class Parameterised:
    """`value` in lower case; `parameters` by lower-case name, decoded."""

    value: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, bytes] = field(default_factory=dict)
    """The same parameters as octets, for those that are compared with octets (`boundary`)."""


def parse_parameterised(value: bytes, findings: Findings) -> Parameterised:
    """Reads a field with parameters. Linear; at most `LIMITS.parameters` of them; the first of a name counts."""
    if len(value) > _USUAL or b"boundary" in value:  # which is another one in each mail
        return _parse(value, findings)
    read, found = _parse_usual(value)
    findings.add_all(found)
    return read


@lru_cache(maxsize=512)
def _parse_usual(value: bytes) -> tuple[Parameterised, Findings]:
    """Nearly all write `text/plain; charset=utf-8` or one of a few others: those are read once."""
    findings = Findings()
    return _parse(value, findings), findings


def _parse(value: bytes, findings: Findings) -> Parameterised:
    if (single := _SINGLE.fullmatch(value)) and b"=?" not in value:
        return _of_single(single)
    found = _VALUE.match(value)
    if found is None:
        return Parameterised("")
    raw: dict[str, bytes] = {}
    position = found.end()
    semicolon = value.find(b";", position)
    if not _PARAMETER.match(value, _BETWEEN.match(value, position).end()):  # type: ignore[union-attr]  # matches always
        position = semicolon if semicolon >= 0 else len(value)  # or else only the first semicolon was forgotten
    while (position := _BETWEEN.match(value, position).end()) < len(value):  # type: ignore[union-attr]  # matches always
        parameter = _PARAMETER.match(value, position)
        if parameter is None:
            following = value.find(b";", position + 1)
            if following < 0:
                break
            position = following
            continue
        if len(raw) >= LIMITS.parameters:
            findings.add(Defect.PARAMETER_LIMIT)
            break
        text = (parameter[3] or b"").strip() if parameter[2] is None else _ESCAPED.sub(rb"\1", parameter[2])
        raw.setdefault(parameter[1].lower().decode("ascii", "replace"), text)
        position = parameter.end()
    return Parameterised(found[1].lower().decode("ascii", "replace"), _decode(raw, findings), raw)


def _of_single(single: re.Match[bytes]) -> Parameterised:
    name, octets = single[2].lower().decode("ascii"), single[3] or single[4]
    return Parameterised(single[1].lower().decode("ascii"), {name: octets.decode("ascii")}, {name: octets})


def _decode(raw: Mapping[str, bytes], findings: Findings) -> dict[str, str]:
    plain: dict[str, str] = {}
    sections: dict[str, list[tuple[int, bool, bytes]]] = {}
    for name, value in raw.items():
        if "*" in name and (section := _SECTION.match(name)):
            sections.setdefault(section[1], []).append((int(section[2] or 0), bool(section[3]), value))
        else:
            plain[name] = decode_header(value, findings)
    for name, parts in sections.items():
        plain[name] = _join(parts, findings)
    return plain


def _join(parts: list[tuple[int, bool, bytes]], findings: Findings) -> str:
    """RFC 2231, 3 and 4: sections in their order, the charset in the first one, percent-encoding where marked."""
    parts.sort(key=lambda part: part[0])
    charset = ""
    octets = b""
    for index, (_, is_encoded, value) in enumerate(parts):
        text = value
        if index == 0 and is_encoded and text.count(b"'") >= 2:
            label, _, rest = text.partition(b"'")
            charset, text = label.decode("ascii", "replace"), rest.partition(b"'")[2]
        octets += unquote_to_bytes(text) if is_encoded else text
    return decode_text(octets, charset, findings)
