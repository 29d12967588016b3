"""The CA's lists compared backwards: what stands there that nobody here decided, and what stands there no more.

A revocation by somebody who got hold of a credential of the CA is on the CRL and nowhere in our history. One that is
taken back is in our history and no more on the CRL.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sulku_revocation.domain.crl_evidence import REMOVE_FROM_CRL, OpenCrl

# After the look that confirmed it: how long until the 1st, 2nd, … look at whether it stays; the last one repeats.
# How long after the 1st, 2nd, … look; the last one repeats.
LOOK_AGAIN_AFTER = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30))
EMPTY_ENTRY_OCTETS = 40  # an entry with a long serial number and a reason
ENOUGH_ENTRIES = 50  # on a shorter list names and signature are the most of it


class Origin(StrEnum):
    """Why an entry may stand on the CRL."""

    BEFORE = "before"  # it was there when the desk looked for the first time
    ORDER = "order"  # an order of ours
    KNOWN = "known"  # somebody found out where it comes from
    FOREIGN = "foreign"  # nobody here knows: an alarm
    GONE = "gone"  # it was revoked by us, and came off the list before it expired: an alarm


ALARMING = (Origin.FOREIGN, Origin.GONE)


@dataclass(frozen=True)
class Comparison:
    """What has changed on the lists of an issuer since the last look; serial numbers."""

    new: frozenset[int]
    gone: frozenset[int]


def listed_serials(crl: OpenCrl, delta: OpenCrl | None) -> frozenset[int]:
    """What stands on a list, with what its delta adds and takes away. Raises CrlFormatError."""
    if delta is None:
        return crl.entries.serials
    entries = [delta.entries.find(serial) for serial in delta.entries.serials]
    taken_off = {entry.serial for entry in entries if entry is not None and entry.reason == REMOVE_FROM_CRL}
    return (crl.entries.serials | delta.entries.serials) - taken_off


def compare(known: Iterable[int], listed: Iterable[int], *, is_whole: bool) -> Comparison:
    """`listed` is what stands on the lists now; only when every list could be read is it known what is gone."""
    before, now = frozenset(known), frozenset(listed)
    return Comparison(now - before, before - now if is_whole else frozenset())


def next_look_at(now: datetime, looks: int, until: datetime | None) -> datetime | None:
    """When to look again at a revocation that was looked at so often: in an hour, a day, a week, then each month.

    The last look is an hour before the certificate expires at `until`; None when that is past. `until` None: it is not
    on file when that is.
    """
    at = now + LOOK_AGAIN_AFTER[min(looks, len(LOOK_AGAIN_AFTER) - 1)]
    if until is None:
        return at
    last = until - LOOK_AGAIN_AFTER[0]
    return None if last <= now else min(at, last)


def forecast_octets(octets: int, entries: int, more: int) -> int:
    """How long a list becomes with so many entries more, if they are like those on it."""
    each = octets / entries if entries >= ENOUGH_ENTRIES else EMPTY_ENTRY_OCTETS
    return octets + round(each * more)
