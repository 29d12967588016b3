"""Planned revocations within a storm: two tickets each for the same certificates and the same minute, and one for a later day.

Which dispatcher has which ticket in hand when the minute comes is the machine's choice. What is planned for the later
day is on the list of a campaign too, which comes first.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from tests.fault.deciders import APPROVER, DECIDER
from tests.fault.storm_campaign import CERTIFICATES, LONGER_THAN_ANY_STORM, OF_NOBODY, TOLD_HOLDERS
from tests.fault.world import DESK, Certificate, FaultWorld, holder_address

from sulku_desk.instance import Instance
from sulku_desk.on_call_file import OnCallFile
from sulku_kernel import numbers
from sulku_kernel.language import Language
from sulku_kernel.transaction import Transaction, begin
from sulku_revocation.decisions import approve, decide
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.listing import decision_list
from sulku_revocation.models import certificates
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.requests import correct_match
from sulku_tickets.actions import record_evidence
from sulku_tickets.conversation import IncomingMail
from sulku_tickets.domain.escalation_policy import EscalationPolicy
from sulku_tickets.domain.evidence import EvidenceKind
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency
from sulku_tickets.models import TICKETS
from sulku_tickets.opening import NewTicket, open_ticket

TWICE = (OF_NOBODY[-1] + 1, OF_NOBODY[-1] + 2)  # holders of whom each certificate is planned by two tickets
SOON = timedelta(minutes=3)  # the storm's clock jumps: it comes while it blows
LATER = LONGER_THAN_ANY_STORM


def plan_revocations(world: FaultWorld, instance: Instance, first: int) -> None:
    """Of certificates from number `first` on."""
    chosen = world.certificates[first : first + CERTIFICATES]
    now = world.clock.now()
    for one in chosen:
        if one.holder in TWICE:
            for _ in range(2):
                _plan(world, instance, one, now + SOON)
    _plan(world, instance, next(one for one in chosen if one.holder < TOLD_HOLDERS), now + LATER)


def _plan(world: FaultWorld, instance: Instance, certificate: Certificate, at: datetime) -> None:
    """A ticket on which it is approved to revoke it then."""
    store, clock = instance.storage.desk, world.clock
    with begin(store, clock, DECIDER) as tx:
        ticket_id = _ticket(tx, holder_address(certificate.holder), OnCallFile(world.settings.on_call_file)())
        query = sa.select(certificates.c.id).where(certificates.c.serial == certificate.serial)
        named = list(tx.execute(query).scalars())
        register = DatabaseRegister(tx.connection)
        correct_match(tx, ticket_id, register=register, because="The holder named it.", add=named)
        record_evidence(tx, ticket_id, EvidenceKind.CALLBACK, "At the number on file: yes.")
        decide(tx, ticket_id, reason=ReasonCode.SUPERSEDED, because="It is replaced then.", wanted_at=at)
    with store.reading() as connection:
        register = DatabaseRegister(connection)
        digest = decision_list(connection, ticket_id, register=register, now=clock.now()).digest
    with begin(store, clock, APPROVER) as tx:
        approve(tx, ticket_id, shown_digest=digest)


def _ticket(tx: Transaction, requester: str, policy: EscalationPolicy) -> int:
    """As of a mail that came before the storm: the senders know nothing of it."""
    (ticket_id,) = numbers.reserve(tx.connection, TICKETS.kind)
    mail = IncomingMail(
        delivery_id=-ticket_id,
        sha256=f"{ticket_id:064x}",
        from_address=requester,
        to_addresses=(DESK,),
        subject="New certificates",
        received_at=tx.now,
        message_id=f"<planned-{ticket_id}@holder.example>",
    )
    new = NewTicket(
        id=ticket_id,
        mail=mail,
        case_class=CaseClass.REVOCATION_REQUEST,
        urgency=Urgency.P3,
        language=Language.EN,
        requester=requester,
        assurance=Assurance.L2,
    )
    open_ticket(tx, new, policy=policy)
    return ticket_id
