"""`dying_desk.py HOME`: carries out orders in a child for each line on its input, which may die at any moment.

A line is a crash point or empty. It prints the child's process number, and how it ended (0: by itself). The parent is warm
and has no threads, so that a child costs a fork and no import.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.fault.processes import die_with_parent
from tests.fault.world import SharedClock

from sulku_desk.instance import open_instance
from sulku_desk.log import configure_logging
from sulku_desk.settings import load_settings
from sulku_desk.wiring import open_dispatcher
from sulku_kernel import crash_points
from sulku_revocation.ca import acme, cfssl, cmp, command, django_ca, ejbca, openbao, openssl_ca  # noqa: F401  warm


def main(home: Path) -> int:
    for line in sys.stdin:
        process_id = os.fork()
        if not process_id:
            try:
                _carry_out(home, line.strip())
            finally:
                os._exit(0)
        print(process_id, flush=True)  # noqa: T201  its answer
        _, status = os.waitpid(process_id, 0)
        print(status, flush=True)  # noqa: T201  its answer
    return 0


def _carry_out(home: Path, point: str) -> None:
    die_with_parent()
    configure_logging("desk")
    instance = open_instance(load_settings(home), SharedClock(home / "clock"))
    with open_dispatcher(instance) as dispatcher:
        crash_points.arm(point)
        dispatcher.run_due(["ca_order"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
