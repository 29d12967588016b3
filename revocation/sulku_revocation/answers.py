"""What a mail that joins a ticket does to its requests: it answers our question, or takes the request back.

Both only ever propose or hold: nothing here decides. Whoever writes has been found to take part in the ticket by our
signed reply address (`sulku_desk.road`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from sulku_kernel import numbers
from sulku_kernel.events import Subject, read_events
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.domain.choosing import choose
from sulku_revocation.domain.judgement import Judgement, Match, Outcome
from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.request_states import AT_THE_CA, NOT_ORDERED, SEEN_REVOKED, RequestState
from sulku_revocation.order_withdrawing import waiting_orders
from sulku_revocation.request_models import REQUESTS
from sulku_revocation.requests import certificates_on, propose, requests_of
from sulku_tickets.domain.urgency import CaseClass
from sulku_tickets.models import TICKETS

ASKED_WHICH = "ASKED_WHICH"


class TakenBack(StrEnum):
    """What came of a mail that takes a request back."""

    NOTHING = "nothing"  # there is no request to hold
    HELD = "held"  # nobody had decided yet
    STOPPED = "stopped"  # it was decided, approved or waits for somebody at the CA: whoever decided must hear of it
    TOO_LATE = "too_late"  # the CA has it


def record_question(tx: Transaction, ticket_id: int, candidates: Sequence[CertificateRecord]) -> None:
    """Keep which certificates were listed, in that order: "the second" means the second of these."""
    listed = [certificate.id for certificate in candidates]
    tx.record(Subject("ticket", ticket_id), ASKED_WHICH, {"certificates": listed}, ticket_id=ticket_id)


def take_choice(tx: Transaction, ticket: Row, judgement: Judgement, text: str, register: Register) -> list[Row]:
    """Propose what a reply chooses of the certificates that were listed. Returns the new requests."""
    listed = _listed(tx, ticket["id"], register)
    chosen = choose(text, listed) if listed else ()
    if not chosen:
        return []
    answered = replace(
        judgement,
        matches=tuple(Match(certificate, 1.0, ("chosen_by_reply",), is_chosen=True) for certificate in chosen),
        outcome=Outcome.MATCHED,
        case_class=CaseClass(ticket["case_class"]),
    )
    tx.flush()
    ids = iter(numbers.reserve(tx.connection, REQUESTS.kind, len(chosen)))
    proposed: list[Row] = list(propose(tx, ticket, answered, ids, already=certificates_on(tx, ticket["id"])))
    if proposed:
        because = [f"the requester chose of those listed: {', '.join(one.serial.hex for one in chosen)}"]
        ticket = tx.get(TICKETS, ticket["id"])
        tx.change(TICKETS, ticket, "CORRECT_MATCH", {"outcome": "matched", "updated_at": tx.now}, because=because)
    return proposed


def _listed(tx: Transaction, ticket_id: int, register: Register) -> list[CertificateRecord]:
    tx.flush()
    history = read_events(tx.connection, subject=Subject("ticket", ticket_id))
    asked = [event.payload or {} for event in history if event.action == ASKED_WHICH]
    ids = asked[-1].get("certificates", []) if asked else []
    found = [register.certificate(certificate_id) for certificate_id in ids]
    # One that has left the register would shift the numbers: then a person reads the answer.
    return [one for one in found if one is not None] if None not in found else []


def take_back(tx: Transaction, ticket_id: int, *, because: str, only: frozenset[int] | None = None) -> TakenBack:
    """Hold what is not at the CA yet until somebody decides anew; `only` these certificates, where the mail names some.

    What a machine has proven is not held: nobody takes a compromise back. A hold is no withdrawal: whoever forged it
    has delayed nothing that a person does not see at once.
    """
    tx.get(TICKETS, ticket_id)
    rows = [row for row in requests_of(tx, ticket_id) if only is None or row["certificate_id"] in only]
    open_ = [row for row in rows if row["state"] in NOT_ORDERED and not row["proof"]]
    for row in open_:
        tx.change(REQUESTS, row, "HOLD", {"held_because": because, "list_digest": None}, because=[because])
    at_hand = {row["id"] for row in rows}
    may_be_withdrawn = [one for one in waiting_orders(tx, ticket_id) if one["request_id"] in at_hand]
    if may_be_withdrawn or any(row["state"] != RequestState.PROPOSED for row in open_):
        return TakenBack.STOPPED
    if open_:
        return TakenBack.HELD
    is_late = any(row["state"] in AT_THE_CA | SEEN_REVOKED for row in rows)
    return TakenBack.TOO_LATE if is_late else TakenBack.NOTHING
