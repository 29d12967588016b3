"""A mail to somebody on call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sulku_kernel.outbox import Effect
from sulku_tickets.domain.escalation_policy import Contact

PAGE_PRIORITY = 0


def mail_to_on_call(
    key: str,
    template: str,
    contact: Contact,
    context: Mapping[str, Any],
    *,
    ticket_id: int | None = None,
    priority: int = PAGE_PRIORITY,
) -> Effect:
    """In the contact's language, with their name beside what `context` gives. The same `key` is sent once."""
    return Effect(
        "mail",
        key=key,
        payload={
            "template": template,
            "language": contact.language.value,
            "context": {**context, "name": contact.name},
            "to": contact.email,
            "audience": "on_call",
            "automatic": True,
            "in_reply_to": None,
            "references": [],
        },
        ticket_id=ticket_id,
        priority=priority,
    )
