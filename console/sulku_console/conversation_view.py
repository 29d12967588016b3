"""What was said about a ticket, in order: mails in and out, replies on their way, notes and evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sulku_console.attached_view import Attached, attached_of, holds_key
from sulku_kernel.events import RecordedEvent
from sulku_tickets.conversation import INCOMING

# Mails to on-call stand in the history; among what was said to customers they would only be in the way.
TO_THE_DESK_ITSELF = frozenset({"page", "deadline_warning"})
# A person's own words are shown at once, what the desk writes by itself is folded.
WRITTEN_BY_PEOPLE = frozenset({"reply", "preliminary_report"})
# A private key in a mail is sealed: its original leaves the desk only by the administrator's hand.
_KEY_FOUND = "private_key"
_NO_FILES: Mapping[str, Any] = {"files": (), "left_out": 0}


@dataclass(frozen=True, slots=True)
class Said:
    """One entry. `kind`: in, out, waiting (a reply not handed over yet), note, evidence.

    `text` and `quoted` are strangers' words. `mail_id` is set where an original can be downloaded.
    `files` are what came along, and `left_out` how many more.
    """

    kind: str
    at: datetime
    who: str
    to: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    quoted: str = ""
    defects: tuple[str, ...] = ()
    files: Sequence[Attached] = ()
    left_out: int = 0
    mail_id: int | None = None
    is_sealed: bool = False
    detail: str = ""
    is_folded: bool = False


def conversation_of(mails: Sequence[Mapping[str, Any]], events: Sequence[RecordedEvent]) -> list[Said]:
    """Everything said, oldest first."""
    shown = [mail for mail in mails if mail["template"] not in TO_THE_DESK_ITSELF]
    handed_over = {mail["effect_key"] for mail in mails}
    said = [*map(_of_mail, shown), *_of_events(events, handed_over)]
    return sorted(said, key=lambda one: one.at)


def is_sealed(mail: Mapping[str, Any]) -> bool:
    """Whether the desk found a private key in the mail."""
    judgement = mail["judgement"] or {}
    is_offered = any(proof.get("kind") == _KEY_FOUND for proof in judgement.get("proofs", ()))
    is_seen = any(fact.get("rule") == _KEY_FOUND for fact in judgement.get("because", ()))
    return is_offered or is_seen or holds_key((mail["files"] or _NO_FILES)["files"])


def _of_mail(mail: Mapping[str, Any]) -> Said:
    is_incoming = mail["direction"] == INCOMING
    came_along = mail["files"] or _NO_FILES
    return Said(
        kind="in" if is_incoming else "out",
        at=mail["at"],
        who=mail["from_address"],
        to=tuple(mail["to_addresses"]),
        subject=mail["subject"],
        text=mail["new_text"],
        quoted=mail["quoted_text"],
        defects=tuple(mail["defects"]),
        files=attached_of(came_along["files"]),
        left_out=came_along["left_out"],
        mail_id=mail["id"] if mail["sha256"] else None,
        is_sealed=is_sealed(mail),
        is_folded=not is_incoming and mail["template"] not in WRITTEN_BY_PEOPLE,
    )


def _of_events(events: Sequence[RecordedEvent], handed_over: set[str | None]) -> Iterator[Said]:
    for event in events:
        payload = event.payload or {}
        if event.subject.kind != "ticket":
            continue
        if event.action == "NOTE":
            yield Said("note", event.at, event.actor, text=str(payload.get("text", "")))
        elif event.action == "EVIDENCE":
            detail = str(payload.get("kind", "")) if payload.get("confirmed", True) else "failed"
            yield Said("evidence", event.at, event.actor, text=str(payload.get("text", "")), detail=detail)
        elif event.action == "REPLY" and payload.get("key") not in handed_over:
            to = (str(payload.get("to", "")),)
            yield Said("waiting", event.at, event.actor, to=to, text=str(payload.get("text", "")))
