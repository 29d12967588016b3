"""Reads the escalation policy from a TOML file, and says in words what is wrong with one.

version = "2026-11"
repeat_minutes = 5

[[step]]
after_minutes = 0
contacts = [{ name = "First line", email = "oncall@example.fi", language = "fi" }]

[[step]]
after_minutes = 10
contacts = [{ name = "…", email = "…", since = 2026-11-23T06:00:00Z, until = 2026-11-30T06:00:00Z }]

[[duty_manager]]
name = "Duty manager"
email = "duty@example.fi"
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sulku_kernel.clock import require_utc
from sulku_kernel.errors import ConfigurationError, SulkuError
from sulku_kernel.language import Language
from sulku_tickets.domain.escalation_policy import Contact, EscalationPolicy, EscalationStep, contacts_of

# A gap in the rota is said a week ahead.
WARN_AHEAD = timedelta(days=7)


def load_policy(path: Path) -> EscalationPolicy:
    """The policy in a file. Raises ConfigurationError, naming the file and the place in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path}: the escalation policy cannot be read ({error})",
            next_step="Write the file (docs/administrator.md shows one) or correct the setting that names it.",
        ) from error
    return parse_policy(text, str(path))


def parse_policy(text: str, where: str = "escalation policy") -> EscalationPolicy:
    """The policy in a TOML text. Raises ConfigurationError. Without `version` the text's digest is the version."""
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where}: {error}", next_step="Correct the TOML at that place.") from error
    _refuse_unknown(value, {"version", "repeat_minutes", "step", "duty_manager"}, where)
    steps = [_step(step, f"{where}, step {place}") for place, step in enumerate(_tables(value, "step", where), 1)]
    managers = _contacts(_tables(value, "duty_manager", where), f"{where}, duty_manager")
    version = value.get("version") or hashlib.sha256(text.encode()).hexdigest()[:12]
    try:
        repeat = _minutes(value.get("repeat_minutes", 5), f"{where}, repeat_minutes")
        return EscalationPolicy(str(version), tuple(steps), managers, repeat)
    except ConfigurationError:
        raise
    except SulkuError as error:
        raise ConfigurationError(f"{where}: {error}", next_step=error.next_step) from error


def gaps(policy: EscalationPolicy, now: datetime) -> list[tuple[int, datetime]]:
    """Moments in the coming week from which a step has nobody of its own: (step from 1 on, since when).

    Looked at only where a turn begins or ends, since nothing changes between.
    """
    found: list[tuple[int, datetime]] = []
    for place, step in enumerate(policy.steps):
        edges = {now} | {
            edge
            for contact in step.contacts
            for edge in (contact.since, contact.until)
            if edge is not None and now < edge <= now + WARN_AHEAD
        }
        empty = [edge for edge in sorted(edges) if not any(contact.is_on_call(edge) for contact in step.contacts)]
        found.extend((place + 1, edge) for edge in empty[:1])
    return found


def first_to_page(policy: EscalationPolicy, now: datetime) -> tuple[Contact, ...]:
    """Whom the desk pages at once about itself (an effect that failed, a silent intake)."""
    return contacts_of(policy, 0, now)


def _step(value: dict[str, Any], where: str) -> EscalationStep:
    _refuse_unknown(value, {"after_minutes", "contacts"}, where)
    return EscalationStep(
        _minutes(value.get("after_minutes"), f"{where}, after_minutes"),
        _contacts(_tables(value, "contacts", where), f"{where}, contacts"),
    )


def _contacts(values: Iterable[dict[str, Any]], where: str) -> tuple[Contact, ...]:
    return tuple(_contact(value, f"{where} {place}") for place, value in enumerate(values, 1))


def _contact(value: dict[str, Any], where: str) -> Contact:
    _refuse_unknown(value, {"name", "email", "language", "since", "until"}, where)
    language = value.get("language", "fi")
    if language not in set(Language):
        raise ConfigurationError(f"{where}: {language!r} is no language here", next_step="Write fi, sv or en.")
    try:
        return Contact(
            name=str(value.get("name", "")),
            email=str(value.get("email", "")),
            language=Language(language),
            since=_moment(value.get("since"), f"{where}, since"),
            until=_moment(value.get("until"), f"{where}, until"),
        )
    except ConfigurationError:
        raise
    except SulkuError as error:
        raise ConfigurationError(f"{where}: {error}", next_step=error.next_step) from error


def _moment(value: object, where: str) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ConfigurationError(
            f"{where}: {value} is no moment with an offset from UTC", next_step="Write 2026-11-23T06:00:00Z."
        )
    return require_utc(value)


def _minutes(value: object, where: str) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 7 * 24 * 60:
        raise ConfigurationError(f"{where}: {value!r} is no number of minutes", next_step="Write a number from 0 on.")
    # Whole seconds, as an escalation keeps them: two steps must not become one on the way there and back.
    return timedelta(seconds=round(value * 60))


def _tables(value: dict[str, Any], name: str, where: str) -> list[dict[str, Any]]:
    found = value.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ConfigurationError(f"{where}: {name} must be a list of tables", next_step=f"Write [[{name}]].")
    return found


def _refuse_unknown(value: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(value) - known)
    if unknown:
        raise ConfigurationError(
            f"{where}: {unknown[0]!r} is not known here", next_step=f"Known: {', '.join(sorted(known))}."
        )
