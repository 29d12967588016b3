"""Text that makes a regular expression try as often as it can, made from the expression itself.

Every repetition of the expression is fed what it repeats, a megabyte of it, and then denied its end; and everything
that stands before a repetition, again and again, so that each of many beginnings has to look at all that follows.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import re._constants as sre  # type: ignore[import-not-found]  # the tree that `re` itself compiles from
    import re._parser as sre_parser  # type: ignore[import-not-found]

_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_CATEGORIES = {
    sre.CATEGORY_DIGIT: "1",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_DIGIT: "a",
    sre.CATEGORY_NOT_SPACE: "a",
    sre.CATEGORY_NOT_WORD: "-",
}
_CANDIDATES = "aA01 \t-:./@=,;\"'<>()[]{}%&#*+_?!\\|~^$`\nxyzäöXYZ9\r\x00\xff\u2028"
_FEW = 40
DENIALS = ("\x00", "<", "\n")


def adversarial(pattern: re.Pattern[Any], size: int) -> Iterator[str]:
    """Texts of about `size` characters, each another way to keep `pattern` busy; a handful for each repetition."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    tree = list(
        sre_parser.parse(text, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    )
    seen: set[tuple[str, str]] = set()
    for before, item in _repetitions(tree, ""):
        for pair in ((before, item), ("", item), ("", before + item), ("", before), (before, item[:1])):
            if pair[1] and pair not in seen:
                seen.add(pair)
                start, unit = pair
                yield from (start + unit * (size // len(unit)) + denied for denied in DENIALS)


def _repetitions(tree: Sequence[Any], before: str) -> Iterator[tuple[str, str]]:
    """Each repetition that may go on: what must stand before it, and one turn of it."""
    for op, argument in tree:
        if op in _REPEATS:
            _, most, item = argument
            for sample in _samples(item):
                if most > _FEW:
                    yield before, sample
            yield from _repetitions(item, before)
        elif op is sre.SUBPATTERN:
            yield from _repetitions(argument[3], before)
        elif op is sre.BRANCH:
            for branch in argument[1]:
                yield from _repetitions(branch, before)
        elif op in (sre.ASSERT, sre.ASSERT_NOT):
            yield from _repetitions(argument[1], before)
        elif op is sre.ATOMIC_GROUP:
            yield from _repetitions(argument, before)
        before += _sample(op, argument)


def _samples(tree: Sequence[Any]) -> Iterator[str]:
    """Ways to match once: the plainest, and one for each branch at the top."""
    yield "".join(_sample(op, argument) for op, argument in tree)
    if len(tree) == 1:
        op, argument = tree[0]
        inner = argument[3] if op is sre.SUBPATTERN else tree
        if len(inner) == 1 and inner[0][0] is sre.BRANCH:
            for branch in inner[0][1][1]:
                yield "".join(_sample(op, argument) for op, argument in branch)
        if op is sre.IN:
            yield from {_sample(sre.IN, [one]) for one in argument if one[0] is not sre.NEGATE}


def _sample(op: Any, argument: Any) -> str:
    if op is sre.LITERAL:
        return chr(argument)
    if op is sre.NOT_LITERAL:
        return "b" if chr(argument) == "a" else "a"
    if op is sre.ANY:
        return "a"
    if op is sre.IN:
        return next((one for one in _CANDIDATES if _is_in(one, argument)), _first_of(argument))
    if op in _REPEATS:
        least, _, item = argument
        return "".join(_sample(*node) for node in item) * min(max(least, 1), 200)
    if op is sre.SUBPATTERN:
        return "".join(_sample(*node) for node in argument[3])
    if op is sre.BRANCH:
        return "".join(_sample(*node) for node in argument[1][0])
    if op is sre.ATOMIC_GROUP:
        return "".join(_sample(*node) for node in argument)
    return ""


def _first_of(argument: Any) -> str:
    op, value = next(one for one in argument if one[0] is not sre.NEGATE)
    return chr(value[0] if op is sre.RANGE else value)


def _is_in(one: str, argument: Any) -> bool:
    is_negated = argument[0][0] is sre.NEGATE
    is_found = any(_matches(one, op, value) for op, value in argument if op is not sre.NEGATE)
    return is_found != is_negated


def _matches(one: str, op: Any, value: Any) -> bool:
    if op is sre.LITERAL:
        return ord(one) == value
    if op is sre.RANGE:
        return bool(value[0] <= ord(one) <= value[1])
    categories = {"1": one.isdigit(), " ": one.isspace(), "a": one.isalnum() or one == "_"}
    sample = _CATEGORIES[value]
    is_not = value in (sre.CATEGORY_NOT_DIGIT, sre.CATEGORY_NOT_SPACE, sre.CATEGORY_NOT_WORD)
    if is_not:
        positive = {sre.CATEGORY_NOT_DIGIT: "1", sre.CATEGORY_NOT_SPACE: " ", sre.CATEGORY_NOT_WORD: "a"}[value]
        return not categories[positive]
    return categories[sample]
