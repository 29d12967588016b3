"""Every file that came with a mail, wherever it stood: attached, inside an attached file, or with a forwarded mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sulku_mailbox.domain.mail import Attachment, Locked, Mail

_DEEPEST = 8


def all_files(mail: Mail) -> Iterator[Attachment]:
    """Attached files, what was inside them, and those of forwarded mails: there, `where` begins with `f1!`, `f2!` …"""
    for prefix, one in _mails(mail):
        for file in (*one.attachments, *one.extracted):
            yield replace(file, where=prefix + file.where) if prefix else file


def saying_files(mail: Mail) -> Iterator[Attachment]:
    """The files of this one mail that say something of their own: not its text once more, with all that it quotes."""
    return (file for file in (*mail.attachments, *mail.extracted) if not file.is_text_too)


def all_locked(mail: Mail) -> Iterator[Locked]:
    """What of them could not be read, in the same way."""
    for prefix, one in _mails(mail):
        for locked in one.locked:
            yield replace(locked, where=prefix + locked.where) if prefix else locked


def _mails(mail: Mail, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Mail]]:
    yield prefix, mail
    if depth < _DEEPEST:
        for number, inner in enumerate(mail.forwarded, 1):
            yield from _mails(inner, f"{prefix}f{number}!", depth + 1)
