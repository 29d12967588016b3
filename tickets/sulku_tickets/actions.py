"""What a person does to a ticket: each is one step of the table, one event, and the mails it causes.

Every function takes the transaction of the person who acts (`tx.actor`, from a session) and raises NotAllowedError
when the role does not fit, NotFoundError and IllegalTransitionError when the ticket does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from sulku_kernel import numbers
from sulku_kernel.address import normalise_address
from sulku_kernel.clock import to_text
from sulku_kernel.columns import storable_text
from sulku_kernel.errors import InputError, NotAllowedError
from sulku_kernel.outbox import Effect
from sulku_kernel.transaction import Row, Transaction
from sulku_tickets import clocks, escalation
from sulku_tickets.conversation import INCOMING
from sulku_tickets.domain.evidence import EvidenceKind, raised_assurance
from sulku_tickets.domain.roles import WORKS_ON_TICKETS, require_role
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency
from sulku_tickets.models import TICKETS, ticket_mails

TEXT_LIMIT = 20_000

# Answers what keeps a ticket open, as sentences; the requests are the revocation's to know.
Undecided = Callable[[Transaction, int], Sequence[str]]
AllDone = Callable[[Transaction, int], bool]

_QUESTION = {"case_class": CaseClass.SUPPORT.value, "urgency": Urgency.P3.value}


def claim(tx: Transaction, ticket_id: int) -> dict[str, Any]:
    """Take the ticket. Whoever takes it has seen it: its pages end and the clock that waits for a person stops."""
    require_role(tx.actor, WORKS_ON_TICKETS, "claim a ticket")
    ticket = tx.get(TICKETS, ticket_id)
    row = _step(tx, ticket, "CLAIM", {"assignee": tx.actor.name.removeprefix("user:")})
    escalation.acknowledge(tx, ticket_id)
    return row


def acknowledge_page(tx: Transaction, ticket_id: int) -> int:
    """Say "I have it" without taking the ticket. Returns how many escalations are quiet now."""
    require_role(tx.actor, WORKS_ON_TICKETS, "acknowledge a page")
    tx.get(TICKETS, ticket_id)
    return escalation.acknowledge(tx, ticket_id)


def reply(
    tx: Transaction,
    ticket_id: int,
    text: str,
    *,
    to: str | None = None,
    preliminary_report: bool = False,
    ask: bool = False,
) -> dict[str, Any]:
    """Write to the requester, or to another contact `to`; the mail goes out through the outbox.

    `preliminary_report`: it is the report that is due within 24 hours, whose clock stops once it was handed over.
    `ask`: the ticket then waits for the answer; its clocks go on.
    """
    require_role(tx.actor, WORKS_ON_TICKETS, "reply on a ticket")
    ticket = tx.get(TICKETS, ticket_id)
    address = _recipient(ticket, to)
    body = _checked_text(text, "a reply")
    template = "preliminary_report" if preliminary_report else "reply"
    key = f"{template}:ticket:{ticket_id}:{numbers.reserve(tx.connection, 'reply')[0]}"
    row = _step(tx, ticket, "REPLY", {}, to=address, template=template, key=key, text=body)
    if ask:
        row = _step(tx, row, "ASK", {}, key=key)
    tx.enqueue(_reply_effect(tx, ticket, address, template, key, body))
    return row


def note(tx: Transaction, ticket_id: int, text: str) -> dict[str, Any]:
    """Write something down that only the desk sees."""
    require_role(tx.actor, WORKS_ON_TICKETS, "write a note")
    return _step(tx, tx.get(TICKETS, ticket_id), "NOTE", {}, text=_checked_text(text, "a note"))


def close(tx: Transaction, ticket_id: int, *, because: str, undecided: Undecided) -> dict[str, Any]:
    """Close the ticket; all its clocks stop. Refused while `undecided` names something that waits for a decision."""
    require_role(tx.actor, WORKS_ON_TICKETS, "close a ticket")
    ticket = tx.get(TICKETS, ticket_id)
    waiting = undecided(tx, ticket_id)
    if waiting:
        raise NotAllowedError(
            f"{ticket['number']} cannot be closed: {'; '.join(waiting)}",
            next_step="Decide, reject or withdraw what is open first.",
        )
    row = _step(tx, ticket, "CLOSE", {}, because=_checked_text(because, "a reason"))
    escalation.acknowledge(tx, ticket_id)
    return row


def reopen(tx: Transaction, ticket_id: int, *, because: str, all_done: AllDone) -> dict[str, Any]:
    """Open a closed ticket again; its clocks begin anew from now. Where `all_done`, only an answer is due."""
    require_role(tx.actor, WORKS_ON_TICKETS, "reopen a ticket")
    row = _step(tx, tx.get(TICKETS, ticket_id), "REOPEN", {}, because=_checked_text(because, "a reason"))
    case = {**row, **_QUESTION} if all_done(tx, ticket_id) else row
    clocks.start_missing_clocks(tx, case, started_at=tx.now, subject=f"reopened:{to_text(tx.now)}", by_person=True)
    return row


def record_evidence(
    tx: Transaction, ticket_id: int, kind: EvidenceKind | str, text: str, *, confirmed: bool = True
) -> dict[str, Any]:
    """Record how the requester was confirmed, or that it failed; raises assurance as far as that carries.

    `text` says who was reached, at which number on file and what came of it. Every piece is kept, not just the level.
    """
    require_role(tx.actor, WORKS_ON_TICKETS, "record evidence")
    try:
        kind = EvidenceKind(kind)
    except ValueError:
        raise InputError(
            f"{kind!r} is no kind of evidence", next_step=f"Choose from {', '.join(EvidenceKind)}."
        ) from None
    ticket = tx.get(TICKETS, ticket_id)
    before = Assurance(ticket["assurance"])
    after = raised_assurance(before, kind, confirmed=confirmed)
    changes = {} if after is before else {"assurance": after.value}
    return _step(
        tx,
        ticket,
        "EVIDENCE",
        changes,
        kind=kind.value,
        confirmed=confirmed,
        text=_checked_text(text, "a note"),
        before=before.value,
        after=after.value,
    )


def _step(tx: Transaction, ticket: Row, verb: str, changes: dict[str, Any], **detail: Any) -> dict[str, Any]:
    row = tx.change(TICKETS, ticket, verb, {**changes, "updated_at": tx.now}, **detail)
    clocks.stop_for_verb(tx, ticket["id"], verb)
    return row


def _recipient(ticket: Row, to: str | None) -> str:
    address = normalise_address(to if to is not None else ticket["requester"])
    if address is not None:
        return address
    if to is not None:
        raise InputError(f"{to!r} is not an email address", next_step="Give one like name@example.fi.")
    raise InputError(
        f"{ticket['number']} has no requester who can be answered: the mail had no certain sender",
        next_step="Name the recipient.",
    )


def _checked_text(text: str, what: str) -> str:
    text = storable_text(text, TEXT_LIMIT + 1).strip()
    if not text:
        raise InputError(f"{what} must say something", next_step="Write a sentence.")
    if len(text) > TEXT_LIMIT:
        raise InputError(f"{what} has at most {TEXT_LIMIT} characters", next_step="Shorten it.")
    if "PRIVATE KEY-----" in text:
        raise InputError(f"{what} must not hold a private key", next_step="Leave the key out; the sealed mail has it.")
    return text


def _reply_effect(tx: Transaction, ticket: Row, to: str, template: str, key: str, text: str) -> Effect:
    answered = tx.execute(
        sa.select(ticket_mails.c.message_id)
        .where(ticket_mails.c.ticket_id == ticket["id"], ticket_mails.c.direction == INCOMING)
        .where(ticket_mails.c.from_address == to, ticket_mails.c.message_id.is_not(None))
        .order_by(ticket_mails.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return Effect(
        "mail",
        key=key,
        payload={
            "template": template,
            "language": ticket["language"],
            "context": {
                "number": ticket["number"],
                "received_at": to_text(ticket["received_at"]),
                "text": text,
            },
            "to": to,
            "audience": "requester" if to == ticket["requester"] else "holder",
            "automatic": False,
            "in_reply_to": answered,
            "references": [] if answered is None else [answered],
        },
        ticket_id=ticket["id"],
    )
