"""Who runs on this machine, and whose child it is (proc_pid_stat(5))."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def children_of(process_id: int) -> list[int]:
    return [child for child, (_, parent) in _processes().items() if parent == process_id]


def is_there(process_id: int) -> bool:
    """Whether it runs: one that has ended and that nobody has waited for does not."""
    return _processes().get(process_id, ("Z", 0))[0] != "Z"


def _processes() -> dict[int, tuple[str, int]]:
    """State and parent of every process."""
    found = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = file.read_text().rpartition(")")[2].split()[:2]
            found[int(file.parent.name)] = state, int(parent)
    return found
