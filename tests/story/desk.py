"""A whole desk in one process, on a clock that the test moves: real stores, real embedded CA over HTTP, a maildir.

desk.receive(mail)      as the listener would store it
desk.work()             the worker reads, matches, judges, opens
desk.dispatch()         mails are written, orders sent, CRL and OCSP looked at
desk.forward(minutes=5) time passes; the scheduler ticks on the way
"""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.little_work import copy_stores

from sulku_desk.ca_server import CaServer
from sulku_desk.checking import verify_audit
from sulku_desk.demo.certificates import IssuedCertificate, issue_certificates
from sulku_desk.demo.organisations import InventedOrganisation, invented_organisations
from sulku_desk.dispatcher import Dispatcher
from sulku_desk.instance import Instance, make_instance, open_instance
from sulku_desk.scheduler import Scheduler
from sulku_desk.settings import load_settings
from sulku_desk.wiring import make_inbox, make_reader, make_scheduler, make_worker, open_dispatcher
from sulku_desk.worker import Worker
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.transaction import Transaction, begin
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.inbox import Delivery, Inbox
from sulku_mailbox.raw_mail import RawMail
from sulku_mailbox.reader import Reader
from sulku_revocation.accounts_import import import_accounts
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.ca.embedded.key_files import load_or_make_token
from sulku_revocation.certificate_sources import Source
from sulku_revocation.domain.accounts_file import read_accounts
from sulku_revocation.register_import import import_certificates
from sulku_revocation.request_models import revocation_orders, revocation_requests
from sulku_tickets.models import tickets

OPERATOR = Actor.user("operator", frozenset({"operator"}))
APPROVER = Actor.user("approver", frozenset({"approver"}))
SUPERVISOR = Actor.user("supervisor", frozenset({"supervisor"}))

ON_CALL = """
version = "test"
repeat_minutes = 5
[[step]]
after_minutes = 0
contacts = [{ name = "First line", email = "first@desk.example", language = "fi" }]
[[step]]
after_minutes = 10
contacts = [{ name = "Second line", email = "second@desk.example", language = "sv" }]
[[duty_manager]]
name = "Duty manager"
email = "manager@desk.example"
language = "en"
"""


@dataclass
class Sent:
    """A mail that the desk sent."""

    message: EmailMessage

    @property
    def to(self) -> str:
        return str(self.message["To"])

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def reply_to(self) -> str:
        return str(self.message["Reply-To"])

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class Desk:
    instance: Instance
    clock: SetClock
    ca: EmbeddedCa
    inbox: Inbox
    worker: Worker
    dispatcher: Dispatcher
    scheduler: Scheduler
    organisations: tuple[InventedOrganisation, ...]
    certificates: list[IssuedCertificate]
    _count: int = field(default=0)

    # --- mail in ---

    def receive(self, mail: EmailMessage | bytes, *, rcpt_to: Sequence[str] = ("vptuotanto@vrk.fi",)) -> None:
        """Store a mail as the listener does, now, and have it worked on."""
        raw = mail if isinstance(mail, bytes) else mail.as_bytes(policy=email.policy.SMTP)
        mail_from = str(email.message_from_bytes(raw)["From"] or "").rpartition("<")[2].rstrip(">")
        envelope = Envelope(mail_from, tuple(rcpt_to), self.clock.now(), Via.SMTP, peer="192.0.2.1")
        self.inbox.add([Delivery(RawMail.of(raw), envelope)])
        self.work()

    def write(
        self, sender: str, subject: str, text: str, *, to: str = "vptuotanto@vrk.fi", **headers: str
    ) -> EmailMessage:
        """A mail as a person writes it."""
        self._count += 1
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, to, subject
        message["Message-ID"] = f"<{self._count}.{self.clock.now():%H%M%S}@customer.example>"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        return message

    def work(self) -> None:
        while self.worker.run_once():
            pass

    # --- mail and orders out ---

    def dispatch(self) -> None:
        """Carry out everything that is due now, and what that causes."""
        while self.dispatcher.run_due(limit=100):
            pass

    def forward(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, step: float = 30) -> None:
        """Let time pass: every `step` seconds the scheduler ticks and what is due is carried out."""
        until = self.clock.now() + timedelta(seconds=seconds, minutes=minutes, hours=hours)
        while self.clock.now() < until:
            self.clock.set(min(until, self.clock.now() + timedelta(seconds=step)))
            self.scheduler.tick()
            self.dispatch()

    def sent(self, *, to: str | None = None) -> list[Sent]:
        """Every mail that went out, oldest first."""
        files = sorted((self.instance.settings.maildir / "new").iterdir(), key=lambda f: (f.stat().st_mtime_ns, f.name))
        found = [Sent(email.message_from_bytes(f.read_bytes(), policy=email.policy.default)) for f in files]  # type: ignore[arg-type]
        return [one for one in found if to is None or one.to == to]

    def pages(self) -> list[str]:
        """Whom pages went to, in order."""
        query = "SELECT payload FROM desk.outbox WHERE key LIKE 'page:%' AND state = 'done' ORDER BY finished_at, id"
        return [json.loads(row[0])["to"] for row in self.rows(query)]

    def deadline_mails(self) -> list[str]:
        query = (
            "SELECT payload FROM desk.outbox WHERE key LIKE 'deadline:%' AND state = 'done' ORDER BY finished_at, id"
        )
        return [json.loads(row[0])["to"] for row in self.rows(query)]

    # --- looking ---

    def rows(self, query: str) -> list[sa.Row[Any]]:
        if self.instance.storage.desk.is_sqlite:
            query = query.replace("desk.", "")
        with self.instance.storage.desk.reading() as connection:
            return list(connection.execute(sa.text(query)))

    def tickets(self) -> list[dict[str, Any]]:
        return self._all(tickets)

    @property
    def ticket(self) -> dict[str, Any]:
        """The only ticket."""
        (found,) = self.tickets()
        return found

    def requests(self) -> list[dict[str, Any]]:
        return self._all(revocation_requests)

    def orders(self) -> list[dict[str, Any]]:
        return self._all(revocation_orders)

    def _all(self, table: sa.Table) -> list[dict[str, Any]]:
        with self.instance.storage.desk.reading() as connection:
            return [dict(row) for row in connection.execute(sa.select(table).order_by(table.c.id)).mappings()]

    def events(self, action: str) -> list[dict[str, Any]]:
        from sulku_kernel.events import read_events

        with self.instance.storage.desk.reading() as connection:
            return [dict(e.payload or {}) for e in read_events(connection) if e.action == action]

    def audit_faults(self) -> list[str]:
        return verify_audit(self.instance).faults

    # --- acting ---

    @contextmanager
    def acting(self, actor: Actor) -> Iterator[Transaction]:
        with begin(self.instance.storage.desk, self.clock, actor) as tx:
            yield tx

    def certificate(self, organisation: int, part: str) -> IssuedCertificate:
        """A certificate of an organisation by what it is for: `kanta`, `potilas`, `kanta-old`, `signature`."""
        wanted = self.organisations[organisation]
        return next(
            one
            for one in self.certificates
            if one.organisation == wanted and one.part == part and not one.kind.value.startswith("test")
        )


def serial_of(certificate: IssuedCertificate) -> str:
    from cryptography import x509

    return format(x509.load_der_x509_certificate(certificate.der).serial_number, "x")


def accounts_json(organisations: Sequence[InventedOrganisation]) -> list[dict[str, Any]]:
    return [
        {
            "organisation": one.name,
            "business_id": one.business_id,
            "oid": one.oid,
            "language": one.language.value,
            "domains": [one.domain],
            "contacts": [
                {"name": c.name, "email": c.email, "phone": c.phone, "roles": list(c.roles)} for c in one.contacts
            ],
            "certificates": [],
        }
        for one in organisations
    ]


@contextmanager
def open_desk(home: Path, database_url: str | None, at: datetime, *, organisations: int = 4) -> Iterator[Desk]:
    """Make an instance in `home` with a CA, some holders and their certificates, and put its roles together.

    A PostgreSQL may have its tables already.
    """
    clock = SetClock(at)
    settings = load_settings(
        home,
        database_url=database_url,
        smtp={"authserv_ids": ("mx.desk.example",)},
        ca={"adapter": "local", "url": "http://127.0.0.1:1", "port": 0},
    )
    if database_url is None:
        copy_stores(home)
    make_instance(settings)
    settings.on_call_file.write_text(ON_CALL, encoding="utf-8")
    holders = invented_organisations()[:organisations]
    token = load_or_make_token_in(settings.ca_token_file)
    # The CA's port is only known once it listens, and its certificates name it: a port is taken first.
    from tests.conftest import find_free_port

    port = find_free_port()
    with EmbeddedCa(settings.ca_folder, f"http://127.0.0.1:{port}", clock) as ca:
        certificates = issue_certificates(ca, holders, at)
        server = CaServer(ca, token, "127.0.0.1", port)
        server.start()
        settings = settings.model_copy(
            update={"ca": settings.ca.model_copy(update={"url": f"http://127.0.0.1:{port}", "port": port})}
        )
        instance = open_instance(settings, clock)
        reader = make_reader(settings)
        try:
            with begin(instance.storage.desk, clock, Actor.desk("init")) as tx:
                authorities = [Source(f"{one.slug}.crt", ca.issuer_certificate(one.slug)) for one in ca.issuers]
                import_certificates(tx, [*authorities, *(Source("one.der", c.der) for c in certificates)])
            accounts = read_accounts(json.dumps(accounts_json(holders)).encode(), "accounts.json")
            with begin(instance.storage.desk, clock, Actor.desk("init")) as tx:
                import_accounts(tx, accounts)
            with open_dispatcher(instance) as dispatcher:
                yield _put_together(instance, clock, ca, reader, dispatcher, holders, certificates)
        finally:
            reader.close()
            instance.close()
            server.stop()


def load_or_make_token_in(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return load_or_make_token(file)


def _put_together(
    instance: Instance,
    clock: SetClock,
    ca: EmbeddedCa,
    reader: Reader,
    dispatcher: Dispatcher,
    holders: tuple[InventedOrganisation, ...],
    certificates: list[IssuedCertificate],
) -> Desk:
    (instance.settings.maildir / "new").mkdir(parents=True, exist_ok=True)
    return Desk(
        instance=instance,
        clock=clock,
        ca=ca,
        inbox=make_inbox(instance),
        worker=make_worker(instance, reader),
        dispatcher=dispatcher,
        scheduler=make_scheduler(instance),
        organisations=holders,
        certificates=certificates,
    )
