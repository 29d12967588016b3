"""How soon a certificate is revoked for everybody whose key was proven compromised, by the automatic policy."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from benchmarks.desk import percentile
from tests.conftest import find_free_port
from tests.servers.leaked_keys import ROLES, SECONDS, prepare
from tests.servers.running_desk import answers, running_desk
from tests.servers.smtp import wait_until


def measure_proof(count: int) -> dict[str, float]:
    """Seconds from DATA until CRL and OCSP show it, one after the other; the first mail loads what is needed."""
    with tempfile.TemporaryDirectory(prefix="sulku-bench-") as folder:
        home = Path(folder) / "home"
        leaky = prepare(home, None, count + 1, find_free_port(), find_free_port())
        with running_desk(home, None, ROLES, leaky.toml):
            wait_until(lambda: answers(leaky.smtp_port), "the listener", SECONDS)
            first, *waits = [leaky.report(leaked) for leaked in leaky.leaked]
    return {
        "proof_to_visible_median_s": median(waits),
        "proof_to_visible_max_s": percentile(waits, 1),
        "proof_to_visible_first_s": first,
    }
