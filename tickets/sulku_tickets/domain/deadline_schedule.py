"""When a deadline warns, and what a warning does: pure arithmetic in UTC.

A deadline fires at 50, 75 and 90 percent of its time and at its end. What has fired is remembered as the highest
percentage, so that a clock that jumps back fires nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sulku_tickets.domain.urgency import Urgency

BREACH = 100
THRESHOLDS = (50, 75, 90, BREACH)

# An alarm must be written within 60 s of its threshold; what comes later was missed while the desk was down.
LATE_AFTER = timedelta(seconds=60)


class Notice(StrEnum):
    """What a threshold does beside being recorded."""

    PAGE = "page"
    QUEUE = "queue"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Firing:
    """What is to be done now for one deadline: all thresholds that have passed, said once, by the highest.

    `late` when the highest passed more than a minute ago.
    """

    thresholds: tuple[int, ...]
    notice: Notice
    late: bool

    @property
    def percent(self) -> int:
        """The highest threshold that has passed."""
        return self.thresholds[-1]

    @property
    def is_breach(self) -> bool:
        """Whether the deadline itself has passed."""
        return self.percent == BREACH


def threshold_at(started_at: datetime, due_at: datetime, percent: int) -> datetime:
    """The moment at which `percent` of the time is used up."""
    return started_at + (due_at - started_at) * percent // 100


def next_fire_at(started_at: datetime, due_at: datetime, fired: int) -> datetime | None:
    """The next moment at which the deadline fires, when `fired` percent was the last one; None behind the breach."""
    percent = next((threshold for threshold in THRESHOLDS if threshold > fired), None)
    return None if percent is None else threshold_at(started_at, due_at, percent)


def notice_of(urgency: Urgency, percent: int) -> Notice:
    """P0 and P1 page each time, P2 pages from 75 %, P3 goes into the queue's digest and wakes nobody."""
    if urgency is Urgency.P3:
        return Notice.DIGEST
    if urgency is Urgency.P2 and percent < 75:
        return Notice.QUEUE
    return Notice.PAGE


def firing(
    started_at: datetime, due_at: datetime, fired: int, urgency: Urgency, now: datetime, *, stopped: bool = False
) -> Firing | None:
    """What fires at `now`, or None. A clock that was stopped too late fires its breach and no warning."""
    passed = tuple(
        percent
        for percent in THRESHOLDS
        if percent > fired and threshold_at(started_at, due_at, percent) <= now and (percent == BREACH or not stopped)
    )
    if not passed:
        return None
    late = now - threshold_at(started_at, due_at, passed[-1]) > LATE_AFTER
    return Firing(passed, notice_of(urgency, passed[-1]), late)
