"""A mass revocation on the console's pages: begun, frozen, decided, approved by somebody else, paused."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser
from tests.integration.console_world import Console
from tests.integration.test_console_browser import PHONE, address, chromium, faults_of, open_as  # noqa: F401  fixtures

from sulku_console.wording import states
from sulku_kernel.clock import SetClock
from sulku_kernel.outbox import outbox
from sulku_kernel.storage import Storage
from sulku_revocation.campaign_models import campaign_lines, campaigns
from sulku_revocation.models import certificates


@pytest.fixture
def console(sqlite_storage: Storage, clock: SetClock) -> Console:
    return Console(sqlite_storage, clock)


def begun(console: Console, **fields: str) -> str:
    """The address of a campaign over the two first certificates, with one line that names nothing."""
    serials = [row["serial"] for row in console.world.rows(certificates, certificates.c.id.in_([1, 2]))]
    listed = "\n".join([*(f"0x{serial}" for serial in serials), "0xdeadbeefdeadbeef"])
    olli = console.browser("olli", "operator")
    answer = olli.send("/campaigns/begin", {"name": "ROCA", "list": listed, **fields}, page="/campaigns")
    assert answer.status_code == 303
    return str(answer.headers["location"])


def decided(console: Console, **fields: str) -> str:
    page = begun(console, **fields)
    olli = console.browser("olli", "operator")
    assert olli.send(f"{page}/freeze").status_code == 303
    assert olli.send(f"{page}/decide", {"reason": "4", "because": "Avaimet ovat heikkoja."}).status_code == 303
    return page


def row(console: Console) -> dict:
    return console.world.rows(campaigns)[0]


def shown_digest(text: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', text)
    assert found
    return found[1]


def main_of(text: str) -> str:
    """Without the choice of languages below it."""
    return text.partition("<main")[2].partition("</main>")[0]


def test_a_list_is_begun_and_the_line_that_names_nothing_is_shown(console: Console) -> None:
    page = begun(console)
    text = console.browser("olli", "operator").get(page).text
    assert "0xdeadbeefdeadbeef" in text
    assert "Nothing is guessed: 1 line is left aside." in text
    assert row(console)["total"] == 2


def test_another_person_approves_by_the_end_of_the_hash_and_the_number(console: Console) -> None:
    page = decided(console)
    aino = console.browser("aino", "approver")
    digest = shown_digest(aino.get(page).text)
    wrong = aino.send(f"{page}/approve", {"digest": digest, "tail": "00000000", "how_many": "2"})
    assert (wrong.status_code, row(console)["state"]) == (400, "DECIDED")
    wrong = aino.send(f"{page}/approve", {"digest": digest, "tail": digest[-8:], "how_many": "3"})
    assert (wrong.status_code, row(console)["state"]) == (400, "DECIDED")
    right = aino.send(f"{page}/approve", {"digest": digest, "tail": digest[-8:], "how_many": "2"})
    assert (right.status_code, row(console)["state"]) == (303, "RUNNING")
    assert row(console)["approved_by"] == "user:aino"


def test_who_decided_is_not_offered_the_approval_and_is_refused_it(console: Console) -> None:
    page = decided(console)
    olli = console.browser("olli", "operator")
    assert "/approve" not in olli.get(page).text
    digest = row(console)["approval_digest"]
    answer = olli.send(f"{page}/approve", {"digest": digest, "tail": digest[-8:], "how_many": "2"})
    assert (answer.status_code, row(console)["state"]) == (403, "DECIDED")


def test_a_running_campaign_refreshes_itself_and_stands_still_while_somebody_writes(console: Console) -> None:
    page = decided(console)
    aino = console.browser("aino", "approver")
    digest = shown_digest(aino.get(page).text)
    aino.send(f"{page}/approve", {"digest": digest, "tail": digest[-8:], "how_many": "2"})
    assert 'data-refresh="5"' in aino.get(page).text
    assert "data-refresh" not in aino.get(f"{page}?act=pause").text
    assert aino.send(f"{page}/pause", {"because": "Katsotaan."}, page=f"{page}?act=pause").status_code == 303
    assert row(console)["state"] == "PAUSED"
    assert aino.send(f"{page}/resume").status_code == 303
    assert {line["state"] for line in console.world.rows(campaign_lines)} == {"LISTED"}


def test_the_history_tells_times_as_people_read_them(console: Console) -> None:
    text = console.browser("olli", "operator").get(f"{decided(console)}?language=fi").text
    assert re.search(r'<time datetime="2026-[^"]+">24\.11\.2026 klo \d{1,2}\.\d\d', text)


def test_a_drill_is_marked_as_one_and_ends_with_its_approval(console: Console) -> None:
    page = decided(console, drill="yes")
    aino = console.browser("aino", "approver")
    text = aino.get(page).text
    digest = shown_digest(text)
    assert "Approve the drill" in text
    aino.send(f"{page}/approve", {"digest": digest, "tail": digest[-8:], "how_many": "2"})
    assert row(console)["state"] == "COMPLETED"
    assert "Last drill:" in aino.get("/campaigns").text


def test_an_auditor_sees_everything_and_can_do_nothing(console: Console) -> None:
    page = decided(console)
    auditor = console.browser("auli", "auditor")
    for path in ("/campaigns", page):
        forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', auditor.get(path).text)
        assert forms == ["/logout"]
    assert auditor.send(f"{page}/cancel", {"because": "x"}).status_code == 403


def approved(console: Console) -> str:
    page = decided(console)
    aino = console.browser("aino", "approver")
    digest = shown_digest(aino.get(page).text)
    aino.send(f"{page}/approve", {"digest": digest, "tail": digest[-8:], "how_many": "2"})
    return page


def test_the_receipt_of_a_holder_is_downloaded_by_any_certificate_of_theirs(console: Console) -> None:
    page = approved(console)
    (line, _) = console.world.rows(campaign_lines)
    auditor = console.browser("auli", "auditor")
    assert "data-refresh" not in auditor.get(f"{page}?act=send_receipt").text, "while somebody writes it stands still"
    assert f'action="{page}/receipt"' in auditor.get(f"{page}?act=send_receipt").text
    given = auditor.get(f"{page}/receipt?serial=0x{line['serial']}")
    assert given.content == b"%PDF receipt"
    assert f"-{line['account_id']}.pdf" in given.headers["content-disposition"]
    assert auditor.get(f"{page}/receipt?serial=0xdeadbeefdeadbeef").status_code == 404


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_a_receipt_is_sent_to_the_holders_contacts_once_something_was_seen(console: Console, language: str) -> None:
    page = approved(console)
    (line, _) = console.world.rows(campaign_lines)
    olli = console.browser("olli", "operator")
    early = olli.send(f"{page}/send_receipt", {"serial": line["serial"]}, page=f"{page}?language={language}")
    assert early.status_code == 404
    assert 'lang="en"' not in main_of(early.text)
    with console.store.writing() as connection:
        connection.execute(campaign_lines.update().where(campaign_lines.c.id == line["id"]).values(state="REVOKED"))
    assert olli.send(f"{page}/send_receipt", {"serial": line["serial"]}).status_code == 303
    sent = [
        one for one in console.world.rows(outbox) if one["key"].startswith(f"campaign:{row(console)['id']}:receipt:")
    ]
    assert {tuple(one["payload"]["receipt_of_campaign"]) for one in sent} == {(row(console)["id"], line["account_id"])}


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_the_pages_are_said_in_the_language_of_the_reader(console: Console, language: str) -> None:
    page = decided(console)
    text = console.browser("olli", "operator").get(f"{page}?language={language}").text
    place = {"fi": 1, "sv": 2}[language]
    assert states.CODES["campaign:DECIDED"][place] in text
    assert "Dry run" not in text
    assert "campaign_step:" not in text
    assert 'lang="en"' not in main_of(text), "nothing is left in English"
    for said in ("varmennetta ei ole rekisterissä", "inget sådant certifikat i registret")[place - 1 : place]:
        assert said in text


@pytest.mark.parametrize(
    ("language", "said"), [("fi", "se ei ole tiivisteen loppu"), ("sv", "det är inte slutet av hashen")]
)
def test_what_was_typed_wrong_is_said_in_the_language_of_the_reader(console: Console, language: str, said: str) -> None:
    page = decided(console)
    aino = console.browser("aino", "approver")
    digest = shown_digest(aino.get(f"{page}?language={language}").text)
    wrong = aino.send(f"{page}/approve", {"digest": digest, "tail": "00000000", "how_many": "2"})
    assert said in wrong.text
    assert 'lang="en"' not in main_of(wrong.text)


def test_a_campaign_that_is_not_there_is_said_so(console: Console) -> None:
    assert console.browser("olli", "operator").get("/campaign/4711").status_code == 404


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_campaigns_fit_a_phone_and_the_keyboard(
    console: Console,
    chromium: Browser,  # noqa: F811  the fixture's value
    address: str,  # noqa: F811  as above
    language: str,
) -> None:
    page_of_it = decided(console)
    with open_as(console, chromium, address, "aino", "approver", viewport=PHONE) as context:
        page = context.new_page()
        faults = faults_of(page, address)
        for path in ("/campaigns", page_of_it):
            page.goto(f"{address}{path}?language={language}")
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        digest = page.input_value('input[name="digest"]')
        page.fill("#tail", digest[-8:])
        page.keyboard.press("Tab")
        page.keyboard.type("2")
        page.keyboard.press("Enter")
        page.wait_for_selector("progress")
        page.goto(f"{address}{page_of_it}?act=send_receipt&language={language}")
        page.wait_for_selector("#receipt-serial")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "with the form for receipts"
        assert row(console)["state"] == "RUNNING"
        assert faults == []
