"""`Mail` as bytes and back, for the pipe between the reader and its jailed child.

A frame is four octets of length (big-endian), that much JSON, then the files' octets one after another. What
comes out of the jail is data to be checked: wrong types or lengths raise ValueError, and nothing of it is executed.
"""

from __future__ import annotations

import hashlib
import json
import struct
from datetime import datetime
from typing import Any

from sulku_mailbox.domain.defects import Defect
from sulku_mailbox.domain.mail import Attachment, Authentication, Automatic, Bounce, FailedRecipient, Locked, Mail, Why

_LENGTH = struct.Struct(">I")
_TEXTS = ("sha256", "subject", "header_from_shown", "text", "new_text", "quoted_text", "signature", "examination")
_OPTIONAL_TEXTS = ("header_from", "message_id", "html")
_TEXT_TUPLES = ("header_to", "reply_to", "in_reply_to", "references", "automatic_because")
_FORWARDED_DEPTH = 32


def encode_mail(mail: Mail) -> bytes:
    """The frame of `mail`."""
    contents: list[bytes] = []
    head = json.dumps(_to_plain(mail, contents), separators=(",", ":")).encode("ascii")
    return b"".join([_LENGTH.pack(len(head)), head, *contents])


def decode_mail(frame: bytes) -> Mail:
    """The mail of a frame. Raises ValueError when it is none."""
    try:
        (length,) = _LENGTH.unpack_from(frame)
        plain = json.loads(frame[4 : 4 + length].decode("ascii"))
        contents = _Contents(frame, 4 + length)
        mail = _from_plain(plain, contents, 0)
    except (struct.error, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"not the frame of a mail: {type(error).__name__}") from error
    if contents.position != len(frame):
        raise ValueError("not the frame of a mail: wrong length")
    return mail


class _Contents:
    """The octets behind the JSON, taken in order."""

    def __init__(self, frame: bytes, position: int) -> None:
        self.frame = frame
        self.position = position

    def take(self, size: int) -> bytes:
        if size < 0 or self.position + size > len(self.frame):
            raise ValueError("not the frame of a mail: cut off")
        self.position += size
        return self.frame[self.position - size : self.position]


def _to_plain(mail: Mail, contents: list[bytes]) -> dict[str, Any]:
    plain: dict[str, Any] = {name: getattr(mail, name) for name in (*_TEXTS, *_OPTIONAL_TEXTS, *_TEXT_TUPLES)}
    for kind, files in (("attachments", mail.attachments), ("extracted", mail.extracted)):
        contents.extend(one.content for one in files)
        plain[kind] = [_file_to_plain(one) for one in files]
    plain["locked"] = [[one.name, one.where, one.why] for one in mail.locked]
    plain["forwarded"] = [_to_plain(inner, contents) for inner in mail.forwarded]
    plain["size"] = mail.size
    plain["date"] = None if mail.date is None else mail.date.isoformat()
    plain["automatic"] = mail.automatic
    plain["bounce"] = None
    if mail.bounce is not None:
        recipients = [[one.address, one.status, one.action] for one in mail.bounce.recipients]
        plain["bounce"] = [recipients, mail.bounce.original_message_id]
    checked = mail.authentication
    plain["authentication"] = [checked.spf, checked.dkim, checked.dmarc, checked.aligned_domain, checked.because]
    plain["is_signed"], plain["is_encrypted"] = mail.is_signed, mail.is_encrypted
    plain["defects"] = mail.defects
    return plain


def _file_to_plain(one: Attachment) -> list[Any]:
    return [one.name, one.content_type, one.size, one.where, one.is_inline, one.is_text_too]


def _from_plain(plain: dict[str, Any], contents: _Contents, depth: int) -> Mail:
    if depth > _FORWARDED_DEPTH:
        raise ValueError("not the frame of a mail: too deep")
    spf, dkim, dmarc, aligned, because = plain["authentication"]
    texts = {name: _text(plain[name]) for name in _TEXTS}
    optional = {name: _optional(plain[name]) for name in _OPTIONAL_TEXTS}
    tuples = {name: _texts(plain[name]) for name in _TEXT_TUPLES}
    attachments = tuple(_attachment(one, contents) for one in plain["attachments"])
    extracted = tuple(_attachment(one, contents) for one in plain["extracted"])
    return Mail(
        **texts,  # type: ignore[arg-type]  # the names are listed above by their types
        **optional,  # type: ignore[arg-type]  # likewise
        **tuples,  # type: ignore[arg-type]  # likewise
        size=int(plain["size"]),
        date=None if plain["date"] is None else _moment(plain["date"]),
        attachments=attachments,
        extracted=extracted,
        locked=tuple(_locked(one) for one in plain["locked"]),
        forwarded=tuple(_from_plain(inner, contents, depth + 1) for inner in plain["forwarded"]),
        automatic=Automatic(plain["automatic"]),
        bounce=_bounce(plain["bounce"]),
        authentication=Authentication(_text(spf), _text(dkim), _text(dmarc), _optional(aligned), _texts(because)),
        is_signed=plain["is_signed"] is True,
        is_encrypted=plain["is_encrypted"] is True,
        defects=tuple(Defect(word).value for word in plain["defects"]),
    )


def _attachment(plain: list[Any], contents: _Contents) -> Attachment:
    name, content_type, size, where, is_inline, is_text_too = plain
    content = contents.take(int(size))
    digest = hashlib.sha256(content).hexdigest()  # computed on this side: what is looked up must be what is there
    flags = is_inline is True, is_text_too is True
    return Attachment(_text(name), _text(content_type), content, digest, _text(where), *flags)


def _locked(plain: list[Any]) -> Locked:
    name, where, why = plain
    return Locked(_text(name), _text(where), Why(why))


def _bounce(plain: list[Any] | None) -> Bounce | None:
    if plain is None:
        return None
    recipients, original = plain
    return Bounce(tuple(FailedRecipient(*_texts(one)) for one in recipients), _optional(original))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("not the frame of a mail: a time without zone")
    return moment


def _optional(value: Any) -> str | None:
    return None if value is None else _text(value)


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(_text(value) for value in values)
