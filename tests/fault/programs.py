"""Storms and crash roads run as programs of their own: they fork, and a process of pytest's has threads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(module: str, folder: Path, *arguments: object) -> dict:
    """Run `python -m tests.fault.<module>` with its files in `folder`; what it printed at its end."""
    # Its own folder at each run; what PostgreSQL needs lies outside pytest's, which are closed to its user.
    own = folder / f"run-{len(list(folder.iterdir()))}"
    own.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", f"tests.fault.{module}", "--folder", str(own), *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            out, error = process.communicate()
        finally:
            with suppress(ProcessLookupError):  # nothing of it outlives the test
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode in (0, 1), error[-2_000:]
    assert out, error[-2_000:]
    return json.loads(out)
