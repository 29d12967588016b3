"""The road, top to bottom: accept durably → read → match → judge → decide → revoke → see it published → tell.

The first steps are `read_and_judge` (no writes) and `settle` (one transaction for a whole batch). What follows is in
the rows they write: deadlines and pages (`scheduler`), a person's decision (`sulku_revocation.decisions`), and effects
that the `dispatcher` carries out: the order to the CA, the look at CRL and OCSP, the mails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sulku_desk.near_duplicates import NamedLately
from sulku_desk.taking_back import take_back_elsewhere, take_back_here
from sulku_kernel.crash_points import crossing
from sulku_kernel.language import Language
from sulku_kernel.transaction import Row, Transaction
from sulku_mailbox.domain.defects import Defect
from sulku_mailbox.domain.evidence import evidence_json
from sulku_mailbox.domain.mail import Automatic, Envelope, Mail
from sulku_mailbox.domain.quoted_text import own_lines
from sulku_mailbox.domain.reply_address import JoinCandidate
from sulku_mailbox.inbox import StoredDelivery
from sulku_revocation.answers import record_question, take_choice
from sulku_revocation.automatic import automatic_decision
from sulku_revocation.block_list import block_proven
from sulku_revocation.certificate_documents import keep_documents_of_mails
from sulku_revocation.contact_repair import repair_contact
from sulku_revocation.domain.asking import Question
from sulku_revocation.domain.judgement import Judgement
from sulku_revocation.domain.rejudging import stored_judgement
from sulku_revocation.proving import record_used_nonces
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.requests import certificates_on, propose, record_proofs
from sulku_revocation.telling import certificate_context
from sulku_tickets import conversation
from sulku_tickets.conversation import IncomingMail
from sulku_tickets.domain.escalation_policy import EscalationPolicy
from sulku_tickets.domain.urgency import CaseClass, Urgency
from sulku_tickets.escalation import EscalationKind, start_escalation
from sulku_tickets.models import TICKETS, ticket_mails
from sulku_tickets.opening import (
    Joining,
    NewTicket,
    join_mail,
    open_ticket,
    record_possible_follow_up,
    record_seen_again,
)


@dataclass(frozen=True, slots=True)
class JudgedMail:
    """A delivery that was read and judged, the tickets it may belong to by our own signed tokens, what to ask back."""

    delivery_id: int
    envelope: Envelope
    mail: Mail
    judgement: Judgement
    candidates: tuple[JoinCandidate, ...] = ()
    question: Question | None = None
    policy: str = ""
    """The label of the revocation policy that was in force."""
    files: Mapping[str, Any] | None = None
    """What came with the mail (`sulku_revocation.domain.attached_files`)."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers reserved for a batch before its transaction begins."""

    tickets: Iterator[int]
    requests: Iterator[int]


# What mail systems say about a mail of ours, whoever it was from.
_REPORTS_OF_SYSTEMS = frozenset({Automatic.BOUNCE, Automatic.FEEDBACK})
_OF_BYTES = sa.select(ticket_mails.c.sha256, ticket_mails.c.ticket_id).where(
    ticket_mails.c.sha256.in_(sa.bindparam("digests", expanding=True))
)


@crossing("tickets_settled")
def settle(tx: Transaction, batch: Sequence[JudgedMail], numbers: Numbers, policy: EscalationPolicy) -> None:
    """Make tickets of a batch: each mail is seen again, joins its ticket, or opens one. In the order of receipt."""
    known = _tickets_of_bytes(tx, {judged.mail.sha256 for judged in batch})
    first = min((judged.envelope.received_at for judged in batch), default=tx.now)
    named_lately = NamedLately.of(tx, [judged.judgement for judged in batch], first)
    for judged in batch:
        ticket_id = known.get(judged.mail.sha256)
        if ticket_id is not None:
            record_seen_again(tx, ticket_id, delivery_id=judged.delivery_id, sha256=judged.mail.sha256)
            continue
        ticket = _ticket_to_join(tx, judged)
        if ticket is None:
            ticket = _open(tx, judged, numbers, policy)
            _link_to_candidates(tx, ticket, judged)
            named_lately.link(tx, ticket, judged.judgement)
        else:
            _join(tx, ticket, judged, numbers, policy)
        known[judged.mail.sha256] = ticket["id"]
    keep_documents_of_mails(tx, [(judged.mail, judged.judgement) for judged in batch])


def _tickets_of_bytes(tx: Transaction, digests: set[str]) -> dict[str, int]:
    return {row.sha256: row.ticket_id for row in tx.execute(_OF_BYTES, {"digests": list(digests)})}


def _open(tx: Transaction, judged: JudgedMail, numbers: Numbers, policy: EscalationPolicy) -> Row:
    judgement = judged.judgement
    ticket = open_ticket(
        tx,
        NewTicket(
            id=next(numbers.tickets),
            mail=incoming_mail(judged),
            case_class=judgement.case_class,
            urgency=judgement.urgency,
            language=judgement.language,
            requester=judged.mail.header_from or "",
            assurance=judgement.assurance,
            account_id=judgement.account_id,
            outcome=judgement.outcome.value,
            acknowledge=judgement.acknowledge,
            page_on_call=judgement.page_on_call,
            because=judgement.because,
            policy=judged.policy,
            **_answer(judged.question),
        ),
        policy=policy,
    )
    propose(tx, ticket, judgement, numbers.requests)
    if judged.question is not None and judged.question.candidates:
        record_question(tx, ticket["id"], judged.question.candidates)
    if judgement.is_withdrawal:
        take_back_elsewhere(tx, ticket, judgement, policy)
    _act_on_proofs(tx, ticket["id"], judged)
    return ticket


def _answer(question: Question | None) -> dict[str, Any]:
    """The question stands in for the acknowledgement: it says the same and asks."""
    if question is None:
        return {}
    candidates = [certificate_context(certificate, None) for certificate in question.candidates]
    return {"answer": question.template, "answer_context": {"certificates": candidates} if candidates else {}}


def _ticket_to_join(tx: Transaction, judged: JudgedMail) -> Row | None:
    """The ticket whose token the mail carries, when its sender takes part in it. A number in a subject is nothing."""
    for candidate in judged.candidates:
        if judged.mail.header_from is None and judged.mail.automatic is Automatic.NO:
            return None
        ticket = tx.find(TICKETS, TICKETS.table.c.id == candidate.ticket_id)
        if ticket is None:
            continue
        # A report comes from a mail system; that it carries the token of a mail of ours is its right to join.
        if judged.mail.automatic in _REPORTS_OF_SYSTEMS:
            return ticket
        sender = judged.mail.header_from or ""
        if sender in conversation.participants(tx.connection, candidate.ticket_id) and candidate.sender_fits:
            return ticket
    return None


def _link_to_candidates(tx: Transaction, ticket: Row, judged: JudgedMail) -> None:
    """Somebody else answered to our mail, a colleague perhaps: a ticket of its own, which a person may see as one."""
    for candidate in judged.candidates:
        earlier = tx.find(TICKETS, TICKETS.table.c.id == candidate.ticket_id)
        if earlier is not None:
            record_possible_follow_up(tx, ticket, earlier)


def _join(tx: Transaction, ticket: Row, judged: JudgedMail, numbers: Numbers, policy: EscalationPolicy) -> None:
    judgement = judged.judgement
    is_report = judged.mail.automatic in _REPORTS_OF_SYSTEMS
    joining = Joining(judgement.case_class, judgement.urgency, judgement.assurance, judgement.page_on_call)
    join_mail(tx, ticket, incoming_mail(judged), policy=policy, joining=None if is_report else joining)
    if is_report:
        _repair_contact(tx, ticket, judged, policy)
        return
    if judgement.is_withdrawal:
        take_back_here(tx, ticket, judgement, incoming_mail(judged), policy)
    elif not judgement.chosen:
        take_choice(tx, ticket, judgement, own_lines(judged.mail.new_text), DatabaseRegister(tx.connection))
    propose(tx, ticket, judgement, numbers.requests, already=certificates_on(tx, ticket["id"]))
    record_proofs(tx, ticket["id"], judgement.proofs)
    _act_on_proofs(tx, ticket["id"], judged)


def _act_on_proofs(tx: Transaction, ticket_id: int, judged: JudgedMail) -> None:
    """A key that is proven to be compromised is blocked at once, whether or not a certificate has it."""
    proofs = judged.judgement.proofs
    if not any(proof.is_verified for proof in proofs):
        return
    block_proven(tx, ticket_id, proofs)
    record_used_nonces(tx, ticket_id, proofs)
    tx.enqueue(automatic_decision(ticket_id, judged.delivery_id))


def _repair_contact(tx: Transaction, ticket: Row, judged: JudgedMail, policy: EscalationPolicy) -> None:
    """As when the smarthost refuses at once: a holder whom no mail can reach wakes somebody."""
    if judged.mail.bounce is None:
        return
    why = repair_contact(tx, ticket, judged.mail.bounce, DatabaseRegister(tx.connection))
    if why:
        start_escalation(tx, ticket, policy, EscalationKind.EFFECT_FAILED, because=why)


@crossing("mail_given_to_a_person")
def open_unread(
    tx: Transaction, delivery: StoredDelivery, ticket_id: int, policy: EscalationPolicy, fault: str
) -> None:
    """A mail that failed three times becomes a ticket with the raw mail, and a page: never lost, never in the way."""
    known = _tickets_of_bytes(tx, {delivery.sha256}).get(delivery.sha256)
    if known is not None:
        record_seen_again(tx, known, delivery_id=delivery.id, sha256=delivery.sha256)
        return
    mail = IncomingMail(
        delivery_id=delivery.id,
        sha256=delivery.sha256,
        from_address=delivery.envelope.mail_from,
        to_addresses=delivery.envelope.rcpt_to,
        subject="",
        received_at=delivery.envelope.received_at,
        defects=(Defect.UNREADABLE.value,),
    )
    new = NewTicket(
        id=ticket_id,
        mail=mail,
        case_class=CaseClass.SUPPORT,
        urgency=Urgency.P1,
        language=Language.EN,
        page_on_call=True,
        because=(("unread", f"three tries failed ({fault}); read the original"),),
    )
    open_ticket(tx, new, policy=policy)


def incoming_mail(judged: JudgedMail) -> IncomingMail:
    """What a ticket keeps of a mail."""
    mail = judged.mail
    return IncomingMail(
        delivery_id=judged.delivery_id,
        sha256=mail.sha256,
        from_address=mail.header_from or mail.header_from_shown,
        to_addresses=mail.header_to,
        subject=mail.subject,
        received_at=judged.envelope.received_at,
        message_id=mail.message_id,
        references=mail.references,
        new_text=mail.new_text or mail.text,
        quoted_text=mail.quoted_text if mail.new_text else "",
        judgement=stored_judgement(judged.judgement),
        defects=mail.defects,
        files=judged.files,
        is_automatic=mail.automatic is not Automatic.NO,
        evidence=evidence_json(mail.authentication.evidence) if mail.authentication.evidence else {},
    )
