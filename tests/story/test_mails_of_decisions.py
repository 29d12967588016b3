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
from sulku_revocation.register import DatabaseRegister
from sulku_templates.catalogue import CATALOGUE
from sulku_templates.examples import COMMON_EXAMPLE
from sulku_templates.message import Message
from sulku_templates.rendering import Renderer
from sulku_tickets.domain.urgency import Urgency

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
