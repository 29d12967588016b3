"""Builds the bytes of a mail that leaves: text and HTML, 7-bit on the wire, with the header fields of RFC 3834.

The header is written here, line by line, since the standard library's folding writes a long Message-ID as an encoded
word, which no mail program finds again. Whatever could end a line of a header field is taken out.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.charset import Charset
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from enum import StrEnum

from sulku_kernel.clock import require_utc
from sulku_kernel.language import Language

LONGEST_FIELD = 900
REFERENCES_KEPT = 20
_LINE = 76

_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\ud800-\udfff]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>", re.ASCII)


class Submission(StrEnum):
    """The value of Auto-Submitted (RFC 3834, 5): `no` for what a person wrote."""

    NO = "no"
    AUTO_REPLIED = "auto-replied"
    AUTO_GENERATED = "auto-generated"


# Exchange: which automatic mails must not come back. Reports of failed delivery must, wherever a person should know.
_SUPPRESS = {
    Submission.AUTO_REPLIED: "All",
    Submission.AUTO_GENERATED: "DR, RN, NRN, OOF, AutoReply",
    Submission.NO: "DR, RN, NRN",
}


@dataclass(frozen=True, slots=True)
class AttachedPdf:
    """A PDF that goes with a mail; `name` is ASCII."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """What is to be said to one recipient. Addresses are normalised; `reply_to` is the signed one, or our own."""

    from_name: str
    from_address: str
    reply_to: str
    to: str
    subject: str
    text: str
    html: str
    language: Language
    message_id: str
    at: datetime
    submission: Submission
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    attached: tuple[AttachedPdf, ...] = ()


@dataclass(frozen=True, slots=True)
class ComposedMail:
    """Bytes and envelope. `mail_from` is empty for the null sender."""

    mail_from: str
    to: str
    raw: bytes


def compose(mail: OutgoingMail) -> ComposedMail:
    """The mail as it is handed over; the same arguments always give the same bytes.

    An automatic answer comes from the null sender, so that nothing can answer it (RFC 3834, 3.3); everything else from
    the reply address, so that its bounces come home to the ticket.
    """
    fields = [
        ("From", _mailbox(mail.from_name, mail.from_address)),
        ("Reply-To", _clean(mail.reply_to)),
        ("To", _clean(mail.to)),
        ("Subject", _encoded(mail.subject, "Subject")),
        ("Date", format_datetime(require_utc(mail.at))),
        ("Message-ID", _clean(mail.message_id)),
        *_thread(mail),
        *_automatic(mail.submission),
        ("Content-Language", mail.language.value),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    mail_from = "" if mail.submission is Submission.AUTO_REPLIED else _clean(mail.reply_to)
    return ComposedMail(mail_from, _clean(mail.to), head.encode("utf-8") + _body(mail))


def _thread(mail: OutgoingMail) -> list[tuple[str, str]]:
    fields = []
    if mail.in_reply_to is not None and _MESSAGE_ID.fullmatch(mail.in_reply_to):
        fields.append(("In-Reply-To", mail.in_reply_to))
    references = [one for one in mail.references[-REFERENCES_KEPT:] if _MESSAGE_ID.fullmatch(one)]
    if references:
        fields.append(("References", "\r\n ".join(references)))
    return fields


def _automatic(submission: Submission) -> list[tuple[str, str]]:
    suppress = ("X-Auto-Response-Suppress", _SUPPRESS[submission])
    return [suppress] if submission is Submission.NO else [("Auto-Submitted", submission.value), suppress]


def _body(mail: OutgoingMail) -> bytes:
    message = EmailMessage(policy=SMTP)
    message.set_content(_storable(mail.text), charset="utf-8", cte="quoted-printable")
    message.add_alternative(_storable(mail.html), subtype="html", charset="utf-8", cte="quoted-printable")
    for one in mail.attached:
        message.add_attachment(one.content, maintype="application", subtype="pdf", filename=_clean(one.name))
    # Not random boundaries: a mail that is sent twice is the same mail.
    boundary = f"sulku-{hashlib.sha256(mail.message_id.encode('utf-8', 'replace')).hexdigest()[:32]}"
    for depth, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"{boundary}-{depth}" if depth else boundary)
    return message.as_bytes()


def _mailbox(name: str, address: str) -> str:
    name = _clean(name)
    if not name:
        return _clean(address)
    return formataddr((name, _clean(address))) if name.isascii() else f"{_encoded(name, 'From')} <{_clean(address)}>"


def _encoded(text: str, field: str) -> str:
    """RFC 2047, each encoded word within its 75 characters; plain ASCII stays as it is, folded at blanks."""
    text = _clean(text)
    charset = Charset("us-ascii" if text.isascii() and "=?" not in text else "utf-8")
    return Header(text, charset, maxlinelen=_LINE, header_name=field).encode(linesep="\r\n")


def _clean(value: str) -> str:
    """A header value on one line."""
    return _CONTROLS.sub(" ", value).strip()[:LONGEST_FIELD]


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
