"""`winmail.dat` opened: what Outlook wrote into it, as files."""

from __future__ import annotations

from collections.abc import Iterator

from sulku_mailbox.domain.mail import Attachment, Why
from sulku_mailbox.domain.tnef import SIGNATURE, read_tnef
from sulku_mailbox.opening.inside import CannotOpenError, Inside


def open_tnef(file: Attachment) -> Iterator[Inside]:
    """The text and the files; embedded messages are opened in turn. Raises CannotOpenError (damaged) when it is cut."""
    found = read_tnef(file.content)
    if found.text.strip():
        yield Inside("text", found.text.encode(errors="replace"), is_text=True)
    for inner in found.files:
        name = "winmail.dat" if inner.content.startswith(SIGNATURE) else inner.name
        yield Inside(name, inner.content)
    if not found.is_whole:
        raise CannotOpenError(Why.DAMAGED)
