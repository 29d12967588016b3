"""What kind of file something is: by its first octets, else by its name. A name alone never makes it harmless."""

from __future__ import annotations

import re
from enum import StrEnum

from sulku_mailbox.domain.mail import Attachment


class Kind(StrEnum):
    """PLAIN is everything that hides nothing from a search: text, certificates, keys, signatures."""

    PLAIN = "plain"
    ZIP = "zip"
    SEVEN_ZIP = "seven_zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTANDARD = "zstandard"
    PDF = "pdf"
    MESSAGE = "message"
    TNEF = "tnef"
    PICTURE = "picture"
    UNKNOWN = "unknown"
    BROKEN = "broken"
    """Named like one of the kinds above, and it is none."""


ARCHIVES = frozenset({Kind.ZIP, Kind.SEVEN_ZIP, Kind.TAR, Kind.GZIP, Kind.BZIP2, Kind.XZ, Kind.ZSTANDARD})

_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"PK\x03\x04", Kind.ZIP),
    (b"PK\x05\x06", Kind.ZIP),
    (b"7z\xbc\xaf\x27\x1c", Kind.SEVEN_ZIP),
    (b"\x1f\x8b", Kind.GZIP),
    (b"BZh", Kind.BZIP2),
    (b"\xfd7zXZ\x00", Kind.XZ),
    (b"\x28\xb5\x2f\xfd", Kind.ZSTANDARD),
    (b"\x89PNG", Kind.PICTURE),
    (b"\xff\xd8\xff", Kind.PICTURE),
    (b"GIF8", Kind.PICTURE),
    (b"II*\x00", Kind.PICTURE),
    (b"MM\x00*", Kind.PICTURE),
    (b"BM", Kind.PICTURE),
    (b"\x78\x9f\x3e\x22", Kind.TNEF),  # winmail.dat
    (b"Rar!", Kind.UNKNOWN),
    (b"MSCF", Kind.UNKNOWN),
    (b"LZIP", Kind.UNKNOWN),
    (b"{\\rtf", Kind.UNKNOWN),
    (b"\xd0\xcf\x11\xe0", Kind.UNKNOWN),  # the old Office files, and Outlook's messages
)
_BRANDS_OF_PICTURES = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif")
_TAR_MARK = slice(257, 262)
_PDF_MARK = re.compile(rb"%PDF-\d")
_PDF_BEGINS_WITHIN = 1_024

_PICTURES = frozenset([
    "png", "jpg", "jpeg", "jpe", "jfif", "gif", "tif", "tiff", "bmp", "heic", "heif", "avif", "webp"
])  # fmt: skip
_UNKNOWN = frozenset([
    "doc", "xls", "ppt", "rar", "dat", "msg", "one", "pages", "cab", "lz", "lzma", "z", "iso", "ace", "arj",
    "lzh", "rtf"
])  # fmt: skip
# What it announces stands in another mail, or on another machine (RFC 2046, 5.2.2 and 5.2.3).
_ELSEWHERE = frozenset({"message/partial", "message/external-body"})
_BROKEN = frozenset([
    "pdf", "zip", "7z", "tar", "tgz", "gz", "bz2", "tbz", "xz", "txz", "zst", "tzst", "docx", "xlsx", "pptx", "odt",
    "ods"
])  # fmt: skip


def kind_of(file: Attachment) -> Kind:
    """The kind of an attached file, or of one inside another."""
    content = file.content
    head = content[:_PDF_BEGINS_WITHIN]
    ending = file.name.lower().rpartition(".")[2]
    for start, kind in _STARTS:
        if head.startswith(start) and (start != b"BM" or ending == "bmp"):
            return kind
    if content[_TAR_MARK] == b"ustar":
        return Kind.TAR
    if _PDF_MARK.search(head):
        return Kind.PDF
    if head[4:12] in _BRANDS_OF_PICTURES or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return Kind.PICTURE
    if ending == "eml" or file.content_type == "message/rfc822":
        return Kind.MESSAGE
    return _by_name(ending, file.content_type)


def _by_name(ending: str, content_type: str) -> Kind:
    if ending in _PICTURES or content_type.startswith("image/"):
        return Kind.PICTURE
    if ending in _UNKNOWN or content_type in _ELSEWHERE:
        return Kind.UNKNOWN
    return Kind.BROKEN if ending in _BROKEN else Kind.PLAIN
