"""Why a mail was not delivered, as a status code (RFC 3463), also where a server only said it in words."""

from __future__ import annotations

import re
from enum import StrEnum

_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
# a reply line begins with its code; inside a sentence only one behind "said:" or the like is one (RFC 5321, 4.2)
_REPLY = re.compile(
    r"(?:^[ \t<>|*]{0,20}|\b(?:said|error|reply|response|responded|code|smtp|refused to talk to me)[:;]?[ \t]{1,9}\(?"
    r"|[:;(][ \t]{0,9}|responsecode )([45])[0-5]\d\b(?![.\d])",
    re.IGNORECASE | re.MULTILINE,
)
_LATER = re.compile(
    r"delayed|not yet been delivered|will be retried|warning (?:message )?only|attempts will continue|deferred"
    r"|(?:still|keep) (?:being )?(?:trying|retried)|toimitus viivästyy|ei ole vielä toimitettu|försenad"
    r"|ännu inte (?:kunnat )?levererats",
    re.IGNORECASE,
)
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")

# What servers write, and the second and third part of the code that says the same (RFC 3463, 3); the first counts.
_SAYINGS = {
    "2.2": (
        r"mailbox (?:is |was )?(?:too )?full|full mailbox|quota|storage (?:limit|allocation)|too much mail data",
        r"insufficient.{0,9} storage|postilaatikko on täynnä|brevlådan? är full|too many messages",
    ),
    "1.2": (
        r"host (?:is )?(?:unknown|not found)|unknown (?:host|domain)|domain (?:name )?(?:does not exist|not found)",
        r"name service error|no such domain|dns (?:lookup )?(?:failure|error)|bad destination (?:host|system)",
    ),
    "2.1": (r"disabled|inactive|suspended|deactivated|no longer (?:available|valid|in use|active)",),
    "1.1": (
        r"(?:user|recipient|mailbox|address|account|alias)s? (?:name )?(?:is |was )?(?:unknown|not (?:found|known))",
        r"(?:unknown|invalid|bad|no such|non-?existent) (?:final )?(?:user|recipient|mailbox|address|account|local)",
        r"invalid final delivery|no such (?:person|name)|(?:does|did|may)(?: not|n't) exist|not (?:a valid|listed in)",
        r"name is not recogni[sz]ed|could ?(?:not|n't) be found|wasn't found|unrouteable|no mailbox|no valid recip",
    ),
    "4.1": (r"time[ds]?[ -]?out|connection (?:was )?(?:refused|reset)|no route|unreachable|can(?:no|')t connect",),
    "3.4": (r"too (?:large|big|long)|(?:size|length) (?:limit|exceed)|exceed\w{0,20}.{0,30} size",),
    "4.6": (r"hop count|(?:mail|routing) loop|too many hops",),
    "7.1": (
        r"den(?:ied|y)|block(?:ed|list)|black ?list|spam|policy|reject|refus|unauth|reputation|virus|prohibited",
        r"not (?:allowed|authori[sz]ed|permitted)",
    ),
}
_WORDS = {detail: re.compile("|".join(sayings), re.IGNORECASE) for detail, sayings in _SAYINGS.items()}


class Trouble(StrEnum):
    """What is wrong with an address, as far as it tells a person what to do about it."""

    UNKNOWN_ADDRESS = "unknown_address"
    UNKNOWN_DOMAIN = "unknown_domain"
    DISABLED = "disabled"
    FULL = "full"
    TOO_LARGE = "too_large"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    OTHER = "other"


_TROUBLES = {
    "1.2": Trouble.UNKNOWN_DOMAIN,
    "1.8": Trouble.REFUSED,  # it is our own address that they do not like
    "1.7": Trouble.REFUSED,
    "2.1": Trouble.DISABLED,
    "2.2": Trouble.FULL,
    "2.3": Trouble.TOO_LARGE,
    "3.4": Trouble.TOO_LARGE,
    "4.4": Trouble.UNKNOWN_DOMAIN,
}
_TROUBLES_OF_SUBJECT = {
    "1": Trouble.UNKNOWN_ADDRESS,
    "3": Trouble.UNREACHABLE,
    "4": Trouble.UNREACHABLE,
    "6": Trouble.REFUSED,
    "7": Trouble.REFUSED,
}


def trouble_of(status: str) -> Trouble:
    """What a status code says of the address. Total: what is no code, or says nothing, is OTHER."""
    found = _STATUS.fullmatch(status)
    if found is None:
        return Trouble.OTHER
    return _TROUBLES.get(f"{found[2]}.{found[3]}") or _TROUBLES_OF_SUBJECT.get(found[2], Trouble.OTHER)


def status_in(said: str, kind: str = "5") -> str:
    """The status code in a server's words: written out, or derived from its reply code and its words, or empty.

    `kind`: the first figure where neither a code nor a reply tells it: 5 for a failure, 4 for a delay.
    """
    written: list[str] = _ENHANCED.findall(said)
    for code in written:
        if not code.endswith(".0.0"):
            return code
    reply = _REPLY.search(said)
    detail = next((detail for detail, words in _WORDS.items() if words.search(said)), "")
    if written:
        return f"{written[0][0]}.{detail}" if detail and written[0][0] != "2" else written[0]
    if reply is None and not detail:
        return ""
    return f"{reply[1] if reply else kind}.{detail or '0.0'}"


def status_of_report(status: str, diagnostic: str) -> str:
    """The field Status (RFC 3464, 2.3.4); where it is missing or says nothing, what the diagnostic says."""
    found = _ENHANCED.search(status)
    if found and not found[1].endswith(".0.0"):
        return found[1]
    said = status_in(diagnostic)
    if found is None:
        return said
    return said if said and said[0] == found[1][0] else found[1]


def is_delay(said: str) -> bool:
    """Whether these words tell of a delay only: the mail may still arrive."""
    return bool(_LATER.search(said))
