"""People in Finland read Helsinki time with its offset, also in the night when the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sulku_kernel.language import Language
from sulku_templates.people_time import people_date, people_time, utc_time

FI, SV, EN = Language.FI, Language.SV, Language.EN


@pytest.mark.parametrize(
    ("at", "language", "expected"),
    [
        ("2026-11-24T12:05:59", FI, "24.11.2026 klo 14.05 (UTC+2)"),
        ("2026-11-24T12:05:59", SV, "24.11.2026 kl. 14.05 (UTC+2)"),
        ("2026-11-24T12:05:59", EN, "24 Nov 2026, 14:05 (UTC+2)"),
        ("2026-11-24T01:00:00", FI, "24.11.2026 klo 3.00 (UTC+2)"),
        ("2026-06-30T21:30:00", SV, "1.7.2026 kl. 0.30 (UTC+3)"),
        ("2026-06-30T21:30:00", EN, "1 Jul 2026, 00:30 (UTC+3)"),
        # 25 October 2026: 3.30 comes twice, and only the offset tells which.
        ("2026-10-25T00:30:00", FI, "25.10.2026 klo 3.30 (UTC+3)"),
        ("2026-10-25T01:30:00", FI, "25.10.2026 klo 3.30 (UTC+2)"),
    ],
)
def test_a_moment_as_people_read_it(at: str, language: Language, expected: str) -> None:
    assert people_time(datetime.fromisoformat(at).replace(tzinfo=UTC), language) == expected


def test_the_day_is_the_day_in_helsinki() -> None:
    at = datetime(2027, 2, 3, 22, 30, tzinfo=UTC)
    assert [people_date(at, language) for language in Language] == ["4.2.2027", "4.2.2027", "4 Feb 2027"]


def test_evidence_has_the_second_in_utc() -> None:
    assert utc_time(datetime(2026, 11, 24, 12, 5, 9, tzinfo=UTC)) == "2026-11-24 12:05:09 UTC"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        people_time(datetime(2026, 11, 24), FI)  # noqa: DTZ001  that is the test
