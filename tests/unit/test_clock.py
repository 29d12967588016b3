"""Time: aware, in UTC, exact to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sulku_kernel.clock import (
    SetClock,
    SystemClock,
    from_microseconds,
    from_text,
    require_utc,
    to_microseconds,
    to_text,
)

moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  given a zone


@given(moments)
def test_a_moment_survives_every_way_it_is_kept(at):
    assert from_microseconds(to_microseconds(at)) == at
    assert from_text(to_text(at)) == at


@given(moments, moments)
def test_kept_moments_sort_as_the_moments_do(one, other):
    assert (one < other) == (to_microseconds(one) < to_microseconds(other)) == (to_text(one) < to_text(other))


def test_a_naive_time_is_refused_everywhere():
    naive = datetime(2026, 11, 24, 3)  # noqa: DTZ001  that is what is refused
    for take in (require_utc, to_microseconds, to_text, SetClock):
        with pytest.raises(ValueError, match="a naive time has no meaning"):
            take(naive)
    with pytest.raises(ValueError, match="naive"):
        from_text("2026-11-24T03:00:00")


def test_an_offset_is_kept_as_the_moment_it_means():
    helsinki = timezone(timedelta(hours=2))
    assert to_text(datetime(2026, 11, 24, 3, tzinfo=helsinki)) == "2026-11-24T01:00:00.000000Z"
    assert from_text("2026-11-24T03:00:00+02:00") == datetime(2026, 11, 24, 1, tzinfo=UTC)


def test_a_set_clock_stands_until_it_is_moved():
    clock = SetClock(datetime(2026, 11, 24, 1, tzinfo=UTC))
    assert clock.now() == clock.now()
    assert clock.advance(timedelta(hours=-1)) == clock.now() == datetime(2026, 11, 24, 0, tzinfo=UTC)


def test_the_machines_clock_is_read_in_utc():
    assert SystemClock().now().utcoffset() == timedelta(0)
