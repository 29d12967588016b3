"""Storms and crash roads run as processes of their own: they fork, and a process of pytest's has threads.

Each is forked from one parent that has loaded everything: a start as a program takes three seconds. The parent reads a
line for each run (`module`, `arguments`, where its output goes) and answers with the run's wait status.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = ("storm", "crash_road")


def run(module: str, folder: Path, *arguments: object) -> dict:
    """Run `python -m tests.fault.<module>` with its files in `folder`; what it printed at its end."""
    # Its own folder at each run; what PostgreSQL needs lies outside pytest's, which are closed to its user.
    number = len(list(folder.iterdir()))
    own = folder / f"run-{number}"
    own.mkdir()
    out, error = folder / f"run-{number}.out", folder / f"run-{number}.error"
    status = _Warm.parent().run(module, ["--folder", str(own), *map(str, arguments)], out, error)
    said = error.read_text(encoding="utf-8", errors="replace")[-2_000:]
    assert os.WIFEXITED(status), said
    assert os.WEXITSTATUS(status) in (0, 1), said
    assert out.stat().st_size, said
    return json.loads(out.read_text(encoding="utf-8"))


class _Warm:
    """The parent of runs, one for each process of pytest's."""

    @staticmethod
    @cache
    def parent() -> _Warm:
        return _Warm()

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fault.programs"],
            cwd=ROOT,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.end)

    def run(self, module: str, arguments: list[str], out: Path, error: Path) -> int:
        """One run, to its end; its wait status. Nothing of it outlives the call, however that ends."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([module, arguments, str(out), str(error)]) + "\n")
        self._process.stdin.flush()
        process_id = int(self._process.stdout.readline())
        try:
            return int(self._process.stdout.readline())
        except BaseException:
            self.end()  # it would answer the next one with this one's end
            _Warm.parent.cache_clear()
            raise
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process_id, signal.SIGKILL)

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def _serve() -> None:
    """Fork a run for each line, until nobody is there to write one."""
    from tests.fault.processes import die_with_parent, warm_up

    die_with_parent()
    for module in MODULES:
        importlib.import_module(f"tests.fault.{module}")
    warm_up()
    for line in sys.stdin:
        module, arguments, out, error = json.loads(line)
        process_id = os.fork()
        if not process_id:
            _become_run(module, arguments, out, error)
        print(process_id, flush=True)  # noqa: T201  whoever asked reads it
        print(os.waitpid(process_id, 0)[1], flush=True)  # noqa: T201


def _become_run(module: str, arguments: list[str], out: str, error: str) -> None:
    code = 70
    try:
        os.setsid()
        for name, place in ((os.devnull, 0), (out, 1), (error, 2)):
            descriptor = os.open(name, os.O_RDONLY if place == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(descriptor, place)
            os.close(descriptor)
        code = sys.modules[f"tests.fault.{module}"].main(arguments)
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  it is a process of its own: nobody else would hear of it
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve()
