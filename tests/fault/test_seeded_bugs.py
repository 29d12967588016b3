"""The harness is not blind: each fault of our own that is planted makes it go red."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fault import campaign_bugs
from tests.fault.programs import run
from tests.fault.seeded_bugs import BUGS, BY_CRASH_POINT, FOUND_BY, SEEN_IN_THE_CALM, plant

SEEDS = (1, 2, 3, 4, 5, 6)  # the moment of a kill is not the seed's alone: the first that finds it is enough


def test_there_are_at_least_twelve() -> None:
    assert len(BUGS) >= 12
    assert set(BY_CRASH_POINT) | set(FOUND_BY) | set(campaign_bugs.FOUND_BY) <= set(BUGS)


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_what_a_bug_is_planted_into_is_still_there(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fault.seeded_bugs.put", monkeypatch.setattr)
    plant(bug)


@pytest.mark.torture
@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", sorted(set(BUGS) - set(BY_CRASH_POINT) - set(campaign_bugs.FOUND_BY)))
def test_a_small_storm_finds(bug: str, tmp_path: Path) -> None:
    sizes = ["--kills", 20, "--mails", 200, "--revocations", 10, "--patience", 15]
    if bug in FOUND_BY and bug not in SEEN_IN_THE_CALM:
        sizes += ["--bursts", 0]
    assert any(_is_found(bug, run("storm", tmp_path, *sizes, "--seed", seed, "--bug", bug)["broken"]) for seed in SEEDS)


@pytest.mark.torture
@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", sorted(campaign_bugs.FOUND_BY))
def test_a_storm_with_campaigns_finds(bug: str, tmp_path: Path) -> None:
    sizes = ("--campaign", "--kills", 3, "--mails", 8, "--revocations", 1, "--patience", 15, "--bursts", 0)
    assert any(_is_said(bug, run("storm", tmp_path, *sizes, "--seed", seed, "--bug", bug)["broken"]) for seed in SEEDS)


def _is_said(bug: str, broken: list[str]) -> bool:
    return any(campaign_bugs.FOUND_BY[bug] in sentence for sentence in broken)


def _is_found(bug: str, broken: list[str]) -> bool:
    return any(sentence.startswith(FOUND_BY.get(bug, "")) for sentence in broken)


@pytest.mark.torture
@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", sorted(BY_CRASH_POINT))
def test_a_fate_at_one_point_finds(bug: str, tmp_path: Path) -> None:
    point, *pause = BY_CRASH_POINT[bug]
    assert _is_found(bug, run("crash_road", tmp_path, "--at", point, *pause, "--patience", 10, "--bug", bug)["broken"])
    assert run("crash_road", tmp_path, "--at", point, *pause)["broken"] == []
