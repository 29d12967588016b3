"""What decisions and seen revocations cause can be rendered: every fact a mail needs is in its effect."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.story.decisions_world import HOLDER, OPERATOR, STRANGER, TECHNICAL, World, certificate_row

from sulku_kernel.clock import SetClock
from sulku_kernel.language import Language
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation import decisions
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.legal_holds import HoldOrder, place_holds
from sulku_revocation.reason_update import decide_updates
from sulku_revocation.register import DatabaseRegister
from sulku_templates.catalogue import CATALOGUE
from sulku_templates.examples import COMMON_EXAMPLE
from sulku_templates.message import Message
from sulku_templates.people_time import people_time
from sulku_templates.rendering import Renderer
from sulku_tickets.domain.urgency import Assurance, Urgency

RENDERER = Renderer()


@pytest.fixture
def world(sqlite_storage: Storage, clock: SetClock) -> World:
    return World(sqlite_storage, clock)


def rendered(world: World, template: str) -> str:
    payload = world.mail(template)
    assert set(payload["context"]) == CATALOGUE[template].needs
    mail = RENDERER.render(Message(template, Language(payload["language"]), payload["context"]), COMMON_EXAMPLE)
    assert mail.fallback_because == ""
    return mail.text


@pytest.mark.parametrize(("end", "template"), [(decisions.reject, "rejected"), (decisions.withdraw, "withdrawn")])
def test_a_request_that_ends_without_a_revocation_is_told_with_its_reason(world: World, end, template: str) -> None:
    ticket_id = world.ticket(1, 2)
    with begin(world.store, world.clock, OPERATOR) as tx:
        end(tx, ticket_id, because="Varmenne on yhä käytössä.", register=DatabaseRegister(tx.connection))
    text = rendered(world, template)
    assert "Varmenne on yhä käytössä." in text
    assert "1e12 0f01" in text
    assert "1e12 0f02" in text


def test_the_holder_reads_everything_in_the_holders_language_and_the_reporter_what_is_public(world: World) -> None:
    proof = Proof("private_key", True, certificate_row(1)["spki"])
    ticket_id = world.ticket(1, requester=STRANGER, urgency=Urgency.P0, proofs=(proof,))
    world.decide(ticket_id, ReasonCode.KEY_COMPROMISE)
    world.approve(ticket_id)
    world.run(timedelta(minutes=10))
    assert world.mail("revoked_holder")["to"] in {HOLDER, TECHNICAL}
    holder, reporter = rendered(world, "revoked_holder"), rendered(world, "revoked_reporter")
    assert "Ett spärrat certifikat kan inte tas i bruk igen." in holder
    assert "Suljettua varmennetta ei voi palauttaa käyttöön." in reporter
    assert "Haltija Oy" in holder
    assert "Haltija Oy" not in reporter
    assert "host1.holder.example" not in reporter


def test_a_promised_date_and_that_it_is_put_off_can_be_read_with_every_date(world: World) -> None:
    ticket_id = world.ticket(1, 2, assurance=Assurance.L3)
    now = world.clock.now()
    for weeks, entry in enumerate(world.shown(ticket_id).entries, 1):
        at = now + weeks * timedelta(days=7)
        world.decide(ticket_id, ReasonCode.SUPERSEDED, requests=[entry.request_id], wanted_at=at)
    world.approve(ticket_id)
    promised = " ".join(rendered(world, "planned").split())
    with begin(world.store, world.clock, OPERATOR) as tx:
        order = HoldOrder("Helsingin käräjäoikeus", "L 26/1234", now + timedelta(days=30))
        place_holds(tx, ticket_id, order, because="The order came by courier.")
    put_off = " ".join(rendered(world, "put_off").split())
    for weeks in (1, 2):
        at = people_time(now + weeks * timedelta(days=7), Language.FI)
        assert f"suljetaan {at}" in promised
        assert f"aiemmin ilmoitettu ajankohta {at}" in put_off
    assert "viranomaisen päätöksen vuoksi" in put_off
    assert "käräjäoikeus" not in put_off
    assert "L 26/1234" not in put_off


def test_that_only_the_reason_was_changed_can_be_read(world: World) -> None:
    ticket_id = world.ordered(1)
    world.run(timedelta(minutes=10))
    with begin(world.store, world.clock, OPERATOR) as tx:
        register = DatabaseRegister(tx.connection)
        chosen = [register.certificate(1)]
        decide_updates(tx, ticket_id, chosen, because="The key turned up on the net.", register=register)
    world.approve(ticket_id)
    world.run(timedelta(minutes=10))
    text = " ".join(rendered(world, "reason_changed_holder").split())
    assert "Tidpunkten för spärrningen är oförändrad." in text
    assert "Tidigare orsak: ersatt med nytt certifikat" in text
    assert "Ny orsak: nyckeln har avslöjats eller misstänks ha avslöjats" in text
