"""The CRLs as they are published now: fetched once for many questions, verified once, kept while they are good.

A thousand orders of one issuer ask about one list. A small list is fetched for every question, so that a revocation is
seen the moment it is there; a large one so seldom that fetching it takes a small part of the time (`again_after`). What
a kept list shows as revoked is believed for a minute without asking anew.

A server need not send again what it sent before: that a list is unchanged (304) counts as a look at it, but not beyond
its end, and now and then it is fetched whole in spite of it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from cryptography import x509

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.bounded_http import FetchError, TooLargeError, Version
from sulku_revocation.domain.crl_evidence import OpenCrl, open_crl, open_delta, see_on_crl, staleness
from sulku_revocation.domain.crl_health import LARGEST_CRL
from sulku_revocation.domain.crl_reading import CrlEntries
from sulku_revocation.domain.publication_evidence import Finding, NotYet, Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

SMALL_CRL = 100_000  # octets: some 2,500 entries
SHOWN_FOR = timedelta(minutes=1)
UNCHANGED_FOR = timedelta(minutes=30)  # a server that wrongly says so is found out before its lateness pages
MOST_KEPT = 256 * 1024 * 1024  # octets of all lists together


class Fetch(Protocol):
    """Gets bytes over HTTP (`bounded_http.HttpFetch`). Raises FetchError, and TooLargeError beyond `limit` bytes."""

    def get(self, url: str, *, limit: int) -> bytes: ...

    def get_unless(self, known: Version, url: str, *, limit: int) -> tuple[bytes, Version] | None:
        """None: it is still the version that is known."""
        ...

    def post(self, url: str, body: bytes, *, content_type: str, limit: int) -> bytes: ...


@dataclass(frozen=True)
class Question:
    """Whose lists are looked at, when, and by what way they come."""

    issuer: IssuerRecord
    certificate: x509.Certificate  # the issuer's
    now: datetime
    fetch: Fetch


@dataclass(frozen=True, slots=True)
class _Kept:
    crl: OpenCrl
    fetched_at: datetime
    for_: str  # what it was verified with, by digest: the issuer's certificate, of a delta its complete list too
    version: Version
    sent_at: datetime  # when the server last sent it whole


@dataclass(frozen=True, slots=True)
class _Sent:
    """What an address serves now, and when it was last sent whole."""

    der: bytes
    version: Version
    at: datetime


class PublicationMemory:
    """What was seen before; safe to share between threads.

    `crl_numbers` are the highest CRL numbers seen, by issuer id, and `numbers_of_lists` by issuer id and address: give
    what the database knows at start, so that an old CRL cannot be replayed after a restart either.
    """

    def __init__(
        self,
        crl_numbers: Mapping[int, int] | None = None,
        numbers_of_lists: Mapping[tuple[int, str], int] | None = None,
    ) -> None:
        self._numbers = {**(numbers_of_lists or {}), **{(id_, ""): n for id_, n in (crl_numbers or {}).items()}}
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()
        self._fetching: defaultdict[str, Lock] = defaultdict(Lock)

    def last_number(self, issuer_id: int, url: str = "") -> int | None:
        """The highest CRL number seen of this issuer; with an address, on that one of its several lists."""
        with self._lock:
            return self._numbers.get((issuer_id, url))

    def remember_number(self, issuer_id: int, number: int | None, url: str = "") -> None:
        """Keep `number` when it is higher than what is known."""
        if number is not None:
            with self._lock:
                self._numbers[issuer_id, url] = max(number, self._numbers.get((issuer_id, url), 0))

    def showing(self, urls: Sequence[str], serial: SerialNumber) -> list[str]:
        """The addresses, first those whose kept list shows the serial number."""
        with self._lock:
            kept = dict(self._kept)
        return sorted(urls, key=lambda url: url not in kept or serial not in kept[url].crl.entries)

    def listed(self, issuer: IssuerRecord) -> CrlEntries | frozenset[int]:
        """The serial numbers on the issuer's kept list; nothing when it has several, of which each tells a part."""
        with self._lock:
            kept = [self._kept[url] for url in issuer.crl_urls if url in self._kept]
        return kept[0].crl.entries if len(kept) == 1 else frozenset()

    def complete(self, asked: Question, url: str, serial: SerialNumber | None = None) -> OpenCrl | NotYet | Wrong:
        """The complete list at `url`, verified and fresh; the kept one when it is good enough to ask for `serial`."""
        with self._fetching_lock(url):
            kept = self._good_enough(url, asked, serial, _digest(asked))
            return kept if kept is not None else self._fetch_complete(asked, url)

    def delta(self, asked: Question, crl: OpenCrl) -> OpenCrl | Wrong | None:
        """The delta of a complete list; None when it names none or none can be got now: then it stands alone."""
        for url in crl.delta_urls:
            with self._fetching_lock(url):
                for_ = _digest(asked, crl.sha256)
                kept = self._good_enough(url, asked, None, for_)
                if kept is not None:
                    return kept
                sent = self._get(asked, url, for_)
                if not isinstance(sent, _Sent):
                    continue
                opened = open_delta(sent.der, asked.certificate, crl)
                if isinstance(opened, OpenCrl):
                    self._keep(url, _Kept(opened, asked.now, for_, sent.version, sent.at))
                return opened
        return None

    def _fetch_complete(self, asked: Question, url: str) -> OpenCrl | NotYet | Wrong:
        # Taken before the fetch: a newer list that another thread sees meanwhile does not make this one a replay.
        line = _line(asked.issuer, url)
        last_number = self.last_number(asked.issuer.id, line)
        sent = self._get(asked, url, _digest(asked))
        if not isinstance(sent, _Sent):
            return sent
        crl = self._same_again(url, asked, sent.der) or open_crl(sent.der, asked.certificate)
        if isinstance(crl, Wrong):
            return crl
        stale = staleness(crl, asked.now, last_number)
        if stale is not None:
            return stale
        self._keep(url, _Kept(crl, asked.now, _digest(asked), sent.version, sent.at))
        self.remember_number(asked.issuer.id, crl.number, line)
        return crl

    def _get(self, asked: Question, url: str, for_: str) -> _Sent | NotYet | Wrong:
        """What is served; what is kept, when the server says that it is unchanged."""
        kept = self._may_be_unchanged(url, asked.now, for_)
        try:
            got = asked.fetch.get_unless(Version() if kept is None else kept.version, url, limit=LARGEST_CRL)
        except TooLargeError as error:
            return Wrong("too_large", str(error))
        except FetchError as error:
            return NotYet("unreachable", str(error))
        if got is not None:
            return _Sent(*got, asked.now)
        if kept is None:
            return NotYet("unreachable", f"{url}: unchanged, says the server, and it was not asked that")
        return _Sent(kept.crl.der, kept.version, kept.sent_at)

    def _may_be_unchanged(self, url: str, now: datetime, for_: str) -> _Kept | None:
        """The kept list, when it would count if the server said that it has no other."""
        with self._lock:
            kept = self._kept.get(url)
        if kept is None or kept.for_ != for_ or staleness(kept.crl, now, None) is not None:
            return None
        return kept if timedelta() <= now - kept.sent_at < UNCHANGED_FOR else None

    def _good_enough(self, url: str, asked: Question, serial: SerialNumber | None, for_: str) -> OpenCrl | None:
        with self._lock:
            kept = self._kept.get(url)
        if kept is None or kept.for_ != for_:
            return None
        good_for = again_after(len(kept.crl.der))
        if serial is not None and good_for and serial in kept.crl.entries:
            good_for = max(good_for, SHOWN_FOR)
        return kept.crl if timedelta() <= asked.now - kept.fetched_at < good_for else None

    def _same_again(self, url: str, asked: Question, der: bytes) -> OpenCrl | None:
        """The list that was verified before, when it is served unchanged."""
        with self._lock:
            kept = self._kept.get(url)
        is_same = kept is not None and kept.for_ == _digest(asked) and kept.crl.der == der
        return kept.crl if kept is not None and is_same else None

    def _keep(self, url: str, kept: _Kept) -> None:
        with self._lock:
            self._kept.pop(url, None)
            self._kept[url] = kept  # the newest stands last
            size = sum(len(one.crl.der) for one in self._kept.values())
            for old in list(self._kept)[:-1]:
                if size <= MOST_KEPT:
                    break
                size -= len(self._kept.pop(old).crl.der)

    def _fetching_lock(self, url: str) -> Lock:
        with self._lock:
            return self._fetching[url]


def again_after(octets: int) -> timedelta:
    """How long a list of this size is good enough to say that a certificate is not on it: a second for each MB."""
    return timedelta(0) if octets <= SMALL_CRL else timedelta(seconds=max(1.0, octets / 1_000_000))


def see_on_crls(
    asked: Question, serial: SerialNumber, expected: ReasonCode | None, memory: PublicationMemory
) -> Finding:
    """What the issuer's CRLs say: seen on any of them, else what is wrong with one, else why not yet."""
    if not asked.issuer.crl_urls:
        return NotYet("no_address", "the issuer has no CRL address on file")
    findings: list[Finding] = []
    for url in memory.showing(asked.issuer.crl_urls, serial):
        finding = _see_on(asked, url, serial, expected, memory)
        if isinstance(finding, Seen):
            return finding
        findings.append(finding)
    return _of_all(findings)


def _see_on(
    asked: Question, url: str, serial: SerialNumber, expected: ReasonCode | None, memory: PublicationMemory
) -> Finding:
    crl = memory.complete(asked, url, serial)
    if not isinstance(crl, OpenCrl):
        return crl
    delta = memory.delta(asked, crl)
    if isinstance(delta, Wrong):
        return delta
    return see_on_crl(crl, serial, expected, asked.now, delta=delta)


def _of_all(findings: Iterable[Finding]) -> Finding:
    """What is wrong before what could not be asked; "not listed" only when every list says so."""

    def weight(finding: Finding) -> int:
        return 0 if isinstance(finding, Wrong) else 2 if isinstance(finding, NotYet) and finding.is_statement else 1

    return min(findings, key=weight)


def _line(issuer: IssuerRecord, url: str) -> str:
    """Each of several lists is numbered by itself; the only one goes by the issuer alone, whatever its address."""
    return url if len(issuer.crl_urls) > 1 else ""


def _digest(asked: Question, complete: str = "") -> str:
    return hashlib.sha256(asked.issuer.certificate_der or b"").hexdigest() + complete
