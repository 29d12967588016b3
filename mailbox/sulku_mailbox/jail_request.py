"""What is asked of the jailed reader, as it goes through the pipe. Both sides import it: nothing heavy stands here."""

from __future__ import annotations

import json
import struct
from typing import IO, NamedTuple

LENGTH = struct.Struct(">Q")
_LENGTHS = struct.Struct(">QQ")


class Asked(NamedTuple):
    """A request: the raw mail, passwords from elsewhere, and whether attached files are opened.

    They are not when one of them has cost a reader its life: then the mail itself is still read.
    """

    raw: bytes
    passwords: tuple[str, ...] = ()
    opens: bool = True


def encode_head(asked: Asked) -> bytes:
    """The request without the raw mail that follows."""
    options = json.dumps([asked.passwords, asked.opens]).encode()
    return _LENGTHS.pack(len(options), len(asked.raw)) + options


def receive(requests: IO[bytes]) -> Asked | None:
    """The next request; None when there are no more."""
    head = requests.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    options, size = _LENGTHS.unpack(head)
    passwords, opens = json.loads(requests.read(options))
    return Asked(requests.read(size), tuple(passwords), opens)
