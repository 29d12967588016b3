"""Who is logged in at the console, for how long, and what a log-in is worth. ASSURANCE 47-50."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.integration.console_world import PASSWORD, SETUP, Browser, Console

from sulku_console.visitor import BACKGROUND_HEADER
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_tickets.operators import change_roles


@pytest.fixture
def console(sqlite_storage: Storage, clock: SetClock) -> Console:
    """What is guarded here does not depend on the database."""
    return Console(sqlite_storage, clock)


def test_an_administrator_of_accounts_reads_no_tickets(console: Console) -> None:
    ticket_id = console.world.ticket(1)
    admin = console.browser("aatu", "administrator")
    assert admin.get("/").status_code == 403
    assert admin.get(f"/ticket/{ticket_id}").status_code == 403


def test_a_role_that_was_taken_away_ends_the_session(console: Console) -> None:
    olli = console.browser("olli", "operator")
    assert olli.get("/").status_code == 200
    with begin(console.store, console.clock, SETUP) as tx:
        change_roles(tx, "olli", ["auditor"])
    assert olli.get("/").status_code == 303


def test_a_session_goes_idle_though_its_page_looks_again_by_itself(console: Console) -> None:
    olli = console.browser("olli", "operator")
    for _ in range(4):
        console.clock.advance(timedelta(minutes=9))
        olli.get("/", **{BACKGROUND_HEADER: "1"})
    assert olli.get("/").status_code == 303
    working = console.browser("olli", "operator")
    for _ in range(4):
        console.clock.advance(timedelta(minutes=9))
        assert working.get("/").status_code == 200


def test_what_was_written_when_the_session_ended_is_given_back(console: Console) -> None:
    ticket_id = console.world.ticket(1)
    olli = console.browser("olli", "operator")
    token = olli.token(f"/ticket/{ticket_id}")
    console.clock.advance(timedelta(hours=1))
    written = {"form_token": token, "text": "Ten minutes of <b>writing</b>."}
    answer = olli.client.post(f"/ticket/{ticket_id}/reply", data=written)
    assert answer.status_code == 401
    assert "Ten minutes of &lt;b&gt;writing&lt;/b&gt;." in answer.text
    assert f'name="then" value="/ticket/{ticket_id}"' in answer.text
    assert console.world.actions(ticket_id, "REPLY") == 0
    assert olli.client.post(f"/ticket/{ticket_id}/claim", data={"form_token": token}).status_code == 303


def log_in(browser: Browser, login: str, password: str, then: str = "/"):
    return browser.send("/login", {"login": login, "password": password, "then": then}, page="/login")


def test_logging_in_makes_a_new_session_and_logging_out_ends_it(storage: Storage, clock: SetClock) -> None:
    console = Console(storage, clock)
    console.add("olli", "operator")
    browser = console.stranger()
    before = browser.token("/login")
    answer = log_in(browser, "olli", PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("sulku_session="))
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    page = browser.get("/")
    assert page.status_code == 200
    assert before not in page.text
    session = browser.client.cookies["sulku_session"]
    assert browser.send("/logout", page="/").status_code == 303
    browser.client.cookies.set("sulku_session", session)
    assert browser.get("/").status_code == 303


def test_a_fixed_session_is_worth_nothing_after_the_login(console: Console) -> None:
    console.add("olli", "operator")
    browser = console.stranger()
    browser.client.cookies.set("sulku_session", "planted-by-somebody-else")
    assert log_in(browser, "olli", PASSWORD).status_code == 303
    thief = console.stranger()
    thief.client.cookies.set("sulku_session", "planted-by-somebody-else")
    assert thief.get("/").status_code == 303


def test_a_wrong_login_and_a_wrong_password_look_the_same_and_guessing_is_slowed(console: Console) -> None:
    console.add("olli", "operator")
    wrong, unknown = (log_in(console.stranger(), *given) for given in (("olli", "no"), ("nobody", "no")))
    assert wrong.status_code == unknown.status_code == 403
    assert "login or password is wrong" in wrong.text
    assert re.sub('value="[^"]*"', "", wrong.text) == re.sub('value="[^"]*"', "", unknown.text)
    for _ in range(4):
        log_in(console.stranger(), "olli", "no")
    assert "too many failed attempts" in log_in(console.stranger(), "olli", PASSWORD).text


@pytest.mark.parametrize(
    "then", ["//evil.example", "https://evil.example/", "/\\evil.example", "/logout", "/ticket/1/claim"]
)
def test_a_login_leads_only_to_pages_of_ours(console: Console, then: str) -> None:
    console.add("olli", "operator")
    assert log_in(console.stranger(), "olli", PASSWORD, then).headers["location"] == "/"


def test_over_tls_the_cookies_are_bound_to_the_host(sqlite_storage: Storage, clock: SetClock) -> None:
    console = Console(sqlite_storage, clock, base_url="https://desk.example")
    cookies = console.stranger().get("/login").headers.get_list("set-cookie")
    assert [cookie.split("=")[0] for cookie in cookies] == ["__Host-sulku_browser"]
    assert "Secure" in cookies[0]
    assert "Path=/" in cookies[0]
    assert "strict-transport-security" in console.stranger().get("/login").headers
