"""Strangers' text made harmless to look at. What is markup in it is escaped by the templates; this is about the rest.

A character that turns the reading direction round, hides, or moves the cursor is shown by its number, never obeyed:
`invoice[U+202E]fdp.exe`. A private key in a text is left out, wherever it is shown.
"""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup

from sulku_kernel.language import Language
from sulku_kernel.serial_number import whole_octets
from sulku_tickets.domain.masking import without_private_keys

_ODD = re.compile(r"[^\n\t\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u05ff]")
_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_MAY_BREAK = re.compile(r"(?<=@)|(?=\.[^@]*@)")
# SI prefixes; an octet is `t` (tavu) in Finnish.
_UNITS, _KILO, _ONE_PLACE_BELOW = ("k", "M", "G"), 1_000, 9.95
_OCTETS = {Language.FI: ("tavua", "tavu"), Language.SV: ("byte", "byte"), Language.EN: ("bytes", "byte")}
# Marks piled on one letter cover the lines around them.
_MOST_MARKS = 2


def shown_text(text: str) -> str:
    """Several lines, as they may stand on a page."""
    return _plain(without_private_keys(_LINE_ENDS.sub("\n", text)))


def shown_line(text: str) -> str:
    """One line, as a subject, a name or an address may stand on a page."""
    return " ".join(_plain(_LINE_ENDS.sub(" ", text)).split())


def shown_address(address: str) -> Markup:
    """An address that breaks, where it must, behind its @ or before a dot in front of it, not within a word."""
    return Markup("<wbr>").join(_MAY_BREAK.split(shown_line(address)))


def shown_serial(serial: str) -> Markup:
    """A serial number (hex) in groups of four from the right; the two that people type again are marked."""
    octets = whole_octets(serial.zfill(8))
    padded = octets.rjust(-(-len(octets) // 4) * 4)
    groups = [padded[at : at + 4].strip() for at in range(0, len(padded), 4)]
    return Markup('<span class="serial">{} <b>{}</b></span>').format(" ".join(groups[:-2]), " ".join(groups[-2:]))


def shown_number(value: int, language: Language) -> str:
    """A count as it is written in a language: `83 267` or `83,267`; it never breaks over two lines."""
    grouped = f"{value:,}"
    return grouped if language is Language.EN else grouped.replace(",", "\N{NO-BREAK SPACE}")


def shown_size(octets: int, language: Language) -> str:
    """The size of a file as it is written in a language, in steps of a thousand: `1,4 kt`, `1,4 kB` or `1.4 kB`."""
    if octets < _KILO:
        return f"{octets}\N{NO-BREAK SPACE}{_OCTETS[language][octets == 1]}"
    unit = 0
    size = octets / _KILO
    while size >= _KILO - 0.5 and unit + 1 < len(_UNITS):
        size, unit = size / _KILO, unit + 1
    written = f"{size:.1f}" if size < _ONE_PLACE_BELOW else f"{size:.0f}"
    if language is not Language.EN:
        written = written.replace(".", ",")
    return f"{written}\N{NO-BREAK SPACE}{_UNITS[unit]}{'t' if language is Language.FI else 'B'}"


def _plain(text: str) -> str:
    if not _ODD.search(text):
        return text
    shown, marks = [], 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category in {"Cc", "Cf", "Co", "Cn", "Cs"} and character not in "\n\t":
            shown.append(f"[U+{ord(character):04X}]")
        elif marks <= _MOST_MARKS:
            shown.append(character)
    return "".join(shown)
