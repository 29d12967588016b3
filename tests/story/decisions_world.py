"""A small world for the stories of deciding and revoking: a register, a ticket, a CA that can be told to misbehave."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from sulku_desk.dispatcher import Dispatcher
from sulku_kernel import audit, numbers, outbox
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.events import events
from sulku_kernel.language import Language
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation import decisions, listing, models, orders, requests
from sulku_revocation.alarms import page_by
from sulku_revocation.ca.authority import (
    Accepted,
    AlreadyRevoked,
    Capabilities,
    CertificateState,
    CertificateStatus,
    KeyWanted,
    Lacking,
    OrderToSend,
    PendingApproval,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.domain.judgement import Judgement, Match, Outcome, Proof
from sulku_revocation.domain.publication_evidence import Finding, NotYet, Publication, Seen
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.hold_models import LEGAL_HOLDS
from sulku_revocation.legal_holds import LEGAL_HOLD, LegalHoldHandler
from sulku_revocation.order_effects import CaOrderHandler, PublicationCheckHandler
from sulku_revocation.overtaken import PLANNED_REVOCATION
from sulku_revocation.planned import PlannedHandler
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import ORDERS, REQUESTS, publication_evidence
from sulku_tickets.conversation import IncomingMail
from sulku_tickets.domain.escalation_policy import Contact, EscalationPolicy, EscalationStep
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency
from sulku_tickets.models import ESCALATIONS, TICKETS, deadlines
from sulku_tickets.opening import NewTicket, open_ticket

OPERATOR = Actor.user("olli", frozenset({"operator"}))
APPROVER = Actor.user("aino", frozenset({"approver"}))
BOTH = Actor.user("kaisa", frozenset({"operator", "approver"}))
SUPERVISOR = Actor.user("sanna", frozenset({"supervisor"}))
WORKER = Actor.desk("worker")

HOLDER = "tuotanto@holder.example"
TECHNICAL = "tekniikka@holder.example"
BILLING = "laskut@holder.example"
STRANGER = "stranger@elsewhere.example"

POLICY = EscalationPolicy(
    "test",
    (EscalationStep(timedelta(0), (Contact("Päivystys", "duty@desk.example"),)),),
    (Contact("Johto", "manager@desk.example"),),
)


class MisbehavingAuthority:
    """A CA in memory. `behaves` says what the next calls meet; what it holds is what `Publisher` shows."""

    capabilities = Capabilities(is_idempotent=True, update_reason=True)

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock
        self.behaves: Iterator[str] = itertools.repeat("accept")
        self.revoked: dict[str, tuple[int, datetime]] = {}
        self.keys: dict[str, str] = {}
        self.sent: list[OrderToSend] = []

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        if serial.hex in self.revoked:
            reason, at = self.revoked[serial.hex]
            return CertificateStatus(CertificateState.REVOKED, reason, at)
        return CertificateStatus(CertificateState.GOOD)

    def revoke(self, order: OrderToSend) -> Receipt:
        self.sent.append(order)
        how = next(self.behaves)
        if how == "hang":
            raise TryLater("no answer within 30 s")
        if how == "want_key":
            raise KeyWanted("another account ordered it")
        if how == "await_approval":
            return PendingApproval("matter 7")
        if how == "refuse":
            raise Refused("unknown_serial", f"{order.serial} was never issued")
        if how == "lie":
            return Accepted(self._clock.now())
        if how == "say_already":
            return AlreadyRevoked(int(order.reason), self._clock.now())
        serial = order.serial.hex
        if serial in self.revoked and order.update_reason:
            self.revoked[serial] = (int(order.reason), self.revoked[serial][1])
            self.keys[serial] = order.idempotency_key
            return Accepted(self.revoked[serial][1])
        if serial in self.revoked:
            reason, at = self.revoked[serial]
            if self.keys.get(serial) != order.idempotency_key:
                return AlreadyRevoked(reason, at)
            return Accepted(at, is_repeat=True)
        self.revoked[serial] = (int(order.reason), self._clock.now())
        self.keys[serial] = order.idempotency_key
        if how == "lose_answer":
            raise TryLater("the connection was cut after the request")
        return Accepted(self._clock.now())

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:
        return iter(())


class Publisher:
    """What CRL and OCSP show: the CA's truth, unless `crl` or `ocsp` is set to something else."""

    def __init__(self, authority: MisbehavingAuthority) -> None:
        self._authority = authority
        self.crl: Finding | None = None
        self.ocsp: Finding | None = None

    def __call__(
        self, issuer: IssuerRecord, serial: SerialNumber, expected_reason: ReasonCode, now: datetime
    ) -> Publication:
        crl = self.crl or self._truth("crl", serial, expected_reason, now)
        return Publication(crl, self.ocsp or self._truth("ocsp", serial, expected_reason, now), now)

    def _truth(self, kind: str, serial: SerialNumber, expected: ReasonCode, now: datetime) -> Finding:
        if serial.hex not in self._authority.revoked:
            return NotYet("not_listed" if kind == "crl" else "good", is_statement=True)
        reason, at = self._authority.revoked[serial.hex]
        if reason != expected:
            return NotYet("unreachable")
        return seen(kind, serial.hex, reason, at, now)


def seen(kind: str, serial: str, reason: int, at: datetime, now: datetime) -> Seen:
    signed = f"{kind} of {serial}".encode()
    return Seen(
        number=7 if kind == "crl" else None,
        this_update=now,
        next_update=now + timedelta(hours=24),
        revoked_at=at,
        reason=reason,
        sha256=hashlib.sha256(signed).hexdigest(),
        signed=signed,
    )


class World:
    """Everything a story needs, on one database."""

    def __init__(self, storage: Storage, clock: SetClock) -> None:
        self.store, self.clock = storage.desk, clock
        self.authority = MisbehavingAuthority(clock)
        self.publisher = Publisher(self.authority)
        self.page = page_by(lambda: POLICY)
        self.given_up: list[str] = []
        self._deliveries = itertools.count(1)
        self.dispatcher = Dispatcher(
            self.store,
            clock,
            {
                "ca_order": CaOrderHandler(
                    self.store, clock, lambda issuer: self.authority, DatabaseRegister, page=self.page
                ),
                LEGAL_HOLD: LegalHoldHandler(self.page),
                PLANNED_REVOCATION: PlannedHandler(self.store, self.page),
                "publication_check": PublicationCheckHandler(
                    self.store, clock, DatabaseRegister, see=self.publisher, page=self.page
                ),
            },
            lambda tx, effect, error: self.given_up.append(error),
        )
        with self.store.writing() as connection:
            _fill_register(connection)

    def add_certificate(self, id_: int, **given) -> None:
        with self.store.writing() as connection:
            connection.execute(models.certificates.insert().values(certificate_row(id_, **given)))

    def ticket(
        self,
        *chosen: int,
        requester: str = HOLDER,
        assurance: Assurance = Assurance.L2,
        urgency: Urgency = Urgency.P2,
        reason: ReasonCode | None = None,
        proofs: tuple[Proof, ...] = (),
        case_class: CaseClass = CaseClass.REVOCATION_REQUEST,
        wanted_at: datetime | None = None,
    ) -> int:
        """A ticket as a worker opens it, with a request for each chosen certificate."""
        with self.store.writing() as connection:
            (ticket_id,) = numbers.reserve(connection, "ticket")
            ids = iter(numbers.reserve(connection, "request", max(len(chosen), 1)))
        with begin(self.store, self.clock, WORKER) as tx:
            register = DatabaseRegister(tx.connection)
            matches = tuple(Match(register.certificate(id_), 1.0, ("exact_serial",), True) for id_ in chosen)
            judgement = Judgement(
                case_class, Language.FI, reason, urgency, (), matches, Outcome.MATCHED, proofs, assurance, (), True,
                False, (), wanted_at=wanted_at,
            )  # fmt: skip
            new = NewTicket(
                id=ticket_id,
                mail=IncomingMail(
                    delivery_id=next(self._deliveries),
                    sha256=f"{ticket_id:064x}",
                    from_address=requester,
                    to_addresses=("desk@desk.example",),
                    subject="Sulkupyyntö",
                    received_at=self.clock.now(),
                    message_id=f"<{ticket_id}@holder.example>",
                    judgement={"proofs": [{"kind": p.kind, "verified": p.is_verified, "spki": p.spki} for p in proofs]},
                ),
                case_class=judgement.case_class,
                urgency=urgency,
                language=Language.FI,
                requester=requester,
                assurance=assurance,
                outcome="matched",
            )
            ticket = open_ticket(tx, new, policy=POLICY)
            requests.propose(tx, ticket, judgement, ids)
        return ticket_id

    def record_evidence(self, ticket_id: int, assurance: Assurance = Assurance.L3) -> None:
        with begin(self.store, self.clock, OPERATOR) as tx:
            tx.change(
                TICKETS,
                tx.get(TICKETS, ticket_id),
                "EVIDENCE",
                {"assurance": assurance.value},
                kind="callback",
                confirmed=True,
            )

    def decide(self, ticket_id: int, reason=ReasonCode.SUPERSEDED, actor: Actor = OPERATOR, **given):
        with begin(self.store, self.clock, actor) as tx:
            return decisions.decide(
                tx, ticket_id, reason=reason, because=given.pop("because", "Haltija vahvisti puhelimessa."), **given
            )

    def approve(self, ticket_id: int, actor: Actor = APPROVER, digest: str | None = None, **given):
        with begin(self.store, self.clock, actor) as tx:
            shown = self.shown(ticket_id).digest if digest is None else digest
            return decisions.approve(tx, ticket_id, shown_digest=shown, page=self.page, **given)

    def shown(self, ticket_id: int):
        with self.store.reading() as connection:
            return listing.decision_list(
                connection, ticket_id, register=DatabaseRegister(connection), now=self.clock.now()
            )

    def ordered(self, *chosen: int, reason=ReasonCode.SUPERSEDED) -> int:
        """A ticket whose requests are confirmed, decided and approved."""
        ticket_id = self.ticket(*chosen, assurance=Assurance.L3)
        self.decide(ticket_id, reason)
        self.approve(ticket_id)
        return ticket_id

    def run(self, for_: timedelta = timedelta(0), step: timedelta = timedelta(seconds=30)) -> None:
        """Carry out what is due, then let time pass in steps and carry on."""
        kinds = ("ca_order", PLANNED_REVOCATION, LEGAL_HOLD, "publication_check")
        end = self.clock.now() + for_
        while True:
            while self.dispatcher.run_due(kinds):
                pass
            if self.clock.now() >= end:
                return
            self.clock.advance(min(step, end - self.clock.now()))

    def rows(self, table: sa.Table, *conditions) -> list[dict]:
        with self.store.reading() as connection:
            query = sa.select(table).where(*conditions).order_by(*table.primary_key.columns)
            return [dict(row) for row in connection.execute(query).mappings()]

    def states(self, ticket_id: int) -> list[str]:
        with self.store.reading() as connection:
            return [row["state"] for row in requests.read_requests(connection, ticket_id)]

    def orders(self, ticket_id: int) -> list[dict]:
        with self.store.reading() as connection:
            return orders.read_orders(connection, ticket_id)

    def mails(self, *templates: str) -> list[tuple[str, str]]:
        """(template, to) of every mail in the outbox, or of those templates."""
        found = [
            (row["payload"]["template"], row["payload"]["to"])
            for row in self.rows(outbox.outbox)
            if row["kind"] == "mail"
        ]
        return sorted(mail for mail in found if not templates or mail[0] in templates)

    def mail(self, template: str) -> dict:
        return next(
            row["payload"]
            for row in self.rows(outbox.outbox)
            if row["kind"] == "mail" and row["payload"]["template"] == template
        )

    def alarms(self, ticket_id: int) -> list[str]:
        return [alarm for order in self.orders(ticket_id) for alarm in order["alarms"]]

    def actions(self, ticket_id: int, action: str) -> int:
        return len(self.rows(events, events.c.ticket_id == ticket_id, events.c.action == action))

    def evidence(self, order_id: int) -> set[str]:
        found = self.rows(publication_evidence, publication_evidence.c.order_id == order_id)
        return {row["kind"] for row in found}

    def running_clocks(self, ticket_id: int) -> set[str]:
        found = self.rows(deadlines, deadlines.c.ticket_id == ticket_id, deadlines.c.stopped_at.is_(None))
        return {row["kind"] for row in found}

    def audit_faults(self) -> list[str]:
        with self.store.reading() as connection:
            return audit.verify(connection, [TICKETS, ESCALATIONS, REQUESTS, ORDERS, LEGAL_HOLDS]).faults


def certificate_row(id_: int, **given) -> dict:
    """A certificate of account 1, valid from a year before the tests' night to a year after it."""
    at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    row = {
        "id": id_, "issuer_id": 1, "serial": f"{0x1E120F00 + id_:x}", "certificate_type": "server",
        "common_name": f"host{id_}.holder.example", "common_name_folded": f"host{id_}holderexample",
        "organisation": "Haltija Oy", "organisation_folded": "haltija", "organisation_oid": "",
        "host_names": f"host{id_}.holder.example", "not_before": at, "not_after": at + timedelta(days=700),
        "sha1": f"{id_:040x}", "fingerprint": f"{id_:064x}", "spki": f"{id_ + 1000:064x}", "account_id": 1,
        "revoked_at": None, "reason": None,
    }  # fmt: skip
    return {**row, **given}


def _fill_register(connection: sa.Connection) -> None:
    connection.execute(
        models.issuers.insert().values(
            id=1, name="CN=Issuing CA,C=FI", name_key="issuing", key_identifier="ab", is_test=False,
            crl_url="http://127.0.0.1/crl", ocsp_url="http://127.0.0.1/ocsp", certificate_der=None,
        )
    )  # fmt: skip
    for account_id, name, domain in ((1, "Haltija Oy", "holder.example"), (2, "Toinen Oy", "other.example")):
        connection.execute(
            models.accounts.insert().values(
                id=account_id, organisation=name, organisation_folded=name.lower(), business_id=f"020481{account_id}-8",
                oid=f"1.2.246.10.{account_id}", language="sv" if account_id == 1 else "fi",
            )
        )  # fmt: skip
        mailboxes = (("tuotanto", "revocation"), ("tekniikka", "technical"), ("laskut", "billing"))
        for position, (local, role) in enumerate(mailboxes):
            connection.execute(
                models.contacts.insert().values(
                    account_id=account_id, position=position, name=local, email=f"{local}@{domain}",
                    phone="+358 9 000 0000", roles=role,
                )
            )  # fmt: skip
    connection.execute(models.certificates.insert(), [certificate_row(id_) for id_ in (1, 2, 3)])
    connection.execute(models.certificates.insert(), [certificate_row(4, account_id=2)])


class RegisterOutside:
    """A register that opens a connection for each question: for calls from outside a transaction."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str):
        def ask(*given, **named):
            with self._world.store.reading() as connection:
                return getattr(DatabaseRegister(connection), name)(*given, **named)

        return ask


def act(world: World, action, *given, actor: Actor = OPERATOR, **named):
    """Let somebody do something in a transaction."""
    with begin(world.store, world.clock, actor) as tx:
        return action(tx, *given, **named)


def proof_of(id_: int, *, is_verified: bool = True) -> Proof:
    """That the key of this certificate is in wrong hands."""
    return Proof("private_key", is_verified, certificate_row(id_)["spki"])
