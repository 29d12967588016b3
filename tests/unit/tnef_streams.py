"""Streams of application/ms-tnef (MS-OXTNEF) as Outlook writes them, for tests."""

from __future__ import annotations

import struct
from collections.abc import Iterable

SIGNATURE = b"\x78\x9f\x3e\x22\x01\x00"
MESSAGE, FILE = 1, 2
BODY, CODE_PAGE, MESSAGE_PROPERTIES = 0x0002800C, 0x00069007, 0x00069003
FILE_BEGINS, FILE_TITLE, FILE_DATA, FILE_PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005


def attribute(level: int, identifier: int, value: bytes) -> bytes:
    """Level, identifier, length, value, checksum (2.1.3.1)."""
    return struct.pack("<BII", level, identifier, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def properties(*listed: bytes) -> bytes:
    return struct.pack("<I", len(listed)) + b"".join(listed)


def padded(value: bytes) -> bytes:
    return struct.pack("<I", len(value)) + value + bytes(-len(value) % 4)


def property_of(kind: int, name: int, value: bytes) -> bytes:
    """One variable value (string8 1E, Unicode 1F, binary 102, object 0D)."""
    return struct.pack("<HHI", kind, name, 1) + padded(value)


def number(name: int, value: int) -> bytes:
    return struct.pack("<HHI", 3, name, value)


def unicode(name: int, text: str) -> bytes:
    return property_of(0x1F, name, f"{text}\0".encode("utf-16-le"))


def named(kind: int, value: bytes) -> bytes:
    """A property that is known by a name of its own, not by a number (2.1.3.4)."""
    return (
        struct.pack("<HH", kind, 0x8001)
        + bytes(16)
        + struct.pack("<I", 1)
        + padded("x-a\0".encode("utf-16-le"))
        + value
    )


def file(title: str, content: bytes, *more: bytes) -> bytes:
    beginning = struct.pack("<HIIIH", 1, 0xFFFFFFFF, 0, 0, 0)[:14]
    stream = attribute(FILE, FILE_BEGINS, beginning) + attribute(FILE, FILE_TITLE, title.encode("cp1252") + b"\0")
    stream += attribute(FILE, FILE_DATA, content)
    return stream + (attribute(FILE, FILE_PROPERTIES, properties(*more)) if more else b"")


def tnef(*parts: bytes, code_page: int = 1252) -> bytes:
    version = attribute(MESSAGE, 0x00089006, struct.pack("<I", 0x00010000))
    page = attribute(MESSAGE, CODE_PAGE, struct.pack("<II", code_page, 0))
    return SIGNATURE + version + page + b"".join(parts)


def message(*listed: bytes) -> bytes:
    return attribute(MESSAGE, MESSAGE_PROPERTIES, properties(*listed))


def deep(levels: int) -> bytes:
    """A message in a message in a message …"""
    stream = tnef(file("innermost.txt", b"x"))
    for _ in range(levels):
        embedded = property_of(0x0D, 0x3701, bytes(16) + stream)
        stream = tnef(file("Untitled", b"", embedded))
    return stream


def joined(streams: Iterable[bytes]) -> bytes:
    return b"".join(streams)
