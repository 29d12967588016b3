"""A sentence and what it names, before it is put into a language.

Who finds something out says it once, in English, with values instead of words in between; who tells it chooses the
language (`sulku_desk.doctor_words`). As text it is English.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Code:
    """A word of a closed list, as `sulku_templates.words` names it; in English the code itself is shown."""

    kind: str
    code: str

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True, init=False)
class Saying:
    """`english` with `{names}` for the values: texts, numbers, durations, moments (aware), days, codes, sayings."""

    english: str
    values: tuple[tuple[str, Value], ...]

    def __init__(self, english: str, **values: Value) -> None:
        object.__setattr__(self, "english", english)
        object.__setattr__(self, "values", tuple(values.items()))

    def __str__(self) -> str:
        return self.written(self.english, english)

    def written(self, text: str, shown: Callable[[Value], str]) -> str:
        """`text`, which has the same names, with every value as `shown` writes it."""
        return text.format(**{name: shown(value) for name, value in self.values})


Value = str | int | timedelta | datetime | date | Code | Saying


def english(value: Value) -> str:
    """A value in English: moments in UTC, durations to the two digits that are enough at night."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}Z"
    if isinstance(value, timedelta):
        return long(value)
    return str(value)


def long(duration: timedelta, day: str = "d") -> str:
    """`40 s`, `12 min`, `3 h`, `2 d`; `day` is how a day is abbreviated."""
    seconds = int(duration.total_seconds())
    for unit, size in ((day, 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
