"""What went wrong is a page that says what to do, and never how it went wrong."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from tests.integration.console_world import Console

from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage


@pytest.fixture
def console(sqlite_storage: Storage, clock: SetClock) -> Console:
    """What is guarded here does not depend on the database."""
    return Console(sqlite_storage, clock)


@pytest.mark.parametrize(
    ("path", "status"), [("/no-such-page", 404), ("/ticket/S26-999999", 404), ("/ticket/nonsense", 400)]
)
def test_a_page_that_is_not_there_says_so_and_what_to_do(console: Console, path: str, status: int) -> None:
    answer = console.browser("olli", "operator").get(path)
    assert answer.status_code == status
    assert 'class="fault"' in answer.text
    assert "To the queue" in answer.text


def test_a_fault_of_ours_shows_no_trace(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sulku_console.queue_page.queue", lambda *_: 1 / 0)
    olli = console.browser("olli", "operator")
    olli.client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
    answer = olli.get("/")
    assert answer.status_code == 500
    assert "something in the console failed" in answer.text
    assert "ZeroDivision" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def away(*_: object) -> None:
    raise sa.exc.OperationalError("SELECT secret", {}, Exception("connection refused"))


def test_a_database_that_is_away_is_said_so(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sulku_console.queue_page.queue", away)
    answer = console.browser("olli", "operator").get("/")
    assert answer.status_code == 503
    assert "the database does not answer now" in answer.text
    assert "secret" not in answer.text


def test_it_is_said_in_the_language_of_the_browser_when_nobody_can_be_known(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = console.browser("olli", "operator")
    browser.get("/?language=sv")
    monkeypatch.setattr("sulku_console.visitor.resolve_session", away)
    answer = browser.get("/")
    assert answer.status_code == 503
    assert '<html lang="sv"' in answer.text
    assert "databasen svarar inte" in answer.text


def test_a_desk_that_nothing_can_be_written_to_still_shows_what_is_there(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sulku_console.visitor.touch_session", away)
    assert console.browser("olli", "operator").get("/").status_code == 200


def test_health_answers_in_time_when_the_database_hangs(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr("sulku_console.health.LONGEST_SECONDS", 0.1)
    monkeypatch.setattr("sulku_console.health._answers", lambda _: goes_on.wait(60))
    try:
        answer = console.stranger().get("/health/ready")
    finally:
        goes_on.set()
    assert answer.status_code == 503
    assert list(answer.json()["unwell"]) == ["database"]


def test_health_names_parts_that_are_unwell_and_nothing_else(console: Console) -> None:
    stranger = console.stranger()
    assert stranger.get("/health/live").json() == {"live": True}
    assert stranger.get("/health/ready").json() == {"ready": True, "unwell": {}}
