"""The pages made from the code say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from sulku_desk.generated_docs import PAGES

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run: python -m sulku_desk.generated_docs"
