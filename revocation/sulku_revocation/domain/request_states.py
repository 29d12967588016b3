"""The states of a revocation request: one certificate that a case may end in revoking.

There is no way back from REVOKED, and the only way to ORDERED leads through DECIDE and APPROVE.
"""

from __future__ import annotations

from enum import StrEnum

from sulku_kernel.state_machine import StateMachine


class RequestState(StrEnum):
    """Where a request stands."""

    PROPOSED = "PROPOSED"
    DECIDED = "DECIDED"
    APPROVED = "APPROVED"
    ORDERED = "ORDERED"
    ACCEPTED = "ACCEPTED"
    REVOKED = "REVOKED"
    ALREADY_REVOKED = "ALREADY_REVOKED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    DROPPED = "DROPPED"
    REFUSED = "REFUSED"


REQUEST_STATES = StateMachine(
    name="revocation request",
    # PROPOSE: the desk matched it in a mail. ADD: a person corrected the match. CASCADE: it has the same key.
    # UPDATE: it is revoked, and its reason is to become keyCompromise (TLS BR 7.2.2).
    initial={
        "PROPOSE": RequestState.PROPOSED,
        "ADD": RequestState.PROPOSED,
        "CASCADE": RequestState.PROPOSED,
        "UPDATE": RequestState.PROPOSED,
    },
    transitions={
        RequestState.PROPOSED: {
            "PROVE": RequestState.PROPOSED,
            # A later mail takes it back: whoever decides sees that first.
            "HOLD": RequestState.PROPOSED,
            "DECIDE": RequestState.DECIDED,
            "REJECT": RequestState.REJECTED,
            "WITHDRAW": RequestState.WITHDRAWN,
            "DROP": RequestState.DROPPED,
        },
        RequestState.DECIDED: {
            "PROVE": RequestState.DECIDED,
            "HOLD": RequestState.PROPOSED,
            # Decided again: another reason or another date. Whoever approves must look at the new list.
            "DECIDE": RequestState.DECIDED,
            "APPROVE": RequestState.APPROVED,
            "REJECT": RequestState.REJECTED,
            "WITHDRAW": RequestState.WITHDRAWN,
            "DROP": RequestState.DROPPED,
        },
        # Approved for a later day it waits here, and can be taken back; else it is ordered in the same breath.
        # FIND_REVOKED: something else has revoked the certificate meanwhile, and nothing is ordered.
        RequestState.APPROVED: {
            "ORDER": RequestState.ORDERED,
            "FIND_REVOKED": RequestState.ALREADY_REVOKED,
            "HOLD": RequestState.PROPOSED,
            "WITHDRAW": RequestState.WITHDRAWN,
        },
        # From here on the CA may have acted, and a revoked certificate never returns: nothing is withdrawn but an
        # order of which the CA has said that it waits for somebody (`order_states.WAITS_FOR_SOMEBODY`).
        RequestState.ORDERED: {
            "ACCEPT": RequestState.ACCEPTED,
            "REFUSE": RequestState.REFUSED,
            "WITHDRAW": RequestState.WITHDRAWN,
        },
        RequestState.ACCEPTED: {
            "SEE": RequestState.REVOKED,
        },
        RequestState.REVOKED: {},
        RequestState.ALREADY_REVOKED: {},
        RequestState.REJECTED: {},
        RequestState.WITHDRAWN: {},
        RequestState.DROPPED: {},
        RequestState.REFUSED: {},
    },
)

ENDED = REQUEST_STATES.final
UNDECIDED = frozenset({RequestState.PROPOSED, RequestState.DECIDED})
NOT_ORDERED = UNDECIDED | {RequestState.APPROVED}
AT_THE_CA = frozenset({RequestState.ORDERED, RequestState.ACCEPTED})
# The certificate was seen revoked, by this request's order or by something else.
SEEN_REVOKED = frozenset({RequestState.REVOKED, RequestState.ALREADY_REVOKED})
