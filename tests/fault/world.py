"""The place where faults are tried: an instance with a CA, holders and certificates, and a clock all processes share."""

from __future__ import annotations

import json
import mmap
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.conftest import find_free_port
from tests.servers.ca import ISSUERS, serial_of, to_issue

from sulku_desk.instance import Instance, make_instance, open_instance
from sulku_desk.settings import Settings, load_settings
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SystemClock
from sulku_kernel.transaction import begin
from sulku_revocation.accounts_import import import_accounts
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.ca.embedded.hierarchy import name_from_parts
from sulku_revocation.ca.embedded.key_files import load_or_make_token
from sulku_revocation.certificate_sources import Source
from sulku_revocation.domain.accounts_file import read_accounts
from sulku_revocation.register_import import import_certificates

DESK = "vptuotanto@vrk.fi"
AUTHSERV = "mx.desk.example"
HOLDERS = 40
ON_CALL = """
version = "faults"
repeat_minutes = 600
[[step]]
after_minutes = 0
contacts = [{ name = "First line", email = "first@oncall.example", language = "en" }]
[[duty_manager]]
name = "Duty manager"
email = "manager@oncall.example"
language = "en"
"""


class SharedClock:
    """The machine's clock plus an offset that lies in a file: who moves it moves it for every process."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(struct.pack("d", 0.0))
        with file.open("r+b") as opened:
            self._offset = mmap.mmap(opened.fileno(), 8)
        self._machine = SystemClock()

    def now(self) -> datetime:
        return self._machine.now() + timedelta(seconds=struct.unpack("d", self._offset[:])[0])

    def advance(self, seconds: float) -> None:
        self._offset[:] = struct.pack("d", struct.unpack("d", self._offset[:])[0] + seconds)


@dataclass(frozen=True)
class Certificate:
    """A certificate that may be asked to be revoked, and who may ask."""

    serial: str
    holder: int


@dataclass(frozen=True)
class FaultWorld:
    """What every process is told."""

    folder: Path
    settings: Settings
    clock: SharedClock
    certificates: tuple[Certificate, ...]
    issuer_der: bytes

    def open(self) -> Instance:
        """The instance, for the process that calls it: nothing open survives a fork."""
        return open_instance(self.settings, self.clock)

    @property
    def is_calm(self) -> bool:
        """Whether the CA and the smarthost behave."""
        return (self.folder / "calm").exists()

    def calm_down(self) -> None:
        (self.folder / "calm").touch()

    def struck(self, strike: int) -> Path:
        """Is there once those who send a campaign's orders were killed for the `strike`th time (0 is the first)."""
        return self.folder / f"struck-{strike}"

    def ledger(self, name: str) -> Path:
        """A file that one process appends a line to for each thing that it knows."""
        return self.folder / f"{name}.ledger"

    def entries(self, pattern: str) -> list[dict]:
        """What stands in ledgers. A line that a kill tore is no entry."""
        found = []
        for file in sorted(self.folder.glob(f"{pattern}.ledger")):
            for line in file.read_bytes().splitlines():
                try:
                    found.append(json.loads(line))
                except ValueError:
                    continue
        return found


def holder_address(holder: int) -> str:
    return f"keys@holder{holder}.example"


def make_world(folder: Path, database_url: str | None, *, certificates: int, maildir: bool = False) -> FaultWorld:
    """Make the instance, its CA and its register. Opens nothing that stays open."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = SharedClock(folder / "clock")
    ca_port = find_free_port()
    settings = load_settings(
        folder / "home",
        database_url=database_url,
        smtp={"port": find_free_port(), "lmtp_port": 0, "relays": ("127.0.0.1",), "authserv_ids": (AUTHSERV,)},
        ca={"adapter": "local", "url": f"http://127.0.0.1:{ca_port}", "port": ca_port},
        outgoing={} if maildir else {"smarthost": "127.0.0.1", "port": find_free_port(), "tls": "none"},
        work={"batch": 25, "lease_seconds": 5},
    )
    make_instance(settings)
    settings.on_call_file.write_text(ON_CALL, encoding="utf-8")
    settings.ca_folder.mkdir(exist_ok=True, mode=0o700)
    (settings.ca_folder / "issuers.toml").write_text(ISSUERS, encoding="utf-8")
    load_or_make_token(settings.ca_token_file)
    with EmbeddedCa(settings.ca_folder, settings.ca.url, clock) as ca:
        issued = ca.issue_many("care", [_to_issue(clock, number) for number in range(certificates)])
        authorities = [Source(f"{one.slug}.crt", ca.issuer_certificate(one.slug)) for one in ca.issuers]
        issuer_der = ca.issuer_certificate("care")
    instance = open_instance(settings, clock)
    try:
        with begin(instance.storage.desk, clock, Actor.desk("init")) as tx:
            import_certificates(tx, [*authorities, *(Source("one.der", der) for der in issued)])
        with begin(instance.storage.desk, clock, Actor.desk("init")) as tx:
            import_accounts(tx, read_accounts(json.dumps(_accounts()).encode(), "accounts.json"))
    finally:
        instance.close()
    known = tuple(Certificate(serial_of(der).hex, number % HOLDERS) for number, der in enumerate(issued))
    return FaultWorld(folder, settings, clock, known, issuer_der)


def _to_issue(clock: SharedClock, number: int):
    from cryptography.hazmat.primitives.asymmetric import ec

    # A key of its own each: with a shared one a single compromise would revoke them all.
    holder = number % HOLDERS
    subject = ("C=FI", f"O=Holder {holder} Oy", f"serialNumber=1.2.246.10.{1000 + holder}", f"CN=host{number}.example")
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return to_issue(clock, f"host{number}.example", subject=name_from_parts(subject), public_key=key)


def _accounts() -> list[dict]:
    return [
        {
            "organisation": f"Holder {holder} Oy",
            "business_id": business_id(holder),
            "oid": f"1.2.246.10.{1000 + holder}",
            "language": "en",
            "domains": [f"holder{holder}.example"],
            "contacts": [
                {"name": "Keys", "email": holder_address(holder), "phone": "+358 9 000 0000",
                 "roles": ["revocation", "technical"]}
            ],
            "certificates": [],
        }
        for holder in range(HOLDERS)
    ]  # fmt: skip


def business_id(number: int) -> str:
    """An invented Y-tunnus with the check digit that belongs to it."""
    for candidate in range(1_000_000 + number * 20, 1_000_020 + number * 20):
        digits = f"{candidate:07d}"
        remainder = sum(int(d) * w for d, w in zip(digits, (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
        if remainder != 1:
            return f"{digits}-{0 if remainder == 0 else 11 - remainder}"
    raise AssertionError(number)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
