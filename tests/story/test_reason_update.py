"""A revocation becomes one for keyCompromise, by two people, and never anything else (TLS BR 7.2.2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.story.decisions_world import APPROVER, HOLDER, OPERATOR, STRANGER, TECHNICAL, World

from sulku_kernel.errors import InputError, NotAllowedError
from sulku_kernel.transaction import begin
from sulku_revocation.block_list import find_blocked
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.models import certificates
from sulku_revocation.reason_update import decide_updates
from sulku_revocation.register import DatabaseRegister
from sulku_tickets.domain.urgency import Assurance


def update(world: World, ticket_id: int, *ids: int, actor=OPERATOR):
    with begin(world.store, world.clock, actor) as tx:
        register = DatabaseRegister(tx.connection)
        chosen = [register.certificate(id_) for id_ in ids]
        return decide_updates(tx, ticket_id, chosen, because="The key turned up on the net.", register=register)


def test_a_superseded_certificate_whose_key_is_found_later_ends_as_compromised_with_its_first_date(
    world: World,
) -> None:
    ticket_id = world.ordered(1)
    world.run()
    before = world.rows(certificates, certificates.c.id == 1)[0]
    assert before["reason"] == ReasonCode.SUPERSEDED
    update(world, ticket_id, 1)
    assert world.states(ticket_id) == ["REVOKED", "DECIDED"]
    (entry,) = world.shown(ticket_id).entries
    assert dict(entry.warnings).keys() >= {"is_update"}
    with pytest.raises(NotAllowedError):
        world.approve(ticket_id, actor=OPERATOR)
    world.approve(ticket_id)
    world.run()
    assert world.states(ticket_id) == ["REVOKED", "REVOKED"]
    (entry,) = world.shown(ticket_id).entries
    assert entry.reason == ReasonCode.KEY_COMPROMISE, "a certificate stands there once, as it is now"
    after = world.rows(certificates, certificates.c.id == 1)[0]
    assert (after["reason"], after["revoked_at"]) == (ReasonCode.KEY_COMPROMISE, before["revoked_at"])
    assert [order.update_reason for order in world.authority.sent] == [False, True]
    with world.store.reading() as connection:
        assert before["spki"] in find_blocked(connection, [before["spki"]])
    assert world.audit_faults() == []


def test_holder_and_reporter_read_that_only_the_reason_was_changed_from_what_to_what(lite: World) -> None:
    lite.ordered(1)
    lite.run()
    told = len(lite.mails())
    ticket_id = lite.ticket(2, requester=STRANGER)
    lite.record_evidence(ticket_id)
    update(lite, ticket_id, 1)
    lite.approve(ticket_id)
    lite.run()
    changed = lite.mails("reason_changed_holder", "reason_changed_reporter")
    assert changed == [
        ("reason_changed_holder", TECHNICAL),
        ("reason_changed_holder", HOLDER),
        ("reason_changed_reporter", STRANGER),
    ]
    assert len(lite.mails()) == told + len(changed), "nothing says once more that it is revoked"
    for template in ("reason_changed_holder", "reason_changed_reporter"):
        context = lite.mail(template)["context"]
        assert (context["former_reason"], context["reason"]) == ("superseded", "keyCompromise")
        assert context["date_stands"] is True
    assert "receipt_of" in lite.mail("reason_changed_holder")


def test_a_date_that_the_ca_has_changed_is_not_said_to_stand(lite: World) -> None:
    ticket_id = lite.ordered(1)
    lite.run()
    update(lite, ticket_id, 1)
    lite.approve(ticket_id)
    serial, (reason, at) = next(iter(lite.authority.revoked.items()))
    lite.authority.revoked[serial] = (reason, at + timedelta(hours=1))
    lite.clock.advance(timedelta(hours=2))
    lite.run()
    assert lite.mail("reason_changed_holder")["context"]["date_stands"] is False


def test_only_a_revoked_certificate_with_another_reason_can_be_changed_and_only_to_compromise(lite: World) -> None:
    ticket_id = lite.ordered(1)
    lite.run()
    with pytest.raises(InputError, match="is not revoked"):
        update(lite, ticket_id, 2)
    with pytest.raises(NotAllowedError):
        update(lite, ticket_id, 1, actor=APPROVER)
    (row,) = update(lite, ticket_id, 1)
    with pytest.raises(InputError, match="waits on this ticket"):
        update(lite, ticket_id, 1)
    with pytest.raises(InputError, match="only ever becomes keyCompromise"):
        lite.decide(ticket_id, ReasonCode.CESSATION_OF_OPERATION, requests=[row["id"]])
    lite.approve(ticket_id)
    lite.run()
    with pytest.raises(InputError, match="for keyCompromise already"):
        update(lite, ticket_id, 1)


def test_a_decision_from_facts_keeps_what_was_asked_for_beside_what_the_ca_writes(lite: World) -> None:
    ticket_id = lite.ticket(1, assurance=Assurance.L3, reason=ReasonCode.AFFILIATION_CHANGED)
    lite.decide(ticket_id, None, facts=["renamed", "not_needed"])
    entry = lite.shown(ticket_id).entries[0]
    assert (entry.asked_reason, entry.reason) == (ReasonCode.AFFILIATION_CHANGED, ReasonCode.CESSATION_OF_OPERATION)
    assert entry.facts == ("renamed", "not_needed")
    with pytest.raises(InputError, match=r"follows superseded \(TLS BR 4\.9\.1\.1 \(1\)\)"):
        lite.decide(ticket_id, ReasonCode.AFFILIATION_CHANGED, facts=["replaced"])
    with pytest.raises(NotAllowedError, match="the CA's own ground"):
        lite.decide(ticket_id, None, facts=["misused"])
    with pytest.raises(InputError, match="neither a reason nor a fact"):
        lite.decide(ticket_id, None)
