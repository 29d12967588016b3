"""What mail systems report back: which recipients failed or complained, and which of our mails it is about.

Sources in order of trust, the first that names a recipient counts: the report made for machines (RFC 3464, RFC 6533,
RFC 5965; as a part, or as text where a gateway took the parts apart), a service's notification in JSON, the field
X-Failed-Recipients, the words before the returned mail (`bounce_text`), and whom the returned mail was sent to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sulku_kernel.address import normalise_address
from sulku_mailbox.domain.bounce_text import LOOKED_AT, MOST_RECIPIENTS, read_said
from sulku_mailbox.domain.defects import Findings
from sulku_mailbox.domain.delivery_notification import read_notification
from sulku_mailbox.domain.delivery_status import status_in, status_of_report
from sulku_mailbox.domain.encoded_words import decode_header
from sulku_mailbox.domain.entities import Entity
from sulku_mailbox.domain.header_fields import Fields, read_fields
from sulku_mailbox.domain.mail import Bounce, FailedRecipient, Mail
from sulku_mailbox.domain.message_ids import read_message_ids

COMPLAINED = "complained"
_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_HEADERS = frozenset({"text/rfc822-headers", "text/rfc822-header", "message/global-headers"})
_GROUP = re.compile(rb"\r?\n(?:[ \t]*\r?\n)+")
_MESSAGE_ID = re.compile(r"^[ \t>]{0,40}message-id:\s{0,9}(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
_REPORT_IN_TEXT = re.compile(r"^[ \t]{0,9}(?:final|original)-recipient[ \t]{0,9}:", re.IGNORECASE | re.MULTILINE)
_OF_A_RECIPIENT = ("original-recipient", "final-recipient", "action", "status", "diagnostic-code", "x-actual-recipient")
# Where a mail that somebody complained about still says to whom it was delivered (RFC 5965, 3.2 allows to redact it).
_DELIVERED_TO = ("x-hmxmroriginalrecipient", "to", "x-original-to", "delivered-to")
_XTEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


@dataclass(frozen=True, slots=True)
class Notification:
    """What is looked at: the parts, the header field and text, the mails that came back, and who wrote to whom."""

    parts: tuple[Entity, ...]
    fields: Fields
    text: str
    returned: tuple[Mail, ...]
    sender: str | None
    sent_to: tuple[str, ...]

    def parts_of(self, types: frozenset[str]) -> Iterator[bytes]:
        return (part.body(Findings()) for part in self.parts if part.type in types)


def read_bounce(notification: Notification) -> Bounce:
    """What a delivery status notification says."""
    return Bounce(next(filter(None, _of_bounce(notification)), ()), _original(notification))


def read_complaint(notification: Notification) -> Bounce:
    """What a feedback report (RFC 5965) says: who complained, as far as the report does not hide it."""
    recipients = next(filter(None, _of_complaint(notification)), ())
    return Bounce(recipients, _original(notification))


def _of_bounce(notification: Notification) -> Iterator[tuple[FailedRecipient, ...]]:
    for raw in notification.parts_of(_REPORTS):
        yield _read_report(raw)
    text = notification.text
    if found := _REPORT_IN_TEXT.search(text, 0, LOOKED_AT):
        yield _read_report(text[found.start() : found.start() + LOOKED_AT].encode("utf-8", "replace"))
    yield read_notification(text)
    said = read_said(text, frozenset({notification.sender or "", *notification.sent_to}))
    yield tuple(_with_words(_listed(notification), said, text))
    yield said
    for mail in notification.returned[:1]:
        if mail.bounce is not None:
            yield mail.bounce.recipients  # a notification in a notification
        yield _known(mail.header_to[:1], "failed")


def _listed(notification: Notification) -> tuple[FailedRecipient, ...]:
    field = notification.fields.first("x-failed-recipients")
    return _known(decode_header(field, Findings()).split(","), "failed") if field else ()


def _with_words(
    listed: Iterable[FailedRecipient], said: Iterable[FailedRecipient], text: str
) -> Iterator[FailedRecipient]:
    """The recipients that are listed, with what the words say about each, or about all."""
    known = {one.address: one for one in said}
    for one in listed:
        yield known.get(one.address) or replace(one, status=status_in(text[:LOOKED_AT]))


def _of_complaint(notification: Notification) -> Iterator[tuple[FailedRecipient, ...]]:
    quiet = Findings()
    for raw in notification.parts_of(frozenset({"message/feedback-report"})):
        fields = read_fields(raw.lstrip(b"\r\n"), 0, quiet)
        named = [*fields.each("original-rcpt-to"), *fields.each("removal-recipient")]
        yield _known((decode_header(value, quiet) for value in named), COMPLAINED)
    yield read_notification(notification.text)
    for raw in notification.parts_of(_RETURNED_HEADERS | {"message/rfc822"}):
        fields = read_fields(raw.lstrip(b"\r\n"), 0, quiet)
        for name in _DELIVERED_TO:
            yield _known((decode_header(value, quiet) for value in fields.each(name)), COMPLAINED)


def _read_report(raw: bytes) -> tuple[FailedRecipient, ...]:
    """Groups of fields, one for each recipient (RFC 3464, 2.3); also where the empty line between them is missing."""
    found: dict[str, FailedRecipient] = {}
    for group in _GROUP.split(raw.strip())[: MOST_RECIPIENTS + 1]:
        for fields in _one_recipient_each(read_fields(group.lstrip(), 0, Findings())):
            for name in ("final-recipient", "original-recipient", "x-actual-recipient"):
                if (address := _typed(fields.get(name, b""))) is not None:
                    found.setdefault(address, _failed(address, fields))
                    break
    return tuple(found.values())[:MOST_RECIPIENTS]


def _one_recipient_each(fields: Fields) -> Iterator[dict[str, bytes]]:
    one: dict[str, bytes] = {}
    for name, value in fields.all:
        if name in _OF_A_RECIPIENT:
            if name in one:
                yield one
                one = {}
            one[name] = value
    yield one


def _failed(address: str, fields: dict[str, bytes]) -> FailedRecipient:
    status, diagnostic, action = (
        fields.get(name, b"").decode("utf-8", "replace") for name in ("status", "diagnostic-code", "action")
    )
    word = action.strip().lower().partition(" ")[0].rstrip(";(")[:20]
    return FailedRecipient(address, status_of_report(status, diagnostic), word)


def _typed(value: bytes) -> str | None:
    r"""`rfc822; a@b` → `a@b`, and `utf-8; \x{E4}@b` (RFC 6533, 3) the same."""
    text = value.decode("utf-8", "replace")
    kind, _, address = text.rpartition(";")
    if kind.strip().lower() == "utf-8":
        address = _XTEXT.sub(lambda found: chr(min(int(found[1], 16), 0x10FFFF)), address)
    return _address(address)


def _known(addresses: Iterable[str], action: str) -> tuple[FailedRecipient, ...]:
    found: dict[str, None] = {}
    for text in addresses:
        if (address := _address(text)) is not None:
            found[address] = None
        if len(found) >= MOST_RECIPIENTS:
            break
    return tuple(FailedRecipient(address, "", action) for address in found)


def _address(text: str) -> str | None:
    text = text.strip()
    if "<" in text:
        text = text.partition("<")[2].partition(">")[0]
    return normalise_address(text.strip(" <>'"))


def _original(notification: Notification) -> str | None:
    """The Message-ID of our mail, of which often only the header comes back."""
    quiet = Findings()
    for raw in notification.parts_of(_RETURNED_HEADERS):
        fields = read_fields(raw, 0, quiet)
        if found := read_message_ids(fields.each("message-id")):
            return found[0]
    for mail in notification.returned:
        if mail.message_id:
            return mail.message_id
    said = _MESSAGE_ID.search(notification.text, 0, 16 * LOOKED_AT)
    return said[1] if said else None
