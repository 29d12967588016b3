"""A responder that lags is asked about each certificate ever more seldom, and never forgotten."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import NIGHT

from sulku_revocation import ocsp_patience
from sulku_revocation.ocsp_patience import OcspPatience

SECOND = timedelta(seconds=1)


def test_it_is_asked_at_once_then_ever_more_seldom_at_most_a_minute_apart() -> None:
    patience, asked = OcspPatience(), []
    for second in range(300):
        if patience.is_due(7, NIGHT + second * SECOND):
            asked.append(second)
            patience.still_good(7, NIGHT + second * SECOND)
    assert asked == [0, 1, 2, 8, 20, 44, 92, 152, 212, 272]
    patience.forget(7)
    assert patience.is_due(7, NIGHT)


def test_a_clock_that_was_set_back_puts_nothing_off() -> None:
    patience = OcspPatience()
    for _ in range(4):
        patience.still_good(7, NIGHT)
    assert not patience.is_due(7, NIGHT)
    assert patience.is_due(7, NIGHT - timedelta(hours=1))


def test_only_so_many_are_remembered_and_the_others_are_asked_each_time(monkeypatch) -> None:
    monkeypatch.setattr(ocsp_patience, "MOST_REMEMBERED", 2)
    patience = OcspPatience()
    for _ in range(4):
        for id_ in (1, 2, 3):
            patience.still_good(id_, NIGHT)
    assert [patience.is_due(id_, NIGHT) for id_ in (1, 2, 3)] == [False, False, True]
