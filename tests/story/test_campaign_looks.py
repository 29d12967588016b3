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
from sulku_kernel.outbox import outbox
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.storage import Storage
from sulku_revocation import models
from sulku_revocation.alarms import page_by
from sulku_revocation.ca.authority import CertificateState, CertificateStatus
from sulku_revocation.issuer_alarms import IssuerAlarms
from sulku_revocation.overtaken import PLANNED_REVOCATION, is_at_the_ca
from sulku_revocation.publication import PublicationMemory
from sulku_revocation.publication_watch import PublicationWatch
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import revocation_requests
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


def test_what_is_planned_on_a_ticket_for_a_certificate_of_a_campaign_is_woken_when_that_was_seen_revoked(
    world: CampaignWorld,
) -> None:
    first, second = world.serials()[:2]
    planned = {
        "id": 1, "ticket_id": 1, "issuer_id": 1, "spki": "", "proof": "", "proposed_by": "desk:worker",
        "approved_at": world.clock.now(), "wanted_at": world.clock.now() + timedelta(days=7),
    }  # fmt: skip
    with world.store.writing() as connection:
        ids = dict(connection.execute(sa.select(models.certificates.c.serial, models.certificates.c.id)).all())
        waiting = {**planned, "state": "APPROVED", "certificate_id": ids[first], "serial": first}
        undecided = {**planned, "id": 2, "state": "PROPOSED", "certificate_id": ids[second], "serial": second}
        connection.execute(revocation_requests.insert(), [waiting, undecided])
    world.approve(world.decided([first, second]))
    with world.store.reading() as connection:
        assert is_at_the_ca(connection, ids[first]) is False
    world.run()
    with world.store.reading() as connection:
        woken = sa.select(outbox.c.payload).where(outbox.c.kind == PLANNED_REVOCATION)
        assert list(connection.execute(woken).scalars()) == [{"request_id": 1, "step": "overtaken"}]
