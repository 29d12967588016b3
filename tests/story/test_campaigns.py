"""A mass revocation from its list to its report: one list, one reason, two people once, then wave after wave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.servers.ca import to_issue
from tests.story.campaign_world import (  # noqa: F401  one is a fixture
    APPROVER,
    BOTH,
    ON_BOTH,
    OPERATOR,
    CampaignWorld,
    certificate_of,
    world_of_campaigns,
)

from sulku_kernel.errors import ConflictError, IllegalTransitionError, NotAllowedError
from sulku_revocation import models
from sulku_revocation.campaign_report import incident_report, last_drill, report
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
    resume,
)
from sulku_revocation.domain.campaign_rules import WaveOrder
from sulku_revocation.domain.reason_code import ReasonCode


@ON_BOTH
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


@ON_BOTH
def test_replaced_certificates_go_first_and_waves_follow_one_another(world: CampaignWorld) -> None:
    with world.store.writing() as connection:
        newer = certificate_of(
            3_900, "palvelin2.haltija3.example", world.running.ca.issue("care", to_issue(world.clock, "twin.example"))
        )
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


@ON_BOTH
def test_who_was_told_of_a_campaign_is_told_of_what_its_cancelling_leaves_unrevoked(world: CampaignWorld) -> None:
    plan_ = Plan(sizes=(2,), order=WaveOrder.BY_CUSTOMER, is_stepwise=True)
    campaign_id = world.decided(world.serials(), plan=plan_)
    world.approve(campaign_id)
    world.run()
    with world.store.writing() as connection:  # came on file after the announcement
        late = {"account_id": 3, "position": 1, "name": "", "email": "uusi@haltija3.example", "phone": ""}
        connection.execute(models.contacts.insert().values(roles="technical", **late))
    world.do(cancel, campaign_id, because="Väärä luettelo.")
    world.run()
    left = {mail["to"]: mail["context"] for mail in world.mails("campaign_cancelled")}
    assert {to: context["count"] for to, context in left.items()} == {
        "tekniikka@haltija1.example": 2, "tekniikka@haltija2.example": 4, "tekniikka@haltija3.example": 4,
    }  # fmt: skip
    serials = {one["serial"] for context in left.values() for one in context["certificates"]}
    assert serials == {line["serial"] for line in world.lines(campaign_id) if line["state"] == "LISTED"}
    assert not serials & set(world.at_ca())
    assert "Väärä" not in str(left), "the reason is for the history"
    assert world.audit_faults() == []


@ON_BOTH
@pytest.mark.parametrize("is_told_before", [True, False])
def test_nobody_is_told_of_the_end_of_a_campaign_that_nobody_was_told_of(
    world: CampaignWorld, is_told_before: bool
) -> None:
    campaign_id = world.decided(world.serials(), plan=Plan(sizes=(1,), is_stepwise=True), is_told_before=is_told_before)
    if not is_told_before:
        world.approve(campaign_id)
        world.run()
    world.do(cancel, campaign_id, because="Väärä luettelo.")
    world.run()
    assert world.mails("campaign_cancelled") == []


@ON_BOTH
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


@ON_BOTH
def test_the_timeline_tells_what_happened_at_one_moment_in_its_order(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials(), plan=Plan(sizes=(2,), is_stepwise=True))
    world.approve(campaign_id)
    world.run()
    with world.store.reading() as connection:
        text = incident_report(connection, world.row(campaign_id))
    assert text.index("The next wave began") < text.index("Sending was paused")
