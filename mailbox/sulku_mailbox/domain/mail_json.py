"""`Mail` as JSON for people and programs (`sulku mail read --json`). The keys are stable."""

from __future__ import annotations

from typing import Any

from sulku_kernel.clock import to_text
from sulku_mailbox.domain.mail import Attachment, Bounce, Mail

_IN_TEXT = "t"  # the first letter of an attachment's `where` that is no part


def mail_to_json(mail: Mail, *, file: str | None = None) -> dict[str, Any]:
    """The mail as a JSON object; contents of attachments are left out, their SHA-256 stands for them.

    `attachments` are the parts that the sender attached, attached mails behind the files; `extracted` what was found
    inside them, or as uuencoded lines inside the text.

    Keys: `file` (only when given), `subject`, `from` (null without identity), `to`, `date` (ISO 8601, UTC),
    `message_id`, `text`, `new_text`, `quoted_text`, `attachments`, `extracted`, `language`, `automatic`, `bounce`,
    `authentication`, `defects`.
    """
    in_text = [one for one in mail.attachments if one.where.startswith(_IN_TEXT)]
    parts = [one for one in mail.attachments if not one.where.startswith(_IN_TEXT)]
    found: dict[str, Any] = {} if file is None else {"file": file}
    return found | {
        "subject": mail.subject,
        "from": mail.header_from,
        "to": list(mail.header_to),
        "date": None if mail.date is None else to_text(mail.date),
        "message_id": mail.message_id,
        "text": mail.text,
        "new_text": mail.new_text,
        "quoted_text": mail.quoted_text,
        "attachments": [*map(_attachment, parts), *map(_attached_mail, mail.forwarded)],
        "extracted": [*map(_attachment, in_text), *map(_attachment, mail.extracted)],
        "language": None if mail.language is None else mail.language.value,
        "automatic": mail.automatic.value,
        "bounce": None if mail.bounce is None else _bounce(mail.bounce),
        "authentication": {
            "spf": mail.authentication.spf,
            "dkim": mail.authentication.dkim,
            "dmarc": mail.authentication.dmarc,
            "aligned_domain": mail.authentication.aligned_domain,
            "because": list(mail.authentication.because),
        },
        "defects": list(mail.defects),
    }


def _attachment(attachment: Attachment) -> dict[str, Any]:
    return {
        "name": attachment.name,
        "type": attachment.content_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
    }


def _attached_mail(mail: Mail) -> dict[str, Any]:
    return {"name": "", "type": "message/rfc822", "size": mail.size, "sha256": mail.sha256}


def _bounce(bounce: Bounce) -> dict[str, Any]:
    return {
        "recipients": [
            {"address": one.address, "status": one.status, "action": one.action} for one in bounce.recipients
        ],
        "original_message_id": bounce.original_message_id,
    }
