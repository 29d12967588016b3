"""Everything the page of a ticket shows, read in one go from one snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_console.contact_repairs import Repair, open_repairs
from sulku_console.conversation_view import Said, conversation_of
from sulku_console.own_findings import Finding, is_own, own_headline, read_finding
from sulku_console.parts import ConsoleParts
from sulku_console.sender_evidence import SenderEvidence, sender_evidence
from sulku_console.timeline import Happened, timeline_of
from sulku_kernel.actor import Actor
from sulku_kernel.errors import SulkuError
from sulku_kernel.events import RecordedEvent
from sulku_kernel.events import events as chain
from sulku_kernel.transaction import Transaction
from sulku_revocation.decision_facts import Case, gather_cases
from sulku_revocation.domain.decision_list import DecisionList, ListedCertificate
from sulku_revocation.domain.hold_states import HoldState
from sulku_revocation.domain.order_states import WAITS_FOR_SOMEBODY, OrderState
from sulku_revocation.domain.policy import is_at_least
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import Account, CertificateRecord, Contact, ContactRole
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.request_states import NOT_ORDERED, SEEN_REVOKED, UNDECIDED, RequestState
from sulku_revocation.legal_holds import held_certificates, holds_of
from sulku_revocation.listing import decision_list
from sulku_revocation.orders import read_orders
from sulku_revocation.request_models import publication_evidence
from sulku_revocation.requests import read_requests
from sulku_tickets.conversation import INCOMING, mails_of
from sulku_tickets.domain.clock_rules import ClockKind
from sulku_tickets.domain.ticket_states import EscalationState
from sulku_tickets.domain.urgency import Assurance
from sulku_tickets.escalation import EscalationKind
from sulku_tickets.ticket_queue import deadlines_of, escalations_of, get_ticket, timeline

Row = Mapping[str, Any]

_MOST_CANDIDATES = 20
_CALLED_FIRST = (ContactRole.REVOCATION, ContactRole.TECHNICAL)


@dataclass(frozen=True, slots=True)
class Demand:
    """What the policy asks before a certificate may be decided: the rule, and what of it is missing still.

    `lacks_assurance` is the rung that must be reached; `lacks_evidence`, that none is recorded on the ticket;
    `lacks_agreement`, that the one holder of everything on the list has not agreed.
    """

    rule: str
    lacks_assurance: Assurance | None
    lacks_evidence: bool
    lacks_agreement: bool

    @property
    def is_met(self) -> bool:
        """Whether nothing is missing."""
        return self.lacks_assurance is None and not self.lacks_evidence and not self.lacks_agreement


@dataclass(frozen=True, slots=True)
class Candidate:
    """A certificate that a mail may mean and that nobody has put on the list."""

    certificate: CertificateRecord
    why: tuple[str, ...]


@dataclass(frozen=True)
class TicketView:
    """See the module. `version` is the number of the newest event: another one means that something has happened."""

    ticket: Row
    now: datetime
    version: int
    deadlines: Sequence[Row]
    escalations: Sequence[Row]
    conversation: Sequence[Said]
    listed: DecisionList
    requests: Mapping[int, Row]
    demands: Mapping[int, Demand]
    candidates: Sequence[Candidate]
    orders: Sequence[Row]
    evidence: Mapping[int, Sequence[Row]]
    holders: Sequence[Account]
    requester_holders: Sequence[Account]
    judgement: Mapping[str, Any]
    because: Sequence[tuple[str, str]]
    timeline: Sequence[Happened]
    holds: Sequence[Row] = ()
    repairs: Sequence[Repair] = ()
    senders: Sequence[SenderEvidence] = ()
    held: Mapping[int, Row] = field(default_factory=dict)
    """The legal hold that lasts on a certificate, wherever it was placed, by the certificate's id."""
    finding: Finding | None = None

    @property
    def undecided(self) -> list[ListedCertificate]:
        """What may be decided (again)."""
        return [entry for entry in self.listed.entries if entry.state in UNDECIDED]

    @property
    def is_own(self) -> bool:
        """Whether nobody wrote: the desk found it by itself."""
        return is_own(self.ticket)

    @property
    def found(self) -> str:
        """The kind of what the desk found by itself; empty where somebody wrote, and when it is over."""
        if not self.is_own or (self.finding is not None and self.finding.is_over):
            return ""
        return own_headline(str(self.ticket["subject"]))[0]

    @property
    def decidable(self) -> list[ListedCertificate]:
        """What may be decided now: no legal hold lasts on it."""
        return [entry for entry in self.undecided if entry.certificate.id not in self.held]

    @property
    def shown_deadlines(self) -> list[Row]:
        """Without a clock that another has replaced: what began anew, for a later date, was not met before."""
        earlier = [row for row in self.deadlines if row["kind"] == ClockKind.PUBLICATION][:-1]
        replaced = [row for row in earlier if row["stopped_at"] is not None]
        return [row for row in self.deadlines if row not in replaced]

    @property
    def decided(self) -> list[ListedCertificate]:
        """What waits for approval."""
        return [entry for entry in self.listed.entries if entry.state == RequestState.DECIDED]

    @property
    def holdable(self) -> list[ListedCertificate]:
        """What a court may still stop."""
        return [entry for entry in self.listed.entries if entry.state in NOT_ORDERED and not entry.legal_hold]

    @property
    def is_withdrawable(self) -> bool:
        """Whether anything is not ordered yet, or waits for somebody at the CA who has not acted."""
        if any(entry.state in NOT_ORDERED for entry in self.listed.entries):
            return True
        sent = (order for order in self.orders if order["state"] == OrderState.SENT)
        return any(not WAITS_FOR_SOMEBODY.isdisjoint(order["alarms"]) for order in sent)

    @property
    def lasting_holds(self) -> list[Row]:
        """The legal holds of this ticket that last."""
        return [hold for hold in self.holds if hold["state"] == HoldState.HELD]

    @property
    def changeable(self) -> list[ListedCertificate]:
        """What is revoked for another reason than keyCompromise, and nobody is changing that."""
        waiting = {entry.certificate.id for entry in self.listed.entries if entry.is_update}
        return [
            entry
            for entry in self.listed.entries
            if entry.state in SEEN_REVOKED
            and entry.certificate.reason != ReasonCode.KEY_COMPROMISE
            and entry.certificate.id not in waiting
        ]

    @property
    def deciders(self) -> frozenset[str]:
        """Who decided what waits for approval."""
        return frozenset(str(self.requests[entry.request_id]["decided_by"]) for entry in self.decided)

    @property
    def running(self) -> list[Row]:
        """Deadlines that are not met yet, soonest first."""
        return [row for row in self.deadlines if row["stopped_at"] is None]

    @property
    def paging(self) -> list[Row]:
        """Escalations that page people until somebody acknowledges."""
        return [row for row in self.escalations if row["state"] == EscalationState.OPEN]

    def contacts_of(self, account: Account) -> list[Contact]:
        """Whom to call first: who may ask for revocations, then the technical people."""
        return sorted(account.contacts, key=lambda contact: [role not in contact.roles for role in _CALLED_FIRST])

    @property
    def is_closed(self) -> bool:
        return bool(self.ticket["state"] == "CLOSED")

    @property
    def unmet(self) -> list[Demand]:
        """What still keeps the list from being decided, each once."""
        return list(dict.fromkeys(demand for demand in self.demands.values() if not demand.is_met))

    @property
    def has_revoked_already(self) -> bool:
        """Whether something waits to be decided that was revoked meanwhile: deciding would be refused."""
        proposed = (entry for entry in self.listed.entries if entry.state == RequestState.PROPOSED)
        return any(entry.certificate.revoked_at is not None and not entry.is_update for entry in proposed)

    @property
    def next_step(self) -> str:
        """What a person should do now, in a sentence of the catalogue."""
        states = {entry.state for entry in self.listed.entries}
        return next((sentence for fits, sentence in _next_steps(self, states) if fits), "")


def _next_steps(view: TicketView, states: set[str]) -> Iterator[tuple[bool, str]]:
    """The first that fits is shown: what is most urgent for the certificate, then for the people."""
    yield view.is_closed and not view.repairs, "This ticket is closed."
    yield bool(view.paging), "On-call is being paged: acknowledge, so that the others may sleep."
    yield RequestState.DECIDED in states, "It is decided. Another person looks at the list and approves it."
    yield RequestState.REFUSED in states, "The CA refused an order. Read why, and call the CA."
    yield bool(view.repairs), "A mail of ours came back: call a contact on file, and note what came of it."
    yield (
        RequestState.PROPOSED in states and not view.decidable,
        "A legal hold forbids it: decide when it has ended or is lifted.",
    )
    yield view.has_revoked_already, "A certificate on the list is revoked already: drop it, and tell the requester."
    yield RequestState.PROPOSED in states and bool(view.unmet), "Confirm who is asking, and record the evidence."
    yield RequestState.PROPOSED in states, "Compare the list with the request, then decide."
    yield (
        bool(states & {RequestState.ORDERED, RequestState.ACCEPTED}),
        "The order is on its way. CRL and OCSP are watched.",
    )
    yield RequestState.APPROVED in states, "It is approved for a later date, and goes to the CA then by itself."
    yield bool(states & SEEN_REVOKED), "Revoked, and seen on CRL and OCSP. Close the ticket when all are answered."
    yield view.found == EscalationKind.CRL_ENTRY_FOREIGN.word, "Ask the CA who ordered it, and when."
    yield (
        view.found == EscalationKind.CRL_ENTRY_GONE.word,
        "Tell the CA at once: what was revoked must stay on its CRL until it expires.",
    )
    yield view.found == EscalationKind.PUBLICATION_UNWELL.word, "Look at it from outside, and tell the CA."
    yield view.is_own, "Find out what is behind it."
    yield view.ticket["outcome"] == "ambiguous", "Find out which certificate is meant: choose, search or ask."
    yield (
        view.ticket["case_class"] in {"revocation_request", "problem_report"},
        "No certificate is matched: search or ask.",
    )
    yield view.ticket["state"] == "AWAITING_REQUESTER", "An answer from the requester is awaited."
    yield True, "Read the mail and answer it."


def read_ticket(parts: ConsoleParts, ticket_id: int, reader: Actor) -> TicketView:
    """The view of a ticket. Raises NotFoundError."""
    now = parts.clock.now()
    with parts.storage.desk.reading() as connection:
        register = parts.register_factory(connection)
        ticket = dict(get_ticket(connection, ticket_id))
        mails = _rows(mails_of(connection, ticket_id))
        events = timeline(connection, ticket_id)
        listed = decision_list(connection, ticket_id, register=register, now=now)
        requests = {row["id"]: row for row in read_requests(connection, ticket_id)}
        orders = read_orders(connection, ticket_id)
        judgement = _judgement(mails)
        requester_holders = register.accounts_of_address(ticket["requester"])
        tx = Transaction(connection, now=now, actor=reader, is_sqlite=parts.storage.desk.is_sqlite)
        return TicketView(
            ticket=ticket,
            now=now,
            version=events[-1].seq if events else 0,
            deadlines=_rows(deadlines_of(connection, ticket_id)),
            escalations=_rows(escalations_of(connection, ticket_id)),
            conversation=conversation_of(mails, events),
            listed=listed,
            requests=requests,
            demands=_demands(tx, ticket, listed, requests, register, parts),
            candidates=_candidates(judgement, register, on_list={e.certificate.id for e in listed.entries}),
            orders=orders,
            holds=holds_of(connection, ticket_id),
            held=held_certificates(connection, [entry.certificate.id for entry in listed.entries]),
            finding=read_finding(connection, ticket, now),
            evidence=_evidence(connection, [order["id"] for order in orders]),
            holders=_holders(register, listed, ticket, requester_holders),
            requester_holders=requester_holders,
            judgement=judgement,
            because=_because(events),
            timeline=timeline_of(events),
            repairs=open_repairs(events),
            senders=sender_evidence(events),
        )


def newest_event(connection: sa.Connection, ticket_id: int) -> int:
    """The number of the newest event of a ticket."""
    query = sa.select(sa.func.max(chain.c.seq)).where(chain.c.ticket_id == ticket_id)
    return int(connection.execute(query).scalar_one() or 0)


def _rows(found: Sequence[sa.RowMapping]) -> list[Row]:
    return [dict(row) for row in found]


def _judgement(mails: Sequence[Row]) -> Mapping[str, Any]:
    """Of the newest mail that names a certificate, else of the first."""
    judged: list[Mapping[str, Any]] = [
        mail["judgement"] for mail in mails if mail["direction"] == INCOMING and mail["judgement"]
    ]
    naming = [judgement for judgement in judged if judgement.get("matches")]
    return (naming or judged[:1] or [{}])[-1]


def _because(events: Sequence[RecordedEvent]) -> list[tuple[str, str]]:
    """Why the first mail was judged as it was: (rule or fact, the words that made it hit)."""
    for event in events:
        if event.subject.kind == "ticket" and event.action == "RECEIVE":
            pairs = (event.payload or {}).get("because", ())
            return [(str(pair[0]), str(pair[1])) for pair in pairs if len(pair) == 2]
    return []


def _demands(
    tx: Transaction,
    ticket: Row,
    listed: DecisionList,
    requests: Mapping[int, Row],
    register: Register,
    parts: ConsoleParts,
) -> dict[int, Demand]:
    """Looked up by the same code that decides; what can never be ordered has no demand, deciding will say so."""
    demands = {}
    for entry in listed.entries:
        if entry.state not in UNDECIDED:
            continue
        wanted = [(requests[entry.request_id], entry.reason or ReasonCode.UNSPECIFIED)]
        try:
            (case,) = gather_cases(tx, ticket, wanted, register=register, policy=parts.revocation_policy)
        except SulkuError:
            continue
        demands[entry.request_id] = _demand(case)
    return demands


def _demand(case: Case) -> Demand:
    needed = case.requirement.assurance
    return Demand(
        rule=case.requirement.because[0],
        lacks_assurance=None if is_at_least(case.facts.assurance, needed) else needed,
        lacks_evidence=case.requirement.needs_evidence and not case.facts.has_evidence,
        lacks_agreement=case.requirement.needs_confirmation and not case.facts.holder_agrees,
    )


def _candidates(judgement: Mapping[str, Any], register: Register, *, on_list: set[int]) -> list[Candidate]:
    found: list[Candidate] = []
    for match in judgement.get("matches", [])[:_MOST_CANDIDATES]:
        reference = Reference(ReferenceKind.SERIAL, match["serial"], "", (match["serial"],))
        found.extend(
            Candidate(certificate, tuple(match["why"]))
            for certificate in register.look_up([reference])[reference]
            if certificate.issuer == match["issuer"] and certificate.id not in on_list
        )
    return found


def _evidence(connection: sa.Connection, order_ids: Sequence[int]) -> dict[int, list[Row]]:
    query = sa.select(publication_evidence).where(publication_evidence.c.order_id.in_(order_ids))
    found: dict[int, list[Row]] = {order_id: [] for order_id in order_ids}
    for row in connection.execute(query.order_by(publication_evidence.c.kind)).mappings():
        found[row["order_id"]].append(dict(row))
    return found


def _holders(
    register: Register, listed: DecisionList, ticket: Row, requester_holders: Sequence[Account]
) -> list[Account]:
    """Whose contacts may be called back: the holders of what is listed, else those the requester belongs to."""
    ids = dict.fromkeys(entry.certificate.account_id for entry in listed.entries)
    if ticket["account_id"] is not None:
        ids.setdefault(ticket["account_id"])
    accounts = [register.account(account_id) for account_id in ids if account_id is not None]
    return [account for account in accounts if account is not None] or list(requester_holders)
