"""Contacts that a mail of ours did not reach, and that nobody has seen to yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sulku_kernel.events import RecordedEvent

# What a person does on a ticket who has seen to it: called and recorded it, wrote to somebody else, noted it down.
_SEEN_TO = frozenset({"EVIDENCE", "REPLY", "NOTE"})


@dataclass(frozen=True, slots=True)
class Repair:
    """`trouble` is a code of the catalogue; `told_instead` are the contacts who got the same mail."""

    address: str
    status: str
    trouble: str
    template: str
    told_instead: tuple[str, ...]


def open_repairs(events: Sequence[RecordedEvent]) -> list[Repair]:
    """Those since which no person has recorded evidence, replied or written a note; each address once."""
    repairs: dict[str, Repair] = {}
    for event in events:
        if event.subject.kind != "ticket":
            continue
        if event.action in _SEEN_TO and event.actor.startswith("user:"):
            repairs.clear()
        elif event.action == "CONTACT_REPAIR":
            payload = event.payload or {}
            address = str(payload.get("address", ""))
            repairs[address] = Repair(
                address=address,
                status=str(payload.get("status", "")),
                trouble=f"trouble:{payload.get('trouble', 'other')}",
                template=f"mail:{payload['template']}" if payload.get("template") else "",
                told_instead=tuple(map(str, payload.get("told_instead", ()))),
            )
    return list(repairs.values())
