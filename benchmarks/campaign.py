"""A mass revocation at full size: 83,267 certificates of 6,807 holders, as in 2024 (`make bench-campaign`).

Real roles as processes, `ca` and `dispatcher`; SQLite with `synchronous=FULL`. Measured is from the approval until the
campaign has ended: every certificate revoked at the CA and seen on its CRL, one in a hundred in OCSP too, mails queued
to every holder before and after (and sent meanwhile, into a maildir). Then everything is checked from outside: the
CRL's signature and entries, the CA's own records, the outbox, the history. With `--kill N`, both processes die by
SIGKILL so often on the way. The certificates themselves are not made: CA and register only need to know them.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import sqlalchemy as sa
from benchmarks.desk import cpu_seconds, wait_until
from cryptography import x509
from tests.conftest import find_free_port
from tests.servers.ca import issuer_record

from sulku_desk.instance import Instance, make_instance, open_instance
from sulku_desk.on_call_file import TEMPLATE
from sulku_desk.projections import PROJECTIONS
from sulku_desk.settings import Settings, load_settings
from sulku_kernel import audit
from sulku_kernel.actor import Actor
from sulku_kernel.bulk import insert_rows
from sulku_kernel.clock import SystemClock
from sulku_kernel.outbox import outbox
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.transaction import begin
from sulku_revocation import campaigns as campaign
from sulku_revocation import models
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.campaign_dry_run import DryRun, dry_run
from sulku_revocation.campaign_listing import Lister
from sulku_revocation.campaign_models import campaign_lines
from sulku_revocation.campaign_report import progress
from sulku_revocation.domain.campaign_states import LineState
from sulku_revocation.domain.folding import fold_organisation
from sulku_revocation.domain.reason_code import ReasonCode

CERTIFICATES, HOLDERS = 83_267, 6_807
OPERATOR = Actor.user("operator", frozenset({"operator"}))
APPROVER = Actor.user("approver", frozenset({"approver"}))
ROLES = ("ca", "dispatcher")
SLUG = "issuer"
ISSUERS = f"""
[[issuer]]
slug = "{SLUG}"
name = ["C=FI", "O=Vaestorekisterikeskus CA", "CN=Care CA for Service Providers"]
key = "ec-p256"
years = 20
"""


class Roles:
    """Roles of the instance in `home` as processes, and what they hold in memory."""

    def __init__(self, home: Path, roles: Sequence[str]) -> None:
        self.home = home
        self._roles = roles
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.memory: dict[str, list[float]] = {role: [] for role in roles}

    def start(self) -> None:
        environment = {**os.environ, "SULKU_HOME": str(self.home)}
        for role in self._roles:
            with (self.home / f"{role}.log").open("ab") as log:
                command = [sys.executable, "-m", "sulku_desk.roles", role]
                self._processes[role] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def look_at_memory(self) -> None:
        """What each process holds of its own; pages of a mapped file are the system's."""
        for role, process in self._processes.items():
            self.memory[role].append(_kib(process.pid, "RssAnon") / 1024)

    def cpu_seconds(self, role: str) -> float:
        """User and system time of a role so far."""
        return cpu_seconds(self._processes[role].pid)

    def report_memory(self, figures: dict[str, float]) -> None:
        for role, held in self.memory.items():
            figures[f"{role}_mb_first_third"] = round(max(held[: len(held) // 3], default=0))
            figures[f"{role}_mb"] = round(max(held, default=0))

    def end(self, fate: signal.Signals) -> None:
        for process in self._processes.values():
            process.send_signal(fate)
            process.wait()


class Measured(Roles):
    """An instance with its register and its CA, and the two roles as processes."""

    def __init__(self, home: Path, certificates: int, holders: int) -> None:
        super().__init__(home, ROLES)
        self.certificates, self.holders = certificates, holders
        self.port = find_free_port()

    @property
    def settings(self) -> Settings:
        return load_settings(self.home)

    def serial(self, number: int) -> str:
        return format((1 << 119) + number * 2_654_435_761, "x")

    def fill(self) -> None:
        """Instance, CA and register."""
        ca = f'[ca]\nport = {self.port}\nurl = "http://127.0.0.1:{self.port}"\n'
        (self.home / "sulku.toml").write_text(ca, encoding="utf-8")
        make_instance(self.settings)
        names = TEMPLATE.format(name='"Päivystys"', email='"paivystys@vrk.example"', language='"fi"')
        self.settings.on_call_file.write_text(names, encoding="utf-8")
        folder = self.settings.ca_folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "issuers.toml").write_text(ISSUERS, encoding="utf-8")
        with EmbeddedCa(folder, self.settings.ca.url, SystemClock()) as ca_, ca_._writing():  # noqa: SLF001
            for number in range(self.certificates):
                serial = SerialNumber.from_hex(self.serial(number))
                ca_._records.add_certificate(SLUG, serial, b"0")  # noqa: SLF001  see the module
            record = issuer_record(ca_, SLUG)
        with closing(open_instance(self.settings)) as instance, instance.storage.desk.writing() as connection:
            values = {name: getattr(record, name) for name in ("name", "key_identifier", "certificate_der")}
            row = {
                "id": 1,
                "name_key": "care",
                "is_test": False,
                "crl_url": record.crl_url,
                "ocsp_url": record.ocsp_url,
            }
            insert_rows(connection, models.issuers, [{**row, **values}])
            insert_rows(connection, models.accounts, [account(n) for n in range(1, self.holders + 1)])
            insert_rows(connection, models.contacts, [contact(n) for n in range(1, self.holders + 1)])
            for start in range(0, self.certificates, 10_000):
                numbers = range(start, min(start + 10_000, self.certificates))
                insert_rows(connection, models.certificates, [self._certificate(n) for n in numbers])

    def _certificate(self, n: int) -> dict[str, Any]:
        now = SystemClock().now()
        host = f"palvelin{n}.asiakas{n % self.holders}.example"
        return {
            "id": n + 1, "issuer_id": 1, "serial": self.serial(n), "certificate_type": "server", "common_name": host,
            "common_name_folded": host.replace(".", ""), "organisation": f"Asiakas {n % self.holders} Oy",
            "organisation_folded": f"asiakas {n % self.holders}", "organisation_oid": "", "host_names": host,
            "not_before": now.replace(year=now.year - 1), "not_after": now.replace(year=now.year + 1),
            "sha1": f"{n:040x}", "fingerprint": f"{n:064x}", "spki": f"{n + (1 << 100):064x}",
            "account_id": n % self.holders + 1, "revoked_at": None, "reason": None,
        }  # fmt: skip


def account(n: int) -> dict[str, Any]:
    name = f"Asiakas {n} Oy"
    language = ("fi", "fi", "sv", "en")[n % 4]
    return {
        "id": n, "organisation": name, "organisation_folded": fold_organisation(name), "business_id": f"{n:07d}-0",
        "oid": "", "language": language,
    }  # fmt: skip


def contact(n: int) -> dict[str, Any]:
    email = f"tekniikka@asiakas{n}.example"
    return {"account_id": n, "position": 0, "name": "", "email": email, "phone": "", "roles": "technical"}


def _kib(pid: int, name: str) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:")), 0)


@contextmanager
def timed(figures: dict[str, float], name: str) -> Iterator[None]:
    begin_ = time.perf_counter()
    yield
    figures[name] = round(time.perf_counter() - begin_, 2)


def prepare(
    instance: Instance, serials: Sequence[str], figures: dict[str, float], reason: ReasonCode = ReasonCode.SUPERSEDED
) -> tuple[int, DryRun]:
    """List, freeze, dry run, decide; the campaign's id, and what the dry run found."""
    store, clock = instance.storage.desk, instance.clock
    with begin(store, clock, OPERATOR) as tx:
        id_: int = campaign.create_campaign(tx, campaign.NewCampaign(f"{len(serials):,}"))["id"]
    listed = "\n".join(f"0x{serial}" for serial in serials).encode()
    with timed(figures, "list_s"):
        assert Lister(store, clock, OPERATOR, id_).from_file("list.txt", listed).added == len(serials)
    with timed(figures, "freeze_s"), begin(store, clock, OPERATOR) as tx:
        campaign.freeze(tx, id_)
    with timed(figures, "dry_run_s"), store.reading() as connection:
        row = campaign.get_campaign(connection, id_)
        assert row is not None
        found = dry_run(connection, row, clock.now())
    figures["forecast_mb"] = round(found.issuers[0].octets_then / 1e6, 2)
    with begin(store, clock, OPERATOR) as tx:
        campaign.decide_campaign(tx, id_, reason=reason, because="Validation was wrong.")
    return id_, found


def approve(instance: Instance, id_: int, figures: dict[str, float]) -> None:
    store, clock = instance.storage.desk, instance.clock
    with store.reading() as connection:
        row = campaign.get_campaign(connection, id_)
    assert row is not None
    with timed(figures, "approve_s"), begin(store, clock, APPROVER) as tx:
        campaign.approve_campaign(tx, id_, shown_digest=row["approval_digest"])


def run(desk: Measured, instance: Instance, id_: int, kills: int, figures: dict[str, float]) -> None:
    """Approve, and wait until it has ended; the processes are killed on the way when wanted."""
    desk.start()
    wait_until(lambda: _answers(desk), "the CA answers")
    dates: dict[str, tuple[int, str]] = {}
    with timed(figures, "approved_to_all_revoked_s"):
        approve(instance, id_, figures)
        for turn in range(1, kills + 1):
            wait_until(
                lambda turn=turn: _ended(instance, id_) >= desk.certificates * turn // (kills + 1), "some are sent"
            )
            desk.end(signal.SIGKILL)
            dates = {**_at_ca(desk), **dates}
            desk.start()
        wait_until(lambda: state(desk, instance, id_) == "COMPLETED", "it has ended")
    desk.end(signal.SIGTERM)
    desk.start()
    desk.report_memory(figures)
    now = _at_ca(desk)
    assert all(now[serial] == kept for serial, kept in dates.items()), "a first reason or date has changed"


def _answers(desk: Measured) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{desk.port}/crl/{SLUG}.crl").status_code == 200
    except httpx2.HTTPError:
        return False


def _ended(instance: Instance, id_: int) -> int:
    with instance.storage.desk.reading() as connection:
        row = campaign.get_campaign(connection, id_)
        assert row is not None
        counts = progress(connection, row).counts
    return counts[LineState.ACCEPTED] + counts[LineState.REVOKED]


def state(roles: Roles, instance: Instance, id_: int) -> str:
    """The campaign's state, asked twice a second; each time the roles' memory is looked at."""
    time.sleep(0.5)
    roles.look_at_memory()
    with instance.storage.desk.reading() as connection:
        row = campaign.get_campaign(connection, id_)
    assert row is not None
    return str(row["state"])


def _at_ca(desk: Measured) -> dict[str, tuple[int, str]]:
    """Reason and date of every revocation in the CA's own records."""
    with closing(sqlite3.connect(desk.settings.ca_folder / "ca.sqlite")) as records:
        rows = records.execute("SELECT serial, reason, revoked_at FROM revocation").fetchall()
    return {serial: (reason, at) for serial, reason, at in rows}


def check(desk: Measured, instance: Instance, id_: int, figures: dict[str, float]) -> None:
    """Everything that was promised, seen from outside."""
    wait_until(lambda: _answers(desk), "the CA answers")
    der = httpx2.get(f"http://127.0.0.1:{desk.port}/crl/{SLUG}.crl").content
    crl = x509.load_der_x509_crl(der)
    with instance.storage.desk.reading() as connection:
        issuer = x509.load_der_x509_certificate(
            connection.execute(sa.select(models.issuers.c.certificate_der)).scalar_one()
        )
        lines = connection.execute(
            sa.select(sa.func.count(), sa.func.count(campaign_lines.c.ocsp_digest)).where(
                campaign_lines.c.state == LineState.REVOKED, campaign_lines.c.crl_digest.is_not(None)
            )
        ).one()
        mails = {
            step: connection.execute(
                sa.select(sa.func.count()).where(outbox.c.key.like(f"campaign:{id_}:{step}:%"), outbox.c.kind == "mail")
            ).scalar_one()
            for step in ("before", "after")
        }
        with timed(figures, "audit_s"):
            assert audit.verify(connection, PROJECTIONS).faults == []
    wanted = {int(desk.serial(n), 16) for n in range(desk.certificates)}
    assert crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    assert {entry.serial_number for entry in crl} == wanted
    assert len(_at_ca(desk)) == desk.certificates
    with closing(sqlite3.connect(desk.settings.ca_folder / "ca.sqlite")) as records:
        assert records.execute("SELECT count(*) FROM revocation_order").fetchone()[0] == desk.certificates
    assert lines[0] == desk.certificates
    assert mails == {"before": desk.holders, "after": desk.holders}
    figures["asked_in_ocsp"] = lines[1]
    assert lines[1] >= desk.certificates // 125
    figures["crl_mb"] = round(len(der) / 1e6, 2)
    figures["mails_queued"] = sum(mails.values())


def measure(certificates: int, holders: int, kills: int) -> dict[str, float]:
    """All of it, in a folder of its own."""
    figures: dict[str, float] = {"certificates": certificates, "holders": holders, "kills": kills}
    with tempfile.TemporaryDirectory(prefix="sulku-campaign-") as folder:
        desk = Measured(Path(folder), certificates, holders)
        with timed(figures, "fill_s"):
            desk.fill()
        with closing(open_instance(desk.settings)) as instance:
            id_, found = prepare(instance, [desk.serial(n) for n in range(certificates)], figures)
            assert (found.to_revoke, found.holders) == (certificates, holders)
            try:
                run(desk, instance, id_, kills, figures)
                check(desk, instance, id_, figures)
            finally:
                desk.end(signal.SIGTERM)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificates", type=int, default=CERTIFICATES)
    parser.add_argument("--holders", type=int, default=HOLDERS)
    parser.add_argument("--kill", type=int, default=0, help="how often both processes die by SIGKILL on the way")
    given = parser.parse_args()
    found = measure(given.certificates, given.holders, given.kill)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
