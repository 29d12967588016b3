"""The signed link in a page: who opens it may look; who presses the button there has acknowledged.

A token names one escalation, one round of it, one step and the contact it was sent to, and ends by itself. It allows
nothing but that acknowledgement: no mail of ours carries a link that approves or revokes. Programs open links in mails
ahead of people, so that looking (GET) must never act; only POST does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from itsdangerous import BadData, URLSafeSerializer

from sulku_kernel.actor import Actor
from sulku_kernel.clock import from_microseconds, to_microseconds
from sulku_kernel.errors import InputError, NotAllowedError
from sulku_kernel.transaction import Transaction
from sulku_tickets.escalation import acknowledge
from sulku_tickets.models import escalations

VALID_FOR = timedelta(hours=24)
_SALT = "sulku acknowledge page 1"
_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class AcknowledgementLink:
    """What a signed link stands for."""

    escalation_id: int
    round: int
    step: int
    contact: str

    @property
    def actor(self) -> Actor:
        """Whom an acknowledgement by this link is attributed to."""
        return Actor(f"link:{self.escalation_id}")


def sign_link(link: AcknowledgementLink, keys: Sequence[bytes], now: datetime, valid_for: timedelta = VALID_FOR) -> str:
    """A token for a URL, signed with the last of `keys` (HMAC-SHA-256). Older keys are only read."""
    until = to_microseconds(now + valid_for)
    return str(_serializer(keys).dumps([link.escalation_id, link.round, link.step, link.contact, until]))


def verify_link(token: str, keys: Sequence[bytes], now: datetime) -> AcknowledgementLink:
    """The link a token stands for. Raises InputError when it is not ours, was altered or has ended."""
    try:
        if len(token) > _LONGEST:
            raise BadData("too long")  # noqa: TRY301  one answer for every bad token
        escalation_id, round_, step, contact, until = _serializer(keys).loads(token)
    except (BadData, ValueError, TypeError):
        raise InputError(
            "this link is not valid", next_step="Log in and acknowledge in the console, or use the newest page."
        ) from None
    if now >= from_microseconds(until):
        raise InputError("this link has ended", next_step="Log in and acknowledge in the console.")
    return AcknowledgementLink(escalation_id, round_, step, contact)


def acknowledge_by_link(tx: Transaction, link: AcknowledgementLink) -> int:
    """Acknowledge what the link was sent for; `tx.actor` is `link.actor`. Returns 0 when somebody has already.

    A link of an earlier round quiets nothing: what pages now is a new cause. Raises NotAllowedError then.
    """
    # Read without a lock: `acknowledge` locks deadlines first, as the scheduler does.
    query = sa.select(escalations.c.ticket_id, escalations.c.round).where(escalations.c.id == link.escalation_id)
    row = tx.execute(query).one_or_none()
    if row is None or row.round != link.round:
        raise NotAllowedError(
            "this page is over; a newer one has its own link", next_step="Use the newest page, or the console."
        )
    return acknowledge(tx, row.ticket_id, by=f"{tx.actor.name} {link.contact}")


def _serializer(keys: Sequence[bytes]) -> URLSafeSerializer:
    return URLSafeSerializer(
        list(keys), salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    )
