"""Every test that docs/security.md names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_what_the_page_calls_proven_is_a_test_that_exists() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:unit|story|integration|properties|fault)/[^`]+)`", page))
    assert len(named) > 15
    assert [name for name in named if not list((ROOT / "tests").glob(name))] == []
