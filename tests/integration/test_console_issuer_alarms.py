"""What the desk found on an issuer's list by itself is a ticket that a person opens, understands and acknowledges."""

from __future__ import annotations

import pytest
from tests.integration.console_world import Console
from tests.story.decisions_world import POLICY

from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation.issuer_alarms import IssuerAlarms
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.watch_models import crl_entries
from sulku_tickets.models import escalations, tickets


@pytest.fixture
def console(sqlite_storage: Storage, clock: SetClock) -> Console:
    console = Console(sqlite_storage, clock)
    foreign = {"issuer_id": 1, "serial": "a01", "origin": "foreign", "first_seen_at": clock.now()}
    with begin(console.store, clock, Actor.desk("dispatcher")) as tx:
        tx.insert(crl_entries, foreign)
        issuer = DatabaseRegister(tx.connection).issuer(1)
        assert issuer is not None
        IssuerAlarms(lambda: POLICY)(tx, issuer)
    return console


def test_a_ticket_of_the_desks_own_is_in_the_queue_says_what_was_found_and_is_acknowledged(console: Console) -> None:
    (ticket,) = console.world.rows(tickets)
    olli = console.browser("olli", "operator")
    assert ticket["number"] in olli.get("/").text
    page = olli.get(f"/ticket/{ticket['id']}").text
    assert "On-call is being paged" in page
    assert "a certificate stands on the CRL without an order of ours" in page
    assert "0a01" in page
    assert olli.send(f"/ticket/{ticket['id']}/claim").status_code == 303
    assert [row["state"] for row in console.world.rows(escalations)] == ["ACKNOWLEDGED"]
    assert "On-call is being paged:" not in olli.get(f"/ticket/{ticket['id']}").text


@pytest.mark.parametrize(("language", "said"), [("fi", "sulkulistalla on varmenne"), ("sv", "på spärrlistan finns")])
def test_it_is_told_in_the_readers_language(console: Console, language: str, said: str) -> None:
    (ticket,) = console.world.rows(tickets)
    page = console.browser("olli", "operator").get(f"/ticket/{ticket['id']}", accept_language=language).text
    assert said in page
