"""The states of a campaign (a mass revocation) and of each certificate on its list.

A list is frozen before anybody decides, and two people lock it with one reason once: from then on no certificate is
added. What was sent to the CA goes its way whatever is paused; the rest can be paused, held and cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sulku_kernel.errors import IllegalTransitionError
from sulku_kernel.state_machine import StateMachine


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "DRAFT"
    FROZEN = "FROZEN"
    DECIDED = "DECIDED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class LineState(StrEnum):
    """Where a certificate of a campaign stands. ACCEPTED is the CA's word, REVOKED is what was seen."""

    LISTED = "LISTED"
    LEFT_OUT = "LEFT_OUT"
    HELD = "HELD"
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    REVOKED = "REVOKED"
    REFUSED = "REFUSED"


CAMPAIGN_STATES = StateMachine(
    name="campaign",
    initial={"CREATE": CampaignState.DRAFT},
    transitions={
        CampaignState.DRAFT: {
            "LIST": CampaignState.DRAFT,
            "FREEZE": CampaignState.FROZEN,
            "CANCEL": CampaignState.CANCELLED,
        },
        CampaignState.FROZEN: {
            "PLAN": CampaignState.FROZEN,
            "HOLD": CampaignState.FROZEN,
            "RELEASE": CampaignState.FROZEN,
            "DECIDE": CampaignState.DECIDED,
            "CANCEL": CampaignState.CANCELLED,
        },
        CampaignState.DECIDED: {
            # Another order of the waves changes neither list nor reason: the decision stands.
            "PLAN": CampaignState.DECIDED,
            "HOLD": CampaignState.DECIDED,
            "RELEASE": CampaignState.DECIDED,
            "DECIDE": CampaignState.DECIDED,
            "APPROVE": CampaignState.RUNNING,
            # A drill ends here: nothing is ordered, nobody is written to.
            "DRILL": CampaignState.COMPLETED,
            "CANCEL": CampaignState.CANCELLED,
        },
        CampaignState.RUNNING: {
            "NOTIFY": CampaignState.RUNNING,
            "HOLD": CampaignState.RUNNING,
            "RELEASE": CampaignState.RUNNING,
            "NEXT_WAVE": CampaignState.RUNNING,
            "PAUSE": CampaignState.PAUSED,
            "COMPLETE": CampaignState.COMPLETED,
        },
        CampaignState.PAUSED: {
            "NOTIFY": CampaignState.PAUSED,
            "HOLD": CampaignState.PAUSED,
            "RELEASE": CampaignState.PAUSED,
            "THROTTLE": CampaignState.PAUSED,
            "RESUME": CampaignState.RUNNING,
            "CANCEL": CampaignState.CANCELLED,
        },
        CampaignState.COMPLETED: {"NOTIFY": CampaignState.COMPLETED},
        # What had been sent before is still seen published, and its holder told.
        CampaignState.CANCELLED: {"NOTIFY": CampaignState.CANCELLED},
    },
)

LINE_STATES = StateMachine(
    name="line of a campaign",
    # LEAVE_OUT: it was revoked or had expired before the list was made; it stands there to be seen.
    initial={"LIST": LineState.LISTED, "LEAVE_OUT": LineState.LEFT_OUT},
    transitions={
        LineState.LISTED: {"SEND": LineState.SENT, "HOLD": LineState.HELD},
        LineState.HELD: {"HOLD": LineState.HELD, "RELEASE": LineState.LISTED},
        # From here on the CA may have acted: nothing can be held or taken back.
        LineState.SENT: {"AWAIT": LineState.SENT, "ACCEPT": LineState.ACCEPTED, "REFUSE": LineState.REFUSED},
        LineState.ACCEPTED: {"SEE": LineState.REVOKED},
        LineState.REVOKED: {},
        LineState.REFUSED: {},
        LineState.LEFT_OUT: {},
    },
)

# What is said when a step is not possible, and what can be done instead.
STANDS: Mapping[CampaignState, tuple[str, str]] = {
    CampaignState.DRAFT: ("the list of this campaign is not frozen yet", "Freeze it: sulku campaign freeze."),
    CampaignState.FROZEN: (
        "the list of this campaign is frozen, and nothing is decided yet",
        "Decide the reason for the whole list: sulku campaign decide.",
    ),
    CampaignState.DECIDED: (
        "this campaign is decided and waits for approval",
        "Another person approves it: sulku campaign approve.",
    ),
    CampaignState.RUNNING: ("this campaign is under way", "Pause it first: sulku campaign pause."),
    CampaignState.PAUSED: (
        "this campaign is approved and paused",
        "Go on or end it: sulku campaign resume, sulku campaign cancel.",
    ),
    CampaignState.COMPLETED: ("this campaign is completed", "Begin another one: sulku campaign new."),
    CampaignState.CANCELLED: ("this campaign is cancelled", "Begin another one: sulku campaign new."),
}


def require_step(state: str, verb: str) -> None:
    """Raises IllegalTransitionError, in words for people, when the step is not possible from here."""
    if verb not in CAMPAIGN_STATES.transitions[state]:
        said, next_step = STANDS[CampaignState(state)]
        raise IllegalTransitionError(said, next_step=next_step)


BEFORE_APPROVAL = frozenset({CampaignState.FROZEN, CampaignState.DECIDED})
APPROVED = frozenset({CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.COMPLETED})
AT_THE_CA = frozenset({LineState.SENT, LineState.ACCEPTED})
UNDER_WAY = AT_THE_CA | {LineState.LISTED}
