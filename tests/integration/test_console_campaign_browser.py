"""A campaign's pages in a real browser: alive while it is under way, without a mouse, on a phone, read aloud (axe-core)."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from tests.integration.console_world import Console
from tests.integration.test_console_browser import PHONE, address, chromium, faults_of, open_as, tab_to  # noqa: F401
from tests.integration.test_console_campaign_results import ORDER, lines, put
from tests.integration.test_console_campaigns import approved, begun, console, decided, row  # noqa: F401  fixtures

from sulku_tickets.domain.urgency import Assurance, Urgency

# The rules of WCAG 2.2 A and AA, and what axe-core calls good practice.
RULES: dict[str, Any] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def broken_rules(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def test_numbers_and_results_change_on_an_open_page_and_what_was_ticked_stays(
    console: Console,  # noqa: F811  the fixture's value
    chromium: Browser,  # noqa: F811  as above
    address: str,  # noqa: F811  as above
) -> None:
    path = approved(console)
    one, other = lines(console)
    now = console.clock.now()
    with open_as(console, chromium, address, "olli", "operator") as context:
        overview, results = context.new_page(), context.new_page()
        faults = [*faults_of(overview, address), *faults_of(results, address)]
        for page, name in ((overview, ""), (results, "/certificates")):
            page.clock.install()
            page.goto(f"{address}{path}{name}")
        results.check(f'input[value="{other["id"]}"]')
        overview.evaluate("document.querySelector('.button.danger').focus()")
        put(console, one, state="REVOKED", ca_revoked_at=now, confirmed_at=now, sent_at=now, accepted_at=now)
        for page in (overview, results):
            page.clock.run_for(6_000)
        overview.wait_for_selector("text=50 % revoked and seen")
        assert overview.evaluate("document.activeElement.textContent") == "Pause", "a reader stays where they are"
        results.wait_for_selector(f'[data-live="line-{one["id"]}"] >> text=Revoked and seen')
        assert results.is_checked(f'input[value="{other["id"]}"]')
        assert faults == []


def test_a_page_that_was_paused_meanwhile_says_so_and_leaves_what_is_written_alone(
    console: Console,  # noqa: F811  the fixture's value
    chromium: Browser,  # noqa: F811  as above
    address: str,  # noqa: F811  as above
) -> None:
    path = approved(console)
    with open_as(console, chromium, address, "olli", "operator") as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{address}{path}")
        aino = console.browser("aino", "approver")
        aino.send(f"{path}/pause", {"because": "Katsotaan."}, page=f"{path}?act=pause")
        page.clock.run_for(6_000)
        page.wait_for_selector("text=Katsotaan.")
        page.click("summary >> text=Cancel the campaign")
        page.fill("#cancel-because", "Half a sentence")
        aino.send(f"{path}/resume")
        page.clock.run_for(21_000)
        page.wait_for_selector("#stale >> text=Something has happened in this campaign")
        assert page.input_value("#cancel-because") == "Half a sentence"


def test_a_hold_is_put_on_with_the_keyboard_alone(
    console: Console,  # noqa: F811  the fixture's value
    chromium: Browser,  # noqa: F811  as above
    address: str,  # noqa: F811  as above
) -> None:
    path = approved(console)
    one, _ = lines(console)
    with open_as(console, chromium, address, "olli", "operator") as context:
        page = context.new_page()
        faults = faults_of(page, address)
        page.goto(f"{address}{path}/certificates")
        tab_to(page, f'input[value="{one["id"]}"]')
        page.keyboard.press("Space")
        tab_to(page, "main .acts button")
        page.keyboard.press("Enter")
        page.wait_for_selector("#authority")
        for field in ("authority", "reference", "because"):
            tab_to(page, f"#{field}")
            page.keyboard.type(ORDER[field])
        page.fill("#until", "2027-03-01T12:00")
        tab_to(page, "main form button.primary")
        page.keyboard.press("Enter")
        page.wait_for_selector(".done >> text=1 certificate is held.")
        assert lines(console)[0]["state"] == "HELD"
        assert faults == []


def test_no_page_breaks_a_rule_of_accessibility_or_scrolls_sideways(
    console: Console,  # noqa: F811  the fixture's value
    chromium: Browser,  # noqa: F811  as above
    address: str,  # noqa: F811  as above
) -> None:
    path = approved(console)
    one, other = lines(console)
    olli = console.browser("olli", "operator")
    held = {**ORDER, "until": "2027-03-01T12:00", "line": str(other["id"])}
    assert olli.send(f"{path}/hold", held, page=f"{path}/hold?line={other['id']}").status_code == 303
    waiting = decided(console, drill="yes")
    ticket_id = console.world.ticket(1, assurance=Assurance.L3, urgency=Urgency.P1)
    paths = (
        "/", "/campaigns", path, f"{path}/certificates", f"{path}/hold?line={one['id']}",
        f"{path}/release?line={other['id']}", f"{path}/report", waiting, f"{waiting}/report", f"/ticket/{ticket_id}",
    )  # fmt: skip
    with open_as(console, chromium, address, "kaisa", "operator", "approver", "supervisor") as context:
        page = context.new_page()
        faults = faults_of(page, address)
        for language, each in zip(["fi", "sv", "en"] * 4, paths, strict=False):
            page.goto(f"{address}{each}{'&' if '?' in each else '?'}language={language}")
            for details in page.query_selector_all("details:not([open])"):
                details.evaluate("d => d.open = true")
            for width in (1_280, PHONE["width"]):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, each
            assert broken_rules(page) == [], each
        assert faults == []
