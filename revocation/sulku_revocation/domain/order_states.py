"""The states of an order to the CA. The order is stored before it is sent: a record of what was planned comes first.

ACCEPTED is the CA's word, CONFIRMED is what relying parties see. Only the second makes a certificate "revoked".
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from sulku_kernel.state_machine import StateMachine


class OrderState(StrEnum):
    """Where an order stands."""

    STORED = "STORED"
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


class OrderAlarm(StrEnum):
    """What is paged once for an order."""

    CA_UNAVAILABLE = "ca_unavailable"
    CA_SETTINGS_WRONG = "ca_settings_wrong"
    CA_AWAITS_APPROVAL = "ca_awaits_approval"
    CA_WANTS_KEY = "ca_wants_key"
    CA_CONTRADICTS_ITSELF = "ca_contradicts_itself"
    REVOKED_FOR_ANOTHER_REASON = "revoked_for_another_reason"
    CRL_WRONG = "crl_wrong"
    OCSP_WRONG = "ocsp_wrong"
    CRL_AND_OCSP_DIFFER = "crl_and_ocsp_differ"
    NOT_VISIBLE_AFTER_30_MINUTES = "not_visible_after_30_minutes"
    NOT_VISIBLE_AFTER_60_MINUTES = "not_visible_after_60_minutes"
    NO_LONGER_REVOKED = "no_longer_revoked"


ORDER_STATES = StateMachine(
    name="order",
    initial={"STORE": OrderState.STORED},
    transitions={
        OrderState.STORED: {"SEND": OrderState.SENT},
        OrderState.SENT: {
            "ALARM": OrderState.SENT,
            "USE_KEY": OrderState.SENT,  # a person sends it with the certificate's own key
            "ACCEPT": OrderState.ACCEPTED,
            "REFUSE": OrderState.REFUSED,
            "WITHDRAW": OrderState.WITHDRAWN,  # only what waits for somebody (`WAITS_FOR_SOMEBODY`)
        },
        OrderState.ACCEPTED: {
            "ALARM": OrderState.ACCEPTED,
            "SEE_CRL": OrderState.ACCEPTED,
            "SEE_OCSP": OrderState.ACCEPTED,
            "CONFIRM": OrderState.CONFIRMED,
        },
        OrderState.CONFIRMED: {"ALARM": OrderState.CONFIRMED},
        OrderState.REFUSED: {},
        OrderState.WITHDRAWN: {},
    },
)

# The CA's last answer was that it has not acted, and that it waits for a person. Silence is no such answer.
WAITS_FOR_SOMEBODY = frozenset({OrderAlarm.CA_WANTS_KEY, OrderAlarm.CA_AWAITS_APPROVAL})

CA_SILENT_PAGES_AFTER = timedelta(minutes=15)

# How long to wait after the 1st, 2nd, … look at CRL and OCSP; the last one repeats.
_LOOK_AGAIN_AFTER = tuple(timedelta(seconds=s) for s in (0.5, 1, 2, 5, 10, 20, 40, 60))
_LATE = (
    (timedelta(minutes=30), OrderAlarm.NOT_VISIBLE_AFTER_30_MINUTES),
    (timedelta(minutes=60), OrderAlarm.NOT_VISIBLE_AFTER_60_MINUTES),
)


def look_again_after(attempt: int) -> timedelta:
    """How long to wait after the given look (1 is the first): quick at first, then once a minute for ever."""
    return _LOOK_AGAIN_AFTER[min(max(attempt, 1), len(_LOOK_AGAIN_AFTER)) - 1]


def lateness_alarms(waited: timedelta) -> tuple[OrderAlarm, ...]:
    """The alarms due when the CA's acceptance has not become visible for so long."""
    return tuple(alarm for after, alarm in _LATE if waited >= after)
