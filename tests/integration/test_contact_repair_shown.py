"""An operator sees which contact a mail of ours did not reach and why, in each language and on the terminal."""

from __future__ import annotations

import pytest
from tests.integration.console_world import Console
from tests.story.decisions_world import HOLDER, OPERATOR

from sulku_console.contact_repairs import open_repairs
from sulku_console.ticket_view import read_ticket
from sulku_desk.cli.ticket_page import print_ticket
from sulku_desk.cli.ticket_text import ticket_data
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.events import read_events
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_tickets import actions
from sulku_tickets.conversation import record_bounce
from sulku_tickets.domain.urgency import Assurance

GONE = "gone@holder.example"


@pytest.fixture
def console(sqlite_storage: Storage, clock: SetClock) -> Console:
    return Console(sqlite_storage, clock)


def ticket_with_bounce(console: Console) -> int:
    ticket_id = console.world.ticket(1, assurance=Assurance.L3)
    with begin(console.store, console.clock, Actor.desk("worker")) as tx:
        record_bounce(
            tx,
            ticket_id=ticket_id,
            address=GONE,
            status="5.2.2",
            trouble="full",
            message_id=None,
            template="preliminary_report",
            told_instead=[HOLDER],
        )
    return ticket_id


def test_the_page_says_which_address_why_and_what_to_do(console: Console) -> None:
    ticket_id = ticket_with_bounce(console)
    browser = console.browser("olli", "operator")
    words = {
        "en": ("Did not arrive:", "the mailbox is full", "preliminary report", "call a contact on file"),
        "fi": ("Ei mennyt perille:", "postilaatikko on täynnä", "alustava selvitys", "soita tiedossa olevalle"),
        "sv": ("Kom inte fram:", "brevlådan är full", "preliminär rapport", "ring en registrerad kontakt"),
    }
    for language, sentences in words.items():
        page = browser.get(f"/ticket/{ticket_id}", accept_language=language).text
        for sentence in (*sentences, GONE, "5.2.2", HOLDER):
            assert sentence in page, (language, sentence)


def test_whoever_notes_what_came_of_it_has_seen_to_it(console: Console) -> None:
    ticket_id = ticket_with_bounce(console)
    browser = console.browser("olli", "operator")
    with begin(console.store, console.clock, OPERATOR) as tx:
        actions.note(tx, ticket_id, "Called; the mailbox is emptied today.")
    page = browser.get(f"/ticket/{ticket_id}").text
    assert "Did not arrive:" not in page
    assert "A mail of ours came back" in page, "it stays in the history"


def test_the_desk_itself_never_ends_the_task(console: Console) -> None:
    ticket_id = ticket_with_bounce(console)
    with console.store.reading() as connection:
        repairs = open_repairs(read_events(connection, ticket_id=ticket_id))
    assert [(one.address, one.trouble) for one in repairs] == [(GONE, "trouble:full")]


def test_the_terminal_says_the_same(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    ticket_id = ticket_with_bounce(console)
    view = read_ticket(console.app.state.parts, ticket_id, OPERATOR)
    with console.store.reading() as connection:
        print_ticket(ticket_data(connection, ticket_id, console.clock.now()), view)
    shown = capsys.readouterr().out
    assert f"{GONE}: the mailbox is full (5.2.2), preliminary report" in shown
    assert f"sent instead to {HOLDER}" in shown
