"""The layout holds: components are folders with one prefixed package, names say something, and files stay readable."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPONENTS = ("desk", "mailbox", "tickets", "revocation", "applications", "console", "templates")
SOURCES = [path for component in COMPONENTS for path in (ROOT / component).rglob("*.py")]


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_folder_is_no_package_and_explains_itself(component: str) -> None:
    assert not (ROOT / component / "__init__.py").exists(), "it would shadow the standard library's mailbox"
    assert (ROOT / component / "README.md").exists()
    assert all(
        path.name.startswith("sulku_") for path in (ROOT / component).iterdir() if (path / "__init__.py").exists()
    )


def test_the_standard_librarys_mailbox_is_not_shadowed() -> None:
    code = "import mailbox, aiosmtpd.handlers; mailbox.Maildir"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("word", ["utils", "helpers", "misc", "common", "manager"])
def test_no_file_has_a_name_that_explains_nothing(word: str) -> None:
    assert [path for path in SOURCES if word in path.stem] == []


def test_no_file_is_longer_than_five_hundred_lines() -> None:
    written = [path for path in SOURCES if "migrations" not in path.parts]  # those are made from the tables
    long = [str(path.relative_to(ROOT)) for path in written if len(path.read_text().splitlines()) > 500]
    assert long == [], "one idea per file"
