"""Where a text names certificates, by the ways in which each is spelt in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MOST_MENTIONS = 500


@dataclass(frozen=True, slots=True)
class Mention:
    """Where the text names certificate `named`."""

    start: int
    end: int
    named: int


def find_mentions(text: str, spellings: Sequence[frozenset[str]]) -> list[Mention]:
    """The mentions of the certificates, in their order. `named` is a place in `spellings`. Pure and total."""
    by_spelling = by_plain_spelling(spellings)
    longest_first = sorted(by_spelling, key=len, reverse=True)
    pattern = "|".join(r"\s+".join(map(re.escape, one.split())) for one in longest_first)
    found = re.finditer(rf"(?<![\w])(?:{pattern})(?!\w)", text, re.IGNORECASE) if pattern else iter(())
    return [
        Mention(match.start(), match.end(), by_spelling[plain(match[0])])
        for match, _ in zip(found, range(_MOST_MENTIONS), strict=False)
    ]


def by_plain_spelling(spellings: Sequence[frozenset[str]]) -> dict[str, int]:
    """Each spelling in lower case → which certificate it names. A colon behind it is none of it."""
    return {plain(one).rstrip(":-"): at for at, ways in enumerate(spellings) for one in ways if one}


def plain(spelling: str) -> str:
    """In lower case, with single blanks."""
    return " ".join(spelling.lower().split())
