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
    after = olli.get(f"/ticket/{ticket['id']}").text
    assert "On-call is being paged:" not in after
    assert "Ask the CA who ordered it, and when." in after


@pytest.mark.parametrize(("language", "said"), [("fi", "sulkulistalla on varmenne"), ("sv", "på spärrlistan finns")])
def test_it_is_told_in_the_readers_language(console: Console, language: str, said: str) -> None:
    (ticket,) = console.world.rows(tickets)
    page = console.browser("olli", "operator").get(f"/ticket/{ticket['id']}", accept_language=language).text
    assert said in page
    assert "stand on the CRL" not in page, "the history, too, is in the reader's language"


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_its_headline_is_a_sentence_and_nobody_is_said_to_have_asked(console: Console, language: str) -> None:
    (ticket,) = console.world.rows(tickets)
    olli = console.browser("olli", "operator")
    for path in ("/", f"/ticket/{ticket['id']}"):
        page = olli.get(f"{path}?language={language}").text
        assert "crl_entry_foreign" not in page, "a code is for machines"
        for nobody in ("no certain sender", "ei varmaa lähettäjää", "ingen säker avsändare", "L0"):
            assert nobody not in page
    assert not {'id="identity"', "precis ett certifikat", "täsmälleen yhteen"} & set(page.split("<")), "no match either"


def test_what_is_explained_is_said_to_be_over(console: Console) -> None:
    (ticket,) = console.world.rows(tickets)
    with begin(console.store, console.clock, Actor.desk("dispatcher")) as tx:
        tx.execute(crl_entries.update().values(origin="known"))
        issuer = DatabaseRegister(tx.connection).issuer(1)
        assert issuer is not None
        IssuerAlarms(lambda: POLICY)(tx, issuer)
    olli = console.browser("olli", "operator")
    olli.send(f"/ticket/{ticket['id']}/claim")
    page = olli.get(f"/ticket/{ticket['id']}?language=fi").text
    assert "Asia on nyt kunnossa." in page
    assert "Kysy varmentajalta" not in page
