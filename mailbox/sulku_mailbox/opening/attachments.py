"""`open_attachments`: what is inside the attached files of a mail. Runs in the jail: it reads what strangers wrote.

Total: whatever the files are, the mail comes back, with what was found and with what stays shut and why. Each mail has
an allowance of files, octets, depth and processor time, shared by all its attachments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sulku_mailbox.domain.attachments import bare_name
from sulku_mailbox.domain.characters import one_line
from sulku_mailbox.domain.defects import Findings
from sulku_mailbox.domain.file_kinds import ARCHIVES, Kind, kind_of
from sulku_mailbox.domain.mail import Attachment, Locked, Mail, Why
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.passwords import password_candidates
from sulku_mailbox.opening.archives import open_compressed, open_seven_zip, open_tar, open_zip
from sulku_mailbox.opening.inside import DEEPEST, MOST_FILES, MOST_OCTETS, CannotOpenError, Inside, Shut
from sulku_mailbox.opening.pdf import open_pdf
from sulku_mailbox.opening.processor_time import OutOfTimeError, at_most
from sulku_mailbox.opening.tnef import open_tnef

SECONDS = 2.0
_PATH_CHARS = 300
# By which a mail that was too deep in another to be read with it is known again.
_MAIL_ENDING = ".eml"
_SHUT = {Kind.PICTURE: Why.PICTURE, Kind.UNKNOWN: Why.UNKNOWN, Kind.BROKEN: Why.DAMAGED}


def open_attachments(mail: Mail, passwords: Sequence[str] = (), *, seconds: float = SECONDS) -> Mail:
    """The mail with `extracted` and `locked` of its own and its forwarded mails' attachments. Never raises.

    `passwords` are tried before those that the mail's own text may name. `seconds` of processor time.
    """
    opening = _Opening((*passwords, *password_candidates(_texts(mail))))
    try:
        with at_most(seconds):
            opening.open_all(mail)
    except OutOfTimeError:
        pass
    return opening.opened(mail)


def lock_attachments(mail: Mail) -> Mail:
    """The mail with every file that would be opened locked (limit): opening one of them has cost a reader its life."""
    return _Opening(()).opened(mail)


def _texts(mail: Mail) -> Iterator[str]:
    yield f"{mail.subject}\n{mail.text}"
    for inner in mail.forwarded:
        yield from _texts(inner)


@dataclass(slots=True)
class _Result:
    extracted: list[Attachment] = field(default_factory=list)
    locked: list[Locked] = field(default_factory=list)
    done: set[str] = field(default_factory=set)


class _Opening:
    """One mail's attachments being opened, and what is left of its allowance."""

    def __init__(self, passwords: Sequence[str]) -> None:
        self._passwords = list(dict.fromkeys(passwords))
        self._files, self._octets = MOST_FILES, MOST_OCTETS
        self._results: dict[int, _Result] = {}

    def open_all(self, mail: Mail) -> None:
        result = self._results.setdefault(id(mail), _Result())
        for attachment in mail.attachments:
            self._open(attachment, _place(attachment.where, attachment.name), 0, result)
            result.done.add(attachment.where)
        for stood_in_text in mail.extracted:
            self._open(stood_in_text, stood_in_text.where, 0, result)
            result.done.add(stood_in_text.where)
        for inner in mail.forwarded:
            self.open_all(inner)

    def opened(self, mail: Mail) -> Mail:
        """The mail with what was found; what the time did not suffice for is locked."""
        result = self._results.get(id(mail), _Result())
        left = [
            Locked(one.name, one.where, Why.LIMIT)
            for one in (*mail.attachments, *mail.extracted)
            if one.where not in result.done and kind_of(one) is not Kind.PLAIN
        ]
        return replace(
            mail,
            extracted=(*mail.extracted, *result.extracted),
            locked=(*result.locked, *left),
            forwarded=tuple(map(self.opened, mail.forwarded)),
        )

    def _open(self, file: Attachment, place: str, depth: int, result: _Result) -> None:
        kind = kind_of(file)
        if kind is Kind.PLAIN:
            return
        try:
            if kind in _SHUT:
                raise CannotOpenError(_SHUT[kind])  # noqa: TRY301  # one place says why something stays shut
            if depth >= DEEPEST:
                raise CannotOpenError(Why.LIMIT)  # noqa: TRY301  # likewise
            for inside in self._look_into(file, kind):
                self._take(inside, place, depth, result)
        except CannotOpenError as error:
            result.locked.append(Locked(file.name, file.where, error.why))
        except (MemoryError, RecursionError):
            result.locked.append(Locked(file.name, file.where, Why.LIMIT))
        except Exception:  # noqa: BLE001  # libraries raise anything over a hostile file; a person gets the mail
            result.locked.append(Locked(file.name, file.where, Why.DAMAGED))

    def _look_into(self, file: Attachment, kind: Kind) -> Iterator[Inside | Shut]:
        if kind is Kind.ZIP:
            return open_zip(file, self._passwords)
        if kind is Kind.SEVEN_ZIP:
            return open_seven_zip(file, self._passwords)
        if kind is Kind.TAR:
            return open_tar(file)
        if kind is Kind.TNEF:
            return open_tnef(file)
        if kind is Kind.PDF:
            return open_pdf(file, self._passwords)
        return _open_message(file) if kind is Kind.MESSAGE else open_compressed(file, kind)

    def _take(self, inside: Inside | Shut, place: str, depth: int, result: _Result) -> None:
        name = bare_name(inside.name)
        where = _place(place, one_line(inside.name, _PATH_CHARS, Findings()))
        if isinstance(inside, Shut):
            result.locked.append(Locked(name, where, inside.why))
            return
        self._files -= 1
        self._octets -= len(inside.content)
        if self._files < 0 or self._octets < 0:
            raise CannotOpenError(Why.LIMIT)
        content_type = "text/plain" if inside.is_text else "application/octet-stream"
        file = Attachment(name, content_type, inside.content, hashlib.sha256(inside.content).hexdigest(), where)
        if inside.is_text or kind_of(file) not in ARCHIVES:
            result.extracted.append(file)
        if not inside.is_text:
            self._open(file, where, depth + 1, result)


def _place(where: str, name: str) -> str:
    return f"{where}!{name or 'file'}"


def _open_message(file: Attachment) -> Iterator[Inside | Shut]:
    """A mail saved as a file: what it says, and its attachments."""
    yield from _in_mail(parse_mail(file.content))


def _in_mail(mail: Mail) -> Iterator[Inside]:
    yield Inside("text", f"{mail.subject}\n{mail.new_text}".encode(errors="replace"), is_text=True)
    for attachment in mail.attachments:
        is_mail = kind_of(attachment) is Kind.MESSAGE
        yield Inside(f"{attachment.name}{_MAIL_ENDING}" if is_mail else attachment.name, attachment.content)
    for inner in mail.forwarded:
        yield from _in_mail(inner)
