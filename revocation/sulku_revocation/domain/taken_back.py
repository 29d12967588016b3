"""Whether a mail takes back, in the sender's own words, the request that it brings itself or forwards.

«Sulkekaa 0bf4eab0. EDIT: väärä hälytys», or «älkää sulkeko vielä» above a customer's request.
"""

from __future__ import annotations

import re

from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.reply_headers import is_forwarded_line, is_header_block
from sulku_revocation.domain.matching import Matching
from sulku_revocation.domain.wording import Wording, read_wording
from sulku_revocation.domain.wording_rules import REASONS, Meaning
from sulku_revocation.domain.words import read_words

# These take back whatever was asked for; «älkää sulkeko B» may leave another certificate to be revoked.
_WHOLE = frozenset(
    {
        "false_alarm",
        "mind_changed",
        "never_asked",
        "never_asked_for_it",
        "do_not_proceed",
        "request_was_mistake",
        "revocation_was_mistake",
        "never_mind",
        "nevermind",
        "edited_off",
    }
)
_ADDITION = re.compile(
    r"\b(?:edit|update|muokkaus|muokattu|päivitys|korjaus|lisäys|rättelse|uppdatering|tillägg|correction)\s?:",
    re.IGNORECASE,
)
_LONGEST_ABOVE = 100  # lines


def takes_back_its_own(mail: Mail, wording: Wording) -> bool:
    """Whether nothing of what the mail asks for is wished any more. Pure and total."""
    if not wording.weight(Meaning.WITHDRAW):
        return False
    own = wording.of_sender()
    if not own.weight(Meaning.WITHDRAW):
        return False
    if not own.weight(Meaning.REVOKE):
        return wording.of_others().weight(Meaning.REVOKE) > 0
    if any(hit.rule.id in _WHOLE for hit in own.hits):
        return True
    return _withdraws(_above_forwarded(mail.own_words)) or _withdraws(_added_below(mail.own_words))


def says_it_stays(wording: Wording, matching: Matching) -> bool:
    """Whether it names a certificate, says that it stays, and asks for nothing: «0bf4eab0 jää voimaan». Pure, total."""
    said = wording.without_subject
    asks = any(said.weight(meaning) for meaning in (Meaning.REVOKE, *REASONS))
    return matching.is_named and said.weight(Meaning.STAYS) > 0 and not asks


def _withdraws(text: str) -> bool:
    said = read_wording(read_words(""), [read_words(text)])
    return said.weight(Meaning.WITHDRAW) > 0 and not said.weight(Meaning.REVOKE)


def _added_below(text: str) -> str:
    """What is added behind «EDIT:»; empty when nothing is."""
    return text[found.end() :] if (found := _ADDITION.search(text)) else ""


def _above_forwarded(text: str) -> str:
    """What stands above a mail that is forwarded in the text; empty when none is."""
    lines = text.splitlines()
    for at, line in enumerate(lines[:_LONGEST_ABOVE]):
        if is_forwarded_line(line) or is_header_block(lines, at):
            return "\n".join(lines[:at])
    return ""
