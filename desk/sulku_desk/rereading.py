"""Every mail on file read and judged once more by this version, beside what was made of it then. Changes nothing.

As it was then: the clock, the DNS answers, which certificates were revoked and which sentences used. As it is now:
the code, the rest of the register, and the certificates and lists that S/MIME trusts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from sulku_desk.authenticating import Arrived
from sulku_desk.instance import Instance
from sulku_desk.later_passwords import LaterPasswords
from sulku_desk.wiring import make_authenticator, make_inbox, make_prover, make_reader, make_tokens, own_addresses
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import SulkuError
from sulku_kernel.events import Subject, read_events
from sulku_mailbox.checking_senders import TOGETHER_SECONDS
from sulku_mailbox.domain.dns import DnsAnswer, DnsQuestion, DnsStatus
from sulku_mailbox.domain.evidence_answers import answers_in, was_checked
from sulku_mailbox.reader import Reader
from sulku_revocation.domain.judgement import Judgement
from sulku_revocation.domain.policy import Policy, Requirement, requirements
from sulku_revocation.domain.rejudging import Grounds, differences, facts_at_receipt, grounds, stored_judgement
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.understanding import understand
from sulku_tickets.conversation import INCOMING
from sulku_tickets.models import ticket_mails, tickets

_PAGE = 200


@dataclass(frozen=True, slots=True)
class OldMail:
    """A mail as a ticket keeps it: `before` is the judgement of then, `evidence` what was found of its sender."""

    id: int
    ticket: str
    delivery_id: int
    subject: str
    sender: str
    before: Mapping[str, Any]
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rejudged:
    """A mail read again. `fault` says why it could not be. `changes` and `rules`: what was → what would be.

    `rules`: of each certificate, by its serial number, the rule of the policy that answers when the mail has just come.
    """

    mail: OldMail
    changes: Mapping[str, tuple[Any, Any]]
    rules: Mapping[str, tuple[str, str]]
    why: Grounds = field(default_factory=Grounds)
    fault: str = ""

    @property
    def is_other(self) -> bool:
        """Whether anything would be otherwise."""
        return bool(self.changes or self.rules or self.fault)


def count_mails(instance: Instance) -> int:
    """How many mails on file were judged."""
    with instance.storage.desk.reading() as connection:
        return int(connection.execute(_judged(sa.select(sa.func.count()))).scalar_one())


def reread(instance: Instance, *, current: Policy, candidate: Policy) -> Iterator[Rejudged]:
    """Each mail on file, oldest first; one at a time is in memory."""
    with make_reader(instance.settings) as reader:
        again = _Again(instance, reader, current, candidate)
        for mail in _mails(instance):
            yield again.judge(mail)


def _judged(query: sa.Select[Any]) -> sa.Select[Any]:
    return query.select_from(ticket_mails).where(
        ticket_mails.c.direction == INCOMING, ticket_mails.c.judgement.is_not(None)
    )


def _mails(instance: Instance) -> Iterator[OldMail]:
    """By pages, each read by itself: a reader that stays for hours would keep a database from tidying up."""
    kept = ticket_mails.c
    columns = kept.id, kept.ticket_id, kept.delivery_id, kept.sha256, kept.subject, kept.from_address, kept.judgement
    page = _judged(sa.select(*columns, tickets.c.number)).join(tickets, tickets.c.id == kept.ticket_id)
    page = page.order_by(kept.id).limit(_PAGE)
    last = 0
    while True:
        with instance.storage.desk.reading() as connection:
            rows = connection.execute(page.where(kept.id > last)).all()
            mails = [_old(row, _evidence(connection, row.ticket_id, row.sha256)) for row in rows if row.judgement]
        yield from mails
        if len(rows) < _PAGE:
            return
        last = rows[-1].id


def _old(row: sa.Row[Any], evidence: Mapping[str, Any]) -> OldMail:
    return OldMail(row.id, row.number, row.delivery_id, row.subject, row.from_address, row.judgement, evidence)


def _evidence(connection: sa.Connection, ticket_id: int, sha256: str) -> Mapping[str, Any]:
    """What the mail's event keeps of its sender."""
    for event in read_events(connection, subject=Subject("ticket", ticket_id)):
        if event.payload and event.payload.get("sha256") == sha256 and "evidence" in event.payload:
            found: Mapping[str, Any] = event.payload["evidence"]
            return found
    return {}


class _Again:
    """Reads and judges old mails."""

    def __init__(self, instance: Instance, reader: Reader, current: Policy, candidate: Policy) -> None:
        self._instance = instance
        self._reader = reader
        self._inbox = make_inbox(instance)
        self._authenticator = make_authenticator(instance, reader)
        self._prover = make_prover(instance, make_tokens(instance))
        self._own = own_addresses(instance.settings)
        self._policies = current, candidate

    def judge(self, mail: OldMail) -> Rejudged:
        """The mail as this version sees it. A mail over which this version stumbles is told, and the next one comes."""
        try:
            with self._instance.storage.desk.reading() as connection:
                after, received_at = self._judgement(connection, mail)
                rules = self._rules(DatabaseRegister(connection, before=received_at), mail, after)
        except SulkuError as error:
            return Rejudged(mail, {}, {}, fault=str(error))
        except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError) as error:
            return Rejudged(mail, {}, {}, fault=f"a fault of this version: {type(error).__name__}")
        return Rejudged(mail, differences(mail.before, after), rules, grounds(mail.before, after))

    def _judgement(self, connection: sa.Connection, mail: OldMail) -> tuple[dict[str, Any], datetime]:
        delivery = self._inbox.deliveries([mail.delivery_id])[mail.delivery_id]
        raw, envelope = self._inbox.raw(delivery.sha256), delivery.envelope
        resolver = _AsThen(mail.evidence, envelope.received_at) if was_checked(mail.evidence) else None
        arrived = Arrived(raw, self._reader.read(raw, delivery.anomalies), envelope, delivery.anomalies)
        (read,) = replace(self._authenticator, resolver=resolver).authenticate([arrived])
        earlier = LaterPasswords(self._reader, self._inbox, last=mail.id - 1)
        (read,) = earlier.complete(connection, [(raw, read)])
        judgement: Judgement = understand(
            read,
            envelope,
            DatabaseRegister(connection, before=envelope.received_at),
            own_addresses=self._own,
            now=envelope.received_at,
            prove=partial(replace(self._prover, clock=SetClock(envelope.received_at)).prove, connection),
        )
        return stored_judgement(judgement), envelope.received_at

    def _rules(self, register: DatabaseRegister, mail: OldMail, after: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
        """Of each certificate that was or would be chosen the rules that answer, where they differ."""
        if "chosen" not in mail.before:
            return {}
        holders = register.accounts_of_address(mail.sender)
        current, candidate = self._policies
        found = {}
        for id_ in sorted({*mail.before["chosen"], *after["chosen"]}):
            certificate = register.certificate(id_)
            if certificate is None:
                continue
            is_holder = any(register.revocable_by(account, certificate) for account in holders)
            old, new = (
                _in_short(requirements(facts_at_receipt(one, certificate.spki, is_holder=is_holder), policy))
                if id_ in one["chosen"]
                else ""
                for one, policy in ((mail.before, current), (after, candidate))
            )
            if old != new:
                found[certificate.serial.hex] = (old, new)
        return found


def _in_short(needed: Requirement) -> str:
    return f"{needed.because[0]}{', automatic' if needed.automatic else ''}"


class _AsThen:
    """Answers what the DNS answered then. What nobody asked then is taken for not there."""

    def __init__(self, evidence: Mapping[str, Any], at: datetime) -> None:
        self._answers = answers_in(evidence)
        self._nothing = DnsAnswer(DnsStatus.NONE, at)

    def ask(
        self,
        questions: Collection[DnsQuestion],
        seconds: float = TOGETHER_SECONDS,  # noqa: ARG002  as others need it
    ) -> dict[DnsQuestion, DnsAnswer]:
        """See `sulku_mailbox.checking_senders.Resolver`."""
        return {question: self._answers.get(question, self._nothing) for question in questions}
