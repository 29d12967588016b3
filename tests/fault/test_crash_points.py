"""A desk that is killed at any named point of the road loses nothing and does nothing twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.fault.programs import ROOT, run

from sulku_kernel import crash_points
from sulku_kernel.crash_points import CROSSINGS, POINTS

COMPONENTS = ("desk", "mailbox", "tickets", "revocation", "applications", "console", "templates")


def crossings_in_the_code() -> set[str]:
    files = [file for component in COMPONENTS for file in (ROOT / component).rglob("*.py")]
    code = "\n".join(file.read_text(encoding="utf-8") for file in files if file.name != "crash_points.py")
    return set(re.findall(r'\bcrossing\("(\w+)"\)', code))


def test_every_crossing_in_the_code_stands_in_the_table_and_every_one_of_the_table_in_the_code() -> None:
    assert crossings_in_the_code() == set(CROSSINGS)


def test_there_are_at_least_forty_points() -> None:
    assert len(POINTS) >= 40


def test_an_unknown_point_is_refused() -> None:
    with pytest.raises(ValueError, match="before_lunch"):
        crash_points.arm("before_lunch:1")


@pytest.mark.timeout(600)
def test_a_desk_killed_at_each_crossing_goes_on_where_it_was(tmp_path: Path) -> None:
    """One side of each here; both sides, every transaction and pauses, on both databases, in `make torture`."""
    report = run("crash_road", tmp_path, "--quick")
    assert report["broken"] == []
    assert report["fates"] == len(CROSSINGS) - 1  # the mailbox's move wants a mailbox


@pytest.mark.torture(is_long=True)
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_desk_killed_on_either_side_of_each_crossing_and_commit_or_paused_past_its_lease(
    tmp_path: Path, database: str
) -> None:
    report = run("crash_road", tmp_path, "--database", database)
    assert report["broken"] == []
    assert report["fates"] >= len(POINTS)
