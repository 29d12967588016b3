"""SPF records (RFC 7208, 4.5 to 5) read into terms, and the macros in them (7) written out."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_QUALIFIERS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)")
_TERM = re.compile(r"([+\-~?]?)([A-Za-z0-9]+)(?::([^/].*)|(/.*))?")
_LENGTHS = re.compile(r"(.*?)(?:/(\d{1,2}))?(?://(\d{1,3}))?")
_MACRO = re.compile(r"%(?:\{([slodiphcrtv])(\d{0,3})(r?)([.\-+,/_=]*)\}|([%_\-]))", re.IGNORECASE)
_MECHANISMS = frozenset({"a", "mx", "ptr", "include", "exists", "all", "ip4", "ip6"})
_LONGEST_RECORD, _MOST_TERMS = 4_096, 100
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


class SpfSyntaxError(ValueError):
    """The record, or a macro in it, is wrong: the result is permerror."""


@dataclass(frozen=True, slots=True)
class Term:
    """A mechanism. `value` is its domain with macros, or its network; lengths of prefixes as given."""

    name: str
    result: str
    value: str = ""
    length_4: int = 32
    length_6: int = 128


@dataclass(frozen=True, slots=True)
class SpfRecord:
    """The mechanisms in order, and where the record goes on when none of them hits."""

    terms: tuple[Term, ...]
    redirect: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """What macros speak of: MAIL FROM (or `postmaster@` the HELO name), the peer, its HELO name."""

    address: str
    ip: IpAddress
    helo: str

    @property
    def local(self) -> str:
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def is_spf(text: str) -> bool:
    """Whether a TXT record is an SPF record (RFC 7208, 4.5)."""
    return text.lower() == "v=spf1" or text[:7].lower() == "v=spf1 "


def read_record(text: str) -> SpfRecord:
    """The record. Raises SpfSyntaxError on any fault anywhere in it (RFC 7208, 4.6)."""
    if len(text) > _LONGEST_RECORD or len(text.split(" ")) > _MOST_TERMS or not text.isascii():
        raise SpfSyntaxError("record too long")
    terms: list[Term] = []
    modifiers: dict[str, str] = {}
    for word in text.split(" ")[1:]:
        if not word:
            continue
        found = _MODIFIER.fullmatch(word)
        if found is None:
            terms.append(_read_term(word))
        elif (name := found[1].lower()) in {"redirect", "exp"} and name in modifiers:
            raise SpfSyntaxError("a modifier stands twice")
        else:
            modifiers[name] = found[2]
    redirect = modifiers.get("redirect")
    if redirect == "":
        raise SpfSyntaxError("redirect to nowhere")
    return SpfRecord(tuple(terms), redirect)


def _read_term(word: str) -> Term:
    found = _TERM.fullmatch(word)
    if found is None or found[2].lower() not in _MECHANISMS:
        raise SpfSyntaxError("an unknown mechanism")
    name, result = found[2].lower(), _QUALIFIERS[found[1] or "+"]
    value = found[3] or found[4] or ""
    if name in {"ip4", "ip6"}:
        return Term(name, result, _network(name, value))
    if name in {"a", "mx"}:
        return _with_lengths(name, result, value)
    if (name in {"include", "exists"}) != bool(value) and name != "ptr":
        raise SpfSyntaxError(f"{name}: a domain is missing or too much")
    if found[4]:
        raise SpfSyntaxError(f"{name}: a length has no place here")
    return Term(name, result, value)


def _with_lengths(name: str, result: str, value: str) -> Term:
    found = _LENGTHS.fullmatch(value)
    if found is None:
        raise SpfSyntaxError(f"{name}: broken")
    length_4, length_6 = int(found[2] or 32), int(found[3] or 128)
    if length_4 > 32 or length_6 > 128:
        raise SpfSyntaxError(f"{name}: no such length")
    return Term(name, result, found[1], length_4, length_6)


def _network(name: str, value: str) -> str:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise SpfSyntaxError(f"{name}: no network") from error
    if network.version != int(name[2]) or "%" in value:
        raise SpfSyntaxError(f"{name}: another family")
    return str(network)


def expand(text: str, sender: Sender, domain: str) -> str:
    """The domain a term means (RFC 7208, 7.3), at most 253 characters from its right end. Raises SpfSyntaxError."""
    pieces: list[str] = []
    at = 0
    for found in _MACRO.finditer(text):
        if "%" in text[at : found.start()]:
            raise SpfSyntaxError("a lone percent sign")
        pieces += [text[at : found.start()], _expanded(found, sender, domain)]
        at = found.end()
    if "%" in text[at:]:
        raise SpfSyntaxError("a lone percent sign")
    whole = "".join([*pieces, text[at:]]).lower().rstrip(".")
    while len(whole) > 253:
        whole = whole.partition(".")[2]
    return whole


def _expanded(found: re.Match[str], sender: Sender, domain: str) -> str:
    if found[5]:
        return {"%": "%", "_": " ", "-": "%20"}[found[5]]
    letter = found[1].lower()
    values = {
        "s": sender.address,
        "l": sender.local,
        "o": sender.domain,
        "d": domain,
        "i": _dotted(sender.ip),
        "p": "unknown",  # RFC 7208, 7.3: do not use it
        "h": sender.helo,
        "v": "in-addr" if sender.ip.version == 4 else "ip6",
    }
    if letter not in values:
        raise SpfSyntaxError("a macro that belongs into explanations")
    parts = re.split("[" + re.escape(found[4] or ".") + "]", values[letter])
    if found[3]:
        parts.reverse()
    if found[2]:
        if int(found[2]) == 0:
            raise SpfSyntaxError("a macro that keeps nothing")
        parts = parts[-int(found[2]) :]
    value = ".".join(parts)
    return value if found[1].islower() else "".join(c if c in _SAFE else f"%{ord(c):02x}" for c in value)


def _dotted(ip: IpAddress) -> str:
    return str(ip) if ip.version == 4 else ".".join(ip.exploded.replace(":", ""))
