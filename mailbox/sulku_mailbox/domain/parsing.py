"""`parse_mail`: bytes to `Mail`. Total: whatever the bytes are, there is a `Mail`; what was odd stands in `defects`.

Inbound `X-…` fields that steer other desks are not looked at: nothing in a mail's header changes what the desk does,
except that signs of a machine stop the automatic answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set as AbstractSet
from dataclasses import replace

from sulku_mailbox.domain.addresses import read_addresses, read_sender
from sulku_mailbox.domain.attachments import files_in_text, read_attachment
from sulku_mailbox.domain.authentication import read_authentication
from sulku_mailbox.domain.automatic import Evidence, is_automatic
from sulku_mailbox.domain.body import Body, read_body
from sulku_mailbox.domain.bounces import Notification, read_bounce, read_complaint
from sulku_mailbox.domain.characters import one_line
from sulku_mailbox.domain.dates import read_date
from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.encoded_words import decode_header
from sulku_mailbox.domain.entities import Entity, read_entities
from sulku_mailbox.domain.header_fields import Fields
from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.mail import Attachment, Authentication, Automatic, Bounce, Mail
from sulku_mailbox.domain.message_ids import read_message_ids
from sulku_mailbox.domain.prescan import has_mixed_newlines
from sulku_mailbox.domain.protection import is_encrypted, is_signed
from sulku_mailbox.domain.quoted_text import split_quoted
from sulku_mailbox.domain.unreadable import unreadable_mail
from sulku_mailbox.domain.uuencode import take_uuencoded

_ONCE = frozenset({"from", "subject", "date", "message-id", "to", "in-reply-to", "references", "reply-to"})

_NOTHING_KNOWN = Authentication()


def parse_mail(raw: bytes, *, trusted_authserv_ids: AbstractSet[str] = frozenset()) -> Mail:
    """What the message `raw` (RFC 5322 with or without its errors) says.

    `trusted_authserv_ids`: the names our own border servers write into Authentication-Results (RFC 8601). Never
    raises; a mail that cannot be read comes back with the defect `unreadable` and whatever its header still says.
    """
    try:
        return _parse(raw, trusted_authserv_ids, _Budget())
    except RecursionError:
        return unreadable_mail(raw, Defect.NESTING)
    except MemoryError:
        return unreadable_mail(raw, Defect.MEMORY_LIMIT)
    except Exception:  # noqa: BLE001  # total by promise: a fault of ours must reach a person as a ticket, not a retry
        return unreadable_mail(raw, Defect.READER_FAULT)


class _Budget:
    """What may still be opened of attached mails, over all levels together."""

    def __init__(self) -> None:
        self.mails = LIMITS.forwarded
        self.octets = LIMITS.forwarded_bytes

    def take(self, content: bytes) -> bool:
        """Whether this one may be opened; if so, it is taken off."""
        if self.mails < 1 or self.octets < len(content):
            return False
        self.mails -= 1
        self.octets -= len(content)
        return True


def _parse(raw: bytes, trusted: AbstractSet[str], budget: _Budget, depth: int = 0) -> Mail:
    findings = Findings()
    source = _bounded(raw, findings)
    root = read_entities(source, findings)
    fields = root.fields
    _note_header(fields, findings)
    sender = read_sender(fields.each("from"), findings)
    written = decode_header(fields.first("subject") or b"", findings, fallback=_charset(root))
    subject = one_line(written, LIMITS.subject_chars, findings)
    body = read_body(root, findings)
    words, in_text = take_uuencoded(body.text)
    forwarded, kept = _open_messages(body, budget, depth, findings)
    attachments = (*_attachments(body, findings), *kept)
    header_to = read_addresses(fields.each("to"), findings)
    in_reply_to = read_message_ids(fields.each("in-reply-to"))
    references = read_message_ids(fields.each("references"))
    split = split_quoted(words, subject=subject, is_reply=bool(in_reply_to or references))
    kind, because = is_automatic(Evidence.of(root, subject, sender.shown, body.text))
    return Mail(
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        subject=subject,
        header_from=sender.address,
        header_from_shown=one_line(sender.shown, LIMITS.subject_chars, findings),
        header_to=header_to,
        reply_to=read_addresses(fields.each("reply-to"), findings),
        date=read_date(fields.first("date"), findings),
        message_id=next(iter(read_message_ids(fields.each("message-id"))), None),
        in_reply_to=in_reply_to,
        references=references,
        text=body.text,
        new_text=split.new,
        quoted_text=split.quoted,
        signature=split.signature,
        html=body.html,
        attachments=attachments,
        extracted=tuple(files_in_text(in_text)),
        forwarded=forwarded,
        automatic=kind,
        automatic_because=because,
        bounce=_bounce(kind, root, body.text, forwarded, sender.address, header_to),
        authentication=_authentication(fields, trusted, sender.address, depth, findings),
        is_signed=is_signed(root, body.text),
        is_encrypted=is_encrypted(root, body.text),
        defects=findings.words(),
    )


def _bounded(raw: bytes, findings: Findings) -> bytes:
    """Notes what is odd about the bytes; cuts what is too long; lets lone CR end lines where nothing else does."""
    if b"\0" in raw:
        findings.add(Defect.NUL)
    if has_mixed_newlines(raw):
        findings.add(Defect.BARE_NEWLINE)
    if len(raw) > LIMITS.size:
        findings.add(Defect.SIZE_LIMIT)
        raw = raw[: LIMITS.size]
    return raw.replace(b"\r", b"\n") if b"\n" not in raw else raw


def _charset(root: Entity) -> str:
    """The charset of the first text."""
    first = root
    while first.is_multipart:
        first = first.parts[0]
    return first.content.parameters.get("charset", "")


def _note_header(fields: Fields, findings: Findings) -> None:
    if not fields.names():
        findings.add(Defect.NO_HEADER)
    if fields.repeats(_ONCE):
        findings.add(Defect.REPEATED_HEADER)


def _attachments(body: Body, findings: Findings) -> tuple[Attachment, ...]:
    files = (read_attachment(entity, findings) for entity in body.files)
    return tuple(replace(file, is_text_too=True) if file.where in body.damaged else file for file in files)


def _open_messages(
    body: Body, budget: _Budget, depth: int, findings: Findings
) -> tuple[tuple[Mail, ...], tuple[Attachment, ...]]:
    """The attached mails read, as far as the limits go; the rest stay files."""
    forwarded: list[Mail] = []
    kept: list[Attachment] = []
    for entity in body.messages:
        content = entity.body(findings).lstrip(b"\r\n")
        if depth < LIMITS.forwarded_depth and budget.take(content):
            forwarded.append(_parse(content, frozenset(), budget, depth + 1))
        else:
            findings.add(Defect.NESTING)
            kept.append(read_attachment(entity, findings))
    return tuple(forwarded), tuple(kept)


def _bounce(
    kind: Automatic, root: Entity, text: str, forwarded: tuple[Mail, ...], sender: str | None, sent_to: tuple[str, ...]
) -> Bounce | None:
    if kind is Automatic.BOUNCE:
        return read_bounce(Notification(tuple(root.walk()), root.fields, text, forwarded, sender, sent_to))
    if kind is Automatic.FEEDBACK:
        return read_complaint(Notification(tuple(root.walk()), root.fields, text, forwarded, sender, sent_to))
    return None


def _authentication(
    fields: Fields, trusted: AbstractSet[str], address: str | None, depth: int, findings: Findings
) -> Authentication:
    """Of the outermost header only: no server of ours has checked what is attached."""
    if depth or not trusted:
        return _NOTHING_KNOWN
    return read_authentication(fields, trusted, address, findings)
