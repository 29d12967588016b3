"""When a mail wants the revocation: the day and the hour, as people in Finland write them, in UTC.

A scheduled date counts as the receipt of the request (ETSI EN 319 411-1 REV-6.2.4-05A). Read are only sentences that
ask for a revocation, or that name the wished time by a label; the end of a validity, a day that is past and "no later
than" are no wishes to wait. Without an hour the day begins at 0.00; a year that is left out is the next one that fits.
What is said too loosely to be a moment («viikolla 50», «in two weeks», 5/12/2026) is told, so that a person asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, zip_longest
from zoneinfo import ZoneInfo

from sulku_revocation.domain.words import CONCEPTS, DIGITS, Words, find_span

HELSINKI = ZoneInfo("Europe/Helsinki")
_REVOKE = CONCEPTS["revoke"] | CONCEPTS["cancel"] | CONCEPTS["disable"]
_UNNEEDED, _CERTIFICATE = CONCEPTS["unneeded"], CONCEPTS["certificate"]
# No certificate of ours lives longer; and what lies nearly a year ahead was rather meant for the last one.
FURTHEST = timedelta(days=2 * 366)
_MOST_SENTENCES = 500
_NEXT_YEAR_WITHIN = timedelta(days=300)

# What a text must have that names a time at all: a name of a day, month or week, or digits with a full stop or a year.
_TIME_NAME = CONCEPTS["day"] | CONCEPTS["loose_time"]
_TIME = _TIME_NAME | DIGITS
_NUMERIC = re.compile(r"\.(?<=\d\.)[ ]?(?:[01]?\d(?:\.|,?[ ](?:klo|kello|kl)\b)|[a-zä]{3,7}kuu)")
_ISO = re.compile(r"20\d\d-[01]|\d[/-]20\d\d|(?<![\d/])[0-3]?\d/[01]?\d(?![\d/])")

_MONTHS = {
    **{name: at for at, name in enumerate(
        ("tammi", "helmi", "maalis", "huhti", "touko", "kesä", "heinä", "elo", "syys", "loka", "marras", "joulu"), 1)},
    **{name: at for at, names in enumerate(
        ("jan", "feb", "mar", "apr", "maj may", "jun", "jul", "aug", "sep", "okt oct", "nov", "dec"), 1)
        for name in names.split()},
}  # fmt: skip
_WEEKDAYS = {
    name: at
    for at, names in enumerate(
        ("maanantai mån monday", "tiistai tis tuesday", "keskiviikko ons wednesday", "torstai tors thursday",
         "perjantai fre friday", "lauantai lör saturday", "sunnuntai sön sunday")
    )
    for name in names.split()
}  # fmt: skip
_AHEAD = {
    "tänään": 0, "idag": 0, "i dag": 0, "today": 0,
    "huomenna": 1, "ylihuomenna": 2, "i morgon": 1, "imorgon": 1, "i övermorgon": 2, "tomorrow": 1,
    "day after tomorrow": 2,
}  # fmt: skip
_MONTH_NAMES = "jan|feb|mar|apr|maj|may|jun|jul|aug|sep|okt|oct|nov|dec"
_DAY = re.compile(
    r"(?<![\w.:/-])(?:"
    r"(?P<iso>20\d\d-[01]\d-[0-3]\d(?:T[0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-][0-2]\d:?[0-5]\d)?)?)"
    r"|(?P<d5>[0-3]?\d)(?P<slash>[/-])(?P<m5>[0-3]?\d)(?P=slash)(?P<y5>20\d\d)"
    r"|(?P<d1>[0-3]?\d)\.[ ]?(?P<m1>[01]?\d)\.(?:[ ]?(?P<y1>20\d\d)|-?(?P<yy1>\d\d)(?!\.\d))?(?!\d)"
    r"|(?P<d6>[0-3]?\d)[./](?P<m6>[01]?\d)(?=,?[ ](?:klo|kello|kl)\b)"
    r"|(?<=den )(?P<d7>[0-3]?\d)/(?P<m7>[01]?\d)(?![\d/])"
    r"|(?P<d2>[0-3]?\d)\.[ ]?(?P<m2>tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu)kuu\w*"
    r"(?:[ ](?P<y2>20\d\d))?"
    rf"|(?P<d3>[0-3]?\d)(?:\.|:[ae]|st|nd|rd|th)?[ ](?:of[ ])?(?P<m3>{_MONTH_NAMES})[a-z]*\.?,?(?:[ ](?P<y3>20\d\d))?"
    rf"|(?P<m4>{_MONTH_NAMES})[a-z]*\.?[ ](?P<d4>[0-3]?\d)(?:st|nd|rd|th)?(?!\d|[:.]\d)(?:,?[ ](?P<y4>20\d\d))?"
    r"|(?P<weekday>maanantai|tiistai|keskiviikko|torstai|perjantai|lauantai|sunnuntai)na"
    r"|(?:på|nästa|kommande)[ ](?P<veckodag>mån|tis|ons|tors|fre|lör|sön)dag(?:en)?"
    r"|(?:on|next|this|coming)[ ](?P<on>monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
    r"|(?P<ahead>tänään|i ?dag|today|huomenna|ylihuomenna|i morgon|imorgon|i övermorgon|(?:day after )?tomorrow)"
    r")(?![\w'’])",
    re.IGNORECASE,
)
_HOUR = re.compile(
    r"(?:\b(?:klo|kello|kl|klockan|at)\b\.?[ ]{0,2}(?P<h>[0-2]?\d)(?:[.:](?P<m>[0-5]\d))?(?![\d])"
    r"(?:[ ]?(?P<half>[ap])\.?m\b)?|\b(?P<h2>[0-2]?\d):(?P<m2>[0-5]\d)(?!\d|:)|\b(?P<noon>noon))"
    r"(?:[ ]?\(?(?P<utc>utc|gmt)\b(?![+-]\d))?",
    re.IGNORECASE,
)
# The hour at which a part of a day begins, for who says no hour: nobody is early who comes then.
_PARTS = {
    "aamupäiv": 9, "förmiddag": 9, "iltapäiv": 12, "eftermiddag": 12, "afternoon": 12, "aamu": 8, "morgon": 8,
    "bitti": 8, "morning": 8, "ilta": 18, "illalla": 18, "kväll": 18, "evening": 18,
}  # fmt: skip
_PART = re.compile("|".join(_PARTS), re.IGNORECASE)
# Before a day: it is when something begins, ends or was written, or the latest moment, not the wished one.
_OTHER_DAY = re.compile(
    r"(?<!not )(?<!no )(?<!ei )(?<!kuitenkaan )(?<!inte )(?<!ej )"
    r"(?:voimassa\w*|vanhaksi|vanhene\w*|vanhentu\w*|umpeut\w*|päättyy|päättyen|lakkaa|alka\w+|"
    r"myönne\w+|päivätty\w*|viimeistään|"
    r"ennen|giltig\w*|går ut|upphör\w*|utfärda\w*|daterad|senast|före|valid|expir\w+|ends?|ending|issued|dated|since|"
    r"until|till|by|before|last|no later than|not after|notafter)\b[^.;!?]{0,25}$",
    re.IGNORECASE,
)
_UP_TO = re.compile(r"[ ]?(?:klo[ ]\d{1,2}(?:[.:]\d\d)?[ ])?(?:mennessä|asti|saakka)\b", re.IGNORECASE)
_BEFORE_AFTER, _AFTER = re.compile(r"\b(?:after|efter)[ ](?:den |the )?$", re.IGNORECASE), re.compile(r"[ ]?jälkeen\b")
_LABEL = re.compile(
    r"(?:(?:toivot|halut|pyyde|önska|begär)\w{0,20}|requested|desired|wanted|preferred|revocation|spärrnings?)[ ]?"
    r"(?:sulkemis)?(?:(?:ajankoh|päivä|tidpunkt)\w{0,20}|aika|tid|datum|dag|time|date|day)\b"
    r"|sulkemis(?:ajankohta|aika|päivä)\w{0,20}|spärrnings(?:tid|datum|dag)\w{0,20}",
    re.IGNORECASE,
)
# One of these stands in whatever it finds.
_LABEL_STEMS = (
    "toivot", "halut", "pyyde", "önska", "begär", "requested", "desired", "wanted", "preferred", "revocation",
    "spärrning", "sulkemis",
)  # fmt: skip
_LABEL_ALONE = re.compile(r"\W*(?:ajankohta|toteutusaika|milloin|tidpunkt|när|when)[ ]?:", re.IGNORECASE)
# Between a day's name and the same day's date.
_SAME_DAY = re.compile(r"[\s,(]*(?:den |the )?")
_LOOSE = re.compile(
    r"\b(?:viikolla[ ]\d{1,2}|\d{1,2}\.?-\d{1,2}\.[01]?\d"
    r"|(?:viikon|päivän|kuukauden|tunnin|minuutin)[ ](?:päästä|kuluttua)|(?:alku|loppu)viikosta"
    r"|(?:ensi|seuraavan|seuraavalla)[ ](?:viikolla|viikon|viikonloppuna|kuussa|kuun|vuonna|vuoden|yönä)"
    r"|(?:\w*kuun|kuukauden|vuoden)[ ](?:lopussa|lopulla|lopuksi|vaihteessa|alussa|jälkeen|viimeisenä)"
    r"|(?:kuun|vuoden)vaihteessa|(?:tänä|ensi)[ ](?:iltana|yönä)"
    r"|(?:\w*iltana|\w*illalla|\w*aamuna|keskiyöllä|iltapäivällä)"
    r"|(?:virka-ajan|joulun|juhannuksen|pääsiäisen|loman|uudenvuoden|viikonlopun|\d{1,2}\.(?:20\d\d)?)[ ]jälkeen"
    r"|om[ ]\w+[ ](?:veckor|vecka|dagar|månad(?:er)?|timmar|timme)|(?:vecka|v\.)[ ]?\d{1,2}"
    r"|nästa[ ](?:vecka|månad|år|helg)|i[ ](?:slutet|början)[ ]av|(?:vid|efter)[ ](?:årsskiftet|månadsskiftet)"
    r"|i[ ]?(?:kväll|natt)|efter[ ](?:jul|nyår|påsk|midsommar|helgen|den[ ]\d{1,2})"
    r"|om[ ](?:mån|tis|ons|tors|fre|lör|sön)dag|(?:mon|tues|wednes|thurs|fri|satur|sun)day|tonight"
    r"|in[ ]\w+[ ](?:weeks?|days?|months?|hours?)|(?:next|this)[ ](?:week|weekend|month|year)|week[ ]\d{1,2}"
    r"|(?:end|beginning|start)[ ]of[ ](?:the[ ]|this[ ]|next[ ])?(?:week|month|year)|(?:over|at)[ ]the[ ]weekend"
    r"|(?:over|after)[ ](?:christmas|easter|new[ ]year|the[ ]holidays|\d{1,2}[ ][a-z]+)|on[ ]\d{1,2}/\d{1,2}(?!/))\b"
    r"|\b(?:klo|kello|kl|klockan)\.?[ ]\d{1,2}\b",
    re.IGNORECASE,
)
_ASKED_FOR = re.compile(
    r"tarpee|onödig|unnecessary|obsolete|sulk|sulje|mitätö|revoko|spärr|återkall|makuler|revok|cancel", re.IGNORECASE
)
# Not what a form says in brackets: «Toivottu sulkemisaika (tyhjä: heti)».
_AT_ONCE = re.compile(r"\b(?:nyt|heti|nu|genast|omedelbart|now|immediately|at once)\b(?![^()]{0,40}\))", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:]")
_REACH, _SHORT_REACH = 30, 12


@dataclass(frozen=True, slots=True)
class WantedTime:
    """`at`: the one moment that is wished for, in UTC; None when there are several, or none is said exactly.

    `sentence`: what says it.
    """

    at: datetime | None
    sentence: str


def find_wanted_time(texts: Iterable[Words], now: datetime) -> WantedTime | None:
    """The moment at which the mail wants its revocation; None when it names none that lies ahead. Pure and total."""
    found: dict[datetime, str] = {}
    loose = ""
    for words in texts:
        if not (words.all_bits & _TIME_NAME or _names_day(words.text)):
            continue
        for sentence in islice(_asking(words), _MOST_SENTENCES):
            days = list(_DAY.finditer(sentence))
            for at in _times_in(sentence, days, now):
                found.setdefault(at, sentence)
                if _AT_ONCE.search(sentence):
                    found.setdefault(now, sentence)  # «nyt toinen ja 1.12. toinen»
            loose = loose or (sentence if _is_loose(sentence, days) else "")
    if not found:
        return WantedTime(None, loose) if loose else None
    return WantedTime(next(iter(found)) if len(found) == 1 else None, next(iter(found.values())))


def _names_day(text: str) -> bool:
    if _NUMERIC.search(text):
        return True
    return ("20" in text or "/" in text) and _ISO.search(text) is not None  # what most texts lack


def _asking(words: Words) -> Iterator[str]:
    for first, last, bits in words.sentences:
        if not bits & _TIME:
            continue  # most sentences
        text = find_span(words, first, last)
        if not (bits & _TIME_NAME or _names_day(text)):
            continue  # its digits are those of a number
        if bits & _REVOKE or (bits & _UNNEEDED and bits & _CERTIFICATE) or _is_labelled(text):
            yield text


def _is_labelled(text: str) -> bool:
    folded = text.lower()
    if any(map(folded.__contains__, _LABEL_STEMS)) and _LABEL.search(text):
        return True
    return _LABEL_ALONE.match(text) is not None


def _times_in(sentence: str, days: list[re.Match[str]], now: datetime) -> Iterator[datetime]:
    for match, following in zip_longest(days, days[1:]):
        if _OTHER_DAY.search(sentence[: match.start()]) or _UP_TO.match(sentence, match.end()):
            continue
        if _BEFORE_AFTER.search(sentence[: match.start()]) or _AFTER.match(sentence, match.end()):
            continue  # some day later, which a person asks for
        if _is_name_of(match, following, sentence):
            continue  # «perjantaina 4.12.»: one day, said twice
        if _is_beside(match, sentence):
            continue  # «uusi asennettiin maanantaina, sulkekaa vanha»
        day = _day_of(match, now.astimezone(HELSINKI).date())
        at = None if day is None else _moment(day, sentence, match)
        if at is not None and now < at <= now + FURTHEST:
            yield at


def _is_beside(match: re.Match[str], sentence: str) -> bool:
    """Whether a clause that asks for nothing names a weekday, past or to come: «asennettiin maanantaina»."""
    if not _is_name(match):
        return False
    before, after = _CLAUSE.split(sentence[: match.start()])[-1], sentence[match.start() :]
    return _ASKED_FOR.search(before + _CLAUSE.split(after, maxsplit=1)[0]) is None


def _is_name(match: re.Match[str]) -> bool:
    return bool(match["weekday"] or match["veckodag"] or match["on"] or match["ahead"])


def _is_name_of(match: re.Match[str], following: re.Match[str] | None, sentence: str) -> bool:
    return (
        _is_name(match)
        and following is not None
        and _SAME_DAY.fullmatch(sentence, match.end(), following.start()) is not None
    )


def _is_loose(sentence: str, days: list[re.Match[str]]) -> bool:
    """Whether a clause that asks says when, but not exactly."""
    loose = (
        match
        for clause in _CLAUSE.split(sentence)
        if _ASKED_FOR.search(clause)
        for match in _LOOSE.finditer(clause)
        if not _OTHER_DAY.search(clause[: match.start()]) and not _UP_TO.match(clause, match.end())
    )
    beside = any(_is_beside(match, sentence) and _AHEAD.get((match["ahead"] or "").lower()) != 0 for match in days)
    return beside or next(loose, None) is not None or any(match["d5"] and not _order_of(match) for match in days)


def _order_of(match: re.Match[str]) -> tuple[int, int] | None:
    """Month and day of 15/12/2026 or 12/15/2026; None for 5/12/2026, which is two days."""
    first, second = int(match["d5"]), int(match["m5"])
    if first > 12 >= second or first == second:
        return second, first
    return (first, second) if second > 12 >= first else None


def _day_of(match: re.Match[str], today: date) -> date | None:
    said = {name: value.lower() for name, value in match.groupdict().items() if value}
    if ahead := said.get("ahead"):
        return today + timedelta(days=_AHEAD[ahead])
    if weekday := said.get("weekday") or said.get("veckodag") or said.get("on"):
        return today + timedelta(days=(_WEEKDAYS[weekday] - today.weekday() - 1) % 7 + 1)
    if iso := said.get("iso"):
        return _date(*map(int, iso[:10].split("-")))
    if "d5" in said:
        order = _order_of(match)
        return _date(int(said["y5"]), *order) if order else None
    form = next(at for at in "123467" if f"d{at}" in said)
    day, month, year = int(said[f"d{form}"]), _month(said[f"m{form}"]), said.get(f"y{form}") or _in_full(said)
    return _date(int(year), month, day) if year else _next(month, day, today)


def _in_full(said: dict[str, str]) -> str | None:
    """The year of «1.12.26»."""
    return f"20{said['yy1']}" if "yy1" in said else None


def _month(said: str) -> int:
    return int(said) if said.isdigit() else _MONTHS[said]


def _next(month: int, day: int, today: date) -> date | None:
    """The next such day, unless that is so far ahead that the last one was meant."""
    ahead = (found for year in (today.year, today.year + 1) if (found := _date(year, month, day)) and found >= today)
    following = next(ahead, None)
    return following if following and following - today <= _NEXT_YEAR_WITHIN else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _moment(day: date, sentence: str, match: re.Match[str]) -> datetime | None:
    """The day with the hour that stands behind it, or shortly before it, on the clocks of Helsinki."""
    if match["iso"] and len(match["iso"]) > 10:
        return _exactly(match["iso"])
    hour = _HOUR.search(sentence, match.end(), match.end() + _REACH)
    if hour is None:
        before = list(_HOUR.finditer(sentence, max(0, match.start() - _REACH), match.start()))
        hour = before[-1] if before else None
    if hour is None:
        part = _PART.search(sentence, match.end(), match.end() + _SHORT_REACH)
        return datetime.combine(day, time(_PARTS[part[0].lower()] if part else 0), HELSINKI).astimezone(UTC)
    hours = 12 if hour["noon"] else int(hour["h"] or hour["h2"])
    if hour["half"]:
        hours = hours % 12 + (12 if hour["half"].lower() == "p" else 0)
    if hours > 24:
        return None
    zone = UTC if hour["utc"] else HELSINKI
    local = datetime.combine(day, time(hours % 24, int(hour["m"] or hour["m2"] or 0)), zone)
    return (local + timedelta(days=hours // 24)).astimezone(UTC)


def _exactly(iso: str) -> datetime | None:
    """A moment of ISO 8601; without a zone on the clocks of Helsinki."""
    try:
        at = datetime.fromisoformat(iso.upper())
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=HELSINKI)).astimezone(UTC)
