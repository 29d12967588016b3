"""Who is paged, and when the next one is: an escalation policy as data, and who is on call at a moment.

The policy is copied with its version into an escalation when that starts, so that a change at noon does not rewrite
what happened at night. A step whose rota is empty at that moment is passed over for the next; where no step has
anybody the duty managers are paged. Never nobody: a policy without a duty manager cannot be built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sulku_kernel.address import normalise_address
from sulku_kernel.clock import from_text, require_utc, to_text
from sulku_kernel.errors import InputError
from sulku_kernel.language import Language


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or a device that is paged by mail. `since` and `until` bound the turn; None is unbounded."""

    name: str
    email: str
    language: Language = Language.FI
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if normalise_address(self.email) is None:
            raise InputError(
                f"{self.name or 'a contact'} has no usable email address ({self.email!r})",
                next_step="Write an address like duty@example.fi.",
            )
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise InputError(f"the turn of {self.name} ends before it begins", next_step="Correct since and until.")

    def is_on_call(self, now: datetime) -> bool:
        """Whether the turn includes `now`."""
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """`after` the escalation's start these are paged, unless somebody has acknowledged."""

    after: timedelta
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """Steps in order; behind the last one the duty managers are paged every `repeat` until somebody acknowledges."""

    version: str
    steps: tuple[EscalationStep, ...]
    duty_managers: tuple[Contact, ...]
    repeat: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        if not self.steps or self.steps[0].after != timedelta(0):
            raise InputError(
                "the first step of an escalation policy pages at once",
                next_step="Give the first step `after_minutes = 0`.",
            )
        if any(later.after <= earlier.after for earlier, later in zip(self.steps, self.steps[1:], strict=False)):
            raise InputError("each step must come after the one before it", next_step="Order them by after_minutes.")
        if not any(manager.since is None and manager.until is None for manager in self.duty_managers):
            raise InputError(
                "a policy needs a duty manager who is always reachable",
                next_step="Name at least one duty manager without since and until.",
            )
        if self.repeat < timedelta(minutes=1):
            raise InputError("repeat must be a minute or more", next_step="Write repeat_minutes = 5.")


@dataclass(frozen=True, slots=True)
class Paging:
    """Whom step `step` (0 is the first) pages, and when the one after it is due."""

    step: int
    contacts: tuple[Contact, ...]
    next_at: datetime


def contacts_of(policy: EscalationPolicy, step: int, now: datetime) -> tuple[Contact, ...]:
    """Whom a step pages at `now`: its own people on call, else those of the next level, else the duty managers."""
    for level in policy.steps[step:]:
        on_call = _on_call(level.contacts, now)
        if on_call:
            return on_call
    return _on_call(policy.duty_managers, now)


def page_step(policy: EscalationPolicy, step: int, started_at: datetime, now: datetime) -> Paging:
    """What paging step `step` at `now` means. Behind the last step the duty managers are paged again and again.

    After a time down the steps go on from now, each as far from the last as the policy says: one page at a time.
    """
    if step + 1 < len(policy.steps):
        wait = policy.steps[step + 1].after - policy.steps[step].after
        planned = started_at + policy.steps[step + 1].after
        next_at = planned if planned > now else now + wait
    else:
        next_at = now + policy.repeat
    return Paging(step, contacts_of(policy, step, now), next_at)


def longest_wait(policy: EscalationPolicy, step: int) -> timedelta:
    """How long at most it is from paging step `step` to the next page (`page_step`)."""
    if step + 1 < len(policy.steps):
        return policy.steps[step + 1].after - policy.steps[step].after
    return policy.repeat


def _on_call(contacts: tuple[Contact, ...], now: datetime) -> tuple[Contact, ...]:
    seen: dict[str, Contact] = {}
    for contact in contacts:
        if contact.is_on_call(now):
            seen.setdefault(contact.email.lower(), contact)
    return tuple(seen.values())


def policy_json(policy: EscalationPolicy) -> dict[str, Any]:
    """The policy as it is copied into an escalation."""
    return {
        "version": policy.version,
        "repeat_seconds": policy.repeat // timedelta(seconds=1),
        "steps": [
            {"after_seconds": step.after // timedelta(seconds=1), "contacts": [_contact_json(c) for c in step.contacts]}
            for step in policy.steps
        ],
        "duty_managers": [_contact_json(contact) for contact in policy.duty_managers],
    }


def policy_from_json(value: Mapping[str, Any]) -> EscalationPolicy:
    """The inverse of `policy_json`."""
    return EscalationPolicy(
        version=value["version"],
        repeat=timedelta(seconds=value["repeat_seconds"]),
        steps=tuple(
            EscalationStep(
                timedelta(seconds=step["after_seconds"]), tuple(_contact_from_json(c) for c in step["contacts"])
            )
            for step in value["steps"]
        ),
        duty_managers=tuple(_contact_from_json(contact) for contact in value["duty_managers"]),
    )


def _contact_json(contact: Contact) -> dict[str, Any]:
    return {
        "name": contact.name,
        "email": contact.email,
        "language": contact.language.value,
        "since": None if contact.since is None else to_text(require_utc(contact.since)),
        "until": None if contact.until is None else to_text(require_utc(contact.until)),
    }


def _contact_from_json(value: Mapping[str, Any]) -> Contact:
    return Contact(
        value["name"],
        value["email"],
        Language(value["language"]),
        None if value["since"] is None else from_text(value["since"]),
        None if value["until"] is None else from_text(value["until"]),
    )
