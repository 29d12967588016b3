"""The mail `unwell`: to whom it goes by now, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sulku_desk.doctor_facts import Finding, Level
from sulku_desk.doctor_words import in_language
from sulku_tickets.domain.escalation_policy import Contact, EscalationPolicy, contacts_of
from sulku_tickets.on_call import first_to_page

TEMPLATE = "unwell"


def told_by_now(policy: EscalationPolicy, told_for: timedelta, now: datetime) -> Iterator[Contact]:
    """Those on call first, and those of each later step whose time has come since the first were told."""
    yield from first_to_page(policy, now)
    for place, step in enumerate(policy.steps):
        if place and step.after <= told_for:
            yield from contacts_of(policy, place, now)


def occasion_of(finding: Finding, now: datetime) -> str:
    """What tells one alarm from the next: without an occasion of its own a finding is told anew each day."""
    return finding.occasion or f"{now:%Y-%m-%d}"


def unwell_words(finding: Finding, contact: Contact) -> dict[str, Any]:
    """The template's context for this reader; the link to the console is the sender's to add."""
    return {
        "part": finding.part.value,
        "what": in_language(finding.said, contact.language),
        "next_step": "" if finding.step is None else in_language(finding.step, contact.language),
        "is_urgent": finding.level is Level.UNWELL,
        "name": contact.name,
    }
