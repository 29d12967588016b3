"""The arithmetic of campaigns: hash, sample, waves, pace."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sulku_kernel.errors import InputError
from sulku_revocation.domain.campaign_rules import (
    MOST_PER_BATCH,
    approval_digest,
    batch_lasts,
    batch_size,
    is_in_ocsp_sample,
    last_position,
    list_hash,
    wave_of,
    wave_sizes,
)
from sulku_revocation.domain.campaign_states import CAMPAIGN_STATES, LINE_STATES, CampaignState, LineState


def test_the_hash_can_be_computed_with_sha256sum() -> None:
    assert list_hash([("aa", "1"), ("aa", "2")]) == hashlib.sha256(b"aa 1\naa 2\n").hexdigest()


def test_an_approval_is_bound_to_campaign_list_reason_date_and_whether_it_is_real() -> None:
    digests = {
        approval_digest(campaign_id, frozen, reason, since, is_drill=drill)
        for campaign_id in (7, 8)
        for frozen in ("a", "b")
        for reason in (1, 4)
        for since in ("", "2026")
        for drill in (True, False)
    }
    assert len(digests) == 32


def test_about_one_in_a_hundred_is_asked_in_ocsp_and_always_the_same() -> None:
    chosen = [n for n in range(20_000) if is_in_ocsp_sample("hash", format(n, "x"), 10)]
    assert 150 < len(chosen) < 250
    assert chosen == [n for n in range(20_000) if is_in_ocsp_sample("hash", format(n, "x"), 10)]
    assert all(is_in_ocsp_sample("hash", format(n, "x"), 1_000) for n in range(500))


@settings(max_examples=100)
@given(st.lists(st.integers(1, 50), max_size=10), st.integers(0, 200))
def test_waves_cover_the_list_once(sizes: list[int], total: int) -> None:
    waves = wave_sizes(sizes, total)
    assert sum(waves) == total
    assert all(size > 0 for size in waves)
    for position in range(1, total + 1):
        wave = wave_of(waves, position)
        assert last_position(waves, wave - 1) < position <= last_position(waves, wave)


def test_a_position_beyond_the_list_belongs_to_the_last_wave() -> None:
    assert wave_of([2, 3], 9) == 2
    assert wave_of([], 1) == 1


@pytest.mark.parametrize("sizes", [(0,), (-1, 5), (1,) * 51])
def test_waves_that_are_none_are_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="wave"):
        wave_sizes(sizes, 100)


def test_a_slow_pace_makes_small_batches_so_that_a_pause_is_soon_felt() -> None:
    assert (batch_size(0), batch_size(1), batch_size(60), batch_size(100_000)) == (MOST_PER_BATCH, 1, 2, MOST_PER_BATCH)
    assert batch_lasts(2, 60) == timedelta(seconds=2)
    assert batch_lasts(500, 0) == timedelta()


def test_only_an_approval_leads_to_running_and_nothing_leads_back_from_revoked() -> None:
    leading = {
        (state, verb)
        for state, verbs in CAMPAIGN_STATES.transitions.items()
        for verb, target in verbs.items()
        if target == CampaignState.RUNNING and state != target
    }
    assert leading == {(CampaignState.DECIDED, "APPROVE"), (CampaignState.PAUSED, "RESUME")}
    assert LINE_STATES.final == {LineState.REVOKED, LineState.REFUSED, LineState.LEFT_OUT}
