"""What a mail says, cut into words once for all steps that ask: its subject and each of its texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sulku_mailbox.domain.files import saying_files
from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.mail import Mail
from sulku_revocation.domain.find_certificates_in_mail import OwnText, own_text, said_beside_blocks
from sulku_revocation.domain.find_references import text_of
from sulku_revocation.domain.words import Words, read_words

_BRACKETS, _TICKED = ("[", "(", "☑", "☒", "✓", "✔"), ("[x]", "[X]", "(x)", "(X)", "☑", "☒", "✓", "✔")
_NOT_TICKED = re.compile(r"(?:\[[ _]?\]|\([ _]?\)|[☐□])[^\n\[(☐□☑☒✓✔]*")
_DEEPEST = LIMITS.forwarded_depth


@dataclass(frozen=True, slots=True)
class Said:
    """`texts`: the new text, then attached text files and forwarded mails with their subjects.

    `own`: the new text before it was cut into words, for who looks for references in it.
    """

    subject: Words
    texts: tuple[Words, ...]
    own: OwnText


def read_said(mail: Mail) -> Said:
    """The words of a mail. Pure and total."""
    own = own_text(mail)
    return Said(read_words(mail.subject), tuple(_texts(mail, own)), own)


def _texts(mail: Mail, own: OwnText, depth: int = 0) -> Iterator[Words]:
    if depth:
        yield read_words(mail.subject)
    yield _words_of(own)
    for attachment in saying_files(mail):
        text = text_of(attachment)
        if text:
            yield read_words(said_beside_blocks(text))
    if depth < _DEEPEST:
        for inner in mail.forwarded:
            yield from _texts(inner, own_text(inner), depth + 1)


def _words_of(own: OwnText) -> Words:
    """The words of the new text, without PEM blocks and without the choices of a form that were not ticked."""
    text, _ = own
    if any(map(text.__contains__, _BRACKETS)) and any(map(text.__contains__, _TICKED)):
        text = _NOT_TICKED.sub(" ", text)
    return read_words(text)
