"""Time as an argument. Inside, every time is aware and in UTC; people see Europe/Helsinki (`people_time`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the time. Functions that need the time take a clock or a `now`."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  the one place that reads the machine's clock


class SetClock:
    """A clock that stands until it is moved: for tests, simulations and replays."""

    def __init__(self, at: datetime) -> None:
        self._at = require_utc(at)

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> datetime:
        """Move forward (or, with a negative duration, back) and return the new time."""
        self._at += by
        return self._at

    def set(self, at: datetime) -> None:
        """Stand at another moment."""
        self._at = require_utc(at)


def require_utc(at: datetime) -> datetime:
    """`at` in UTC. Raises ValueError when it is naive, since nobody can know what it meant."""
    if at.tzinfo is None:
        raise ValueError(f"a naive time has no meaning here: {at!r}")
    return at.astimezone(UTC)


def to_microseconds(at: datetime) -> int:
    """Whole microseconds since 1970-01-01T00:00Z, exactly (a float would lose some)."""
    return (require_utc(at) - EPOCH) // MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The inverse of `to_microseconds`."""
    return EPOCH + value * MICROSECOND


def to_text(at: datetime) -> str:
    """`2026-11-24T04:06:00.000000Z`: how a time stands in events, exports and JSON."""
    return require_utc(at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime:
    """The inverse of `to_text`; also reads any ISO 8601 time with an offset. Raises ValueError."""
    return require_utc(datetime.fromisoformat(text))
