"""`python -m benchmarks.reading FOLDER [--json]`: how well mails are read, beside what others make of the same mails.

FOLDER holds any of `parsing/`, `replies/` and `bounces/`; README.md beside the benchmarks says how they are laid out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.reading.expected import read_recipients, read_replies, read_trees
from benchmarks.reading.readers import Run, read_with_flufl, read_with_stdlib, read_with_sulku
from benchmarks.reading.scores import Score, score_bounces, score_parsing, score_replies

_HEADER = (
    "From: Sender <sender@example.com>\nTo: desk@example.com\nSubject: Re: A matter\nIn-Reply-To: <1@example.com>\n"
    "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
)


def main() -> None:
    """Prints the counts of every part that the folder holds."""
    arguments = argparse.ArgumentParser(description="How well mails are read.")
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--json", action="store_true", dest="as_json")
    given = arguments.parse_args()
    parts = {"parsing": _parsing, "replies": _replies, "bounces": _bounces}
    report = {name: part(given.folder / name) for name, part in parts.items() if (given.folder / name).is_dir()}
    print(json.dumps(report, ensure_ascii=False, indent=2) if given.as_json else _text(report))


def _parsing(folder: Path) -> dict[str, Any]:
    expected = list(read_trees(folder))
    runs = {"sulku": read_with_sulku(folder), "stdlib": read_with_stdlib(folder, [one.file for one in expected])}
    return {name: _report(run, score_parsing(expected, run.mails)) for name, run in runs.items()}


def _replies(folder: Path) -> dict[str, Any]:
    expected = list(read_replies(folder))
    with tempfile.TemporaryDirectory() as wrapped:
        for one in expected:
            Path(wrapped, one.file).write_text(_HEADER + one.text, encoding="utf-8")
        run = read_with_sulku(Path(wrapped))
    return {"sulku": _report(run, score_replies(expected, run.mails))}


def _bounces(folder: Path) -> dict[str, Any]:
    expected = read_recipients(folder)
    places = {file.name: file.relative_to(folder).as_posix() for file in sorted(folder.rglob("*")) if file.is_file()}
    files = {places[name]: recipients for name, recipients in expected.items() if name in places}
    read: dict[str, Callable[[], Run]] = {
        "sulku": lambda: read_with_sulku(folder),
        "stdlib": lambda: read_with_stdlib(folder, files),
        "flufl.bounce": lambda: read_with_flufl(folder, files),
    }
    runs = {name: reader() for name, reader in read.items()}
    return {name: _report(run, score_bounces(files, run.mails)) for name, run in runs.items()}


def _report(run: Run, scores: dict[str, Score]) -> dict[str, Any]:
    counts = {name: {"right": score.right, "all": score.all, "wrong": score.wrong} for name, score in scores.items()}
    seconds, file = run.slowest
    return {
        **counts,
        "files": len(run.mails),
        "seconds": round(run.seconds, 2),
        "slowest": {"file": file, "seconds": round(seconds, 3)},
        "failed": run.failed,
    }


def _text(report: dict[str, Any]) -> str:
    lines: list[str] = []
    for part, readers in report.items():
        lines.append(part)
        for reader, found in readers.items():
            counted = {key: one for key, one in found.items() if isinstance(one, dict) and "right" in one}
            scores = ", ".join(f"{key} {one['right']}/{one['all']}" for key, one in counted.items())
            slowest = f"slowest {found['slowest']['seconds']} s ({found['slowest']['file']})"
            lines.append(f"  {reader:13} {scores}; {found['files']} files, {slowest}, {len(found['failed'])} failed")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
