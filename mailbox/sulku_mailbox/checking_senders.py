"""Carries questions and answers between the pure steps of checking senders and the DNS, for a whole batch at once."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from sulku_mailbox.domain.dns import DnsAnswer, DnsQuestion, DnsStatus, MissingAnswersError
from sulku_mailbox.domain.evidence import Evidence
from sulku_mailbox.domain.mail import Envelope, Mail
from sulku_mailbox.domain.sender_checks import SenderCheck

# So long a batch waits for the DNS at most: a page must not wait for a stranger's name server.
TOGETHER_SECONDS = 4.0

Arrived = tuple[bytes, Mail, Envelope]

# SPF may ask ten times, each for what the last answer named (RFC 7208, 4.6.4).
_MOST_ROUNDS = 12


class Resolver(Protocol):
    """Answers questions to the DNS."""

    def ask(
        self, questions: Collection[DnsQuestion], seconds: float = TOGETHER_SECONDS
    ) -> dict[DnsQuestion, DnsAnswer]:
        """An answer to each; UNANSWERED for what is not known within `seconds`. Never raises."""
        ...


def check_senders(check: SenderCheck, resolver: Resolver, batch: Sequence[Arrived], now: datetime) -> list[Evidence]:
    """The evidence of each mail. What the DNS does not answer in time stays open: temperror, never pass."""
    answers: dict[DnsQuestion, DnsAnswer] = {}
    found: dict[int, Evidence] = {}
    ends = time.monotonic() + TOGETHER_SECONDS
    for turn in range(_MOST_ROUNDS):
        missing = _judge_open(check, batch, answers, found)
        if not missing:
            break
        left = ends - time.monotonic()
        if left > 0 and turn < _MOST_ROUNDS - 2:
            answers |= resolver.ask(missing, left)
        else:
            answers = _Silence(answers, now)
    return [found[at] for at in range(len(batch))]


def _judge_open(
    check: SenderCheck, batch: Sequence[Arrived], answers: dict[DnsQuestion, DnsAnswer], found: dict[int, Evidence]
) -> set[DnsQuestion]:
    missing: set[DnsQuestion] = set()
    for at, (raw, mail, envelope) in enumerate(batch):
        if at not in found:
            try:
                found[at] = check.judge(raw, mail, envelope, answers)
            except MissingAnswersError as error:
                missing.update(error.questions)
    return missing


class _Silence(dict[DnsQuestion, DnsAnswer]):
    """The answers there are; to every other question that nobody answered it."""

    def __init__(self, answers: dict[DnsQuestion, DnsAnswer], now: datetime) -> None:
        super().__init__(answers)
        self._nothing = DnsAnswer(DnsStatus.UNANSWERED, now)

    def __contains__(self, question: object) -> bool:
        return True

    def __missing__(self, question: DnsQuestion) -> DnsAnswer:
        return self._nothing
