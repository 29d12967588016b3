"""How a campaign looks at CRL and OCSP: at what it must know, and no oftener than that helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.story.campaign_world import CampaignWorld, campaign_world

from sulku_kernel.clock import SetClock
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.storage import Storage
from sulku_revocation.ca.authority import CertificateState, CertificateStatus


@pytest.fixture
def world(sqlite_storage: Storage, clock: SetClock, tmp_path: Path) -> Iterator[CampaignWorld]:
    with campaign_world(sqlite_storage, clock, tmp_path) as opened:
        yield opened


def test_a_responder_that_lags_behind_the_list_is_asked_ever_more_seldom_and_believed_when_it_has_caught_up(
    world: CampaignWorld,
) -> None:
    asked, ca = [], world.running.ca
    status = ca._status

    def good(slug: str, serial: SerialNumber) -> CertificateStatus:
        asked.append(serial)
        return CertificateStatus(CertificateState.GOOD)

    ca._status = good
    campaign_id = world.decided(world.serials(), ocsp_per_mille=1_000)
    world.approve(campaign_id)
    world.run(timedelta(minutes=3))
    assert set(Counter(asked).values()) <= set(range(3, 9))
    assert {line["state"] for line in world.lines(campaign_id)} == {"ACCEPTED"}
    ca._status = status
    world.run(timedelta(minutes=1, seconds=10))
    assert {line["state"] for line in world.lines(campaign_id)} == {"REVOKED"}
