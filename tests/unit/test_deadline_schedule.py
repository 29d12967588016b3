"""When a deadline warns and what the warning does (DESIGN 4.8: 50, 75, 90 percent and the breach, by urgency)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import NIGHT

from sulku_tickets.domain.deadline_schedule import Notice, firing, next_fire_at, notice_of, threshold_at
from sulku_tickets.domain.urgency import Urgency

HOUR = timedelta(hours=1)
DUE = NIGHT + HOUR


def at(minutes: float):
    return NIGHT + timedelta(minutes=minutes)


def test_an_hour_warns_at_30_45_and_54_minutes_and_is_breached_at_60():
    assert [threshold_at(NIGHT, DUE, percent) for percent in (50, 75, 90, 100)] == [at(30), at(45), at(54), at(60)]
    assert [next_fire_at(NIGHT, DUE, fired) for fired in (0, 50, 75, 90)] == [at(30), at(45), at(54), at(60)]
    assert next_fire_at(NIGHT, DUE, 100) is None


@pytest.mark.parametrize(
    ("urgency", "notices"),
    [
        (Urgency.P0, ["page", "page", "page", "page"]),
        (Urgency.P1, ["page", "page", "page", "page"]),
        (Urgency.P2, ["queue", "page", "page", "page"]),
        (Urgency.P3, ["digest", "digest", "digest", "digest"]),
    ],
)
def test_what_a_warning_does_follows_the_urgency(urgency, notices):
    assert [notice_of(urgency, percent) for percent in (50, 75, 90, 100)] == notices


def test_nothing_fires_before_its_time():
    assert firing(NIGHT, DUE, 0, Urgency.P0, at(29.99)) is None
    assert firing(NIGHT, DUE, 50, Urgency.P0, at(44.99)) is None


def test_thresholds_that_passed_together_are_said_once_by_the_highest():
    what = firing(NIGHT, DUE, 0, Urgency.P2, at(55))
    assert (what.thresholds, what.percent, what.notice, what.is_breach) == ((50, 75, 90), 90, Notice.PAGE, False)


def test_what_comes_more_than_a_minute_behind_is_late():
    assert not firing(NIGHT, DUE, 90, Urgency.P1, DUE + timedelta(seconds=60)).late
    assert firing(NIGHT, DUE, 90, Urgency.P1, DUE + timedelta(seconds=61)).late


def test_a_clock_stopped_too_late_says_its_breach_and_no_warning():
    assert firing(NIGHT, DUE, 0, Urgency.P1, at(70), stopped=True).thresholds == (100,)
    assert firing(NIGHT, DUE, 0, Urgency.P1, at(59), stopped=True) is None
