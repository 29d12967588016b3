"""No regular expression that reads what strangers wrote goes wild over text made for it.

Every expression of the reading and judging packages is found by itself; so is how it is used: a search may begin
anywhere, `match` and `fullmatch` begin once. The bound is enforced by the kernel's timer, not measured.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.unit.adversarial_text import adversarial

from sulku_mailbox.opening.processor_time import OutOfTimeError, at_most

# What is linear takes a few thousandths of a second, what is quadratic several seconds. `ADVERSARIAL=1000000` makes sure.
SIZE = int(os.environ.get("ADVERSARIAL", "60_000"))
SECONDS = 0.5 + SIZE / 1_000_000
PACKAGES = ("sulku_mailbox", "sulku_revocation", "sulku_tickets", "sulku_kernel")
# Expressions that only ever see so many characters.
BOUNDED: Mapping[str, int] = {
    "sulku_mailbox.domain.body:_META_CHARSET": 4_096,
    "sulku_mailbox.domain.reply_headers:_DATE_AND_ADDRESS": 3_000,
    "sulku_mailbox.domain.reply_headers:_ORIGINAL_LINE": 1_000,
    "sulku_mailbox.domain.reply_headers:_FORWARDED_LINE": 1_000,
    "sulku_revocation.domain.spared:_LIST": 80,
}
# Only looks at what another expression has taken apart already, which leaves no blanks at its end.
TAKEN_APART = frozenset({"sulku_mailbox.domain.html_shape:_ATTRIBUTES_OF_TAG"})


def modules() -> Iterator[ModuleType]:
    for package in PACKAGES:
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            yield importlib.import_module(found.name)


def patterns_in(value: Any, name: str, depth: int = 0) -> Iterator[tuple[str, re.Pattern[Any]]]:
    if isinstance(value, re.Pattern):
        yield name, value
    elif depth > 3 or isinstance(value, type | str | bytes):
        return
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from patterns_in(inner, f"{name}[{key}]", depth + 1)
    elif isinstance(value, tuple | list | frozenset):
        for at, inner in enumerate(value):
            yield from patterns_in(inner, f"{name}[{at}]", depth + 1)
    elif is_dataclass(value):
        for one in fields(value):
            yield from patterns_in(getattr(value, one.name), f"{name}.{one.name}", depth + 1)


def all_patterns() -> dict[str, re.Pattern[Any]]:
    found: dict[str, re.Pattern[Any]] = {}
    for module in modules():
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        for name, value in vars(module).items():
            if not name.startswith("__") and re.search(rf"^{name}\b.*?=", source, re.MULTILINE):
                found.update(patterns_in(value, f"{module.__name__}:{name}"))
    return found


PATTERNS = {name: pattern for name, pattern in all_patterns().items() if name not in TAKEN_APART}


def uses(name: str) -> set[str]:
    module, _, variable = name.partition(":")
    source = Path(str(importlib.import_module(module).__file__)).read_text(encoding="utf-8")
    first = re.split(r"[.\[]", variable)[0]
    return set(re.findall(rf"(?<!\w){first}\.(\w+)", source))


def applied(pattern: re.Pattern[Any], used: set[str], text: Any) -> None:
    if used and used <= {"match", "fullmatch"}:
        (pattern.match if "match" in used else pattern.fullmatch)(text)
    else:
        for _ in pattern.finditer(text):
            pass


def test_the_expressions_are_found() -> None:
    assert len(PATTERNS) > 200
    assert set(BOUNDED) <= set(PATTERNS)


@pytest.mark.parametrize("name", PATTERNS)
def test_text_made_for_it_is_soon_looked_through(name: str) -> None:
    pattern, used = PATTERNS[name], uses(name)
    for text in adversarial(pattern, min(SIZE, BOUNDED.get(name, SIZE))):
        octets = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")
        try:
            with at_most(SECONDS):
                applied(pattern, used, octets)
        except OutOfTimeError:
            pytest.fail(f"{pattern.pattern[:200]!r} over {text[:40]!r} … {text[-10:]!r}")


def test_an_expression_that_is_quadratic_would_be_found() -> None:
    pattern = re.compile(r"\s+$")
    with pytest.raises(OutOfTimeError), at_most(SECONDS / 4):
        for text in adversarial(pattern, SIZE):
            applied(pattern, {"search"}, text)
