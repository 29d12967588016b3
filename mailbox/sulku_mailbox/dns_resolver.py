"""Asks the DNS what checking senders needs to know: many questions at once, remembered by their time to live.

The answers are as good as the resolver: it should stand near by and validate DNSSEC.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.TXT
import dns.resolver

from sulku_kernel.clock import Clock
from sulku_kernel.errors import ConfigurationError
from sulku_mailbox.checking_senders import TOGETHER_SECONDS
from sulku_mailbox.domain.dns import DnsAnswer, DnsQuestion, DnsStatus

EACH_SECONDS = 2.0
_AT_ONCE = 64
_MOST_REMEMBERED = 20_000
_SHORTEST, _LONGEST = timedelta(seconds=5), timedelta(hours=1)
# So long nobody waits again for a name whose servers are silent.
_UNANSWERED_FOR = timedelta(seconds=10)
_NONE_FOR = timedelta(minutes=1)
_MOST_VALUES, _LONGEST_VALUE = 50, 8_192


class DnsResolver:
    """The resolvers of the settings, `192.0.2.53` or `127.0.0.1:5353`. For one thread. Raises ConfigurationError."""

    def __init__(self, servers: Sequence[str], clock: Clock) -> None:
        self._clock = clock
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.nameservers = [_server(text) for text in servers]
        self._resolver.cache = None
        self._remembered: dict[DnsQuestion, tuple[DnsAnswer, datetime]] = {}

    def ask(
        self, questions: Collection[DnsQuestion], seconds: float = TOGETHER_SECONDS
    ) -> dict[DnsQuestion, DnsAnswer]:
        """See `sulku_mailbox.checking_senders.Resolver`."""
        now = self._clock.now()
        found = {question: answer for question in questions if (answer := self._recall(question, now)) is not None}
        open_ = [question for question in questions if question not in found]
        if open_:
            found |= asyncio.run(self._ask_all(open_, min(seconds, TOGETHER_SECONDS)))
        return found

    def _recall(self, question: DnsQuestion, now: datetime) -> DnsAnswer | None:
        answer, until = self._remembered.get(question, (None, now))
        return answer if now < until else None

    def _remember(self, question: DnsQuestion, answer: DnsAnswer, lasting: timedelta) -> None:
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[question] = answer, answer.at + min(max(lasting, _SHORTEST), _LONGEST)

    async def _ask_all(self, questions: Iterable[DnsQuestion], seconds: float) -> dict[DnsQuestion, DnsAnswer]:
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def ask(question: DnsQuestion) -> tuple[DnsAnswer, timedelta]:
            async with at_once:
                return await self._ask(question)

        tasks = {question: asyncio.create_task(ask(question)) for question in questions}
        await asyncio.wait(tasks.values(), timeout=seconds)
        found: dict[DnsQuestion, DnsAnswer] = {}
        for question, task in tasks.items():
            answer, lasting = task.result() if task.done() else (self._nothing(DnsStatus.UNANSWERED), _UNANSWERED_FOR)
            task.cancel()
            found[question] = answer
            self._remember(question, answer, lasting)
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        return found

    async def _ask(self, question: DnsQuestion) -> tuple[DnsAnswer, timedelta]:
        try:
            answer = await self._resolver.resolve(
                question.name, question.type.value, raise_on_no_answer=False, lifetime=EACH_SECONDS, search=False
            )
        except dns.resolver.NXDOMAIN:
            return self._nothing(DnsStatus.NONE), _NONE_FOR
        except (dns.exception.DNSException, OSError, ValueError):
            return self._nothing(DnsStatus.UNANSWERED), _UNANSWERED_FOR
        if answer.rrset is None:
            return self._nothing(DnsStatus.NONE), _NONE_FOR
        values = tuple(_values(answer.rrset))
        return DnsAnswer(DnsStatus.FOUND, self._clock.now(), values), timedelta(seconds=answer.rrset.ttl)

    def _nothing(self, status: DnsStatus) -> DnsAnswer:
        return DnsAnswer(status, self._clock.now())


def _values(records: Iterable[object]) -> Iterable[str]:
    kept = list(records)[:_MOST_VALUES]
    mail_servers = [record for record in kept if isinstance(record, dns.rdtypes.ANY.MX.MX)]
    for record in sorted(mail_servers, key=lambda record: record.preference) or kept:
        if isinstance(record, dns.rdtypes.ANY.TXT.TXT):
            yield b"".join(record.strings).decode("latin-1")[:_LONGEST_VALUE]
        elif isinstance(record, dns.rdtypes.ANY.MX.MX):
            yield record.exchange.to_text(omit_final_dot=True).lower()
        else:
            yield str(record).lower().rstrip(".")


def _server(text: str) -> dns.nameserver.Nameserver:
    """`192.0.2.53`, `127.0.0.1:5353`, `2001:db8::53` or `[::1]:5353`."""
    host, port = text, "53"
    if text.startswith("["):
        host, _, port = text[1:].partition("]:")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        dns.inet.af_for_address(host)
        return dns.nameserver.Do53Nameserver(host, int(port))
    except ValueError:
        raise ConfigurationError(
            f"dns.resolvers: {text} is no address of a resolver", next_step="Write it as 192.0.2.53 or 127.0.0.1:5353."
        ) from None
