"""What became of a campaign's certificates: found on the console, held by an authority's order, reported."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from tests.integration.console_world import Browser, Console
from tests.integration.test_console_campaigns import approved, begun, console, decided, main_of, row  # noqa: F401

from sulku_kernel.serial_number import SerialNumber, whole_octets
from sulku_revocation.campaign_models import campaign_lines
from sulku_revocation.campaign_report import history

ORDER = {"authority": "Helsingin käräjäoikeus", "reference": "H 26/11893", "because": "Saapui faksilla."}


def lines(console: Console) -> list[dict]:  # noqa: F811  the fixture's value
    return console.world.rows(campaign_lines)


def until(console: Console, hours: int) -> dict[str, str]:  # noqa: F811  the fixture's value
    """The field of a hold's end, as a browser sends it (UTC+2 in winter)."""
    return {"until": f"{console.clock.now() + timedelta(hours=hours + 2):%Y-%m-%dT%H:%M}"}


def hold(console: Console, browser: Browser, page: str, line: dict, **more: str):  # noqa: F811  the fixture's value
    form = f"{page}/hold?line={line['id']}"
    return browser.send(f"{page}/hold", {**ORDER, **until(console, 48), "line": str(line["id"]), **more}, page=form)


def put(console: Console, line: dict, **values: object) -> None:  # noqa: F811  the fixture's value
    with console.store.writing() as connection:
        connection.execute(campaign_lines.update().where(campaign_lines.c.id == line["id"]).values(**values))


# --- the list ------------------------------------------------------------------------------------------------------


def test_a_certificate_is_found_by_its_state_its_serial_number_or_the_end_of_it(console: Console) -> None:  # noqa: F811
    page = approved(console)
    one, other = lines(console)
    put(console, other, state="REFUSED", why="unknown_serial: never issued")
    auditor = console.browser("auli", "auditor")

    def shown(query: str) -> set[str]:
        text = re.sub(r"<[^>]+>|\s", "", main_of(auditor.get(f"{page}/certificates?{query}").text))
        return {line["serial"] for line in (one, other) if whole_octets(line["serial"]) in text}

    assert shown("") == {one["serial"], other["serial"]}
    assert shown("state=REFUSED") == {other["serial"]}
    assert shown(f"find=0x{one['serial']}") == {one["serial"]}
    assert shown(f"find={SerialNumber.from_hex(other['serial']).tail}") == {other["serial"]}
    assert shown("find=nobody%25of_this_name") == set()
    assert "never issued" in auditor.get(f"{page}/certificates").text


def test_a_long_list_has_pages_and_a_page_behind_the_last_leads_back(
    console: Console,  # noqa: F811  the fixture's value
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sulku_console.campaign_results_page.PAGE", 1)
    page = approved(console)
    olli = console.browser("olli", "operator")
    first, last, behind = (olli.get(f"{page}/certificates?page={n}").text for n in (1, 2, 3))
    assert "1–1 of 2" in first
    assert "page=2" in first
    assert "2–2 of 2" in last
    assert "page=3" not in last
    assert "To the first page" in behind


def test_results_change_on_an_open_page_while_a_campaign_is_under_way(console: Console) -> None:  # noqa: F811
    page = approved(console)
    olli = console.browser("olli", "operator")
    assert 'data-refresh="5"' in olli.get(f"{page}/certificates").text
    olli.send(f"{page}/pause", {"because": "Katsotaan."}, page=f"{page}?act=pause")
    paused = olli.get(f"{page}/certificates").text
    assert "data-refresh" not in paused
    version = re.search(r'data-version="(\d+)"', paused)
    assert version
    assert olli.get(f"{page}/version").json() == {"version": int(version[1])}
    overview = olli.get(f"{page}?language=fi").text
    assert "Keskeytyksen syy: <bdi>Katsotaan.</bdi>" in overview, "why it stands still is said on top"
    assert 'lang="en"' not in main_of(overview), "and nobody's Finnish is called English"


# --- legal holds ---------------------------------------------------------------------------------------------------


def test_a_hold_is_put_on_with_its_order_and_reason_and_is_shown(console: Console) -> None:  # noqa: F811
    page = approved(console)
    one, other = lines(console)
    olli = console.browser("olli", "operator")
    assert f'value="{one["id"]}"' in olli.get(f"{page}/certificates").text
    answer = hold(console, olli, page, one)
    assert answer.status_code == 303
    held, free = lines(console)
    assert (held["state"], held["held_by"], held["held_reference"]) == ("HELD", ORDER["authority"], ORDER["reference"])
    assert held["held_until"] == console.clock.now() + timedelta(hours=48)
    assert (free["id"], free["state"]) == (other["id"], "LISTED")
    after = olli.get(answer.headers["location"]).text
    assert "1 certificate is held." in after
    assert "H 26/11893" in after
    with console.store.reading() as connection:
        (step,) = [step for step in history(connection, row(console)["id"]) if step["action"] == "HOLD"]
    assert (step["because"], step["held_reference"], step["certificates"]) == (["Saapui faksilla."], "H 26/11893", 1)
    assert "Saapui faksilla." in olli.get(page).text
    assert console.world.audit_faults() == []


def test_everything_else_of_the_same_holder_is_held_with_it_when_that_is_ticked(console: Console) -> None:  # noqa: F811
    page = approved(console)
    one, other = lines(console)
    assert one["account_id"] == other["account_id"]
    olli = console.browser("olli", "operator")
    assert "Hold 1 more certificate of the same holder too" in olli.get(f"{page}/hold?line={one['id']}").text
    assert hold(console, olli, page, one, whole_holder="yes").status_code == 303
    assert [line["state"] for line in lines(console)] == ["HELD", "HELD"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"because": " "}, "a reason in words is missing"),
        ({"until": ""}, "it is open until when it is held"),
        ({"until": "2020-01-01T00:00"}, "an end that lies ahead"),
        ({"authority": " "}, "an authority, a reference"),
    ],
)
def test_a_hold_without_its_facts_is_refused_and_what_was_typed_stays(
    console: Console,  # noqa: F811  the fixture's value
    changed: dict[str, str],
    said: str,
) -> None:
    page = approved(console)
    one, _ = lines(console)
    answer = hold(console, console.browser("olli", "operator"), page, one, **changed)
    assert answer.status_code == 400
    assert said in answer.text
    assert 'value="H 26/11893"' in answer.text
    assert {line["state"] for line in lines(console)} == {"LISTED"}


def test_a_hold_is_lifted_by_typing_the_end_of_the_serial_number(console: Console) -> None:  # noqa: F811
    page = approved(console)
    one, _ = lines(console)
    olli = console.browser("olli", "operator")
    hold(console, olli, page, one)
    form, field = f"{page}/release?line={one['id']}", f"code_{one['id']}"
    assert "at once. It cannot be undone." in olli.get(form).text
    given = {"line": str(one["id"]), "because": "Kumottu."}
    wrong = olli.send(f"{page}/release", {**given, field: "0000 0000"}, page=form)
    assert (wrong.status_code, lines(console)[0]["state"]) == (400, "HELD")
    right = olli.send(f"{page}/release", {**given, field: SerialNumber.from_hex(one["serial"]).tail}, page=form)
    assert (right.status_code, lines(console)[0]["state"]) == (303, "LISTED")
    assert "1 certificate goes out with the others." in olli.get(right.headers["location"]).text


@pytest.mark.parametrize(("login", "role"), [("aino", "approver"), ("auli", "auditor")])
def test_who_may_not_decide_is_offered_no_hold_and_is_refused_one(
    console: Console,  # noqa: F811  the fixture's value
    login: str,
    role: str,
) -> None:
    page = approved(console)
    one, _ = lines(console)
    browser = console.browser(login, role)
    assert "legal hold" not in main_of(browser.get(f"{page}/certificates").text)
    assert browser.get(f"{page}/hold?line={one['id']}").status_code == 403
    for act in ("hold", "release"):
        answer = browser.send(f"{page}/{act}", {**ORDER, **until(console, 2), "line": str(one["id"])}, page=page)
        assert answer.status_code == 403
    assert {line["state"] for line in lines(console)} == {"LISTED"}


def test_what_is_at_the_ca_or_of_another_campaign_cannot_be_held(console: Console) -> None:  # noqa: F811
    page = approved(console)
    one, other = lines(console)
    put(console, one, state="SENT", sent_at=console.clock.now())
    olli = console.browser("olli", "operator")
    assert "beyond it" in olli.get(f"{page}/hold?line={one['id']}").text
    assert hold(console, olli, page, one).status_code == 400
    begun(console)
    assert hold(console, olli, page.replace("1", "2"), other).status_code == 400
    assert [line["state"] for line in lines(console)[:2]] == ["SENT", "LISTED"]


# --- reports -------------------------------------------------------------------------------------------------------


def test_the_reports_are_files_that_anybody_who_reads_the_desk_can_take(console: Console) -> None:  # noqa: F811
    page = approved(console)
    one, other = lines(console)
    put(console, other, state="REFUSED", why="=HYPERLINK(1)")
    auditor = console.browser("auli", "auditor")
    for name in ("certificates.csv", "report.json", "incident.md"):
        answer = auditor.get(f"{page}/{name}")
        assert answer.headers["content-disposition"].startswith('attachment; filename="C26-'), name
        assert answer.headers["x-content-type-options"] == "nosniff"
    table = list(csv.DictReader(io.StringIO(auditor.get(f"{page}/certificates.csv").text)))
    assert [line["serial"] for line in table] == [whole_octets(line["serial"]) for line in (one, other)]
    assert table[1]["why"] == "'=HYPERLINK(1)", "no cell is a formula"
    report = json.loads(auditor.get(f"{page}/report.json").text)
    assert (report["certificates"]["REFUSED"], report["reason"]) == (1, "superseded")
    incident = auditor.get(f"{page}/incident.md").text
    assert "- Refused by the CA: 1" in incident
    assert "olli" not in incident, "people stand there by their role"


def test_what_is_known_at_the_beginning_stands_in_the_incident_report(console: Console) -> None:  # noqa: F811
    page = begun(console, began="2026-11-20T12:00", identified="2026-11-24T02:30", due="2026-11-25T02:30")
    olli = console.browser("olli", "operator")
    incident = olli.get(f"{page}/incident.md").text
    assert "- Non-compliance start: 2026-11-20T10:00" in incident
    assert "- Non-compliance identified: 2026-11-24T00:30" in incident
    assert "25 Nov 2026, 02:30" in olli.get(page).text


def test_the_report_of_a_campaign_that_is_not_over_says_so(console: Console) -> None:  # noqa: F811
    page = approved(console)
    olli = console.browser("olli", "operator")
    assert "not the final report" in olli.get(f"{page}/report").text
    olli.send(f"{page}/pause", {"because": "x"}, page=f"{page}?act=pause")
    olli.send(f"{page}/cancel", {"because": "Väärä luettelo."})
    assert "not the final report" not in olli.get(f"{page}/report").text


def test_a_drill_is_marked_on_every_page_and_its_report_has_its_mails(console: Console) -> None:  # noqa: F811
    page = decided(console, drill="yes")
    olli = console.browser("olli", "operator")
    for path in (page, f"{page}/certificates", f"{page}/report"):
        assert 'class="drill"' in olli.get(path).text, path
    assert 'class="drill"' not in olli.get(begun(console)).text


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_the_pages_of_a_list_are_said_in_the_language_of_the_reader(console: Console, language: str) -> None:  # noqa: F811
    page = approved(console)
    one, other = lines(console)
    olli = console.browser("olli", "operator")
    hold(console, olli, page, one)
    now = console.clock.now()
    put(console, other, state="REVOKED", ca_revoked_at=now, confirmed_at=now, sent_at=now, accepted_at=now)
    for path in ("", "/certificates", f"/hold?line={one['id']}", f"/release?line={one['id']}", "/report"):
        text = olli.get(f"{page}{path}{'&' if '?' in path else '?'}language={language}").text
        assert 'lang="en"' not in main_of(text), path
        for english in ("Certificates", "revoked", "Report", "Overview", "Because", "until"):
            assert english not in re.sub(r"<[^>]+>", " ", main_of(text)), (path, english)


def test_a_campaign_that_is_not_there_has_no_pages(console: Console) -> None:  # noqa: F811
    olli = console.browser("olli", "operator")
    for path in ("certificates", "certificates.csv", "report", "report.json", "incident.md", "hold", "release"):
        assert olli.get(f"/campaign/4711/{path}").status_code == 404, path


def test_a_list_read_in_steps_leaves_out_nothing(
    console: Console,  # noqa: F811  the fixture's value
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sulku_revocation.campaign_results.AT_ONCE", 1)
    page = approved(console)
    text = console.browser("olli", "operator").get(f"{page}/certificates.csv").text
    assert len(text.splitlines()) == 1 + len(lines(console))
