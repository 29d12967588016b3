"""What carrying out an effect can come to. A handler does the I/O outside any transaction and returns one of these.

`commit` is run in the transaction that completes the effect, so that what came of it is recorded exactly when the
outbox row says so. The dispatcher in `sulku_desk` calls handlers by the effect's kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sulku_kernel.outbox import ClaimedEffect
from sulku_kernel.transaction import Transaction

Commit = Callable[[Transaction], None]


def _nothing(tx: Transaction) -> None:
    """Nothing to record beside the outbox row itself."""


@dataclass(frozen=True)
class Done:
    """It happened."""

    commit: Commit = _nothing


@dataclass(frozen=True)
class RetryLater:
    """It did not happen, or not surely; try again `after` (None: exponential back-off). Tried for ever."""

    error: str
    after: timedelta | None = None
    commit: Commit = _nothing


@dataclass(frozen=True)
class GiveUp:
    """It will never happen by trying again. The dispatcher records it on the ticket and pages somebody."""

    error: str
    commit: Commit = _nothing


@dataclass(frozen=True)
class Withhold:
    """A rule says that it must not happen (an automatic answer to a robot, a cap). Recorded, nobody is paged."""

    why: str
    commit: Commit = _nothing


EffectOutcome = Done | RetryLater | GiveUp | Withhold


class EffectHandler(Protocol):
    """Carries out effects of one kind. Must be safe to repeat: an effect may be handed out again after a crash."""

    def __call__(self, effect: ClaimedEffect) -> EffectOutcome:
        """Do it."""
        ...
