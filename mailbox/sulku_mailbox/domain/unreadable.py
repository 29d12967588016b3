"""The `Mail` of a message that could not be read: so that a person gets it, with whatever its header still says."""

from __future__ import annotations

import hashlib

from sulku_mailbox.domain.addresses import read_sender
from sulku_mailbox.domain.characters import one_line
from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.encoded_words import decode_header
from sulku_mailbox.domain.header_fields import read_fields
from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.message_ids import read_message_ids

_VALUE_BYTES = 2_000


def unreadable_mail(raw: bytes, cause: Defect) -> Mail:
    """Subject, sender and Message-ID by a scan of the first header block, nothing else. Never raises.

    `cause` says why the mail was not read; it stands in `defects` behind `unreadable`.
    """
    findings = Findings()
    findings.add(Defect.UNREADABLE)
    findings.add(cause)
    subject, shown = "", ""
    message_id: str | None = None
    try:
        fields = read_fields(raw[: LIMITS.header_bytes], 0, findings)
        subject = _decoded(fields.first("subject"), findings)
        message_id = next(iter(read_message_ids(value[:_VALUE_BYTES] for value in fields.each("message-id"))), None)
        # who wrote it is shown, but a mail that was not read has no identity
        shown = one_line(
            read_sender([value[:_VALUE_BYTES] for value in fields.each("from")], findings).shown, 500, findings
        )
    except Exception:  # noqa: BLE001  # the last net: the ticket with the raw mail matters more than its heading
        findings.add(Defect.READER_FAULT)
    return Mail(
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        subject=subject,
        header_from=None,
        header_from_shown=shown,
        message_id=message_id,
        defects=findings.words(),
    )


def _decoded(value: bytes | None, findings: Findings) -> str:
    return one_line(decode_header((value or b"")[:_VALUE_BYTES], findings), LIMITS.subject_chars, findings)
