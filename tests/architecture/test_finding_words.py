"""Every word for what CRL and OCSP came to is explained to the person who is paged with it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_word_of_a_finding_is_explained() -> None:
    sources = (ROOT / "revocation" / "sulku_revocation").rglob("*.py")
    used = {word for path in sources for word in re.findall(r"(?:Wrong|NotYet)\(\s*\"([a-z_]+)\"", path.read_text())}
    explained = set(re.findall(r"`([a-z_]+)`", (ROOT / "docs" / "ca-local.md").read_text()))
    assert used <= explained
    assert len(used) > 15
