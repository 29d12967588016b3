"""The arguments of MAIL and RCPT (RFC 5321, 4.1.1.2, 4.1.1.3 and 4.1.2), read tolerantly and in linear time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sulku_kernel.address import normalise_address

_PLAIN = re.compile(r"[A-Za-z0-9.!#$&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,253}")


@dataclass(frozen=True, slots=True)
class Path:
    """A path and its parameters, the names in upper case. `address` is empty for the null path `<>`."""

    address: str
    parameters: dict[str, str]


def parse_path(argument: bytes, keyword: bytes) -> Path | None:
    r"""`FROM:<a@b> SIZE=1` → Path; None when the syntax is beyond repair.

    Blanks after the colon and an address without angle brackets are let pass, since real senders send both; a source
    route (`<@relay:a@b>`) is cut off as RFC 5321 (appendix C) allows. Octets that are not UTF-8 stand as `\\xNN`.
    """
    if argument[: len(keyword)].upper() != keyword:
        return None
    rest = argument[len(keyword) :].strip(b" \t")
    if rest.startswith(b"<"):
        end = _closing_bracket(rest)
        if end < 0:
            return None
        path, tail = rest[1:end], rest[end + 1 :]
        if tail and tail[:1] not in b" \t":
            return None
    else:
        path, _, tail = rest.partition(b" ")
        if not path:
            return None
    if path.startswith(b"@"):
        path = path.partition(b":")[2]
    parameters: dict[str, str] = {}
    for word in tail.split():
        name, _, value = word.decode("ascii", "backslashreplace").partition("=")
        parameters[name.upper()] = value
    return Path(path.strip().decode("utf-8", "backslashreplace"), parameters)


def _closing_bracket(path: bytes) -> int:
    """Where the `>` stands that is not inside a quoted local part; -1 when there is none."""
    if b'"' not in path:
        return path.find(b">", 1)
    is_quoted = False
    position = 1
    while position < len(path):
        octet = path[position]
        if octet == 0x5C and is_quoted:  # a backslash quotes the next octet
            position += 1
        elif octet == 0x22:
            is_quoted = not is_quoted
        elif octet == 0x3E and not is_quoted:
            return position
        position += 1
    return -1


def is_odd_sender(address: str, *, declared_utf8: bool) -> bool:
    """Whether a sender's address is none, or has other than ASCII letters without SMTPUTF8 (RFC 6531, 3.4).

    The null sender is not odd: bounces have it.
    """
    if not address or (_PLAIN.fullmatch(address) and ".." not in address):
        return False
    return (not address.isascii() and not declared_utf8) or normalise_address(address) is None
