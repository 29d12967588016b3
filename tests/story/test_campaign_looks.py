"""How a campaign looks at CRL and OCSP: at what it must know, and no oftener than that helps."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.story.campaign_world import CampaignWorld, campaign_world
from tests.story.decisions_world import POLICY

from sulku_kernel.clock import SetClock
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.storage import Storage
from sulku_revocation.alarms import page_by
from sulku_revocation.ca.authority import CertificateState, CertificateStatus
from sulku_revocation.issuer_alarms import IssuerAlarms
from sulku_revocation.publication import PublicationMemory
from sulku_revocation.publication_watch import PublicationWatch
from sulku_revocation.register import DatabaseRegister
from sulku_tickets.models import escalations, tickets


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


def test_a_certificate_of_a_campaign_that_vanishes_from_the_list_pages_on_a_ticket_of_its_issuer(
    world: CampaignWorld, tmp_path: Path
) -> None:
    alarms = IssuerAlarms(lambda: POLICY)
    given = (world.store, world.clock, DatabaseRegister, world.fetch, PublicationMemory())
    watch = PublicationWatch(*given, page=page_by(lambda: POLICY), alarms=alarms)
    campaign_id = world.decided(world.serials())
    world.approve(campaign_id)
    world.run()
    watch.run_due()
    lost = world.lines(campaign_id)[0]["serial"]
    with sqlite3.connect(tmp_path / "ca" / "ca.sqlite") as connection:  # what a restored backup does to a CA
        connection.execute("DELETE FROM revocation WHERE serial = ?", (lost,))
    world.running.ca._changed.add("care")
    world.running.ca._joined.clear()
    world.clock.advance(timedelta(minutes=10))
    watch.run_due()
    with world.store.reading() as connection:
        (ticket,) = connection.execute(sa.select(tickets).where(tickets.c.subject.like("crl_entry_gone: %"))).all()
        (paging,) = connection.execute(sa.select(escalations).where(escalations.c.ticket_id == ticket.id)).all()
    assert (paging.kind, paging.state) == ("crl_entry_gone", "OPEN")
    assert world.audit_faults() == []
