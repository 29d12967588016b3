"""`Mail`: what a message says, as a value. `parse_mail` makes it from bytes and never raises."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from sulku_kernel.language import Language
from sulku_mailbox.domain.evidence import Evidence
from sulku_mailbox.domain.language import detect_language
from sulku_mailbox.domain.quoted_text import own_lines


class Via(StrEnum):
    """The way a mail came in."""

    SMTP = "smtp"
    LMTP = "lmtp"
    IMAP = "imap"
    INGEST = "ingest"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The SMTP envelope (RFC 5321, 2.3.1), which is not what the header says.

    `mail_from` is empty for the null sender of bounces. `received_at` is the moment of acceptance, the start of every
    deadline; for IMAP it is INTERNALDATE. `peer` is the address of the other side.
    """

    mail_from: str
    rcpt_to: tuple[str, ...]
    received_at: datetime
    via: Via
    peer: str = ""
    helo: str = ""
    tls: str = ""


class Automatic(StrEnum):
    """What kind of machine wrote it; NO for a person (or a machine that hides it well)."""

    NO = "no"
    AUTO_REPLY = "auto_reply"
    LIST = "list"
    BOUNCE = "bounce"
    RECEIPT = "receipt"
    CALENDAR = "calendar"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """One recipient of a bounce: `status` as in RFC 3463 (`5.1.1`), `action` as in RFC 3464 (`failed`, `delayed`)."""

    address: str
    status: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a delivery status notification says, and which of our mails it is about."""

    recipients: tuple[FailedRecipient, ...] = ()
    original_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached file. `where` is its place in the message, `2.1` for the first part of the second part.

    What was inside another file has the way to it: `2.1!keys.zip!a.pem`. `is_text_too`: it was read as the mail's text
    and is kept as a file because some of it may be missing; so it says nothing of its own.
    """

    name: str
    content_type: str
    content: bytes
    sha256: str
    where: str
    is_inline: bool = False
    is_text_too: bool = False

    @property
    def size(self) -> int:
        """Octets after decoding."""
        return len(self.content)


class Why(StrEnum):
    """Why a file says nothing to the desk's machine, so that a person must look."""

    PASSWORD = "password"  # noqa: S105  # a word of the list
    LIMIT = "limit"
    DAMAGED = "damaged"
    PICTURE = "picture"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Locked:
    """A file, attached or inside an attached one, that could not be read: its name, its place, and why."""

    name: str
    where: str
    why: Why


@dataclass(frozen=True, slots=True)
class Authentication:
    """What is known about the sender's authenticity; a hint, never an authorisation.

    Values as in RFC 8601 (`pass`, `fail`, `none`, …). `aligned_domain` is the header-From domain when DMARC passed.
    """

    spf: str = "none"
    dkim: str = "none"
    dmarc: str = "none"
    aligned_domain: str | None = None
    because: tuple[str, ...] = ()
    evidence: Evidence | None = None
    """What was computed of it in the worker, and by which records; None until then."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that was read. Everything a person would see is in `text`; what is new in it in `new_text`.

    `new_text` keeps the quoted lines that an answer stands below; `quoted_text` is all the rest, with the `signature`.
    What the sender says himself, and nothing that he quotes, is in `own_words`.

    `header_from` is the one address of the one From header, normalised; None when there is none, when there are
    several, or when it could be read in two ways: then the mail has no identity. `defects` are words of the closed
    list in `sulku_mailbox.domain.defects`. `extracted` is what stood in the text as a file
    (uuencode) and what the jailed reader found inside the attachments, the text of a document as a text file; `locked`
    what it could not read (see `domain/files.py`). `examination` is what an examiner that was put into the jail found
    there, in words of its own (see `jail.py`).
    """

    sha256: str
    size: int
    subject: str
    header_from: str | None
    header_from_shown: str
    header_to: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    date: datetime | None = None
    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""
    new_text: str = ""
    quoted_text: str = ""
    signature: str = ""
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    extracted: tuple[Attachment, ...] = ()
    locked: tuple[Locked, ...] = ()
    forwarded: tuple[Mail, ...] = ()
    automatic: Automatic = Automatic.NO
    automatic_because: tuple[str, ...] = ()
    bounce: Bounce | None = None
    authentication: Authentication = field(default_factory=Authentication)
    is_signed: bool = False
    is_encrypted: bool = False
    defects: tuple[str, ...] = ()
    examination: str = ""

    @property
    def own_words(self) -> str:
        """The new text without any quoted line, and the signature: it may name the holder, or be none."""
        own = own_lines(self.new_text)
        return f"{own}\n\n{self.signature}" if self.signature else own

    @property
    def language(self) -> Language | None:
        """The language of the new words, or else of all; None when they do not tell. Looked for when it is asked."""
        return detect_language(f"{self.subject}\n{own_lines(self.new_text)}") or detect_language(self.text)


_NAMES = [one.name for one in fields(Mail)]
_AUTHENTICATION = _NAMES.index("authentication")
_values = attrgetter(*_NAMES)


def with_authentication(mail: Mail, authentication: Authentication) -> Mail:
    """The mail with this instead of its own. Each mail needs it, and `replace` takes thrice as long."""
    values = list(_values(mail))
    values[_AUTHENTICATION] = authentication
    return Mail(*values)
