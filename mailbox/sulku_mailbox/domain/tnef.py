"""`winmail.dat`: the text and the files that Outlook packs into application/ms-tnef (MS-OXTNEF).

A stream is a signature, a key, and attributes one after another, each with its length; some hold lists of MAPI
properties. What is cut or lies about its length ends the reading: what came before is kept, and `is_whole` says so.
Read once from front to back; nothing is allocated by a length that the octets do not have. The compressed RTF of the
text (PidTagRtfCompressed) is not opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sulku_mailbox.domain.charsets import decode_text
from sulku_mailbox.domain.defects import Findings
from sulku_mailbox.domain.html_text import html_to_text

SIGNATURE = b"\x78\x9f\x3e\x22"
_HEAD = len(SIGNATURE) + 2  # and the key

# Attributes: what MS-OXTNEF, 2.1.3 numbers them
_BODY, _CODE_PAGE, _MESSAGE_PROPERTIES = 0x0002800C, 0x00069007, 0x00069003
_FILE_BEGINS, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005

# Properties: what MS-OXPROPS numbers them
_PLAIN_BODY, _HTML_BODY = 0x1000, 0x1013
_ATTACHED, _SHORT_NAME, _LONG_NAME, _DISPLAY_NAME = 0x3701, 0x3704, 0x3707, 0x3001

# types of properties (MS-OXCDATA, 2.11.1) with the octets each takes here, padded to four
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_OBJECT, _TEXT_8, _TEXT_16, _BINARY = 0x0D, 0x1E, 0x1F, 0x0102
_VARIABLE = frozenset({_OBJECT, _TEXT_8, _TEXT_16, _BINARY})
_SEVERAL = 0x1000
_NAMED_FROM = 0x8000
_INTERFACE = 16  # octets of the identifier before an embedded object


@dataclass(slots=True)
class TnefFile:
    """A file in it. The content of an embedded message is a stream of the same kind."""

    name: str = ""
    content: bytes = b""


@dataclass(slots=True)
class Tnef:
    """What is in a stream. `text` is the message's, as a person would see it."""

    text: str = ""
    files: list[TnefFile] = field(default_factory=list)
    is_whole: bool = True


class _CutError(Exception):
    """There are fewer octets than were announced."""


class _Octets:
    """Octets that are taken from the front."""

    def __init__(self, octets: bytes, position: int = 0) -> None:
        self._octets = octets
        self._position = position

    @property
    def is_left(self) -> bool:
        return self._position < len(self._octets)

    def take(self, size: int) -> bytes:
        end = self._position + size
        if end > len(self._octets):
            raise _CutError
        taken = self._octets[self._position : end]
        self._position = end
        return taken

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "little")

    def padded(self) -> bytes:
        """A value with its length before it, and filled up to four octets."""
        value = self.take(self.number())
        self.take(min(-len(value) % 4, len(self._octets) - self._position))
        return value


def read_tnef(octets: bytes) -> Tnef:
    """The message and files of a stream; empty and not whole when it is none. Total and linear."""
    found = Tnef()
    if not octets.startswith(SIGNATURE):
        found.is_whole = False
        return found
    reading = _Reading(found)
    try:
        for identifier, value in _attributes(_Octets(octets, _HEAD)):
            reading.take(identifier, value)
    except _CutError:
        found.is_whole = False
    found.files = [file for file in found.files if file.content]
    return found


def _attributes(octets: _Octets) -> Iterator[tuple[int, bytes]]:
    """Level, identifier, length, value, checksum. The checksum is not looked at: what is read is only searched."""
    while octets.is_left:
        octets.take(1)
        identifier = octets.number()
        value = octets.take(octets.number())
        yield identifier, value
        if octets.is_left:
            octets.take(2)


class _Reading:
    """What the attributes so far have said."""

    def __init__(self, found: Tnef) -> None:
        self._found = found
        self._charset = "windows-1252"

    def take(self, identifier: int, value: bytes) -> None:
        if identifier == _CODE_PAGE:
            self._charset = _charset(int.from_bytes(value[:4], "little"))
        elif identifier == _BODY and not self._found.text:
            self._found.text = self._text(value)
        elif identifier == _MESSAGE_PROPERTIES:
            self._take_message(value)
        elif identifier == _FILE_BEGINS:
            self._found.files.append(TnefFile())
        elif self._found.files:
            self._take_file(self._found.files[-1], identifier, value)

    def _take_message(self, value: bytes) -> None:
        html = ""
        for kind, name, content in _properties(_Octets(value)):
            if name == _PLAIN_BODY:
                self._found.text = self._property(kind, content) or self._found.text
            elif name == _HTML_BODY:
                html = self._property(kind, content)
        if html and not self._found.text.strip():
            self._found.text = html_to_text(html)

    def _take_file(self, file: TnefFile, identifier: int, value: bytes) -> None:
        if identifier == _FILE_TITLE:
            file.name = file.name or self._text(value)
        elif identifier == _FILE_DATA:
            file.content = value
        elif identifier == _FILE_PROPERTIES:
            self._take_file_properties(file, value)

    def _take_file_properties(self, file: TnefFile, value: bytes) -> None:
        names: dict[int, str] = {}
        for kind, name, content in _properties(_Octets(value)):
            if name == _ATTACHED and kind in {_OBJECT, _BINARY}:
                file.content = content[_INTERFACE:] if kind == _OBJECT else content
            elif name in {_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME}:
                names[name] = self._property(kind, content)
        file.name = names.get(_LONG_NAME) or file.name or names.get(_SHORT_NAME) or names.get(_DISPLAY_NAME, "")

    def _property(self, kind: int, content: bytes) -> str:
        return _clean(decode_text(content, "utf-16-le", Findings())) if kind == _TEXT_16 else self._text(content)

    def _text(self, octets: bytes) -> str:
        return _clean(decode_text(octets, self._charset, Findings()))


def _properties(octets: _Octets) -> Iterator[tuple[int, int, bytes]]:
    """Type, identifier and first value of each property (MS-OXTNEF, 2.1.3.4)."""
    for _ in range(octets.number()):
        kind, name = octets.number(2), octets.number(2)
        if name >= _NAMED_FROM:
            _skip_name(octets)
        several, kind = kind & _SEVERAL, kind & ~_SEVERAL
        if kind in _FIXED:
            values = octets.take(_FIXED[kind] * (octets.number() if several else 1))
        elif kind in _VARIABLE:
            values = b""
            for index in range(octets.number()):
                value = octets.padded()
                values = value if index == 0 else values
        else:
            raise _CutError  # of unknown length: nothing behind it can be found
        yield kind, name, values


def _skip_name(octets: _Octets) -> None:
    octets.take(_INTERFACE)
    if octets.number() == 0:
        octets.take(4)
    else:
        octets.padded()


def _charset(code_page: int) -> str:
    return "utf-8" if code_page == 65001 else f"windows-{code_page}" if 1250 <= code_page <= 1258 else "windows-1252"


def _clean(text: str) -> str:
    return text.rstrip("\0").replace("\r\n", "\n")
