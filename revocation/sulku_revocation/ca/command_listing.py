"""What a program lists of its CA's certificates: JSON lines, as docs/ca-command.md has them.

A line is `{"certificate": "…"}` (Base64 of the DER, or PEM) or `{"mark": "…"}`, from where the next list is to begin.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import IO, Any

from sulku_revocation.ca.authority import Mark, TryLater
from sulku_revocation.ca.own_issuers import first_certificate

LONGEST_LINE = 200_000  # octets


def read_list(lines: IO[bytes], mark: Mark) -> Iterator[bytes]:
    """The DER of each certificate; the mark moves on to the last one that is given, when all has been read.

    Raises TryLater for a line that is none of the two.
    """
    last = mark.value
    for number, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE), b""), start=1):
        match _plain(line, number):
            case {"certificate": str(text)}:
                yield _certificate(text, number)
            case {"mark": str(value)}:
                last = value
            case _:
                raise _unreadable(number)
    mark.value = last


def _plain(line: bytes, number: int) -> dict[str, Any]:
    try:
        plain = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _unreadable(number) from error
    return plain if isinstance(plain, dict) else {}


def _certificate(text: str, number: int) -> bytes:
    if "-----BEGIN" in text:
        return first_certificate(text)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unreadable(number) from error


def _unreadable(number: int) -> TryLater:
    return TryLater(f"line {number} of the program's list is neither a certificate nor a mark")
