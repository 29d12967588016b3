"""Questions to the DNS and their answers as values, so that what is concluded from them stays pure and can be kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RecordType(StrEnum):
    """The record types that authenticating a sender needs."""

    TXT = "TXT"
    A = "A"
    AAAA = "AAAA"
    MX = "MX"
    PTR = "PTR"


class DnsStatus(StrEnum):
    """NONE: there surely is none (NXDOMAIN, or no record of the type). UNANSWERED: nobody knows, for now."""

    FOUND = "found"
    NONE = "none"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True, order=True)
class DnsQuestion:
    """`name` in lower case, as A-labels, without the final dot."""

    name: str
    type: RecordType


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """`values` as text: TXT with its strings joined (Latin-1), addresses, host names; MX by preference.

    `at` is when it was answered: keys rotate, and what counted is what stood there then.
    """

    status: DnsStatus
    at: datetime
    values: tuple[str, ...] = ()


DnsAnswers = Mapping[DnsQuestion, DnsAnswer]


class MissingAnswersError(Exception):
    """What is to be judged raises more questions first. (Nobody's fault: ask them and come again.)"""

    def __init__(self, questions: Iterable[DnsQuestion]) -> None:
        super().__init__("answers are missing")
        self.questions = frozenset(questions)


_LONGEST_NAME = 253


def is_name(name: str) -> bool:
    """Whether a name can be asked at all (RFC 1035, 2.3.4): its labels and its length fit."""
    labels = name.split(".")
    return (
        0 < len(name) <= _LONGEST_NAME
        and name.isascii()
        and name.isprintable()
        and " " not in name
        and all(0 < len(label) <= 63 for label in labels)
    )
