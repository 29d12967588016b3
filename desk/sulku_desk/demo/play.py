"""The parts the demo plays: senders who write over SMTP, and two people of the desk who decide and approve."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Sequence

import aiosmtplib
import sqlalchemy as sa

from sulku_applications.applications import NewApplication, move, receive
from sulku_applications.domain.stages import Stage
from sulku_desk.demo.mails import DemoMail
from sulku_desk.demo.world import DemoWorld
from sulku_desk.instance import Instance
from sulku_kernel.actor import Actor
from sulku_kernel.errors import UnavailableError
from sulku_kernel.language import Language
from sulku_kernel.transaction import begin
from sulku_revocation.decisions import approve, decide
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.request_states import RequestState
from sulku_revocation.listing import decision_list
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import revocation_requests
from sulku_tickets import actions
from sulku_tickets.domain.evidence import EvidenceKind
from sulku_tickets.models import ticket_mails
from sulku_tickets.operators import authenticate

START_SECONDS = 60


def wait_until_it_answers(ports: Sequence[int], seconds: float = START_SECONDS) -> None:
    """Return when something listens on every port. Raises UnavailableError."""
    give_up_at = time.monotonic() + seconds
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > give_up_at:
                    raise UnavailableError(
                        f"nothing answers on port {port} after {seconds:.0f} s", next_step="Look into desk.log."
                    ) from None
                time.sleep(0.1)


def send(mail: DemoMail, port: int) -> None:
    """Hand a mail to the desk over a real SMTP connection."""
    asyncio.run(
        aiosmtplib.send(
            mail.raw,
            sender=mail.mail_from,
            recipients=[mail.rcpt_to],
            hostname="127.0.0.1",
            port=port,
            start_tls=False,
            timeout=30,
        )
    )


class People:
    """The operator and the approver, logged in with their own passwords."""

    def __init__(self, world: DemoWorld) -> None:
        self._instance = world.instance
        self._operator = self._log_in(world, "operator")
        self._approver = self._log_in(world, "approver")

    def _log_in(self, world: DemoWorld, login: str) -> Actor:
        instance = world.instance
        password = world.state.passwords[login]
        store = instance.storage.desk
        return authenticate(store, instance.clock, login=login, password=password, peer="demo").actor

    def decide_at_once(self, mail: DemoMail) -> bool:
        """Claim, call back, decide and approve the ticket of a mail; False when it is not there yet.

        What an interrupted start has done already is not done again.
        """
        ticket_id = ticket_of(self._instance, mail)
        if ticket_id is None or mail.decide_for is None:
            return False
        if RequestState.PROPOSED in self._states(ticket_id):
            self._decide(ticket_id, mail.decide_for)
        if RequestState.DECIDED in self._states(ticket_id):
            self._approve(ticket_id)
        return True

    def _states(self, ticket_id: int) -> set[str]:
        query = sa.select(revocation_requests.c.state).where(revocation_requests.c.ticket_id == ticket_id)
        with self._instance.storage.desk.reading() as connection:
            return set(connection.execute(query).scalars())

    def _decide(self, ticket_id: int, reason: ReasonCode) -> None:
        store, clock = self._instance.storage.desk, self._instance.clock
        with begin(store, clock, self._operator) as tx:
            actions.claim(tx, ticket_id)
            note = "Called the number on file; the contact confirms the request."
            actions.record_evidence(tx, ticket_id, EvidenceKind.CALLBACK, note)
            decide(tx, ticket_id, reason=reason, because="The holder confirms it.")

    def _approve(self, ticket_id: int) -> None:
        store, clock = self._instance.storage.desk, self._instance.clock
        with store.reading() as connection:
            register = DatabaseRegister(connection)
            shown = decision_list(connection, ticket_id, register=register, now=clock.now())
        with begin(store, clock, self._approver) as tx:
            approve(tx, ticket_id, shown_digest=shown.digest)


def ticket_of(instance: Instance, mail: DemoMail) -> int | None:
    """The ticket a mail became or joined; None while it waits to be read."""
    query = sa.select(ticket_mails.c.ticket_id).where(ticket_mails.c.sha256 == mail.sha256)
    with instance.storage.desk.reading() as connection:
        return connection.execute(query.limit(1)).scalar_one_or_none()


def play_applications(world: DemoWorld) -> None:
    """Two applications pass their stages; one is returned once for completion. Their applicants are told each time."""
    instance = world.instance
    links = instance.application_links
    ways = (
        (0, (Stage.WAITING_FOR_CSR, Stage.IN_REVIEW, Stage.APPROVED, Stage.ISSUED, Stage.DELIVERED)),
        (4, (Stage.IN_REVIEW, Stage.RETURNED_FOR_COMPLETION, Stage.IN_REVIEW, Stage.APPROVED)),
    )
    notes = {
        Language.FI: "Varmennepyynnön (CSR) organisaation nimi puuttuu. Liittäkää uusi varmennepyyntö.",
        Language.SV: "Organisationens namn saknas i certifikatbegäran (CSR). Bifoga en ny certifikatbegäran.",
        Language.EN: "The organisation's name is missing in the certificate request (CSR). Attach a new request.",
    }
    for place, stages in ways:
        holder = world.organisations[place]
        new = NewApplication(
            reference=f"demo-{place}",
            organisation=holder.name,
            business_id=holder.business_id,
            certificate_type="server",
            common_name=f"ajanvaraus.{holder.domain}",
            applicant_email=f"tietohallinto@{holder.domain}",
            technical_email=f"tekninen@{holder.domain}",
            language=holder.language,
        )
        with begin(instance.storage.desk, instance.clock, Actor.desk("demo")) as tx:
            row = receive(tx, new, links)
        if row["state"] != Stage.RECEIVED:
            continue  # played before
        for stage in stages:
            note = notes[holder.language] if stage is Stage.RETURNED_FOR_COMPLETION else ""
            with begin(instance.storage.desk, instance.clock, Actor.desk("demo")) as tx:
                move(tx, row["id"], stage, note, links)
