"""The doctor speaks three languages, wholly: whoever is woken at night reads what to do in their own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.conftest import NIGHT
from tests.unit.test_doctor import SOON, UNWELL, well

from sulku_desk.doctor import diagnose
from sulku_desk.doctor_facts import Part
from sulku_desk.doctor_words import TRANSLATED, in_language
from sulku_kernel.language import Language
from sulku_kernel.saying import Code, Saying
from sulku_templates.words import WORDS

SPEAKERS = (
    "sulku_desk.doctor",
    "sulku_desk.examining",
    "sulku_desk.examining_all",
    "sulku_desk.proving_means",
    "sulku_desk.reaching",
    "sulku_revocation.domain.crl_health",
)
# Others' words, and what is only put together.
PUT_TOGETHER = {"{said}", "{where}: {fault}", "{issuer}: {url}: {fault}", "{name}: {adapter}"}
FI, SV, EN = Language.FI, Language.SV, Language.EN


def said_in(module: str) -> Iterator[str]:
    """Every sentence a module says: what it makes a Saying of, and whatever has names of values in it."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Saying" and node.args:
            argument = node.args[0]
            if isinstance(argument, ast.Constant):
                yield str(argument.value)
        elif isinstance(node, ast.Constant) and id(node) not in parts and re.search(r"\{[a-z]+\}", str(node.value)):
            yield str(node.value)


@pytest.mark.parametrize("module", SPEAKERS)
def test_every_sentence_has_its_translations(module: str) -> None:
    said = set(said_in(module))
    assert said
    assert said - PUT_TOGETHER <= set(TRANSLATED)


@pytest.mark.parametrize("english", TRANSLATED)
def test_a_translation_names_the_same_values_and_is_none_of_the_others(english: str) -> None:
    finnish, swedish = TRANSLATED[english]
    names = sorted(re.findall(r"\{([a-z]+)\}", english))
    assert sorted(re.findall(r"\{([a-z]+)\}", finnish)) == names
    assert sorted(re.findall(r"\{([a-z]+)\}", swedish)) == names
    assert len({english, finnish, swedish}) == 3


@pytest.mark.parametrize("language", [FI, SV])
def test_whatever_is_found_is_said_in_the_language(language: Language) -> None:
    cases = [well(), *(facts for facts, _ in (*UNWELL.values(), *SOON.values()))]
    for finding in (finding for facts in cases for finding in diagnose(facts)):
        for saying in (finding.said, finding.step):
            if saying is None or saying.english in PUT_TOGETHER:
                continue
            told = in_language(saying, language)
            assert told != str(saying)
            assert "{" not in told


def test_values_are_written_as_the_language_writes_them() -> None:
    said = Saying(
        "{count} of {kind} are due for {longest} and nobody has taken them",
        count=2, kind=Code("effect", "mail"), longest=timedelta(days=3),
    )  # fmt: skip
    assert str(said) == in_language(said, EN) == "2 of mail are due for 3 d and nobody has taken them"
    assert "viestin lähettäminen, 2 kpl, vanhin 3 vrk;" in in_language(said, FI)
    assert "sändning av meddelande, 2 st., den äldsta 3 dygn;" in in_language(said, SV)
    at = Saying("{where}: {at}, {day}", where="it says nothing", at=NIGHT, day=date(2026, 12, 8))
    assert str(at) == f"it says nothing: {NIGHT:%Y-%m-%d %H:%M}Z, 2026-12-08"
    assert in_language(at, FI).startswith("vastausta ei tule: ")
    assert " klo 3.00 (UTC+" in in_language(at, FI)
    assert " kl. 3.00 (UTC+" in in_language(at, SV)
    assert in_language(at, SV).endswith(", 8.12.2026")


def test_a_fault_in_anothers_words_is_quoted_whatever_it_holds() -> None:
    (finding,) = diagnose(well(database_fault="{oops} 100 %", database_next_step="Run: sulku migrate", stores=None))[:1]
    assert finding.what == "{oops} 100 %"
    assert in_language(finding.said, FI) == "{oops} 100 %"
    assert finding.step is not None
    assert in_language(finding.step, FI) == "Suorita: sulku migrate"


def test_every_part_has_a_name_for_people() -> None:
    assert set(WORDS["part"]) == set(Part)
