"""What stands on a campaign's list and what of it is ordered: wrong lines, what is revoked already, holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.servers.ca import to_issue
from tests.story.campaign_world import ON_BOTH, OPERATOR, CampaignWorld, certificate_of, world_of_campaigns  # noqa: F401  one is a fixture

from sulku_kernel import numbers
from sulku_kernel.errors import InputError
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.transaction import begin
from sulku_revocation import models
from sulku_revocation.ca.authority import OrderToSend
from sulku_revocation.campaign_dry_run import dry_run
from sulku_revocation.campaign_listing import Criteria
from sulku_revocation.campaign_report import report
from sulku_revocation.campaign_running import end_holds
from sulku_revocation.campaigns import (
    LegalHold,
    Plan,
    freeze,
    hold,
    plan,
    release,
)
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.hold_models import LEGAL_HOLDS


@ON_BOTH
def test_a_legal_hold_of_a_ticket_holds_here_too(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials())
    until = world.clock.now() + timedelta(days=3)
    line = world.lines(campaign_id)[5]
    with begin(world.store, world.clock, OPERATOR) as tx:
        (hold_id,) = numbers.reserve(tx.connection, LEGAL_HOLDS.kind)
        order = {"authority": "Hovioikeus", "reference": "S 7", "until": until, "because": "Kielto."}
        values = {**order, "ticket_id": 1, "serial": line["serial"], "placed_by": "user:olli", "placed_at": tx.now}
        tx.create(LEGAL_HOLDS, hold_id, "PLACE", {**values, "certificate_id": line["certificate_id"]})
    with world.store.reading() as connection:
        assert dry_run(connection, world.row(campaign_id), world.clock.now()).held == 1
    world.approve(campaign_id)
    world.run()
    assert world.states(campaign_id) == {"HELD": 1, "REVOKED": 11}
    held = world.lines(campaign_id)[5]
    assert (held["held_by"], held["held_until"]) == ("Hovioikeus", until)


@ON_BOTH
def test_a_line_that_names_nothing_or_several_is_shown_and_not_guessed(world: CampaignWorld) -> None:
    known = world.serials()[0]
    with world.store.writing() as connection:
        twin = certificate_of(
            1_900, "twin.example", world.running.ca.issue("care", to_issue(world.clock, "twin.example"))
        )
        other = {**twin, "id": 1_901, "sha1": "", "fingerprint": "f" * 64}
        # "10" is the one's serial number in decimal and the other's in hex.
        connection.execute(models.certificates.insert().values({**twin, "serial": "a"}))
        connection.execute(models.certificates.insert().values({**other, "serial": "10"}))
    campaign_id = world.new()
    given = f"# our list\n0x{known}\nnot a serial\n0xdeadbeef\n10\n0x{known}\n"
    listed = world.lister(campaign_id).from_file("list.txt", given.encode())
    assert listed.added == 1
    unmatched = world.row(campaign_id)["unmatched"]
    assert [place for _, place, _, _ in unmatched] == ["line 3", "line 4", "line 5"]
    assert [why.partition(":")[0] for *_, why in unmatched] == [
        "no serial number and no fingerprint",
        "no certificate on file",
        "fits several",
    ]


def test_what_is_revoked_or_expired_stays_on_the_list_and_is_not_ordered(world: CampaignWorld) -> None:
    first, second, *_ = world.serials()
    with world.store.writing() as connection:
        columns = models.certificates.c
        connection.execute(
            models.certificates.update().where(columns.serial == first).values(revoked_at=world.clock.now(), reason=1)
        )
        connection.execute(
            models.certificates.update()
            .where(columns.serial == second)
            .values(not_after=world.clock.now() - timedelta(days=1))
        )
    campaign_id = world.decided(world.serials())
    with world.store.reading() as connection:
        found = dry_run(connection, world.row(campaign_id), world.clock.now())
    assert (found.total, found.to_revoke, found.left_out) == (12, 10, {"revoked": 1, "expired": 1})
    world.approve(campaign_id)
    world.run()
    assert world.states(campaign_id) == {"LEFT_OUT": 2, "REVOKED": 10}
    assert set(world.at_ca()) == set(world.serials()[2:])


@ON_BOTH
def test_the_dry_run_tells_what_would_happen_and_changes_nothing(world: CampaignWorld) -> None:
    with world.store.writing() as connection:
        newer = certificate_of(
            1_900, "palvelin0.haltija1.example", world.running.ca.issue("care", to_issue(world.clock, "twin.example"))
        )
        newer["not_before"] += timedelta(days=30)
        connection.execute(models.certificates.insert().values(newer))
        connection.execute(models.contacts.delete().where(models.contacts.c.account_id == 2))
    campaign_id = world.new()
    world.lister(campaign_id).by_criteria(Criteria(issued_until=newer["not_before"]))
    world.do(freeze, campaign_id)
    world.do(plan, campaign_id, Plan(sizes=(1, 5), per_minute=60))
    with world.store.reading() as connection:
        found = dry_run(connection, world.row(campaign_id), world.clock.now())
        dated = dry_run(connection, {**world.row(campaign_id), "invalidity_at": world.clock.now()}, world.clock.now())
        told = report(connection, world.row(campaign_id))
    assert (found.holders, found.holders_without_contact, found.replaced, found.waves) == (3, 1, 1, (1, 5, 6))
    assert told["holders_without_contact"] == ["Haltija 2 Oy"]
    assert found.by_type == {"server": 12}
    (issuer,) = found.issuers
    assert issuer.octets_then > issuer.octets_now == 0
    assert dated.issuers[0].octets_then > issuer.octets_then
    assert issuer.shortest == timedelta(seconds=12)
    assert world.at_ca() == {}


@ON_BOTH
def test_a_legal_hold_takes_certificates_out_until_it_ends(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials())
    until = world.clock.now() + timedelta(days=2)
    order = LegalHold("Helsingin käräjäoikeus", "H 26/1234", until)
    assert world.do(hold, campaign_id, order, account_id=2) == 4
    world.approve(campaign_id)
    world.run()
    assert world.states(campaign_id) == {"HELD": 4, "REVOKED": 8}
    assert world.row(campaign_id)["state"] == "RUNNING"
    one = next(line for line in world.lines(campaign_id) if line["state"] == "HELD")
    assert (one["held_by"], one["held_reference"], one["held_until"]) == (order.authority, order.reference, until)
    assert world.do(release, campaign_id, because="Määräys kumottu.", lines=[one["id"]]) == 1
    world.run()
    assert world.states(campaign_id) == {"HELD": 3, "REVOKED": 9}
    world.clock.advance(timedelta(days=2))
    assert end_holds(world.store, world.clock) == 3
    world.run()
    assert (world.row(campaign_id)["state"], world.states(campaign_id)) == ("COMPLETED", {"REVOKED": 12})
    assert world.audit_faults() == []


def test_what_somebody_else_revoked_before_keeps_its_reason_and_date(world: CampaignWorld) -> None:
    first = world.serials()[0]
    _revoke_elsewhere(world, first)
    before = world.running.ca.lookup(world.issuer, SerialNumber.from_hex(first))
    campaign_id = world.decided(world.serials())
    world.clock.advance(timedelta(hours=1))
    world.approve(campaign_id)
    world.run()
    line = next(one for one in world.lines(campaign_id) if one["serial"] == first)
    assert (line["state"], line["ca_reason"], line["ca_revoked_at"]) == ("REVOKED", 5, before.revoked_at)
    assert world.at_ca()[first] == 5


def test_a_campaign_over_nothing_is_not_frozen(world: CampaignWorld) -> None:
    campaign_id = world.new()
    with pytest.raises(InputError, match="no criterion"):
        world.lister(campaign_id).by_criteria(Criteria())
    with pytest.raises(InputError, match="no certificate"):
        world.do(freeze, campaign_id)


def _revoke_elsewhere(world: CampaignWorld, serial: str) -> None:
    issuer = world.issuer
    world.running.authority.revoke(
        OrderToSend(
            "elsewhere",
            issuer.name,
            issuer.key_identifier,
            SerialNumber.from_hex(serial),
            ReasonCode.CESSATION_OF_OPERATION,
        )
    )
