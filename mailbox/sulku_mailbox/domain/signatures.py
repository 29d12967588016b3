"""The signature under a text: behind `-- `, behind a line of underscores, or what a phone adds by itself.

Greetings and names that a person typed stay with the text. A line is only taken for a signature at its end, below words
of the sender's own, and when few lines follow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# What phones and mail programs add, by language: how it begins, and what it then names.
_SENT = (
    r"lähetetty|hanki|skickat|hämta|sent|get|von|gesendet|diese nachricht wurde|envoyé|télécharger|obtenez|enviado"
    r"|obtener|obtenha|inviato|scarica|verzonden|download|sendt|hent|få|wysłane|wysłano|pobierz|отправлено|надіслано"
    r"|saadetud|odesláno|from|sendt"
)
_DEVICE = (
    r"iphone\w*|ipad\w*|ipod\w*|android\w*|outlook\w*|samsung\w*|galaxy\w*|huawei\w*|nokia\w*|xiaomi\w*|oneplus\w*"
    r"|blackberry\w*|windows|mailbox|airmail|thunderbird|yahoo\w*|gmail\w*|protonmail|proton mail|k-9|\w*mobil\w*"
    r"|\w*puhelime\w*|\w*laittees\w*|tabletti\w*|telefon\w*|\w*phone\w*|cell|smartphone|device|enhet|surfplatta"
)
_PHONE_LINE = re.compile(
    rf"\W{{0,3}}(?:(?:{_SENT})\s(?!\d)(?:.{{0,80}}\W)?(?:{_DEVICE})\b.{{0,80}}"
    r"|sent from my\s.{1,60}|\w+ from mobile|從我的 \w+ 傳送|从我的\w*\s?\w+发送|\w+から送信)\W{0,3}$",
    re.IGNORECASE,
)
_DELIMITERS = frozenset({"--", "—"})  # RFC 3676, 4.3, and what editors make of it
_ORNAMENT = re.compile(r"[-_=~*#+\u1427\s]+$")
_MOST_LINES = 12
_MOST_CHARS = 120


def signature_start(lines: Sequence[str]) -> int:
    """Where the signature of `lines` begins; their number when they have none. Never the whole of them."""
    end = _stripped(lines, len(lines))
    while True:
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
        if stripped in _DELIMITERS or (stripped[:5] == "_____" and not stripped.strip("_")):
            return index
        seen += bool(stripped)
        if seen > _MOST_LINES:
            return end
    return end
