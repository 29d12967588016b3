"""What is said of an issuer's list when nothing is ordered, and when it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.conftest import NIGHT

from sulku_revocation.domain.crl_comparing import compare, forecast_octets, next_look_at
from sulku_revocation.domain.crl_health import PublishedPoint, complaints

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WELL = PublishedPoint(
    "CN=CA", "http://ca/crl", "crl", NIGHT, number="7", this_update=NIGHT - HOUR, next_update=NIGHT + 2 * DAY,
    octets=4_000, entries=100, valid=500,
)  # fmt: skip


def said(**changes) -> list[bool]:
    """Whether each complaint is urgent."""
    found = complaints(replace(WELL, **changes), NIGHT)
    assert all(one.what.startswith("CN=CA: ") and one.next_step for one in found)
    return [one.is_urgent for one in found]


URGENT, SOON, WELL_SO = [True], [False], []
CASES = {
    "well": ({}, WELL_SO),
    "ends in six hours": ({"next_update": NIGHT + 6 * HOUR, "this_update": NIGHT - 23 * HOUR}, SOON),
    "ends in more": ({"next_update": NIGHT + 6 * HOUR + MINUTE, "this_update": NIGHT - 23 * HOUR}, WELL_SO),
    "ends in an hour": ({"next_update": NIGHT + HOUR, "this_update": NIGHT - 9 * HOUR}, URGENT),
    "has ended": ({"next_update": NIGHT - MINUTE}, URGENT),
    "lives for hours only": ({"this_update": NIGHT - 3 * HOUR, "next_update": NIGHT + 55 * MINUTE}, SOON),
    "is a day old": ({"this_update": NIGHT - 25 * HOUR}, URGENT),
    "is of a root": ({"this_update": NIGHT - 90 * DAY, "next_update": NIGHT + 90 * DAY, "valid": 0}, WELL_SO),
    "is away for a while": ({"fault": "unreachable: 503", "fault_since": NIGHT - 29 * MINUTE}, SOON),
    "is away for long": ({"fault": "unreachable: 503", "fault_since": NIGHT - 30 * MINUTE}, URGENT),
    "is forged": ({"fault": "signature: not by the issuer's key", "fault_since": NIGHT}, URGENT),
    "is of a test issuer": ({"next_update": NIGHT - MINUTE, "is_test": True}, SOON),
    "has no issuer": ({"fault": "no_issuer_certificate: not on file", "fault_since": NIGHT}, URGENT),
    "has no issuer and no holders": ({"fault": "no_issuer_certificate: not on file", "valid": 0}, SOON),
    "nobody looks": ({"looked_at": NIGHT - 61 * MINUTE}, URGENT),
    "would grow too long": ({"valid": 3_000_000}, SOON),
    "was never read": ({"number": None, "this_update": None, "next_update": None, "octets": 0, "entries": 0}, WELL_SO),
}


@pytest.mark.parametrize("case", CASES)
def test_a_list_is_complained_of_when_it_must_be(case: str) -> None:
    changes, expected = CASES[case]
    assert said(**changes) == expected


def test_an_age_that_is_allowed_by_the_settings_is_none_to_complain_of() -> None:
    weekly = replace(WELL, this_update=NIGHT - 5 * DAY, next_update=NIGHT + 3 * DAY)
    assert complaints(weekly, NIGHT, timedelta(days=7)) == []


def test_the_list_of_a_mass_revocation_is_as_long_as_its_entries_so_far_say() -> None:
    assert forecast_octets(4_000, 100, 83_267) == 4_000 + 40 * 83_267
    assert forecast_octets(500, 0, 1_000) == 40_500
    assert forecast_octets(561, 3, 1_000) == 40_561, "of a short list most is names and signature"


def test_what_is_gone_is_known_only_when_every_list_was_read() -> None:
    assert compare({1, 2}, {2, 3}, is_whole=True).gone == {1}
    assert compare({1, 2}, {2, 3}, is_whole=False).gone == frozenset()
    assert compare({1, 2}, {2, 3}, is_whole=False).new == {3}


def test_looks_grow_rarer_and_the_last_is_before_the_end() -> None:
    assert [next_look_at(NIGHT, looks, None) - NIGHT for looks in range(6)] == [
        HOUR, DAY, 7 * DAY, 30 * DAY, 30 * DAY, 30 * DAY,
    ]  # fmt: skip
    end = NIGHT + 10 * DAY
    assert next_look_at(NIGHT, 3, end) == end - HOUR
    assert next_look_at(end - HOUR, 4, end) is None
