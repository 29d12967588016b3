"""Certificates that a mail only mentions beside those that it asks for.

«Onko 0bf4eab0 voimassa? Sulkekaa 0bf50a11.» Where a request names its certificate, another one that stands elsewhere is
none of it: one of last year, one for comparison, a list of all that somebody has. It is shown, not chosen. What stands
in a row like one that is asked for is asked for as well, and so is whatever is said to be in other hands.
"""

from __future__ import annotations

import re

from sulku_revocation.domain.mentions import Mention
from sulku_revocation.domain.spared import REVOKING, SENTENCE_END, Wishes

# More than this beside it is a list whose rows were not known for what they are.
MOST_MENTIONED = 10
_LONGEST_ROW_LABEL = 30
_MOST_WORDS_OF_ROW = 8
_MARKS_OF_ROWS = re.compile(r"[\s\d.,;|()*•#:-]+")
_HARMED = re.compile(
    r"vuot|vuod|paljast|vaarant|varast|viety|leak|compromis|expos|stolen|läck|röjt|röjd|stul", re.IGNORECASE
)
_ATTACHED = re.compile(r"\bliitte|\boheis|\bohei|\bohess|\bbifog|\bbilag|\battach|\benclos|\blist", re.IGNORECASE)
_SOME_OF_THEM = re.compile(r"\b(?:niistä|näistä|joista|av (?:dessa|dem)|of (?:these|them|those))\b", re.IGNORECASE)
_ALL_OF_THEM = re.compile(r"\b(?:kaikki|molem\w+|jokai\w+|alla|samtliga|båda|all|both|each)\b", re.IGNORECASE)


def find_only_mentioned(text: str, wishes: Wishes) -> frozenset[int]:
    """Which of the certificates of `wishes` the text names without asking for them. Pure and total."""
    if not wishes.asked - wishes.spared:
        return frozenset()
    asked = [mention for mention, is_asked in wishes.mentions if is_asked]
    others = [mention for mention, is_asked in wishes.mentions if not is_asked and mention.named not in wishes.asked]
    kept = {one.named for one in others if _is_meant_too(text, one, asked)}
    only = frozenset(one.named for one in others) - kept
    return only if len(only) <= MOST_MENTIONED else frozenset()


def asks_for_attached(text: str) -> bool:
    """Whether a sentence that asks for a revocation speaks of what is attached. Pure and total."""
    return any(_ATTACHED.search(one) and REVOKING.search(one) for one in SENTENCE_END.split(text))


def asks_for_some(text: str) -> bool:
    """Whether it asks for some of them, in words that only a person weighs: «sulkekaa niistä viimeinen»."""
    return any(
        _SOME_OF_THEM.search(one) and REVOKING.search(one) and not _ALL_OF_THEM.search(one)
        for one in SENTENCE_END.split(text)
    )


def _is_meant_too(text: str, mention: Mention, asked: list[Mention]) -> bool:
    label, line = _row(text, mention)
    if _HARMED.search(_sentence(text, mention)):
        return True
    if label is not None and any(_row(text, one)[0] == label for one in asked):
        return True
    is_row = len(line.split()) <= _MOST_WORDS_OF_ROW and not line.rstrip().endswith((".", "!", "?"))
    return is_row and any(_is_row_below(text, one, mention) for one in asked)


def _row(text: str, mention: Mention) -> tuple[str | None, str]:
    """What stands before the mention on its line, without the marks of a list; None when that is a text. The line."""
    start = text.rfind("\n", 0, mention.start) + 1
    end = text.find("\n", mention.end)
    label = _MARKS_OF_ROWS.sub(" ", text[start : mention.start]).strip().lower()
    return label if len(label) <= _LONGEST_ROW_LABEL else None, text[start : end if end >= 0 else len(text)]


def _is_row_below(text: str, first: Mention, then: Mention) -> bool:
    between = text[first.end : then.start] if first.end <= then.start else ""
    return "\n" in between and "\n\n" not in between


def _sentence(text: str, mention: Mention) -> str:
    before = SENTENCE_END.split(text[: mention.start])[-1]
    return before + SENTENCE_END.split(text[mention.end :], maxsplit=1)[0]
