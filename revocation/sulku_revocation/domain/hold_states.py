"""The states of a legal hold: a court or another authority forbids that a certificate is revoked, until a day.

This is no certificateHold (RFC 5280, 5.3.1, reason 6), which is never written: nothing is published, only waited for.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from sulku_kernel.state_machine import StateMachine


class HoldState(StrEnum):
    """Where a legal hold stands."""

    HELD = "HELD"
    LIFTED = "LIFTED"
    ENDED = "ENDED"


HOLD_STATES = StateMachine(
    name="legal hold",
    initial={"PLACE": HoldState.HELD},
    transitions={
        HoldState.HELD: {
            # The authority gave it another end.
            "PROLONG": HoldState.HELD,
            "REMIND": HoldState.HELD,
            "LIFT": HoldState.LIFTED,
            "END": HoldState.ENDED,
        },
        HoldState.LIFTED: {},
        HoldState.ENDED: {},
    },
)

# Time enough to ask the authority for another end, and the holder for a new certificate.
REMIND_BEFORE = timedelta(hours=72)
LONGEST = timedelta(days=731)
