"""A mass revocation from its list to its report: one list, one reason, two people once, then wave after wave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Semaphore, Thread

import pytest
from tests.servers.ca import to_issue
from tests.story.campaign_world import APPROVER, BOTH, OPERATOR, CampaignWorld, campaign_world, certificate_of

from sulku_kernel import numbers
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import ConflictError, IllegalTransitionError, InputError, NotAllowedError
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.storage import create_all, open_storage
from sulku_kernel.transaction import begin
from sulku_revocation import models
from sulku_revocation.block_list import list_blocked
from sulku_revocation.ca.authority import Accepted, Lookup, OrderToSend, PendingApproval, TryLater
from sulku_revocation.ca.embedded.authority import CertificateToIssue
from sulku_revocation.campaign_dry_run import dry_run
from sulku_revocation.campaign_listing import Criteria
from sulku_revocation.campaign_report import incident_report, last_drill, report
from sulku_revocation.campaign_running import end_holds
from sulku_revocation.campaign_sending import AT_ONCE
from sulku_revocation.campaigns import (
    LegalHold,
    Plan,
    approve_campaign,
    cancel,
    decide_campaign,
    freeze,
    hold,
    pause,
    plan,
    release,
    resume,
)
from sulku_revocation.domain.campaign_rules import WaveOrder
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.hold_models import LEGAL_HOLDS

# What asks the database in its own words; the rest goes the same way on either.
ON_BOTH_DATABASES = frozenset(
    {
        "test_everything_on_the_list_is_revoked_seen_and_told_of_once_per_holder",
        "test_a_line_that_names_nothing_or_several_is_shown_and_not_guessed",
        "test_the_dry_run_tells_what_would_happen_and_changes_nothing",
        "test_replaced_certificates_go_first_and_waves_follow_one_another",
        "test_a_legal_hold_takes_certificates_out_until_it_ends",
        "test_a_legal_hold_of_a_ticket_holds_here_too",
        "test_the_incident_report_tells_the_times_and_the_numbers",
    }
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    databases = ["sqlite", "postgresql"] if metafunc.function.__name__ in ON_BOTH_DATABASES else ["sqlite"]
    metafunc.parametrize("world", databases, indirect=True)


@pytest.fixture
def world(request: pytest.FixtureRequest, clock: SetClock, tmp_path: Path) -> Iterator[CampaignWorld]:
    url = request.getfixturevalue("postgresql_url_with_tables") if request.param == "postgresql" else None
    storage = open_storage(url, tmp_path / "home")
    if url is None:
        create_all(storage)
    with campaign_world(storage, clock, tmp_path) as made:
        yield made
    storage.close()


def test_everything_on_the_list_is_revoked_seen_and_told_of_once_per_holder(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials())
    assert world.at_ca() == {}
    world.approve(campaign_id)
    world.run()

    assert world.row(campaign_id)["state"] == "COMPLETED"
    assert world.states(campaign_id) == {"REVOKED": 12}
    assert world.at_ca() == dict.fromkeys(world.serials(), 4)
    for template in ("campaign_before", "campaign_after"):
        mails = world.mails(template)
        assert sorted(mail["to"] for mail in mails) == [f"tekniikka@haltija{n}.example" for n in (1, 2, 3)]
        assert {len(mail["context"]["certificates"]) for mail in mails} == {4}
    assert {mail["language"] for mail in world.mails("campaign_after")} == {"fi", "sv", "en"}
    assert world.audit_faults() == []
    assert world.alarms == []


def test_each_line_names_the_crl_that_showed_it_and_one_at_least_was_asked_in_ocsp(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials())
    world.approve(campaign_id)
    world.run()
    lines = world.lines(campaign_id)
    with world.store.reading() as connection:
        found = report(connection, world.row(campaign_id))
    shown_by = {sight["crl_digest"] for sight in found["crls"]}
    assert {line["crl_digest"] for line in lines} == shown_by
    assert 1 <= found["asked_in_ocsp"] < len(lines)
    assert found["revoked_for_another_reason"] == 0


def test_with_every_certificate_asked_in_ocsp_each_has_both_proofs(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials(), ocsp_per_mille=1_000)
    world.approve(campaign_id)
    world.run()
    assert all(line["crl_digest"] and line["ocsp_digest"] for line in world.lines(campaign_id))


def test_where_ocsp_disagrees_nothing_that_rests_on_it_counts_as_revoked(world: CampaignWorld) -> None:
    with world.store.writing() as connection:
        connection.execute(models.issuers.update().values(ocsp_url="http://127.0.0.1:1/ocsp"))
    campaign_id = world.decided(world.serials())
    world.approve(campaign_id)
    world.run(timedelta(minutes=35), step=timedelta(seconds=30))
    assert world.states(campaign_id) == {"ACCEPTED": 12}
    assert len(world.alarms) == 1
    assert "OCSP: unreachable" in world.alarms[0]
    with world.store.writing() as connection:
        connection.execute(models.issuers.update().values(ocsp_url=world.issuer.ocsp_url))
    world.run(timedelta(minutes=3), step=timedelta(seconds=30))
    assert world.states(campaign_id) == {"REVOKED": 12}


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


def test_who_decided_cannot_approve_and_a_changed_list_or_reason_is_not_approved(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials())
    with pytest.raises(NotAllowedError, match="role"):
        world.approve(campaign_id, OPERATOR)
    shown = world.row(campaign_id)["approval_digest"]
    world.do(decide_campaign, campaign_id, reason=ReasonCode.KEY_COMPROMISE, because="Onkin pahempaa.", actor=BOTH)
    with pytest.raises(NotAllowedError, match="four eyes"):
        world.approve(campaign_id, BOTH)
    with pytest.raises(ConflictError, match="changed"):
        world.do(approve_campaign, campaign_id, shown_digest=shown, actor=APPROVER)
    with pytest.raises(IllegalTransitionError):
        world.lister(campaign_id).from_file("more.txt", b"0x1")
    world.run()
    assert world.at_ca() == {}


def test_a_line_that_names_nothing_or_several_is_shown_and_not_guessed(world: CampaignWorld) -> None:
    known = world.serials()[0]
    with world.store.writing() as connection:
        twin = certificate_of(1_900, "twin.example", world.running.ca.issue("care", _other(world)))
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


def _other(world: CampaignWorld) -> CertificateToIssue:
    return to_issue(world.clock, "twin.example")


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


def test_the_dry_run_tells_what_would_happen_and_changes_nothing(world: CampaignWorld) -> None:
    with world.store.writing() as connection:
        newer = certificate_of(1_900, "palvelin0.haltija1.example", world.running.ca.issue("care", _other(world)))
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


def test_replaced_certificates_go_first_and_waves_follow_one_another(world: CampaignWorld) -> None:
    with world.store.writing() as connection:
        newer = certificate_of(3_900, "palvelin2.haltija3.example", world.running.ca.issue("care", _other(world)))
        newer["not_before"] += timedelta(days=30)
        connection.execute(models.certificates.insert().values(newer))
    listed = [serial for serial in world.serials() if serial != newer["serial"]]
    campaign_id = world.decided(listed, plan=Plan(WaveOrder.REPLACED_FIRST, (1, 4), is_stepwise=True))
    world.approve(campaign_id)
    world.run()
    revoked = [line["certificate_id"] for line in world.lines(campaign_id) if line["state"] == "REVOKED"]
    assert (world.row(campaign_id)["state"], revoked) == ("PAUSED", [3_002])
    world.do(resume, campaign_id)
    world.run()
    assert (world.row(campaign_id)["state"], world.states(campaign_id)["REVOKED"]) == ("PAUSED", 5)
    world.do(resume, campaign_id)
    world.run()
    assert (world.row(campaign_id)["state"], world.states(campaign_id)) == ("COMPLETED", {"REVOKED": 12})


def test_waves_that_need_nobody_run_through(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials(), plan=Plan(WaveOrder.BY_CUSTOMER, (3, 3, 3)))
    world.approve(campaign_id)
    world.run()
    assert (world.row(campaign_id)["state"], world.row(campaign_id)["wave"]) == ("COMPLETED", 4)


def test_a_pace_is_kept_and_a_pause_stops_sending(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials(), plan=Plan(per_minute=6))
    world.approve(campaign_id)
    world.run(timedelta(seconds=29))
    sent = 12 - world.states(campaign_id)["LISTED"]
    assert 2 <= sent <= 4
    world.do(pause, campaign_id, because="Katsotaan ensin.", actor=APPROVER)
    world.run(timedelta(minutes=10))
    assert world.states(campaign_id) == {"LISTED": 12 - sent, "REVOKED": sent}
    world.do(resume, campaign_id, per_minute=0)
    world.run()
    assert world.states(campaign_id) == {"REVOKED": 12}
    assert len(world.mails("campaign_after")) == 3


def test_the_issuers_of_one_ca_share_its_pace(world: CampaignWorld) -> None:
    with world.store.writing() as connection:
        (first,) = connection.execute(models.issuers.select()).mappings()
        other = {**first, "id": 2, "name": "CN=Care CA 2", "name_key": "care 2", "key_identifier": "ab" * 20}
        connection.execute(models.issuers.insert().values(other))
        connection.execute(models.certificates.update().where(models.certificates.c.id < 2_000).values(issuer_id=2))
    world.authority = counting = _Counting(world.authority)
    campaign_id = world.decided(world.serials(), plan=Plan(per_minute=6))
    world.approve(campaign_id)
    world.run(timedelta(seconds=59))
    assert 5 <= len(counting.sent) <= 7
    assert {order.issuer_name for order in counting.sent} == {first["name"], "CN=Care CA 2"}


def test_what_somebody_at_the_ca_must_agree_to_holds_nothing_up_and_is_sent_once(world: CampaignWorld) -> None:
    world.authority = _Agreeing(world.authority)
    campaign_id = world.decided(world.serials(), plan=Plan(per_minute=30))
    world.approve(campaign_id)
    world.run(timedelta(minutes=5))
    assert world.states(campaign_id) == {"SENT": 1, "REVOKED": 11}
    assert world.alarms == ["somebody at the CA must agree to revoke one certificate of a campaign"]
    assert len(world.authority.sent) == 12, "asked for once: each order would be another matter for the CA's people"
    world.authority.agree()
    world.run(timedelta(minutes=3))
    assert (world.row(campaign_id)["state"], world.states(campaign_id)) == ("COMPLETED", {"REVOKED": 12})
    assert world.audit_faults() == []


def test_an_approval_of_one_campaign_is_none_of_another_with_the_same_list_and_reason(world: CampaignWorld) -> None:
    one, other = world.decided(world.serials()), world.decided(world.serials())
    shown = world.row(one)["approval_digest"]
    with pytest.raises(ConflictError, match="changed"):
        world.do(approve_campaign, other, shown_digest=shown, actor=APPROVER)


def test_a_step_that_is_not_possible_yet_is_refused_in_words_for_people(world: CampaignWorld) -> None:
    with pytest.raises(IllegalTransitionError, match="not frozen yet") as refused:
        world.do(plan, world.new(), Plan())
    assert "freeze" in refused.value.next_step
    with pytest.raises(IllegalTransitionError, match="nothing is decided yet"):
        frozen = world.new()
        world.lister(frozen).from_file("list.txt", f"0x{world.serials()[0]}".encode())
        world.do(freeze, frozen)
        world.do(approve_campaign, frozen, shown_digest="", actor=APPROVER)


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


def test_a_drill_touches_nothing_and_is_remembered(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials(), is_drill=True)
    world.approve(campaign_id)
    world.run()
    assert world.row(campaign_id)["state"] == "COMPLETED"
    assert world.states(campaign_id) == {"LISTED": 12}
    assert world.at_ca() == {}
    assert world.mails("campaign_before") == world.mails("campaign_after") == []
    with world.store.reading() as connection:
        assert last_drill(connection) == world.row(campaign_id)["approved_at"]


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


def test_a_compromised_key_is_blocked_before_the_ca_is_asked(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials(), reason=ReasonCode.KEY_COMPROMISE)
    world.authority = _Silent(world.authority)
    world.approve(campaign_id)
    world.run(timedelta(seconds=5))
    with world.store.reading() as connection:
        assert len(list_blocked(connection)) == 12


def test_a_refused_certificate_is_told_of_and_stops_no_other(world: CampaignWorld) -> None:
    with world.store.writing() as connection:
        unknown = certificate_of(1_500, "unknown.example", world.running.ca.issue("care", _other(world)))
        connection.execute(models.certificates.insert().values({**unknown, "serial": "abc123"}))
    campaign_id = world.decided(world.serials())
    world.approve(campaign_id)
    world.run()
    assert world.states(campaign_id) == {"REFUSED": 1, "REVOKED": 12}
    assert len(world.alarms) == 1
    assert "unknown_serial" in world.alarms[0]


def test_a_silent_ca_is_asked_again_and_pages_once_after_a_quarter_of_an_hour(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials())
    real, world.authority = world.authority, _Silent(world.authority)
    world.approve(campaign_id)
    world.run(timedelta(minutes=14))
    assert world.alarms == []
    world.run(timedelta(minutes=20), step=timedelta(seconds=30))
    assert len(world.alarms) == 1
    world.authority = real
    world.run(timedelta(minutes=10), step=timedelta(seconds=30))
    assert world.states(campaign_id) == {"REVOKED": 12}


def test_orders_go_one_by_one_to_a_ca_that_takes_no_batch(world: CampaignWorld) -> None:
    world.authority = _OneByOne(world.authority)
    campaign_id = world.decided(world.serials())
    world.approve(campaign_id)
    world.run()
    assert world.states(campaign_id) == {"REVOKED": 12}
    assert len(world.authority.sent) == 12


def test_all_campaigns_together_leave_calls_to_a_ca_for_single_orders(world: CampaignWorld) -> None:
    world.authority = _Held(world.authority)
    serials = world.serials()
    for part in (serials[:6], serials[6:]):
        world.approve(world.decided(part))
    batches = [Thread(target=world.dispatcher.run_due, args=(("campaign_batch",), 1)) for _ in range(2)]
    for batch in batches:
        batch.start()
    for _ in range(AT_ONCE):
        assert world.authority.entered.acquire(timeout=20)
    assert not world.authority.entered.acquire(timeout=0.2)
    world.authority.leave.set()
    for batch in batches:
        batch.join()
    assert len(set(world.authority.sent)) == 12


def test_what_was_sent_is_seen_and_told_of_after_a_cancelling(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials(), plan=Plan(sizes=(4,), order=WaveOrder.BY_CUSTOMER, per_minute=120))
    world.approve(campaign_id)
    world.dispatcher.run_due(("campaign_batch",))
    world.do(pause, campaign_id, because="Väärä luettelo.")
    world.do(cancel, campaign_id, because="Väärä luettelo.")
    world.run()
    assert world.states(campaign_id)["REVOKED"] == 4
    assert world.states(campaign_id)["LISTED"] == 8
    assert len(world.mails("campaign_after")) == 1


def test_a_holder_of_whom_a_part_is_revoked_learns_so_when_the_rest_is_cancelled_held_or_refused(
    world: CampaignWorld,
) -> None:
    plan_ = Plan(sizes=(2,), order=WaveOrder.BY_CUSTOMER, is_stepwise=True)
    campaign_id = world.decided(world.serials(), plan=plan_)
    world.approve(campaign_id)
    world.run()
    assert world.mails("campaign_after") == []
    one = next(line for line in world.lines(campaign_id) if line["state"] == "LISTED")
    order = LegalHold("Käräjäoikeus", "H 1", world.clock.now() + timedelta(days=1))
    world.do(hold, campaign_id, order, lines=[one["id"]])
    assert world.mails("campaign_after") == []
    world.do(cancel, campaign_id, because="Väärä luettelo.")
    world.run()
    (mail,) = world.mails("campaign_after")
    assert (mail["context"]["revoked"], mail["context"]["held"]) == (2, 1)
    assert mail["to"] == "tekniikka@haltija1.example"


def test_the_incident_report_tells_the_times_and_the_numbers(world: CampaignWorld) -> None:
    began = world.clock.now() - timedelta(days=3)
    campaign_id = world.decided(world.serials(), began_at=began, identified_at=began + timedelta(days=2))
    world.approve(campaign_id)
    with world.store.reading() as connection:
        assert "Non-compliance end: not yet" in incident_report(connection, world.row(campaign_id))
    world.run()
    with world.store.reading() as connection:
        text = incident_report(connection, world.row(campaign_id))
    assert "Non-compliance end: 2026-11-24T" in text
    assert "Non-compliance start: 2026-11-21T01:00:00.000000Z" in text
    assert "Revoked and seen so: 12" in text
    assert "An approver, another person, approved it" in text
    assert not any(login in text for login in ("user:", "olli", "aino")), "it is published: roles, no logins"
    assert text.index("Non-compliance identified") < text.index("Last revocation seen")


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


class _Silent:
    """A CA that never answers."""

    def __init__(self, real) -> None:
        self.capabilities = real.capabilities

    def revoke_many(self, orders):
        raise TryLater("no answer within 30 s")


class _OneByOne:
    """A CA that takes one order at a time and remembers no keys."""

    def __init__(self, real) -> None:
        self._real = real
        self.capabilities = replace(real.capabilities, batch=1, is_idempotent=False, lookup=Lookup.RECORDS)
        self.sent: list[str] = []

    def lookup(self, issuer, serial):
        return self._real.lookup(issuer, serial)

    def revoke(self, order):
        self.sent.append(order.serial.hex)
        return self._real.revoke(order)


class _Held(_OneByOne):
    """A CA that keeps every call until it may go on."""

    def __init__(self, real) -> None:
        super().__init__(real)
        self.entered, self.leave = Semaphore(0), Event()

    def lookup(self, issuer, serial):
        self.entered.release()
        assert self.leave.wait(20)
        return super().lookup(issuer, serial)


class _Counting:
    """A CA that takes every order, and does nothing."""

    def __init__(self, real) -> None:
        self.capabilities = real.capabilities
        self.sent: list[OrderToSend] = []

    def revoke_many(self, orders):
        self.sent += orders
        return [Accepted(None) for _ in orders]

    def publish_crl(self, issuer):
        pass


class _Agreeing(_OneByOne):
    """A CA where somebody must agree to the first order that comes."""

    def __init__(self, real) -> None:
        super().__init__(real)
        self._first: OrderToSend | None = None

    def revoke(self, order):
        self._first = self._first or order
        if order.serial != self._first.serial:
            return super().revoke(order)
        self.sent.append(order.serial.hex)
        return PendingApproval("REQ-17")

    def agree(self) -> None:
        assert self._first is not None
        self._real.revoke(self._first)
