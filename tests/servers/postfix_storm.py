"""Many mails through a real Postfix while the desk's processes are killed and its database crashes.

The ordinary tests call `storm` with some mails; with thousands, on both databases:

    python -m tests.servers.postfix_storm --mails 2000 --seed 7

The seed says what is done when.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import sqlalchemy as sa

from sulku_desk.backup.agreement import disagreements
from sulku_desk.checking import verify_audit
from sulku_desk.log import configure_logging
from sulku_mailbox.models import deliveries
from tests.conftest import find_free_port
from tests.servers.postfix import start_postfix
from tests.servers.postgresql import PostgresqlServer, start_postgresql
from tests.servers.running_desk import Running, running_desk, smtp_toml
from tests.servers.smtp import SmtpClient, wait_until

ROLES = ("intake", "worker")
DRAINED_WITHIN = 80


@dataclass
class StormReport:
    """What the clients were promised and what came of it. `faults` is empty when all arrived, each once."""

    seed: int
    accepted: int = 0
    killed: dict[str, int] = field(default_factory=dict)
    database_crashes: int = 0
    tickets: int = 0
    deliveries: int = 0
    faults: list[str] = field(default_factory=list)


def storm(
    home: Path, url: str | None, *, mails: int, seed: int, kills: int, server: PostgresqlServer | None = None
) -> StormReport:
    """Send `mails` through Postfix in `kills` parts; in each, kill -9 a role, or crash `server` now and then.

    `server` is the PostgreSQL of `url`, when it may be crashed. Every harm comes while mails are on their way. Needs
    root, as Postfix does.
    """
    report = StormReport(seed)
    chance = random.Random(seed)
    lmtp_port = find_free_port()
    with (
        start_postfix(find_free_port(), lmtp_port) as postfix,
        running_desk(home, url, ROLES, smtp_toml(0, lmtp_port)) as desk,
    ):
        rounds = [range(mails * number // kills, mails * (number + 1) // kills) for number in range(kills)]
        for numbers in rounds:
            wait_until(lambda: _answers(lmtp_port), "intake again", DRAINED_WITHIN)
            sending = threading.Thread(target=_send, args=(postfix.port, numbers, report))
            sending.start()
            bite = chance.choice(numbers)
            wait_until(lambda bite=bite: report.accepted >= bite, "Postfix takes mail", DRAINED_WITHIN)
            _harm(desk, server, chance, report)
            sending.join()
        try:
            wait_until(lambda: len(desk.tickets()) >= mails, f"{mails} tickets", DRAINED_WITHIN)
        except AssertionError as error:
            error.add_note(_unsent(postfix.log))
            raise
        _look(desk, mails, report)
    return report


def subject(seed: int, number: int) -> str:
    """Each mail's own."""
    return f"Storm {seed}-{number}"


def _send(port: int, numbers: range, report: StormReport) -> None:
    for number in numbers:
        head = f"From: a{number}@example.fi\r\nSubject: {subject(report.seed, number)}\r\n\r\n"
        with SmtpClient(port, "EHLO") as client:
            assert client.mail(f"{head}Sulkekaa varmenne {number:x}.\r\n".encode()).startswith("250"), "Postfix refused"
        report.accepted += 1


def _harm(desk: Running, server: PostgresqlServer | None, chance: random.Random, report: StormReport) -> None:
    if server is not None and (not report.database_crashes or chance.random() < 0.25):
        server.stop("immediate")
        time.sleep(chance.uniform(0.1, 0.8))
        server.start()
        report.database_crashes += 1
        return
    role = chance.choice(ROLES)
    for process_id in desk.supervisor.process_ids(role):
        os.kill(process_id, signal.SIGKILL)
        report.killed[role] = report.killed.get(role, 0) + 1


def _unsent(log: str) -> str:
    """The last lines of Postfix's log that are not about a mail that arrived."""
    return "\n".join(line for line in log.splitlines() if "status=sent" not in line)[-4_000:]


def _answers(lmtp_port: int) -> bool:
    try:
        SmtpClient(lmtp_port, None).close()
    except OSError:
        return False
    return True


def _look(desk: Running, mails: int, report: StormReport) -> None:
    """From outside: the clients' ledger against the tickets; then everything the stores promise."""
    subjects = Counter(str(ticket["subject"]) for ticket in desk.tickets())
    wanted = {subject(report.seed, number) for number in range(mails)}
    report.tickets = subjects.total()
    report.faults += [f"lost: {one}" for one in sorted(wanted - subjects.keys())]
    report.faults += [f"{count} times: {one}" for one, count in subjects.items() if count > 1]
    report.faults += [f"nobody sent: {one}" for one in sorted(subjects.keys() - wanted)]
    storage = desk.instance.storage
    with storage.inbox.reading() as inbox, storage.desk.reading() as connection:
        report.deliveries = inbox.execute(sa.select(sa.func.count()).select_from(deliveries)).scalar_one()
        report.faults += disagreements(inbox, connection)
    report.faults += verify_audit(desk.instance).faults


def main() -> int:
    """Run one storm on each database and print what came of it; 1 when a mail was lost or doubled."""
    parser = argparse.ArgumentParser(description="Mails through Postfix while the desk is killed.")
    parser.add_argument("--mails", type=int, default=2_000)
    parser.add_argument("--kills", type=int, default=24)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    given = parser.parse_args()
    configure_logging("storm")
    reports = []
    with tempfile.TemporaryDirectory() as folder:
        reports.append(storm(Path(folder) / "sqlite", None, mails=given.mails, seed=given.seed, kills=given.kills))
        with start_postgresql(Path(folder) / "postgresql", find_free_port()) as server, server.new_database() as url:
            home = Path(folder) / "home"
            reports.append(storm(home, url, mails=given.mails, seed=given.seed, kills=given.kills, server=server))
    sys.stdout.write(json.dumps([asdict(report) for report in reports], indent=1) + "\n")
    return int(any(report.faults for report in reports))


if __name__ == "__main__":
    sys.exit(main())
