"""Files that stand in the text as lines between `begin 644 name` and `end` (uuencode, POSIX.1-2017)."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

_BEGIN = re.compile(r"^begin[ \t]{1,9}[0-7]{3,4}[ \t]{1,9}(\S[^\n]{0,254})\n", re.MULTILINE)
_LINE = re.compile(r"[ -`]{1,62}")
_MOST = 100


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that stood in the text."""

    name: str
    content: bytes


def take_uuencoded(text: str) -> tuple[str, tuple[TextFile, ...]]:
    """The text without the files in it, and the files. What has no `end` or is none stays in the text. Linear."""
    if "begin " not in text:
        return text, ()
    kept: list[str] = []
    files: list[TextFile] = []
    position = 0
    while len(files) < _MOST and (begin := _BEGIN.search(text, position)):
        content, end = _lines(text, begin.end())
        if content is None:
            kept.append(text[position:end])
        else:
            kept.append(text[position : begin.start()])
            files.append(TextFile(begin[1].strip(), content))
        position = end
    if not files:
        return text, ()
    return "".join([*kept, text[position:]]), tuple(files)


def decode_uuencoded(raw: bytes) -> bytes | None:
    """A whole body in this encoding (`Content-Transfer-Encoding: x-uuencode`), or None when it is none."""
    _, files = take_uuencoded(raw.decode("latin-1").replace("\r\n", "\n"))
    return files[0].content if files else None


def _lines(text: str, position: int) -> tuple[bytes | None, int]:
    """The octets of the lines from here to `end`, and where the text goes on; None where a line is none."""
    pieces: list[bytes] = []
    while position < len(text):
        stop = text.find("\n", position)
        stop = len(text) if stop < 0 else stop
        line = text[position:stop].rstrip("\r")
        position = min(stop + 1, len(text))
        if line.strip() == "end":
            return b"".join(pieces), position
        if line.strip() in {"", "`"}:
            continue
        try:
            pieces.append(_octets(line))
        except binascii.Error:
            break
    return None, position


def _octets(line: str) -> bytes:
    """One line. Blanks at its end may have been lost, or one may have come to it, on the way."""
    if not _LINE.fullmatch(line):
        raise binascii.Error
    size = (ord(line[0]) - 32) & 63
    needed = 1 + (size + 2) // 3 * 4
    if len(line) > needed + 1:
        raise binascii.Error
    return binascii.a2b_uu(line[:needed].ljust(needed).encode("ascii"))
