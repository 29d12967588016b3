"""Whoever is woken finds a page that says what it means and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sulku_desk.doctor_facts import Part
from sulku_revocation.alarms import CERTIFICATE_ALARMS
from sulku_revocation.domain.order_states import OrderAlarm
from sulku_tickets.escalation import EscalationKind

DOCS = Path(__file__).resolve().parents[2] / "docs"
RUNBOOK = DOCS / "runbook"
WORDS = (*(kind.word for kind in EscalationKind), *map(str, OrderAlarm), *CERTIFICATE_ALARMS)
PAGES = sorted(RUNBOOK.glob("*.md"))


@pytest.mark.parametrize("word", WORDS)
def test_every_alarm_has_a_page_that_the_index_names(word: str) -> None:
    page = (RUNBOOK / f"{word}.md").read_text(encoding="utf-8")
    assert "## What it means" in page
    assert "## What to do\n\n1. " in page
    assert f"]({word}.md)" in (RUNBOOK / "README.md").read_text(encoding="utf-8")


def test_no_page_is_about_an_alarm_that_is_gone() -> None:
    assert {page.stem for page in PAGES} == {*WORDS, "README", "doctor"}


def test_every_part_the_doctor_looks_at_is_explained_and_no_other() -> None:
    headings = re.findall(r"^## (\w+)$", (RUNBOOK / "doctor.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [part.value for part in Part]


def test_the_administrators_page_leads_to_the_runbook() -> None:
    assert "(runbook/README.md)" in (DOCS / "administrator.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_between_the_pages_lead_somewhere_and_a_page_is_short(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert all((RUNBOOK / link).exists() for link in re.findall(r"\]\(([^)]+)\)", text))
    # The index has a line for each alarm, doctor.md a section for each part.
    assert page.stem in {"doctor", "README"} or len(text.splitlines()) <= 30
