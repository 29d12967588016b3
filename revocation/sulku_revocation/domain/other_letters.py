"""Numbers in which letters of another alphabet stand for those of hex: «0bf4еab0» with a Cyrillic е.

Most often a keyboard or a text recognition did it, and the number is meant as it looks. It may as well be a trick, by
which people see another number than machines do. So it is looked up and shown as it was spelled, and never chooses;
nor does a part of it that is plain hex. Full-width letters are no other letters: they are the same in another form
(Unicode, NFKC), and are made plain when the text is cut into words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sulku_revocation.domain.find_numbers import find_numbers
from sulku_revocation.domain.reference import Reference
from sulku_revocation.domain.words import Words, read_words

# Cyrillic, Greek and phonetic letters that look like those of hex, like 0 and 1, and like the x of 0x.
_LOOKS_LIKE = {
    "а": "a", "А": "A", "Α": "A", "α": "a", "ɑ": "a", "В": "B", "Β": "B", "Ь": "b", "ь": "b", "с": "c", "С": "C",
    "ϲ": "c", "Ϲ": "C", "ԁ": "d", "Ԁ": "d", "е": "e", "Е": "E", "Ε": "E", "Ϝ": "F", "О": "0", "о": "0", "Ο": "0",
    "ο": "0", "І": "1", "і": "1", "Ӏ": "1", "Ι": "1", "х": "x", "Х": "X", "χ": "x", "Χ": "X",
}  # fmt: skip
_PLAIN = str.maketrans(_LOOKS_LIKE)
_OTHERS = "".join(_LOOKS_LIKE)
_GROUP = re.compile(rf"(?<!\w)[0-9A-Fa-fXx:.\-{_OTHERS}]{{1,200}}(?!\w)")


def has_other_letters(text: str) -> bool:
    """Whether one of them may stand in it; ordinary texts are told at once."""
    if text.isascii():
        return False
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return not frozenset(_OTHERS).isdisjoint(text)
    return False


def find_spelled_otherwise(words: Words, where: str, *, is_about_certificates: bool) -> Iterator[Reference]:
    """The numbers of a text with such letters, in place of those that `find_numbers` finds. Total, linear."""
    as_they_stand = {_key(r): r for r in find_numbers(words, where, is_about_certificates=is_about_certificates)}
    spelled: dict[str, str] = {}

    def plain(group: re.Match[str]) -> str:
        mended = group[0].translate(_PLAIN)
        if mended != group[0]:
            spelled[mended.strip(":.-")] = group[0].strip(":.-")
        return mended

    mended = read_words(_GROUP.sub(plain, words.text))
    as_they_look = {_key(r): r for r in find_numbers(mended, where, is_about_certificates=is_about_certificates)}
    for key, reference in as_they_stand.items():
        same = as_they_look.get(key)
        is_whole = same is not None and same.is_labelled >= reference.is_labelled
        yield reference if is_whole else replace(reference, is_misread=True)
    for reference in (reference for key, reference in as_they_look.items() if key not in as_they_stand):
        shown = " ".join(spelled.get(group.strip(":.-"), group) for group in reference.shown.split(" "))
        yield replace(reference, shown=shown, is_misread=True)


def _key(reference: Reference) -> tuple[str, str]:
    return reference.kind, reference.value
