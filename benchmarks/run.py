"""All benchmarks in one run: `make bench`, or `make bench QUICK=1` for a look at whether they run at all.

Prints each figure as it comes, and writes `benchmarks/results/latest.json` (quick runs: `quick.json`). Nothing here
compares a figure with a bar: how they were got and what they mean stands in `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import growth, proof, road, stages
from benchmarks.desk import Desk, copy_of, new_desk
from benchmarks.match import Size, measure
from tests.conftest import find_free_port
from tests.servers.postgresql import PostgresqlServer, start_postgresql

from sulku_kernel.clock import SystemClock, to_text

RESULTS = Path(__file__).parent / "results"
Figures = dict[str, Any]


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    size: Size
    asked: int
    accepts: int
    mails: int
    mixed: int
    seconds: float
    large: int
    levels: tuple[int, ...]
    backlog: int
    proofs: int


WHOLE = Scale(Size(1_000_000, 40_000), 5_000, 4_000, 20_000, 6_000, 60, 100, (1_000, 100_000, 1_000_000), 100_000, 20)
QUICK = Scale(Size(20_000, 800), 200, 300, 1_000, 300, 3, 8, (1_000, 3_000, 9_000), 2_000, 3)


class Run:
    """The figures so far; each part adds its own, and all are written down after each."""

    def __init__(self, scale: Scale, file: Path, only: frozenset[str]) -> None:
        self._scale = scale
        self._file = file
        self._only = only
        # A part that is measured alone takes its place among the others.
        is_part = bool(only) and file.exists()
        self.document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if is_part else {}
        for name in ("figures", "figures_mixed", "details"):
            self.document.setdefault(name, {})
        self.document |= {
            "machine": machine(),
            "versions": versions(),
            "settings": {"sqlite": "WAL, synchronous=FULL", "workers": 2, "connections": road.CONNECTIONS},
            "scale": {**vars(scale), "size": vars(scale.size)},
        }

    def part(self, name: str, work: Callable[[], Figures], **figures: str) -> None:
        """Measure one part; `figures` says which of its results is which figure (`figure="result"`)."""
        if self._only and name not in self._only and name.split(maxsplit=1)[0] not in self._only:
            return
        now, load = to_text(SystemClock().now()), os.getloadavg()[0]
        found = work()
        self.document["details"][name] = {"at": now, "load_before": round(load, 1), **found}
        place = self.document["figures_mixed" if "mixed" in name else "figures"]
        place.update({figure: round(found[result], 4) for figure, result in figures.items()})
        print(f"{name}: " + ", ".join(f"{key} {value:.4g}" for key, value in found.items()), flush=True)
        self._file.parent.mkdir(exist_ok=True)
        self._file.write_text(json.dumps(self.document, indent=2) + "\n", encoding="utf-8")

    @property
    def wants_a_desk(self) -> bool:
        """Whether any part is measured that needs the large register."""
        return self._only != {"proof"}

    def sqlite(self, desk: Desk) -> None:
        scale = self._scale
        self.part(
            "match sqlite",
            lambda: match(desk, scale.asked),
            match_exact_p99_ms="exact_p99_ms",
            match_fuzzy_p99_ms="fuzzy_p99_ms",
        )
        with copy_of(desk) as other:
            self.part("backlog", lambda: growth.measure_backlog(other, scale.backlog), backlog_p1_s="backlog_p1_s")
        with copy_of(desk) as other:
            self.part(
                "stages",
                lambda: stages.measure_per_core(other, scale.accepts),
                read_match_judge_per_s="read_match_judge_per_s",
            )
            self.part("rate sqlite", lambda: road.measure_rate(other, scale.mails), mails_per_s_sqlite="mails_per_s")
            self.part("accept", lambda: road.measure_accept(other, scale.accepts), accept_ratio="accept_ratio")
            self.part(
                "latency",
                lambda: road.measure_latency(other, scale.seconds),
                accept_p99_ms="accept_p99_ms",
                ticket_p99_ms="ticket_p99_ms",
            )
            self.part(
                "large",
                lambda: road.measure_large(other, scale.large),
                intake_rss_mb="intake_rss_mb",
                ehlo_max_s="ehlo_max_s",
            )
        with copy_of(desk) as other:
            self.part(
                "growth",
                lambda: growth.measure_growth(other, scale.levels),
                cost_growth_ratio="cost_growth_ratio",
            )
        with copy_of(desk) as other:
            self.part(
                "rate sqlite mixed",
                lambda: road.measure_rate(other, scale.mixed, is_mixed=True),
                mails_per_s_sqlite="mails_per_s",
            )
            self.part(
                "accept mixed",
                lambda: road.measure_accept(other, scale.accepts // 2, is_mixed=True),
                accept_ratio="accept_ratio",
            )
            self.part(
                "latency mixed",
                lambda: road.measure_latency(other, scale.seconds / 2, is_mixed=True),
                accept_p99_ms="accept_p99_ms",
                ticket_p99_ms="ticket_p99_ms",
            )

    def postgresql(self, desk: Desk) -> None:
        scale = self._scale
        self.part("match postgresql", lambda: match(desk, scale.asked))
        self.part("rate postgresql", lambda: road.measure_rate(desk, scale.mails), mails_per_s_postgresql="mails_per_s")
        self.part(
            "rate postgresql mixed",
            lambda: road.measure_rate(desk, scale.mixed, is_mixed=True),
            mails_per_s_postgresql="mails_per_s",
        )


def match(desk: Desk, asked: int) -> Figures:
    """The slowest kind of exact question, and of the others: what is allowed 0.5 ms is exact."""
    figures: Figures = {}
    worst = {"exact_p99_ms": 0.0, "fuzzy_p99_ms": 0.0}
    with closing(desk.open()) as instance:
        for name, p50, p99, allowed, _ in measure(instance.storage, desk.size, asked):
            figures[f"{name} p50_ms"], figures[f"{name} p99_ms"] = p50, p99
            kind = "exact_p99_ms" if allowed < 1 else "fuzzy_p99_ms"
            worst[kind] = max(worst[kind], p99)
    return {**worst, **figures}


def machine() -> dict[str, Any]:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="ascii"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": found[1] if found else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "temporary_folder_is_on": _file_system(Path(tempfile.gettempdir())),
    }


def _file_system(folder: Path) -> str:
    command = ["stat", "--file-system", "--format=%T", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def versions() -> dict[str, str]:
    names = ("sqlalchemy", "psycopg", "aiosmtpd", "cryptography", "selectolax")
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in names},
    }


@contextmanager
def _postgresql() -> Iterator[PostgresqlServer]:
    with (
        tempfile.TemporaryDirectory(prefix="sulku-bench-") as folder,
        start_postgresql(Path(folder), find_free_port()) as server,
    ):
        yield server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="parts by name or first word, joined by commas: large,rate sqlite")
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    given = parser.parse_args()
    sys.setswitchinterval(0.000_5)  # a thread that measures must not wait for one that computes
    scale = QUICK if given.quick else WHOLE
    only = frozenset(given.only.split(",")) - {""}
    file = RESULTS / ("quick.json" if given.quick else "latest.json")
    run = Run(scale, file, only)
    run.part(
        "proof",
        lambda: proof.measure_proof(scale.proofs),
        proof_to_visible_median_s="proof_to_visible_median_s",
    )
    if given.database != "postgresql" and run.wants_a_desk:
        with new_desk(scale.size) as desk:
            run.sqlite(desk)
    if given.database != "sqlite" and run.wants_a_desk:
        with _postgresql() as server, new_desk(scale.size, server) as desk:
            run.postgresql(desk)
    print(f"written to {file}")


if __name__ == "__main__":
    main()
