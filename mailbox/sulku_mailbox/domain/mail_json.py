"""`Mail` as JSON for people and programs (`sulku mail read --json`). The keys are stable."""

from __future__ import annotations

from typing import Any

from sulku_kernel.clock import to_text
from sulku_mailbox.domain.mail import Attachment, Bounce, Mail


def mail_to_json(mail: Mail, *, file: str | None = None) -> dict[str, Any]:
    """The mail as a JSON object; contents of attachments are left out, their SHA-256 stands for them.

    Attached mails stand behind the attached files, among the attachments.

    Keys: `file` (only when given), `subject`, `from` (null without identity), `to`, `date` (ISO 8601, UTC),
    `message_id`, `text`, `new_text`, `quoted_text`, `attachments`, `language`, `automatic`, `bounce`,
    `authentication`, `defects`.
    """
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
        "attachments": [*map(_attachment, mail.attachments), *map(_attached_mail, mail.forwarded)],
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
