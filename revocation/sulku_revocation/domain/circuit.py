"""A circuit breaker: a CA that does not answer is left alone for a while, then asked once to see whether it is back.

It spares the CA and, above all, the lanes of the desk: time-outs of one CA do not keep orders to others waiting. Counts
are kept beside it, as what on-call wants to know.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

OPENS_AFTER = 5  # failures in a row
FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=1)


class CircuitState(StrEnum):
    """Closed: calls go through. Open: none do. Half open: one has been let through and is awaited."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Circuit:
    """Where a CA stands. `opened_at` and `rest` are meaningful unless it is CLOSED; the counts never go down."""

    state: CircuitState = CircuitState.CLOSED
    failures_in_a_row: int = 0
    opened_at: datetime | None = None
    rest: timedelta = FIRST_REST
    calls: int = 0
    failures: int = 0
    opened: int = 0

    def asks_again_in(self, now: datetime) -> timedelta:
        """How long until a call may go through; zero when it may now.

        A rest that seems longer than it is was begun before the clock was set back: nobody waits for that.
        """
        if self.state is CircuitState.CLOSED or self.opened_at is None:
            return timedelta()
        left = self.opened_at + self.rest - now
        return left if timedelta() < left <= self.rest else timedelta()

    def before_call(self, now: datetime) -> Circuit:
        """A call goes through. Ask `asks_again_in` first."""
        if self.state is CircuitState.CLOSED:
            return replace(self, calls=self.calls + 1)
        # From now on for as long as the last rest only this call is awaited; then another may go.
        return replace(self, state=CircuitState.HALF_OPEN, calls=self.calls + 1, opened_at=now)

    def after_success(self) -> Circuit:
        """The CA has answered: whatever it said, it is there."""
        return replace(self, state=CircuitState.CLOSED, failures_in_a_row=0, opened_at=None, rest=FIRST_REST)

    def after_failure(self, now: datetime) -> Circuit:
        """No answer. Opens after some in a row, and at once, for twice as long, when the probe has failed."""
        failed = replace(self, failures=self.failures + 1, failures_in_a_row=self.failures_in_a_row + 1)
        if self.state is CircuitState.HALF_OPEN:
            return replace(failed, state=CircuitState.OPEN, opened_at=now, rest=min(2 * self.rest, LONGEST_REST))
        if self.state is CircuitState.OPEN:
            return failed  # a call from before it opened
        if failed.failures_in_a_row < OPENS_AFTER:
            return failed
        return replace(failed, state=CircuitState.OPEN, opened_at=now, opened=self.opened + 1)
