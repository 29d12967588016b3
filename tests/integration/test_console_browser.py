"""The console in a real browser: without a mouse, on a phone, and with hostile mails on the page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.integration.console_world import HOSTILE, Console
from tests.servers.chromium import serve_app, start_chromium

from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage
from sulku_tickets.domain.urgency import Assurance, Urgency
from sulku_tickets.models import ticket_mails, tickets

PHONE: dict[str, Any] = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with start_chromium() as browser:
        yield browser


@pytest.fixture
def console(sqlite_storage: Storage, clock: SetClock) -> Console:
    return Console(sqlite_storage, clock)


@pytest.fixture
def address(console: Console) -> Iterator[str]:
    with serve_app(console.app) as address:
        yield address


def attached_files(name: str) -> dict[str, Any]:
    """So many files that some are folded, each in a tower of archives as deep as any that is opened."""
    certificate = {"name": name, "serial": "f" * 40, "is_ca": False, "is_known": False}
    file = {"name": name, "kind": "certificate", "became": "read", "size": 1_000, "certificates": [certificate]}
    for _ in range(4):
        file = {"name": name, "kind": "archive", "became": "limit", "size": 24_000_000, "inside": [file]}
    return {"files": [file] * 12, "left_out": 9}


def open_as(console: Console, chromium: Browser, address: str, login: str, *roles: str, **given: Any) -> BrowserContext:
    """A browser of somebody who has logged in; every request that leaves the console is an error."""
    session = console.browser(login, *roles).client.cookies["sulku_session"]
    context = chromium.new_context(locale="en", **given)
    context.add_cookies([{"name": "sulku_session", "value": session, "url": address}])
    context.set_default_timeout(10_000)
    return context


def faults_of(page: Page, address: str) -> list[str]:
    """What must not happen on a page: scripts' errors, refusals of the policy, dialogs, requests to elsewhere."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("dialog", lambda dialog: (found.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda r: None if r.url.startswith(address) else found.append(r.url))
    return found


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there, as somebody without a mouse does."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_a_request_is_decided_with_the_keyboard_alone(console: Console, chromium: Browser, address: str) -> None:
    ticket_id = console.world.ticket(1, assurance=Assurance.L3)
    with open_as(console, chromium, address, "olli", "operator") as context:
        page = context.new_page()
        faults = faults_of(page, address)
        page.goto(address)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        tab_to(page, f'a[href="/ticket/{console.number(ticket_id)}"]')
        page.keyboard.press("Enter")
        page.wait_for_selector("#decision")
        tab_to(page, 'input[name="fact"][value="replaced"]')
        page.keyboard.press("Space")
        tab_to(page, "input.code")
        page.keyboard.type("1e12 0f01")
        tab_to(page, "#decide-because")
        page.keyboard.type("Called back; replaced yesterday.")
        tab_to(page, '#decision form[action$="/decide"] button')
        page.keyboard.press("Enter")
        page.wait_for_selector(".done >> text=Decided. Now another person approves.")
        assert console.world.states(ticket_id) == ["DECIDED"]
        assert faults == []


def test_somebody_logs_in_and_out_in_the_browser(console: Console, chromium: Browser, address: str) -> None:
    console.add("olli", "operator")
    with chromium.new_context(locale="en") as context:
        page = context.new_page()
        faults = faults_of(page, address)
        page.goto(address)
        page.fill("#login", "olli")
        page.fill("#password", "kuusi saunaa ja seitsemän järveä")
        page.keyboard.press("Enter")
        page.wait_for_selector("h1 >> text=Queue")
        (cookie,) = [one for one in context.cookies() if one["name"] == "sulku_session"]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        page.click("text=Log out")
        page.wait_for_selector("#password")
        assert faults == []


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_no_page_scrolls_sideways_on_a_phone(console: Console, chromium: Browser, address: str, language: str) -> None:
    ticket_id = console.world.ticket(1, 2, assurance=Assurance.L3, urgency=Urgency.P1)
    requests = [entry.request_id for entry in console.world.shown(ticket_id).entries]
    console.world.decide(ticket_id, requests=requests[:1])
    with console.store.writing() as connection:
        connection.execute(tickets.update().values(subject="Sulkupyyntö" * 20))
        connection.execute(ticket_mails.update().values(new_text="x" * 900, files=attached_files("x" * 255)))
    with open_as(console, chromium, address, "kaisa", "operator", "approver", viewport=PHONE) as context:
        page = context.new_page()
        for path in ("/login", "/", f"/ticket/{ticket_id}", f"/ticket/{ticket_id}?find=holder"):
            page.goto(f"{address}{path}{'&' if '?' in path else '?'}language={language}")
            for details in page.query_selector_all("details:not([open])"):
                details.evaluate("d => d.open = true")
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
            assert page.get_attribute("html", "lang") == language
            small = page.evaluate(
                """() => [...document.querySelectorAll("button, summary.button, input:not([type=hidden]), .filters a")]
                .filter(e => e.offsetParent && e.type !== "radio" && e.type !== "checkbox")
                .filter(e => e.getBoundingClientRect().height < 40).map(e => e.outerHTML)"""
            )
            assert small == []


def test_on_paper_no_file_that_came_along_is_missing(console: Console, chromium: Browser, address: str) -> None:
    ticket_id = console.world.ticket(1)
    files = [{"name": f"{number}.txt", "kind": "text", "became": "read", "size": 1} for number in range(15)]
    with console.store.writing() as connection:
        connection.execute(ticket_mails.update().values(files={"files": files, "left_out": 0}))
    with open_as(console, chromium, address, "olli", "operator") as context:
        page = context.new_page()
        page.goto(f"{address}/ticket/{ticket_id}")
        assert not page.is_visible("text=14.txt")
        page.emulate_media(media="print")
        assert page.is_visible("text=14.txt")


def test_headings_labels_and_marks_hold_together(console: Console, chromium: Browser, address: str) -> None:
    ticket_id = console.world.ticket(1, assurance=Assurance.L3, urgency=Urgency.P1)
    with console.store.writing() as connection:
        connection.execute(ticket_mails.update().values(files=attached_files("a.zip")))
    with open_as(console, chromium, address, "kaisa", "operator", "approver") as context:
        page = context.new_page()
        for path in ("/", f"/ticket/{ticket_id}"):
            page.goto(address + path)
            levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
            assert levels[0] == 1
            assert levels.count(1) == 1
            assert all(after - before <= 1 for before, after in pairwise(levels))
            unnamed = page.evaluate(
                """() => [...document.querySelectorAll("input:not([type=hidden]), textarea")]
                .filter(e => !e.labels.length).map(e => e.outerHTML)"""
            )
            assert unnamed == []
            ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
            assert len(ids) == len(set(ids))


def test_hostile_mails_run_nothing_and_load_nothing(console: Console, chromium: Browser, address: str) -> None:
    ticket_id = console.world.ticket(1)
    hostile = (
        "\n".join(HOSTILE)
        + '\n<link rel=stylesheet href="http://evil.example/x.css"><img src="http://evil.example/p.gif">'
    )
    with console.store.writing() as connection:
        connection.execute(tickets.update().values(subject=hostile, requester=hostile))
        connection.execute(
            ticket_mails.update().values(
                subject=hostile,
                from_address=hostile,
                new_text=hostile,
                quoted_text=hostile,
                files=attached_files(hostile),
            )
        )
    with open_as(console, chromium, address, "olli", "operator") as context:
        page = context.new_page()
        faults = faults_of(page, address)
        for path in ("/", f"/ticket/{ticket_id}"):
            page.goto(address + path, wait_until="networkidle")
        assert faults == []
        assert "evil.example" in page.inner_text(".conversation")


def test_an_open_ticket_says_that_something_has_happened(console: Console, chromium: Browser, address: str) -> None:
    ticket_id = console.world.ticket(1)
    with open_as(console, chromium, address, "olli", "operator") as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{address}/ticket/{ticket_id}")
        assert page.is_hidden("#stale")
        console.world.decide(console.world.ticket(2, assurance=Assurance.L3))
        with page.expect_response("**/version"):
            page.clock.run_for(21_000)
        assert page.is_hidden("#stale")
        console.world.record_evidence(ticket_id)
        page.clock.run_for(21_000)
        page.wait_for_selector("#stale >> text=Something has happened on this ticket")


def test_a_queue_that_gets_no_answer_says_how_old_it_is(console: Console, chromium: Browser, address: str) -> None:
    console.world.ticket(1)
    with open_as(console, chromium, address, "olli", "operator") as context:
        page = context.new_page()
        page.clock.install()
        page.goto(address)
        other = console.world.ticket(2)
        page.clock.run_for(21_000)
        page.wait_for_selector(f"text={console.number(other)}")
        context.set_offline(True)
        page.clock.run_for(21_000)
        page.wait_for_selector("#stale >> text=cannot be brought up to date")


def test_everything_works_without_scripts(console: Console, chromium: Browser, address: str) -> None:
    ticket_id = console.world.ticket(1, urgency=Urgency.P1)
    with open_as(console, chromium, address, "olli", "operator", java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/ticket/{ticket_id}")
        page.click("text=Acknowledge the page")
        page.wait_for_selector(".done >> text=The page is acknowledged.")
        page.click("text=Write a note")
        page.fill("#note-text", "Looked at it.")
        page.click("text=Keep the note")
        page.wait_for_selector(".conversation .note >> text=Looked at it.")
