"""A reply to the question "which certificate do you mean?" → the certificates it chooses among those that were listed.

People answer with the number in the list, the end of the serial number, a day of the validity, or "all". Whatever
contradicts itself, denies or excepts something, speaks of what stays or names nothing listed chooses nothing: a person
reads it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.wanted_time import HELSINKI
from sulku_revocation.domain.words import CONCEPTS, clean_text, read_words

_LONGEST = 2_000
_LABEL = (
    r"(?:varmenne(?:tta|en)?|certifikat(?:et)?|certificates?|numero|nummer|number|nro|nr|no|n:o|vaihtoehto|alternativ|"
    r"option|kohta|punkt)"
)
_LIST = r"(\d{1,2}(?:\s{0,2}(?:,|ja|och|and|&|\+)\s{0,2}\d{1,2}){0,19})"
_THANKS = (
    r"(?:[\s,.!]{0,3}(?:kiitos|tack|please|thanks|thank you|suljettavaksi|sulkekaa|revoke|spärra"
    r"|(?:pitää|saa|voi) sulkea|suljetaan|ska spärras|should be revoked))?"
)
_YES = r"(?:(?:kyllä|joo|juu|ja|jo|yes|ok|okei|okay)\b[\s,.!:-]{1,3})?"
# The whole line is the answer, or the word before the number says what it is.
_NUMBERED = re.compile(
    rf"^\W{{0,3}}{_YES}(?:{_LABEL}\W{{0,3}})?{_LIST}{_THANKS}\W{{0,3}}$", re.IGNORECASE | re.MULTILINE
)
_LABELLED = re.compile(
    r"(?:(?<=^)|(?<=[\n.,!:(])|\b(?P<before>\w+))[ ]{0,2}"
    rf"\b{_LABEL}[ .:#]{{1,3}}(?P<list>{_LIST})(?![\w.:]*[0-9a-f])",
    re.IGNORECASE,
)
_TAIL = re.compile(r"(?<![0-9a-f:.-])([0-9a-f]{4}[ ]?[0-9a-f]{4})(?!\.?[0-9a-f:-])", re.IGNORECASE)
_DAY = re.compile(r"(?<![\d.])([0-3]?\d)\.([01]?\d)\.(20\d\d)(?!\d)|(?<!\d)(20\d\d)-([01]\d)-([0-3]\d)(?!\d)")
# «All» is the whole line as well: «kaikki kunnossa», «all good» choose nothing.
_ALL = re.compile(
    rf"^\W{{0,3}}{_YES}"
    r"(?:(?:please )?revoke |(?:pyydämme )?sulke(?:kaa|maan) |spärra )?"
    r"(?:(?:ihan |aivan )?(?:kaikki|molemmat|kummatkin)(?: varmenteet| ne| nämä| kolme)?|alla(?: certifikaten| tre)?"
    r"|båda|samtliga|all(?: of them| certificates| three)?|both(?: of them)?)"
    rf"{_THANKS}\W{{0,3}}$",
    re.IGNORECASE | re.MULTILINE,
)
_COUNTS = (
    (2, re.compile(r"molemmat|kummatkin|båda|both", re.IGNORECASE)),
    (3, re.compile(r"kolme|tre\b|three", re.IGNORECASE)),
)
# What may stand before a label: «certificate number 2», «tarkoitamme numeroa 2»; not «order no. 3».
_BEFORE_LABEL = re.compile(
    r"varmen\w*|certifi\w*|vaihtoeh\w*|kohta|punkt|option|tarkoit\w*|menar|avser|gäller|koskee|mean|meant|choose|pick|valit\w*"
    r"|väljer|sulkekaa|sulkea|revoke|spärra|please|pyydämme|sulkemaan|on|är|is|se|det|it|ja|och|and|the",
    re.IGNORECASE,
)
# An exception, what stays, what is taken back: whoever writes so chooses in words that only a person weighs.
_OTHERWISE = re.compile(
    r"\b(?:paitsi|poislukien|muut|muiden|toinen|toisen|toista|jää|jättä\w*|pysyy|säily\w*|pidetään|pidä|voimaan|käytössä|käyttöön"
    r"|kunnossa|uusi|uuden|uutta|korvaava\w*|peru\w*|älä\w*|odot\w*|myöhemmin|utom|undantag\w*|andra|kvar|behåll\w*|används"
    r"|nya|nytt|ersätt\w*|återta\w*|återkallar|avbryt\w*|vänta\w*|senare|except|excluding|but|other|others|keep|leave|stays?|stay"
    r"|remains?|new|replacement|cancel|withdraw|hold|wait|later|in use)\b",
    re.IGNORECASE,
)
_UNSURE = CONCEPTS["not"] | CONCEPTS["if"] | CONCEPTS["uncertain"]
_EITHER = re.compile(r"\?|\b(?:tai|eller|or)\b", re.IGNORECASE)


def choose(text: str, listed: Sequence[CertificateRecord]) -> tuple[CertificateRecord, ...]:
    """What `text` (what is new in the reply) chooses of the certificates `listed`, in their order. Pure and total."""
    text = clean_text(text[:_LONGEST])
    if read_words(text).all_bits & _UNSURE or _EITHER.search(text) or _OTHERWISE.search(text):
        return ()
    answers = [found for found in (_by_number(text, listed), _by_tail(text, listed), _by_day(text, listed)) if found]
    if not answers and (said := _ALL.search(text)) and _counts(said[0]) in {0, len(listed)}:
        answers = [frozenset(range(len(listed)))]
    if not answers or any(found != answers[0] for found in answers):
        return ()
    return tuple(listed[place] for place in sorted(answers[0]) if place >= 0)


def _counts(said: str) -> int:
    """How many «molemmat» and «all three» are; 0 when the words do not tell."""
    return next((number for number, words in _COUNTS if words.search(said)), 0)


# Places in the list; -1 stands for what is not in it, so that such an answer contradicts every other and itself.


def _by_number(text: str, listed: Sequence[CertificateRecord]) -> frozenset[int]:
    lists = [match[1] for match in _NUMBERED.finditer(text)]
    lists += [m["list"] for m in _LABELLED.finditer(text) if not m["before"] or _BEFORE_LABEL.fullmatch(m["before"])]
    said = {int(number) for numbers in lists for number in re.findall(r"\d+", numbers)}
    return frozenset(n - 1 for n in said) if said <= set(range(1, len(listed) + 1)) else frozenset({-1})


def _by_tail(text: str, listed: Sequence[CertificateRecord]) -> frozenset[int]:
    said = {match[1].replace(" ", "").lower() for match in _TAIL.finditer(text)}
    return frozenset(
        place for place, one in enumerate(listed) for tail in said if one.serial.hex.rjust(8, "0").endswith(tail)
    )


def _by_day(text: str, listed: Sequence[CertificateRecord]) -> frozenset[int]:
    said = set()
    for match in _DAY.finditer(text):
        day, month, year, iso_year, iso_month, iso_day = match.groups()
        said.add((int(year or iso_year), int(month or iso_month), int(day or iso_day)))
    named = [place for place, one in enumerate(listed) if said & {_day(one.not_before), _day(one.not_after)}]
    # A day that several share names none of them.
    return frozenset(named) if len(named) <= len(said) else frozenset()


def _day(at: datetime | None) -> tuple[int, int, int] | None:
    local = None if at is None else at.astimezone(HELSINKI)
    return None if local is None else (local.year, local.month, local.day)
