"""The events of a ticket as sentences: who did what, when, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sulku_kernel.clock import from_text
from sulku_kernel.events import RecordedEvent
from sulku_kernel.serial_number import whole_octets
from sulku_revocation.domain.reason_code import ReasonCode

# (kind of subject, verb) → what happened; keys of the catalogue. A verb that is not here is shown as it is.
HAPPENED: dict[tuple[str, str], str] = {
    ("ticket", "RECEIVE"): "A mail was received and this ticket opened",
    ("ticket", "FIND"): "The desk found this by itself",
    ("ticket", "FOUND_MORE"): "The desk found more of it",
    ("ticket", "WELL_AGAIN"): "What the desk found is over",
    ("ticket", "CLAIM"): "Took the ticket",
    ("ticket", "ASK"): "Waits for an answer of the requester",
    ("ticket", "ANSWERED"): "A mail joined the ticket",
    ("ticket", "MAIL_JOINED"): "An automatic mail joined the ticket",
    ("ticket", "MAIL_SEEN_AGAIN"): "The same mail came once more",
    ("ticket", "POSSIBLE_FOLLOW_UP"): "Somebody else answered to a mail of ours: it may belong together with",
    ("ticket", "POSSIBLE_DUPLICATE"): "The same certificate is asked for on another ticket of the same day",
    ("ticket", "MAIL_SENT"): "A mail of ours was handed over",
    ("ticket", "MAIL_FAILED"): "A mail of ours will not be delivered",
    ("ticket", "CONTACT_REPAIR"): "A mail of ours came back: find another way to this contact",
    ("ticket", "NOTE"): "Wrote a note",
    ("ticket", "REPLY"): "Wrote a reply",
    ("ticket", "EVIDENCE"): "Recorded evidence",
    ("ticket", "PAGED"): "On-call was paged",
    ("ticket", "ACKNOWLEDGE_PAGE"): "The page was acknowledged",
    ("ticket", "DEADLINE_WARNED"): "A deadline comes near",
    ("ticket", "DEADLINE_BREACHED"): "A deadline was missed",
    ("ticket", "CLOCK_STARTED"): "A deadline began to run",
    ("ticket", "CLOCK_STOPPED"): "A deadline was met",
    ("ticket", "CLOCK_SET_BACK"): "A deadline was reckoned anew: the clock had run ahead",
    ("ticket", "ASKED_WHICH"): "The desk asked which certificate is meant",
    ("ticket", "CORRECT_MATCH"): "Corrected the match",
    ("ticket", "RAISE_URGENCY"): "It became more urgent",
    ("ticket", "EFFECT_FAILED"): "Something could not be carried out",
    ("ticket", "CLOSE"): "Closed the ticket",
    ("ticket", "REOPEN"): "Opened the ticket again",
    ("escalation", "START"): "Paging of on-call began",
    ("escalation", "PAGE"): "The next step of on-call was paged",
    ("escalation", "JOIN"): "Another cause joined the paging",
    ("escalation", "RESTART"): "Paging of on-call began again",
    ("escalation", "BRING_BACK"): "The next page was reckoned anew: the clock had run ahead",
    ("escalation", "ACKNOWLEDGE"): "Paging ended",
    ("request", "PROPOSE"): "The desk proposes a certificate",
    ("request", "ADD"): "Put a certificate on the list",
    ("request", "CASCADE"): "A certificate with the same key was put on the list",
    ("request", "UPDATE"): "The reason for a revocation is to be changed",
    ("request", "PROVE"): "A proof of compromise was verified by machine",
    ("request", "HOLD"): "Held until somebody decides anew",
    ("request", "DECIDE"): "Decided to revoke",
    ("request", "APPROVE"): "Approved the revocation",
    ("request", "ORDER"): "The order was stored",
    ("request", "ACCEPT"): "The CA accepted the order",
    ("request", "SEE"): "Revoked: CRL and OCSP show it",
    ("request", "REJECT"): "Rejected the request",
    ("request", "WITHDRAW"): "The request was withdrawn",
    ("request", "DROP"): "Took a certificate off the list",
    ("request", "REFUSE"): "The CA refused",
    ("request", "FIND_REVOKED"): "It was revoked before its date: nothing is ordered",
    ("order", "STORE"): "An order to the CA was stored",
    ("order", "SEND"): "The order was sent to the CA",
    ("order", "USE_KEY"): "The certificate's own key was used to revoke it",
    ("order", "ACCEPT"): "The CA's acceptance was recorded",
    ("order", "ALARM"): "Something is wrong with the order",
    ("order", "SEE_CRL"): "The CRL shows the revocation",
    ("order", "SEE_OCSP"): "OCSP shows the revocation",
    ("order", "CONFIRM"): "The order is complete",
    ("order", "REFUSE"): "The CA refused the order",
    ("order", "WITHDRAW"): "The order was withdrawn",
    ("legal_hold", "PLACE"): "A legal hold was placed",
    ("legal_hold", "PROLONG"): "A legal hold got another end",
    ("legal_hold", "REMIND"): "A legal hold ends soon",
    ("legal_hold", "LIFT"): "A legal hold was lifted",
    ("legal_hold", "END"): "A legal hold is over",
    ("proof", "VERIFY"): "A proof of compromise was verified by machine",
    ("proof", "KEEP"): "What proves it was kept",
    ("proof", "USE_NONCE"): "Our sentence was signed, and counts no more",
    ("key", "BLOCK"): "The key was blocked: nothing is certified for it again",
    ("key", "DEMONSTRATE"): "The compromise of a blocked key was proven",
    ("key", "UNSEAL"): "Opened a sealed private key",
    ("decision", "BREAK_GLASS"): "Broke glass: decided and approved alone",
    ("decision", "OVERTAKE"): "Revoked before the date that was planned on another ticket",
    ("original", "DOWNLOAD"): "Downloaded an original mail",
}

# What is told twice, once of the request and once of its order, is shown once.
_UNTOLD = {("request", "ORDER"), ("request", "ACCEPT"), ("request", "REFUSE"), ("order", "CONFIRM")}
_NAMES_ANOTHER = frozenset({"POSSIBLE_FOLLOW_UP", "POSSIBLE_DUPLICATE", "FIND_REVOKED", "OVERTAKE"})
_SHOWN = ("from", "to", "template", "error", "address", "status", "text")


@dataclass(frozen=True, slots=True)
class Happened:
    """One line: `what` is a key of the catalogue or the bare verb; `details` are others' words, or codes of it."""

    at: datetime
    who: str
    what: str
    details: tuple[str, ...]
    until: datetime | None = None
    ticket: str = ""
    """The number of another ticket that it may belong together with."""


def timeline_of(events: Sequence[RecordedEvent]) -> list[Happened]:
    """The story, newest first: that is what somebody who comes back wants to know."""
    told = [event for event in events if (event.subject.kind, event.action) not in _UNTOLD]
    return [_happened(event) for event in reversed(told)]


def _happened(event: RecordedEvent) -> Happened:
    what = HAPPENED.get((event.subject.kind, event.action), f"{event.subject.kind} {event.action}")
    payload = event.payload or {}
    due_at = payload.get("due_at")
    until = from_text(due_at) if due_at else None
    other = str(payload.get("number", "")) if event.action in _NAMES_ANOTHER else ""
    return Happened(event.at, event.actor, what, tuple(_details(event, payload)), until, other)


def _details(event: RecordedEvent, payload: Mapping[str, Any]) -> Iterator[str]:
    if event.action in {"RECEIVE", "PROPOSE"}:
        changes = payload.get("changes", {})
        named = (str(changes.get("subject") or ""), whole_octets(changes.get("serial") or ""))
        yield from filter(None, named)
        return
    if event.action == "DECIDE" and "reason" in payload.get("changes", {}):
        yield f"reason:{ReasonCode(payload['changes']['reason']).rfc_name}"
    for name in _SHOWN:
        value = payload.get(name)
        if value:
            yield f"mail:{value}" if name == "template" else str(value)
    if payload.get("trouble"):
        yield f"trouble:{payload['trouble']}"
    if payload.get("clock"):
        yield f"clock:{payload['clock']}"
    if payload.get("paged"):
        yield ", ".join(map(str, payload["paged"]))
    if payload.get("percent"):
        yield f"{payload['percent']} %"
    yield from _reasons(payload.get("because"), payload.get("changes", {}).get("because"))


def _reasons(*several: Any) -> Iterator[str]:
    seen = set()
    for because in several:
        for reason in [because] if isinstance(because, str) else because or ():
            if isinstance(reason, str) and reason and reason not in seen:
                seen.add(reason)
                yield reason
