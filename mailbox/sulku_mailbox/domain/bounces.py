"""Delivery status notifications: which recipients failed, and which of our mails it is about (RFC 3464).

Many systems write no machine-readable report; for them the lines before the returned mail are searched for addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sulku_kernel.address import normalise_address
from sulku_mailbox.domain.defects import Findings
from sulku_mailbox.domain.encoded_words import decode_header
from sulku_mailbox.domain.entities import Entity
from sulku_mailbox.domain.header_fields import read_fields
from sulku_mailbox.domain.mail import Bounce, FailedRecipient, Mail
from sulku_mailbox.domain.message_ids import read_message_ids

_GROUP = re.compile(rb"\r?\n(?:[ \t]*\r?\n)+")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}+@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
_RETURNED = re.compile(
    r"^[ \t>]{0,40}(?:-{2,}.{0,40}(?:original|returned|below this line|copy of|unsent|message text).{0,60}"
    r"|(?:return-path|received|message-id|mime-version|x-mailer)\s{0,9}:.*"
    r"|.{0,40}(?:original|your) message (?:follows|header|was).{0,20}|.{0,200}is a copy of.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_MESSAGE_ID = re.compile(r"^[ \t>]{0,40}message-id:\s{0,9}(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
_TO_LINE = re.compile(r"[\s>]{0,40}to\s{0,9}:", re.IGNORECASE)
_NOT_RECIPIENT = re.compile(
    r"^(?:mailer-daemon|postmaster|mail-daemon|abuse|helpdesk|hostmaster)[^@]{0,60}@", re.IGNORECASE
)
_MOST = 200
_LOOKED_AT = 16_384


def read_bounce(
    parts: Iterable[Entity], failed_recipients: bytes | None, text: str, returned: tuple[Mail, ...], sender: str | None
) -> Bounce:
    """What the notification says.

    `failed_recipients` is the field X-Failed-Recipients, `returned` the mails attached to it, `text` what a person
    reads in it. The first source that names a recipient counts.
    """
    recipients: dict[str, FailedRecipient] = {}
    original = _read_parts(parts, recipients)
    if not recipients and failed_recipients:
        for address in decode_header(failed_recipients, Findings()).split(",")[:_MOST]:
            _add(recipients, address, "", "failed")
    if not recipients:
        _read_said(text[:_LOOKED_AT], recipients, sender)
    if not recipients and returned and returned[0].header_to:
        _add(recipients, returned[0].header_to[0], "", "")
    return Bounce(tuple(recipients.values()), original or _original(returned, text))


def _read_parts(parts: Iterable[Entity], recipients: dict[str, FailedRecipient]) -> str | None:
    """The machine-readable parts; gives the Message-ID of the returned mail when only its header came back."""
    quiet = Findings()
    original: str | None = None
    for part in parts:
        if part.type in {"message/delivery-status", "message/global-delivery-status"}:
            _read_report(part.body(quiet), recipients)
        elif part.type in {"text/rfc822-headers", "message/global-headers"} and original is None:
            fields = read_fields(part.body(quiet), 0, quiet)
            original = next(iter(read_message_ids(fields.each("message-id"))), None)
    return original


def _read_said(text: str, recipients: dict[str, FailedRecipient], sender: str | None) -> None:
    """The words before the returned mail; where they name nobody, whom the returned mail was addressed to."""
    cut = _RETURNED.search(text)
    _read_text(text[: cut.start()] if cut else text, recipients, sender)
    if cut and not recipients:
        _read_text(text[cut.start() :], recipients, sender, only=_TO_LINE)


def _original(returned: tuple[Mail, ...], text: str) -> str | None:
    for mail in returned:
        if mail.message_id:
            return mail.message_id
    found = _MESSAGE_ID.search(text, 0, 16 * _LOOKED_AT)
    return found[1] if found else None


def _read_report(raw: bytes, recipients: dict[str, FailedRecipient]) -> None:
    """Groups of fields parted by empty lines; every group with a recipient is one (RFC 3464, 2.3)."""
    quiet = Findings()
    for group in _GROUP.split(raw.strip())[: _MOST + 1]:
        fields = read_fields(group, 0, quiet)
        final, original = _typed(fields.first("final-recipient")), _typed(fields.first("original-recipient"))
        status = _STATUS.search((fields.first("status") or b"").decode("ascii", "replace"))
        action = (fields.first("action") or b"").decode("ascii", "replace").strip().lower().split(" ")[0][:20]
        for address in (final, original):
            if _add(recipients, address, status[1] if status else "", action):
                break


def _typed(value: bytes | None) -> str:
    """`rfc822; a@b` → `a@b`"""
    text = (value or b"").decode("utf-8", "replace")
    return text.partition(";")[2] if ";" in text else text


def _read_text(
    text: str, recipients: dict[str, FailedRecipient], sender: str | None, only: re.Pattern[str] | None = None
) -> None:
    status = _STATUS.search(text)
    for line in text.split("\n"):
        if only is not None and not only.match(line[:200]):
            continue
        for found in _ADDRESS.finditer(line[:1000]):
            address = found[0].strip("'`=.")
            if address.lower() == sender or _NOT_RECIPIENT.match(address) or line[: found.start()].endswith("mailto:"):
                continue
            _add(recipients, address, status[1] if status else "", "failed")
            if len(recipients) >= _MOST or only is not None:
                return


def _add(recipients: dict[str, FailedRecipient], address: str, status: str, action: str) -> bool:
    known = normalise_address(address.strip().strip("<>\"'"))
    if known is None:
        return False
    recipients.setdefault(known, FailedRecipient(known, status, action))
    return True
