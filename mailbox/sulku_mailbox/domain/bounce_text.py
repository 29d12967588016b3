"""Notifications without a machine-readable part: the addresses that failed, found in the words (as well as it goes).

A wrong address is worse than none, so the surest signs are looked at first, and the next only when those name nobody:

1. lines that only a notification writes about a recipient (`<a@b>: host said`, `RCPT TO:<a@b>`, `Recipient: a@b`);
2. any address before the returned mail, except on lines that name senders, helpers or message identifiers;
3. whom the returned mail was addressed to.

Whom the notification itself was sent to is who wrote, not who failed, unless nobody else is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sulku_kernel.address import normalise_address
from sulku_mailbox.domain.delivery_status import is_delay, status_in
from sulku_mailbox.domain.mail import FailedRecipient

MOST_RECIPIENTS = 200
LOOKED_AT = 16_384
_LINE = 1_000
_SAID_ABOUT = 700

_LOCAL = r"(?:[A-Za-z0-9!#$%&*+/=?^_`{|}~.'-]{1,64}+|\"[^\"\s]{1,62}+\")"
_ADDRESS = _LOCAL + r"@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?"
_ANY = re.compile(_ADDRESS)
_LABELS = "recipient|recipient address|final delivery userid|user|mailbox|address|addressee|vastaanottaja|mottagare"
_FAILED_TO = (
    r"undeliverable|undelivered|(?:not|n't|cannot) (?:be )?(?:deliver(?:ed|able)?|reach|sent?)(?: your \w+)?"
    r"|delivering your \w+|delivery failed|addressed|failed|message|mail"
)
_FOLLOWING = r"(?: the)?(?: following)?(?: recipients?| address(?:es)?| users?)?"
_UNKNOWN = "(?:unknown|invalid|no such) (?:user|recipient|address)|user unknown|mailbox (?:is )?full"
_SURE = tuple(
    re.compile(words + rf"[<']?(?P<address>{_ADDRESS})" + rest, re.IGNORECASE)
    for words, rest in (
        # Postfix, qmail, Courier, MMDF, Exchange: the line begins with the address and goes on about it
        (r"^[ \t>*]{0,40}", r">?[ \t]{0,9}(?:$|[:;,\[(]|\.\.\.|[ \t]-|on \w{3}, \d)"),
        # Sendmail's transcript
        (r"^[ \t]{0,9}[45]\d\d[ -](?:[45]\.\d{1,3}\.\d{1,3} )?", r">?\.\.\."),
        (r"\brcpt to[:=]?\s{0,9}", ""),
        (rf"\b(?:{_LABELS})(?: is)?\s{{0,9}}[:=]\s{{0,9}}", ""),
        (rf"\b(?:{_FAILED_TO}) (?:to|for){_FOLLOWING}[ :]{{1,9}}", ""),
        (rf"\b(?:{_UNKNOWN})[: ]{{1,9}}", ""),
        (r"^[ \t]{0,40}(?:to|an|till)[ \t]{1,9}", r">?[ \t]{0,9}$"),
    )
)
_OF_OTHERS = re.compile(
    r"mail\s+from|sender|from\s*:|reply-to|return-path|message-?id|contact|assistance|questions?\b|help|abuse|support"
    r"|received:|\bby\b.{0,80}\bwith\b|postmaster at|x-[a-z-]{1,40}:|mailto:",
    re.IGNORECASE,
)
_WRITER = re.compile(rf"\bmail\s+from\s{{0,9}}[:=]?\s{{0,9}}<?({_ADDRESS})", re.IGNORECASE)
_CAME_FROM = re.compile(r"\((?:generated|expanded|forwarded|reason|was)\b[^()]{0,300}\)?", re.IGNORECASE)
_NO_PERSON = re.compile(
    r"^(?:mailer-daemon|postmaster|post_master|mail-daemon|abuse|helpdesk|hostmaster)[^@]{0,60}@", re.IGNORECASE
)
_RETURNED = re.compile(
    r"^[ \t>]{0,40}(?:-{2,}.{0,40}(?:original|returned|below this line|copy of|unsent|message text).{0,60}"
    r"|.{0,40}(?:original|your) (?:message|mail) (?:follows|headers?|as follows)\b.{0,20}"
    r"|(?:original|old) message:?[ \t]{0,9}|(?:alkuperäinen viesti|ursprungligt meddelande):?[ \t]{0,9}"
    r"|(?:your message reads|message text follows).{0,40}"
    r"|.{0,200}is a copy of.*)$"
    # the header of the returned mail: such a field, and another one below it
    r"|^>?(?:return-path|received|message-id|mime-version|x-mailer)[ \t]{0,9}:.*\n"
    r"(?:>?[ \t].*\n){0,20}>?[a-z][a-z0-9-]{1,40}:",
    re.IGNORECASE | re.MULTILINE,
)
_TO = re.compile(rf"^[ \t>]{{0,40}}to[ \t]{{0,9}}:[^\n@]{{0,200}}?<?({_ADDRESS})", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Named:
    address: str
    start: int


def read_said(text: str, not_failed: frozenset[str]) -> tuple[FailedRecipient, ...]:
    """The recipients that the words of a notification name, each once.

    `not_failed`: the sender of the notification and those it was sent to.
    """
    text = text[:LOOKED_AT]
    cut = _RETURNED.search(text)
    said, returned = (text[: cut.start()], text[cut.start() :]) if cut else (text, "")
    writers = not_failed | {found[1].lower() for found in _WRITER.finditer(said)}
    sure, named = list(_sure(said)), []
    for candidates in (_but(sure, writers), _but(_weak(said), writers), _but(_to(returned, len(said)), writers), sure):
        if named := list(candidates):
            break
    return _with_status(said, named)


def _sure(said: str) -> Iterator[_Named]:
    for start, line in _lines(said):
        for rule in _SURE:
            found = rule.search(line)
            if found and not re.match(r".{0,40}mail\s+from", line, re.IGNORECASE):
                yield _Named(_normal(found["address"]), start)
                break


def _weak(said: str) -> Iterator[_Named]:
    for start, line in _lines(said):
        if not _OF_OTHERS.search(line):
            yield from (_Named(_normal(found[0]), start) for found in _ANY.finditer(line))


def _to(returned: str, start: int) -> Iterator[_Named]:
    if found := _TO.search(returned):
        yield _Named(_normal(found[1]), start)


def _but(named: Iterator[_Named] | list[_Named], writers: frozenset[str]) -> Iterator[_Named]:
    return (one for one in named if one.address and one.address not in writers and not _NO_PERSON.match(one.address))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        if "@" in line:
            yield start, _CAME_FROM.sub(" ", line[:_LINE])
        start += len(line) + 1


def _normal(address: str) -> str:
    return normalise_address(address.strip("'`=.")) or ""


def _with_status(said: str, named: list[_Named]) -> tuple[FailedRecipient, ...]:
    """Each with the status said between its name and the next one's, or anywhere when it is the only one."""
    action = "delayed" if is_delay(said) else "failed"
    firsts = {one.address: one.start for one in reversed(named) if one.address}
    ordered = sorted(firsts.items(), key=lambda one: one[1])[:MOST_RECIPIENTS]
    ends = [*(start for _, start in ordered[1:]), len(said)]
    kind = "4" if action == "delayed" else "5"
    anywhere = status_in(said[:4_000], kind)
    return tuple(
        FailedRecipient(address, status_in(said[start : min(end, start + _SAID_ABOUT)], kind) or anywhere, action)
        for (address, start), end in zip(ordered, ends, strict=False)
    )
