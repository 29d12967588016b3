"""Whether a program of requirements/debian.txt is here. A full machine skips nothing: `.ci/run` fails on such a skip."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

_DEBIAN_PATHS = (
    "/usr/sbin:/usr/lib/postgresql/15/bin:/usr/lib/postgresql/16/bin:/usr/lib/postgresql/17/bin:/usr/lib/postfix/sbin"
)


def find_program(name: str) -> Path | None:
    """The program on the PATH or where Debian keeps servers."""
    found = shutil.which(name) or shutil.which(name, path=_DEBIAN_PATHS)
    return Path(found) if found else None


def require_program(name: str) -> Path:
    """The program, or the test is skipped with a reason that says what to install."""
    found = find_program(name)
    if found is None:
        pytest.skip(f"needs the program {name}: install the packages of requirements/debian.txt")
    return found
