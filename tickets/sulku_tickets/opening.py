"""A mail becomes a ticket, or joins one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sulku_kernel import numbers
from sulku_kernel.clock import to_text
from sulku_kernel.columns import storable_text
from sulku_kernel.events import Subject
from sulku_kernel.language import Language
from sulku_kernel.outbox import Effect
from sulku_kernel.transaction import Row, Transaction
from sulku_tickets import clocks
from sulku_tickets.conversation import HEADER_LIMIT, IncomingMail, mail_row
from sulku_tickets.domain.escalation_policy import EscalationPolicy
from sulku_tickets.domain.masking import mask
from sulku_tickets.domain.ticket_number import ticket_number
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency
from sulku_tickets.escalation import EscalationKind, begin_escalation, start_escalation
from sulku_tickets.models import TICKETS, ticket_mails

URGENT = frozenset({Urgency.P0, Urgency.P1})


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What a worker concluded from one mail. `id` was reserved beforehand: `numbers.reserve(connection, "ticket", n)`.

    `requester` is the one address the mail is from, or empty when it has no identity. `outcome`: `matched`,
    `ambiguous`, `unmatched` or empty. `page_on_call` pages even where the urgency alone would not. `policy`: the
    label of the revocation policy in force, kept with the case. `answer` is the
    template of the automatic answer, where `acknowledge` allows one: the acknowledgement, or a question that
    acknowledges too, with what that needs in `answer_context`.
    """

    id: int
    mail: IncomingMail
    case_class: CaseClass
    urgency: Urgency
    language: Language
    requester: str = ""
    assurance: Assurance = Assurance.L0
    account_id: int | None = None
    outcome: str = ""
    acknowledge: bool = False
    page_on_call: bool = False
    because: tuple[tuple[str, str], ...] = ()
    policy: str = ""
    answer: str = "acknowledgement"
    answer_context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OwnTicket:
    """A case that the desk found by itself: nobody wrote, so nobody is answered. `because` says what was found.

    `cause` is what people are paged for when the urgency wants that.
    """

    subject: str
    urgency: Urgency
    language: Language
    because: str
    account_id: int | None = None
    case_class: CaseClass = CaseClass.REVOCATION_REQUEST
    cause: EscalationKind = EscalationKind.SUSPECTED_COMPROMISE


@dataclass(frozen=True, slots=True)
class Joining:
    """What a mail that joins a ticket was judged to be: it may make the ticket more urgent, never less.

    Its own class says which clocks start anew: thanks after a revocation begin none, a second request does.
    """

    case_class: CaseClass
    urgency: Urgency
    assurance: Assurance = Assurance.L0
    page_on_call: bool = False


def open_ticket(tx: Transaction, new: NewTicket, *, policy: EscalationPolicy) -> dict[str, Any]:
    """Create the ticket with its mail, its clocks, its first page and its acknowledgement. Returns the ticket's row.

    Only buffered inserts and no reads: a worker opens a hundred in one transaction. The page stands before the
    acknowledgement: should anything go wrong between them, a sleeping on-call is worse than a sender without answer.
    """
    mail = new.mail
    ticket = tx.create(
        TICKETS,
        new.id,
        "RECEIVE",
        {
            "number": ticket_number(new.id, mail.received_at),
            "case_class": new.case_class.value,
            "urgency": new.urgency.value,
            "language": new.language.value,
            "subject": mask(storable_text(mail.subject, HEADER_LIMIT)),
            "requester": storable_text(new.requester, HEADER_LIMIT),
            "assurance": new.assurance.value,
            "account_id": new.account_id,
            "assignee": None,
            "received_at": mail.received_at,
            "first_delivery_id": mail.delivery_id,
            "outcome": new.outcome,
            "updated_at": tx.now,
        },
        sha256=mail.sha256,
        because=new.because,
        policy=new.policy,
        evidence=mail.evidence,
    )
    tx.insert(ticket_mails, mail_row(new.id, mail))
    clocks.start_clocks(tx, ticket, acknowledge=new.acknowledge)
    if new.page_on_call or new.urgency in URGENT:
        begin_escalation(tx, ticket, policy, EscalationKind.SUSPECTED_COMPROMISE)
    if new.acknowledge:
        tx.enqueue(answer_to(ticket, mail, new.answer, new.answer_context))
    return ticket


def open_own_ticket(tx: Transaction, new: OwnTicket, *, policy: EscalationPolicy) -> dict[str, Any]:
    """Create a ticket without a mail, its clocks and its first page. Returns the ticket's row."""
    tx.flush()
    (ticket_id,) = numbers.reserve(tx.connection, TICKETS.kind)
    ticket = tx.create(
        TICKETS,
        ticket_id,
        "FIND",
        {
            "number": ticket_number(ticket_id, tx.now),
            "case_class": new.case_class.value,
            "urgency": new.urgency.value,
            "language": new.language.value,
            "subject": storable_text(new.subject, HEADER_LIMIT),
            "requester": "",
            "assurance": Assurance.L0.value,
            "account_id": new.account_id,
            "assignee": None,
            "received_at": tx.now,
            "first_delivery_id": -ticket_id,  # no delivery of the inbox has such a number
            "outcome": "matched",
            "updated_at": tx.now,
        },
        because=[new.because],
    )
    clocks.start_clocks(tx, ticket, acknowledge=False)
    if new.urgency in URGENT:
        begin_escalation(tx, ticket, policy, new.cause)
    return ticket


def join_mail(
    tx: Transaction, ticket: Row, mail: IncomingMail, *, policy: EscalationPolicy, joining: Joining | None = None
) -> dict[str, Any]:
    """Add a mail to a ticket that `tx.get` returned. Returns the ticket's row as it is now.

    A person's mail wakes a ticket that waited for it or was closed. Whoever says in it that a key leaked pages
    on-call just as in a first mail.
    """
    row = dict(ticket)
    tx.insert(ticket_mails, mail_row(row["id"], mail))
    detail = {
        "delivery_id": mail.delivery_id,
        "sha256": mail.sha256,
        "from": storable_text(mail.from_address, HEADER_LIMIT),
    }
    verb = "MAIL_JOINED" if mail.is_automatic else "ANSWERED"
    row = tx.change(TICKETS, row, verb, {"updated_at": tx.now}, **detail, evidence=mail.evidence)
    if joining is None:
        return row
    # P0 is the most urgent, and the words sort that way.
    if joining.urgency < Urgency(row["urgency"]):
        row = tx.change(
            TICKETS, row, "RAISE_URGENCY", {"urgency": joining.urgency.value, "updated_at": tx.now}, **detail
        )
        clocks.raise_urgency(tx, row["id"], joining.urgency)
    if not mail.is_automatic:
        judged = {
            **row,
            "case_class": joining.case_class.value,
            "urgency": joining.urgency.value,
            "assurance": joining.assurance.value,
        }
        clocks.start_missing_clocks(tx, judged, started_at=mail.received_at, subject=f"mail:{mail.delivery_id}")
    if joining.page_on_call or joining.urgency in URGENT:
        start_escalation(tx, row, policy, EscalationKind.SUSPECTED_COMPROMISE, because="a later mail says so")
    return row


def record_seen_again(tx: Transaction, ticket_id: int, *, delivery_id: int, sha256: str) -> None:
    """The same bytes were delivered once more: noted, and nothing else happens."""
    payload = {"delivery_id": delivery_id, "sha256": sha256}
    tx.record(Subject("ticket", ticket_id), "MAIL_SEEN_AGAIN", payload, ticket_id=ticket_id)


def record_possible_follow_up(tx: Transaction, ticket: Row, earlier: Row) -> None:
    """`ticket` carries the token of `earlier`, whose conversation its sender takes no part in: each names the other."""
    _let_name_each_other(tx, "POSSIBLE_FOLLOW_UP", ticket, earlier)


def record_possible_duplicate(tx: Transaction, ticket: Row, earlier: Row) -> None:
    """Both ask for the same certificate, within hours: each names the other (of the rows, `id` and `number`)."""
    _let_name_each_other(tx, "POSSIBLE_DUPLICATE", ticket, earlier)


def _let_name_each_other(tx: Transaction, verb: str, ticket: Row, earlier: Row) -> None:
    for one, other in ((ticket, earlier), (earlier, ticket)):
        tx.record(Subject("ticket", one["id"]), verb, {"number": other["number"]}, ticket_id=one["id"])


def answer_to(
    ticket: Row, mail: IncomingMail, template: str, context: Mapping[str, Any] | None = None, *, key: str = ""
) -> Effect:
    """An automatic answer to a mail of the ticket; `key` makes it a second one, beside the acknowledgement.

    Number and time only: a forged sender would otherwise make us write a stranger's words to a victim.
    """
    message_id = None if mail.message_id is None else storable_text(mail.message_id, HEADER_LIMIT)
    references = [storable_text(reference, HEADER_LIMIT) for reference in mail.references[-20:]]
    return Effect(
        "mail",
        key=f"ack:ticket:{ticket['id']}{key}",
        payload={
            "template": template,
            "language": ticket["language"],
            "context": {"number": ticket["number"], "received_at": to_text(mail.received_at), **(context or {})},
            "to": ticket["requester"],
            "audience": "requester",
            "automatic": True,
            "is_second": bool(key),
            "in_reply_to": message_id,
            "references": references if message_id is None else [*references, message_id],
        },
        ticket_id=ticket["id"],
    )
