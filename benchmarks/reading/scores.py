"""How much of what is expected a reader found. Blanks and line ends never count."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from benchmarks.reading.expected import Parsed, Reply
from benchmarks.reading.readers import Read

_NOTHING = Read()


@dataclass
class Score:
    """`right` of `all`, and the files that are wrong."""

    right: int = 0
    all: int = 0
    wrong: list[str] = field(default_factory=list)

    def count(self, file: str, *, is_right: bool) -> None:
        self.all += 1
        self.right += is_right
        if not is_right:
            self.wrong.append(file)


def score_parsing(expected: Iterable[Parsed], mails: Mapping[str, Read]) -> dict[str, Score]:
    """Subjects are equal; the text holds the expected one; there are as many attachments."""
    scores = {"subjects": Score(), "texts": Score(), "attachments": Score()}
    for one in expected:
        mail = mails.get(one.file, _NOTHING)
        if one.subject:
            scores["subjects"].count(one.file, is_right=_says(one.subject).fullmatch(_plain(mail.subject)) is not None)
        if one.text is not None:
            scores["texts"].count(one.file, is_right=_says(one.text).search(_plain(mail.text)) is not None)
        scores["attachments"].count(one.file, is_right=mail.attachments == one.attachments)
    return scores


def score_replies(expected: Iterable[Reply], mails: Mapping[str, Read]) -> dict[str, Score]:
    """Exact: word for word what was newly written. Nothing lost: all of its words, in order. Nothing gone: every word
    of the mail is either new or quoted."""
    scores = {"exact": Score(), "nothing_lost": Score(), "nothing_gone": Score()}
    for one in expected:
        mail = mails.get(one.file, _NOTHING)
        wanted, new = one.new.split(), mail.new_text.split()
        scores["exact"].count(one.file, is_right=wanted == new)
        scores["nothing_lost"].count(one.file, is_right=_is_within(wanted, new))
        gone = Counter(one.text.split()) - Counter(f"{mail.new_text}\n{mail.quoted_text}".split())
        scores["nothing_gone"].count(one.file, is_right=not gone)
    return scores


def score_bounces(expected: Mapping[str, list[str]], mails: Mapping[str, Read]) -> dict[str, Score]:
    """Recipients found of those that failed, and bounces in which nobody else was accused."""
    scores = {"recipients": Score(), "nobody_else": Score()}
    for file, recipients in sorted(expected.items()):
        found = mails.get(file, _NOTHING).recipients
        for recipient in recipients:
            scores["recipients"].count(f"{file}: {recipient}", is_right=recipient.lower() in found)
        scores["nobody_else"].count(file, is_right=found <= {recipient.lower() for recipient in recipients})
    return scores


def _says(expected: str) -> re.Pattern[str]:
    """What fits an expected text. U+FFFD in it is a character that the other reader could not read: any fits."""
    return re.compile(re.escape(_plain(expected)).replace("\ufffd", "."))


def _plain(text: str) -> str:
    return " ".join(text.replace("\ufeff", "").replace("\0", "\ufffd").split())


def _is_within(words: list[str], text: list[str]) -> bool:
    waiting = iter(text)
    return all(word in waiting for word in words)
