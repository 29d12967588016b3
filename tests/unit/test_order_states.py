"""When an order is looked at again, when its lateness pages, and when CRL and OCSP contradict each other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.published import HOUR, NOW

from sulku_kernel.errors import IllegalTransitionError
from sulku_revocation.domain.order_states import ORDER_STATES, OrderAlarm, OrderState, lateness_alarms, look_again_after
from sulku_revocation.domain.publication_evidence import NotYet, Publication, Seen, Wrong

SEEN = Seen(1, NOW, NOW + HOUR, NOW, 4, "aa", b"")
GOOD = NotYet("good", is_statement=True)
SILENT = NotYet("unreachable")
WRONG = Wrong("signature", "not by the issuer's key")


def test_an_order_is_confirmed_only_from_accepted() -> None:
    verbs = {state: verb for state, verbs in ORDER_STATES.transitions.items() for verb in verbs if verb == "CONFIRM"}
    assert verbs == {OrderState.ACCEPTED: "CONFIRM"}
    assert ORDER_STATES.final == {OrderState.CONFIRMED, OrderState.REFUSED, OrderState.WITHDRAWN}
    with pytest.raises(IllegalTransitionError):
        ORDER_STATES.next(OrderState.SENT, "CONFIRM")


def test_looks_are_quick_at_first_and_once_a_minute_for_ever() -> None:
    waits = [look_again_after(attempt).total_seconds() for attempt in range(11)]
    assert waits == [0.5, 0.5, 1, 2, 5, 10, 20, 40, 60, 60, 60]


def test_what_is_not_visible_pages_after_30_and_again_after_60_minutes() -> None:
    assert lateness_alarms(timedelta(minutes=29, seconds=59)) == ()
    assert lateness_alarms(timedelta(minutes=30)) == (OrderAlarm.NOT_VISIBLE_AFTER_30_MINUTES,)
    assert lateness_alarms(timedelta(minutes=60)) == (
        OrderAlarm.NOT_VISIBLE_AFTER_30_MINUTES,
        OrderAlarm.NOT_VISIBLE_AFTER_60_MINUTES,
    )


def test_a_revocation_is_visible_only_in_both() -> None:
    assert Publication(SEEN, SEEN, NOW).is_visible
    for other in (GOOD, SILENT, WRONG):
        assert not Publication(SEEN, other, NOW).is_visible
        assert not Publication(other, SEEN, NOW).is_visible


def test_only_a_verified_denial_contradicts_and_only_after_five_minutes() -> None:
    for crl, ocsp in ((SEEN, GOOD), (GOOD, SEEN)):
        assert Publication(crl, ocsp, NOW).disagrees
        assert not Publication(crl, ocsp, NOW).is_conflict(NOW - timedelta(minutes=5))
        assert Publication(crl, ocsp, NOW).is_conflict(NOW - timedelta(minutes=5, seconds=1))
    for crl, ocsp in ((SEEN, SEEN), (SEEN, SILENT), (WRONG, SEEN), (GOOD, GOOD)):
        assert not Publication(crl, ocsp, NOW).disagrees
