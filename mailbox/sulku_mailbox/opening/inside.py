"""What comes out of a file that is opened, and how much of it may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from sulku_mailbox.domain.mail import Why

MOST_FILES = 500
MOST_OCTETS = 24 * 1_048_576
LARGEST_FILE = 8 * 1_048_576
DEEPEST = 4
_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Inside:
    """A file found inside another; `is_text` when it is what a document says."""

    name: str
    content: bytes
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Shut:
    """A file inside another that stays shut."""

    name: str
    why: Why


class CannotOpenError(Exception):
    """The file as a whole stays shut, or what is left of it."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


def read_bounded(stream: IO[bytes], most: int = LARGEST_FILE) -> bytes:
    """All of `stream`, in pieces. Raises CannotOpenError (limit) when there are more than `most` octets."""
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        if size > most:
            raise CannotOpenError(Why.LIMIT)
        pieces.append(piece)
    return b"".join(pieces)
