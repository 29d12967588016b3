"""`Mail` as JSON for people and programs (`sulku mail read --json`). The keys are stable."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sulku_kernel.clock import to_text
from sulku_mailbox.domain.defects import MEANINGS
from sulku_mailbox.domain.mail import Attachment, Automatic, Bounce, Mail

KEYS: Mapping[str, str] = MappingProxyType(
    {
        "file": "the name of the file; in a folder, the path from there",
        "subject": "decoded, on one line",
        "from": "the one address of the sender, or null: then the mail has no identity",
        "to": "the addresses of the To fields",
        "date": "the Date field in UTC (ISO 8601), or null",
        "message_id": "with its angle brackets, or null",
        "text": "everything a person would see",
        "new_text": "what was written for this mail, with the quoted lines (`>`) that an answer stands below",
        "quoted_text": "what was cut from it: quotations, what introduces them, the signature",
        "attachments": "parts that are no text, then attached mails: name, type, size in octets, sha256",
        "extracted": "files found inside attachments, or as uuencoded lines inside the text; the same keys",
        "language": "`fi`, `sv`, `en`, or null when it is not clear",
        "automatic": f"what kind of machine wrote it: {', '.join(f'`{kind}`' for kind in Automatic)}",
        "bounce": "null, or the failed recipients (address, status, action) and the original's Message-ID",
        "authentication": "SPF, DKIM, DMARC, the aligned domain, and why; `none` where nobody we trust has checked it",
        "defects": "what was odd, in the words below",
    }
)
"""The keys of the object and what they hold; `docs/mail-read.md` is made from them."""

_IN_TEXT = "t"  # the first letter of an attachment's `where` that is no part


def mail_to_json(mail: Mail, *, file: str | None = None) -> dict[str, Any]:
    """The mail as a JSON object with the `KEYS`; `file` only when given. Contents of attachments are left out."""
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


def mail_json_page() -> str:
    """`docs/mail-read.md`: the keys, and the words for what is odd."""
    lines = [
        "# What `sulku mail read --json` says\n",
        "One line of JSON for each mail. Nothing is stored, no instance is needed; files are read in the order of",
        "their names, and one that cannot be opened stops no other.\n",
        "| key | holds |",
        "| --- | --- |",
        *(f"| `{key}` | {meaning} |" for key, meaning in KEYS.items()),
        "\n## Defects\n",
        "| word | meaning |",
        "| --- | --- |",
        *(f"| `{defect}` | {meaning} |" for defect, meaning in MEANINGS.items()),
    ]
    return "\n".join(lines) + "\n"
