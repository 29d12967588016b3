"""Names for rows: UUIDs of version 7 that sort as they were made."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sulku_kernel.time_ordered_id import time_ordered_id

MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(4000, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@given(MOMENTS)
def test_it_is_a_uuid_of_version_7_that_tells_its_millisecond(at: datetime) -> None:
    made = uuid.UUID(time_ordered_id(at))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert datetime.fromtimestamp((made.int >> 80) / 1_000, UTC) - at < timedelta(milliseconds=1)


@given(MOMENTS)
def test_a_later_one_sorts_behind_an_earlier_one(at: datetime) -> None:
    assert time_ordered_id(at) < time_ordered_id(at + timedelta(milliseconds=1))


@given(MOMENTS)
def test_those_of_one_moment_differ(at: datetime) -> None:
    assert len({time_ordered_id(at) for _ in range(100)}) == 100
