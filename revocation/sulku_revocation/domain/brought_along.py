"""A mail that was answered to others and sent to the desk: under a few words that point to it stands what it is about.

«Hei, alla asiakkaan pyyntö», and below it the customer's mail, with "VS:" in the subject and not "VL:". A reply quotes
what the desk knows already; what somebody else wrote to somebody else it does not know, and so it is read like a
forward. A conversation in which the desk itself was is left alone: its own words are no request.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sulku_mailbox.domain.mail import Automatic, Mail
from sulku_mailbox.domain.quoted_text import split_quoted

_FEW_WORDS = 60
_POINTS_BELOW = re.compile(
    r"\b(?:alla|alapuolella|ohessa|oheinen|oheisen|hoida\w*|hoitak\w*|hoitu\w*|käsitel\w*|toimik\w*|nedan|nedanstående"
    r"|ordna\w*|fixa\w*|hantera\w*|below|handle|process|take care)\b",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
_ADDRESS = re.compile(r"([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})")


def with_brought_along(mail: Mail, own_addresses: frozenset[str]) -> Mail:
    """The mail, with what it brings along as its new text; most mails stay as they are. Pure and total."""
    if not mail.quoted_text or mail.automatic is not Automatic.NO or not _points_below(mail.new_text):
        return mail
    if not _is_of_others(mail, own_addresses):
        return mail
    split = split_quoted(mail.text, subject=f"Fwd: {mail.subject}")
    return replace(mail, new_text=split.new, quoted_text=split.quoted, signature=split.signature)


def _points_below(new_text: str) -> bool:
    said = _SIGNATURE.split(new_text, maxsplit=1)[0]
    return len(said.split()) <= _FEW_WORDS and (not said.strip() or _POINTS_BELOW.search(said) is not None)


def _is_of_others(mail: Mail, own_addresses: frozenset[str]) -> bool:
    """Whether somebody other than the sender wrote what is quoted, and no address at a domain of the desk is in it."""
    quoted = mail.quoted_text.replace(mail.signature, "", 1).lower()
    ours = {address.rpartition("@")[2] for address in own_addresses}
    if any(domain in quoted for domain in ours):
        return False
    first = _ADDRESS.search(quoted)
    return first is not None and first[1] != mail.header_from
