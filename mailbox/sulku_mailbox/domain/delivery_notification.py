"""Deliveries, failures and complaints that a sending service reports as JSON in a mail (Amazon SES by way of SNS).

`{"notificationType": "Bounce", "bounce": {"bouncedRecipients": [{"emailAddress": …, "status": …, "action": …}]}}`; the
same with `eventType`, and the same as a text in `Message` of an envelope around it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sulku_kernel.address import normalise_address
from sulku_mailbox.domain.delivery_status import status_of_report
from sulku_mailbox.domain.mail import FailedRecipient

_BEGINS = re.compile(r'\s{0,99}\{\s{0,99}"(?:notificationType|eventType|Type)"\s{0,9}:')
_BROKEN_LINE = re.compile(r"!?\n[ \t]?")  # lines over 998 octets are broken up on the way, some with a mark
_LONGEST = 262_144
_MOST = 200


def is_notification(text: str) -> bool:
    """Whether the text is one, and of a delivery. Cheap for every other text."""
    return _BEGINS.match(text) is not None and bool(_kind(_read(text)))


def is_complaint(text: str) -> bool:
    """Whether somebody marked a mail of ours as unwanted."""
    return _BEGINS.match(text) is not None and _kind(_read(text)) == "complaint"


def read_notification(text: str) -> tuple[FailedRecipient, ...]:
    """The recipients it names; nothing when it is no such notification."""
    if _BEGINS.match(text) is None:
        return ()
    read = _read(text)
    kind = _kind(read)
    details = read.get(kind)
    found = dict(_recipients(kind, details)) if isinstance(details, Mapping) else {}
    return tuple(found.values())[:_MOST]


def _read(text: str) -> Mapping[str, Any]:
    try:
        read, _ = json.JSONDecoder().raw_decode(_BROKEN_LINE.sub("", text[:_LONGEST]).strip())
        if isinstance(read, dict) and isinstance(inner := read.get("Message"), str):
            read = json.loads(inner)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _kind(read: Mapping[str, Any]) -> str:
    kind = str(read.get("notificationType") or read.get("eventType") or "").lower()
    return kind if kind in {"bounce", "complaint", "delivery"} else ""


_LISTS = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients", "delivery": "recipients"}
_ACTIONS = {"bounce": "failed", "complaint": "complained", "delivery": "delivered"}


def _recipients(kind: str, details: Mapping[str, Any]) -> Iterator[tuple[str, FailedRecipient]]:
    named = details.get(_LISTS[kind])
    for one in named[:_MOST] if isinstance(named, list) else ():
        fields = one if isinstance(one, dict) else {"emailAddress": one}
        address = normalise_address(str(fields.get("emailAddress", "")))
        if address is None:
            continue
        status = status_of_report(str(fields.get("status") or ""), str(fields.get("diagnosticCode") or ""))
        yield address, FailedRecipient(address, status, _ACTIONS[kind])
