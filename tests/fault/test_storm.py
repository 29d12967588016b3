"""Through kills, pauses, clock jumps, a database that stops, a lying CA and a failing smarthost every promise holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fault.faulty_ca import STRIKES_AFTER
from tests.fault.invariants import CHECKS
from tests.fault.programs import ROOT, run
from tests.fault.storm_campaign import LISTED


def test_the_page_about_it_names_every_check() -> None:
    page = (ROOT / "docs" / "torture.md").read_text(encoding="utf-8")
    assert [check.__name__ for check in CHECKS if f"`{check.__name__}`" not in page] == []


@pytest.mark.timeout(600)
def test_a_short_storm_breaks_no_promise(tmp_path: Path) -> None:
    sizes = ("--kills", 15, "--mails", 150, "--revocations", 8, "--campaign")
    report = run("storm", tmp_path, *sizes, "--patience", 100, "--seed", 26)
    assert report["broken"] == [], report
    assert report["kills"] >= 15
    assert (report["campaign_strikes"], report["revoked_by_campaign"]) == (len(STRIKES_AFTER), LISTED)


@pytest.mark.torture(is_long=True)
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_storm_of_200_kills_over_5000_mails_and_500_revocations_breaks_no_promise(
    tmp_path: Path, database: str, storm_size: dict[str, int]
) -> None:
    sizes = [part for name, value in storm_size.items() for part in (f"--{name}", value)]
    # How long it takes to drain is printed; a busy machine must not make it a fault.
    report = run("storm", tmp_path, "--database", database, "--patience", 400, "--campaign", *sizes)
    assert report["broken"] == [], report
    assert report["mails_answered"] >= storm_size["mails"]
    assert report["kills"] >= storm_size["kills"]
    assert (report["campaign_strikes"], report["revoked_by_campaign"]) == (len(STRIKES_AFTER), LISTED)
    assert report["revoked"] >= 0.9 * storm_size["revocations"]  # people reject one in thirty
