"""Bytes to text by an allow-list of character sets.

A charset name comes from outside; handing it to the codec registry reaches `zlib`, `idna` and the quadratic `punycode`.
Names are therefore looked up here and nowhere else. As in the WHATWG Encoding Standard, `iso-8859-1` and `us-ascii`
mean windows-1252, which is what senders who write so really send.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from types import MappingProxyType

from sulku_mailbox.domain.defects import Defect, Findings

_SAME_NAME = [
    "utf-8",
    "utf-7",
    "utf-16",
    "utf-16le",
    "utf-16be",
    "utf-32",
    "utf-32le",
    "utf-32be",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "koi8-r",
    "koi8-u",
    "koi8-t",
    "big5",
    "big5-hkscs",
    "gb18030",
    "hz",
    "euc-jp",
    "shift_jis",
    "iso-2022-jp",
    "iso-2022-jp-1",
    "iso-2022-jp-2",
    "iso-2022-jp-3",
    "iso-2022-jp-ext",
    "iso-2022-kr",
    "euc-kr",
    "johab",
    "tis-620",
    "cp437",
    "cp775",
    "cp850",
    "cp852",
    "cp855",
    "cp857",
    "cp858",
    "cp860",
    "cp861",
    "cp862",
    "cp863",
    "cp864",
    "cp865",
    "cp866",
    "cp869",
    "cp874",
    "cp932",
    "cp949",
    "cp950",
    "mac-roman",
    "mac-cyrillic",
    "mac-greek",
    "mac-turkish",
]
_OTHER_NAMES = {
    "us-ascii": "ascii", "ascii": "ascii", "ansi_x3.4-1968": "ascii", "646": "ascii", "us_ascii": "ascii",
    "iso-8859-1": "windows-1252", "latin1": "windows-1252", "latin-1": "windows-1252", "l1": "windows-1252",
    "iso8859-1": "windows-1252", "iso88591": "windows-1252", "iso_8859-1": "windows-1252", "8859-1": "windows-1252",
    "cp1252": "windows-1252", "x-cp1252": "windows-1252", "ibm819": "windows-1252", "cp819": "windows-1252",
    "ansi": "windows-1252", "iso-8859-9": "windows-1254", "latin5": "windows-1254", "iso-8859-11": "cp874",
    "windows-874": "cp874", "latin2": "iso-8859-2", "latin9": "iso-8859-15", "latin-9": "iso-8859-15",
    "iso8859-15": "iso-8859-15", "iso_8859-15": "iso-8859-15", "iso8859-2": "iso-8859-2", "utf8": "utf-8",
    "unicode-1-1-utf-8": "utf-8", "utf-8-bom": "utf-8", "utf8mb4": "utf-8", "unicode-1-1-utf-7": "utf-7",
    "utf7": "utf-7", "utf16": "utf-16", "utf-16-le": "utf-16le", "utf-16-be": "utf-16be", "ucs-2": "utf-16",
    "unicode": "utf-16", "gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030",
    "cp936": "gb18030", "hz-gb-2312": "hz", "big5hkscs": "big5-hkscs", "x-big5": "big5", "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949", "euckr": "cp949", "windows-949": "cp949", "shift-jis": "cp932", "sjis": "cp932",
    "x-sjis": "cp932", "windows-31j": "cp932", "ms_kanji": "cp932", "eucjp": "euc-jp", "x-euc-jp": "euc-jp",
    "koi8r": "koi8-r", "koi8": "koi8-r", "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6", "macintosh": "mac-roman", "x-mac-roman": "mac-roman", "mac": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic", "ibm437": "cp437", "ibm850": "cp850", "ibm852": "cp852", "ibm866": "cp866",
    "ibm865": "cp865", "tis620": "tis-620",
    **{f"cp125{n}": f"windows-125{n}" for n in (0, 1, 3, 4, 5, 6, 7, 8)},
}  # fmt: skip

CODECS: Mapping[str, str] = MappingProxyType({name: name for name in _SAME_NAME} | _OTHER_NAMES)
"""Charset label in lower case → the codec that reads it."""

_UTF8_LABELS = frozenset({"utf-8", "UTF-8"})
_ASCII_LABELS = frozenset({"", "utf-8", "us-ascii", "iso-8859-1", "UTF-8"})
_UNDECLARED = frozenset({"ascii", ""})
_SURROGATES = re.compile("[\ud800-\udfff]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WINDOWS_HOLES = {n: chr(n) for n in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}


def preload_codecs() -> None:
    """Load every codec of the list, for a process that can open no file later."""
    for name in set(CODECS.values()):
        codecs.lookup(name)


def decode_text(raw: bytes, declared: str, findings: Findings) -> str:
    """The text of `raw`, which says that it is written in `declared` (empty when it says nothing).

    Never raises and never gives a lone surrogate. Without a declaration: a byte order mark, ISO-2022-JP by its escape
    sequences, UTF-8 where it is valid, else windows-1252. A declaration that does not fit is treated as none.
    """
    if raw.isascii() and declared in _ASCII_LABELS and b"\x1b" not in raw and b"\0" not in raw:
        return raw.decode("ascii")
    if declared in _UTF8_LABELS and not raw.startswith(codecs.BOM_UTF8) and (text := _as_utf8(raw)) is not None:
        return text  # nearly every mail; octets that are UTF-8 hold no surrogates
    codec = CODECS.get(declared.strip(" \"'").lower(), None) if declared else ""
    if codec is None:
        findings.add(Defect.CHARSET_UNKNOWN)
        codec = ""
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return _clean(raw.decode(name, "replace").removeprefix("\ufeff"))
    if codec in _UNDECLARED:
        return _clean(_decode_undeclared(raw))
    return _clean(_decode_declared(raw, codec, findings))


def _decode_declared(raw: bytes, codec: str, findings: Findings) -> str:
    try:
        if codec == "windows-1252" and not raw.isascii() and (mislabelled := _as_utf8(raw)) is not None:
            findings.add(Defect.CHARSET_WRONG)
            return mislabelled
        return raw.decode(codec)
    except (UnicodeError, ValueError):
        pass
    if codec == "windows-1252":
        return raw.decode("latin-1").translate(_windows_table)
    findings.add(Defect.CHARSET_WRONG)
    if codec == "utf-8" and _mostly_utf8(raw):
        return raw.decode("utf-8", "replace")
    if codec == "utf-8" or raw.isascii():
        return _decode_undeclared(raw)
    return raw.decode(codec, "replace")


def is_utf8(raw: bytes) -> bool:
    """Whether the octets are UTF-8, as all of ASCII is."""
    return raw.isascii() or _as_utf8(raw) is not None


def _as_utf8(raw: bytes) -> str | None:
    """Valid UTF-8 beyond ASCII is UTF-8, whatever the label: no other text of this length has that shape by chance."""
    try:
        return raw.decode("utf-8")
    except UnicodeError:
        return None


def _mostly_utf8(raw: bytes) -> bool:
    """One damaged octet must not turn a whole UTF-8 text into windows-1252."""
    text = raw.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    return sum(not character.isascii() for character in text) > 2 * damaged


def _decode_undeclared(raw: bytes) -> str:
    if b"\x1b$" in raw or b"\x1b(J" in raw:
        return raw.decode("iso-2022-jp", "replace")
    if (text := _as_utf8(raw)) is not None and raw.count(b"\0") * 3 <= len(raw):
        return text
    zeros = raw.count(b"\0")
    if zeros * 3 > len(raw):
        return raw.decode("utf-16le" if raw[1:2] == b"\0" else "utf-16be", "replace")
    return raw.decode("latin-1").translate(_windows_table)


def _clean(text: str) -> str:
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


_windows_table = {n: (_WINDOWS_HOLES.get(n) or bytes([n]).decode("windows-1252")) for n in range(0x80, 0xA0)}
