"""Characters that look like nothing or like something else, made harmless in one place."""

from __future__ import annotations

import re

from sulku_mailbox.domain.defects import Defect, Findings

_OVERRIDES = re.compile("[\u202d\u202e\u2066-\u2069]")
_STRANGE = re.compile(
    r"[^\n\t -~\u00a1-\u00ac\u00ae-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\ud7ff\uf900-\ufefe\uff00-\uffff]"
)
_ORDINARY = bytes(octet for octet in range(256) if not _STRANGE.match(chr(octet)))
_LINES = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_BLANKS = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"

_REPLACED = {ord(blank): " " for blank in _BLANKS}
_REPLACED |= dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n")
_REPLACED |= dict.fromkeys(
    # zero width space, joiners, marks; soft hyphen; word joiner and invisible operators; bidirectional controls; BOM
    (0xAD, 0x061C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF),
    "",
)
_REPLACED |= dict.fromkeys((0, *range(0xD800, 0xE000)), "\ufffd")
_REPLACED |= dict.fromkeys((*range(1, 9), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0)), "")


def plain_characters(text: str, findings: Findings) -> str:
    r"""`text` with `\\n` line ends, ordinary blanks, and no invisible, control or direction characters.

    A serial number pasted from a web page carries no-break and zero-width blanks that nobody sees; after this it is
    the same text as the one typed by hand. NUL and lone surrogates become U+FFFD.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if consists_of(text, _ORDINARY) or not _STRANGE.search(text):
        return text
    if _OVERRIDES.search(text):
        findings.add(Defect.DIRECTION_OVERRIDE)
    return text.translate(_REPLACED)


def consists_of(text: str, octets: bytes) -> bool:
    """Whether all of it is Latin-1 and among these: seen at once, where a pattern looks at each character."""
    try:
        return not text.encode("latin-1").translate(None, octets)
    except UnicodeEncodeError:
        return False


def lowered_octets(text: str) -> bytes:
    """`text` in UTF-8 with the letters of ASCII in lower case: to look whether a word stands in it, quickly."""
    return text.encode("utf-8", "replace").lower()


def one_line(text: str, limit: int, findings: Findings) -> str:
    """`text` on one line of at most `limit` characters, as it may stand in a subject or a log."""
    text = text[: limit * 2]
    if text.isprintable():
        return text.strip()[:limit]  # nothing in it is strange
    text = plain_characters(text, findings)
    return _LINES.sub(" ", text).strip()[:limit]
