"""How an issuer's lists are, when nothing is ordered: too old, about to end, unreadable, growing too long to be read.

An expired list stops everybody who checks it; one that is not renewed hides what was revoked since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sulku_kernel.saying import Saying, Value
from sulku_revocation.domain.crl_comparing import forecast_octets

LARGEST_CRL = 64 * 1024 * 1024  # octets that are read; 83,267 entries take 3.7 MB
OLDEST_CRL = timedelta(hours=24)  # ETSI EN 319 411-1, CSS-6.3.9-05; a setting
UNREACHABLE_FOR = timedelta(minutes=30)
NOT_LOOKED_FOR = timedelta(hours=1)
UNWATCHED = "unwatched"  # the complaint that is about us and not about the issuer
# How long before nextUpdate: at least so much of its life, at most so long.
_WARN, _ALARM = (0.25, timedelta(hours=6)), (0.125, timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class PublishedPoint:
    """The last look at an address where an issuer publishes. `fault` is empty when it was well.

    The list's own facts are those of the last one that counted; None and 0 when there was none. `valid` is how many
    certificates of holders the issuer has that are valid and not revoked.
    """

    issuer: str
    url: str
    kind: str
    looked_at: datetime
    fault: str = ""
    fault_since: datetime | None = None
    number: str | None = None
    this_update: datetime | None = None
    next_update: datetime | None = None
    octets: int = 0
    entries: int = 0
    valid: int = 0
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong, and what to do. Urgent: relying parties are misled or stopped, or soon will be.

    `word` tells one complaint about an address from the next: that it is unreachable from that it ends.
    """

    is_urgent: bool
    said: Saying
    step: Saying
    word: str

    @property
    def what(self) -> str:
        """What is wrong, in English."""
        return str(self.said)

    @property
    def next_step(self) -> str:
        """What to do, in English."""
        return str(self.step)


def complaints(point: PublishedPoint, now: datetime, oldest: timedelta = OLDEST_CRL) -> list[Complaint]:
    """Everything that is wrong with a list or a responder; nothing when it is well. A test issuer's wakes nobody."""
    found = [complaint for check in _CHECKS for complaint in check(point, now, oldest)]
    return [replace(one, is_urgent=one.is_urgent and not point.is_test) for one in found]


def _about(point: PublishedPoint, english: str, **values: Value) -> Saying:
    return Saying(english, issuer=point.issuer, url=point.url, **values)


def _fault(point: PublishedPoint, now: datetime, _: timedelta) -> Iterator[Complaint]:
    if not point.fault:
        return
    is_lasting = point.fault_since is not None and now - point.fault_since >= UNREACHABLE_FOR
    is_wrong = not point.fault.startswith("unreachable")
    said = _about(point, "{issuer}: {url}: {fault}", fault=point.fault)
    if point.fault.startswith("no_issuer_certificate"):
        step = Saying("Import the issuer's certificate: sulku register import.")
        yield Complaint(point.valid > 0, said, step, "no_issuer_certificate")
    else:
        step = Saying("Fetch it yourself from outside; tell the CA what you get.")
        yield Complaint(is_wrong or is_lasting, said, step, point.fault.partition(":")[0])


def _unwatched(point: PublishedPoint, now: datetime, _: timedelta) -> Iterator[Complaint]:
    if point.kind == "crl" and now - point.looked_at > NOT_LOOKED_FOR:
        said = _about(point, "{issuer}: nobody has looked at {url} since {since}", since=point.looked_at)
        step = Saying("See that the role dispatcher runs and what it logs.")
        yield Complaint(True, said, step, UNWATCHED)  # noqa: FBT003  reads as it is said


def _ending(point: PublishedPoint, now: datetime, _: timedelta) -> Iterator[Complaint]:
    if point.this_update is None or point.next_update is None:
        return
    life, left = point.next_update - point.this_update, point.next_update - now
    step = Saying("Have the CA publish a new list now: an expired one stops everybody who checks it.")
    for is_urgent, (part, longest) in ((True, _ALARM), (False, _WARN)):
        if left <= min(part * life, longest):
            is_over = left <= timedelta()
            text = "{issuer}: the CRL at {url} ended {end}" if is_over else "{issuer}: the CRL at {url} ends {end}"
            yield Complaint(is_urgent, _about(point, text, end=point.next_update), step, "ending")
            return


def _old(point: PublishedPoint, now: datetime, oldest: timedelta) -> Iterator[Complaint]:
    """A list on which no holder's certificate can stand (a root's) may be as old as its end allows."""
    if point.this_update is not None and point.valid and now - point.this_update > oldest:
        text = "{issuer}: the CRL at {url} is of {made}, older than it may be"
        step = Saying("Have the CA publish: what was revoked since is not on it.")
        yield Complaint(True, _about(point, text, made=point.this_update), step, "old")  # noqa: FBT003


def _growing(point: PublishedPoint, _: datetime, __: timedelta) -> Iterator[Complaint]:
    most = forecast_octets(point.octets, point.entries, point.valid)
    if point.kind == "crl" and most > LARGEST_CRL:
        said = _about(
            point,
            "{issuer}: with all {count} certificates revoked the CRL takes {size} MB",
            count=point.valid,
            size=most // 1_000_000,
        )
        step = Saying("Have the CA partition its list before it must revoke many: nobody reads one so large.")
        yield Complaint(False, said, step, "growing")  # noqa: FBT003


_CHECKS: tuple[Callable[[PublishedPoint, datetime, timedelta], Iterator[Complaint]], ...] = (
    _fault,
    _unwatched,
    _ending,
    _old,
    _growing,
)
