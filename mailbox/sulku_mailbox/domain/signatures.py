"""The signature under a text: behind `-- `, behind a line of underscores, or what a phone adds by itself.

Greetings and names that a person typed stay with the text. A line is only taken for a signature at its end, below words
of the sender's own, and when few lines follow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

# How the line that a phone or a program adds begins, by language: what it says and from where, side by side.
ADDED: Mapping[str, str] = MappingProxyType(
    {
        "fi": r"lähetetty",
        "sv": r"skickat (?:från|via|med)|skickades från",
        "en": r"sent (?:from|via|with|by)|from (?:my|mobile)",
        "de": r"von mein(?:em|er)|gesendet (?:von|mit|über)|diese nachricht wurde von",
        "fr": r"envoyé (?:depuis|de|à partir d[eu'])|envoyé à partir de",
        "es, pt": r"enviado (?:desde|de|a partir de|do|pelo|via)",
        "it": r"inviato (?:da|dal|con)",
        "nl": r"verzonden (?:vanaf|vanuit|met|via)|verstuurd vanaf",
        "da, no": r"sendt (?:fra|via|med)",
        "pl": r"wysłan[eoy] z|wysłano z",
        "cs, sk": r"odesláno z|odoslané z",
        "ru, uk": r"отправлено (?:с|из)|надіслано (?:з|із)",
        "et": r"saadetud",
    }
)
_DEVICE = (
    r"iphone|ipad|ipod|android|outlook|samsung|galaxy|huawei|nokia|xiaomi|oneplus|blackberry|windows|mail|thunderbird"
    r"|yahoo|mobil|puhelime|laittee|telefon|phone|device|enhet|cell"
)
_GET = r"hanki|hämta|get|laden sie|télécharger|obtenez|obtener|obtenha|scarica|download|hent|få|pobierz"
_PHONE_LINE = re.compile(
    rf"\W{{0,3}}(?:(?:{'|'.join(ADDED.values())})\s(?:[^\s,]{{1,30}}\s){{0,3}}[^\s,]{{0,20}}(?:{_DEVICE})[^,\n]{{0,80}}"
    rf"|(?:{_GET})\W{{1,3}}outlook\b.{{0,80}}|sent from (?:my|an?)\s.{{1,60}}|\w+ from mobile"
    r"|(?:從我的|从我的)\s?\w+\s?(?:傳送|发送)|\w+から送信)\W{0,3}$",
    re.IGNORECASE,
)
_DELIMITERS = frozenset({"--", "—"})  # RFC 3676, 4.3, and what editors make of it
_ORNAMENT = re.compile(r"[-_=~*#+\u1427\s]+$")
_MOST_ADDED = 40
_MOST_LINES = 12
_MOST_CHARS = 120


def signature_start(lines: Sequence[str]) -> int:
    """Where the signature of `lines` begins; their number when they have none. Never the whole of them."""
    end = _stripped(lines, len(lines))
    for _ in range(_MOST_ADDED):
        start = _stripped(lines, _before_phone_line(lines, _before_ornament(lines, end)))
        if start == end:
            break
        end = start
    end = _stripped(lines, _before_delimiter(lines, end))
    return end or len(lines)


def _stripped(lines: Sequence[str], end: int) -> int:
    while end and not lines[end - 1].strip():
        end -= 1
    return end


def _before_ornament(lines: Sequence[str], end: int) -> int:
    """Without the line of dashes at the end, unless it closes a frame."""
    if not end or len(lines[end - 1]) > _MOST_CHARS or not _ORNAMENT.match(lines[end - 1]):
        return end
    line = lines[end - 1].strip()
    return end if any(other.strip() == line for other in lines[: end - 1]) else end - 1


def _before_phone_line(lines: Sequence[str], end: int) -> int:
    if not end or len(lines[end - 1]) > _MOST_CHARS * 2 or not _PHONE_LINE.match(lines[end - 1]):
        return end
    return end - 1


def _before_delimiter(lines: Sequence[str], end: int) -> int:
    seen = 0
    for index in range(end - 1, -1, -1):
        line = lines[index]
        if len(line) > _MOST_CHARS:
            return end
        stripped = line.strip()
        if not stripped:
            continue
        if stripped in _DELIMITERS or (stripped[:5] == "_____" and not stripped.strip("_")):
            return index
        seen += 1
        if seen > _MOST_LINES:
            return end
    return end
