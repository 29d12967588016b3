"""What the console refuses: forged forms, other roles, other sites, whoever is not logged in. ASSURANCE 47-50."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute
from tests.integration.console_world import LINK_KEY, Console

from sulku_console.campaign_pages import ACTS as CAMPAIGN_ACTS
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage
from sulku_tickets.domain.urgency import Assurance, Urgency
from sulku_tickets.links import AcknowledgementLink, sign_link
from sulku_tickets.models import tickets


@pytest.fixture
def console(sqlite_storage: Storage, clock: SetClock) -> Console:
    """What is guarded here does not depend on the database."""
    return Console(sqlite_storage, clock)


def all_routes(console: Console, method: str) -> list[str]:
    found: list[str] = []

    def walk(routes) -> None:
        for route in routes:
            if isinstance(route, APIRoute):
                if method in route.methods:
                    found.append(route.path)
            elif getattr(route, "routes", None):
                walk(route.routes)
            elif getattr(route, "original_router", None) is not None:
                walk(route.original_router.routes)

    walk(console.app.routes)
    return sorted(set(found))


def filled(path: str, console: Console, ticket_id: int) -> str:
    token = sign_link(AcknowledgementLink(1, 1, 0, "x"), (LINK_KEY,), console.clock.now())
    return path.replace("{number}", console.number(ticket_id)).replace("{token}", token)


# --- forms ---------------------------------------------------------------------------------------------------------


def test_every_form_of_the_console_is_known_here(console: Console) -> None:
    acts = [
        "acknowledge",
        "approve",
        "claim",
        "close",
        "decide",
        "evidence",
        "hold",
        "lift",
        "match",
        "note",
        "reject",
        "reopen",
        "reply",
        "update_reason",
        "withdraw",
    ]
    assert all_routes(console, "POST") == sorted(
        [
            "/login",
            "/logout",
            "/acknowledge/{token}",
            "/api/keys/check",
            "/campaigns/begin",
            *(f"/campaign/{{campaign_id}}/{act}" for act in ("add", "hold", "release", *CAMPAIGN_ACTS)),
            *(f"/ticket/{{number}}/{act}" for act in acts),
        ]
    )


def test_no_form_is_accepted_without_its_token(console: Console) -> None:
    ticket_id = console.world.ticket(1, assurance=Assurance.L3)
    boss = console.browser("kaisa", "operator", "approver", "supervisor")
    before = console.world.rows(tickets)
    for path in all_routes(console, "POST"):
        for token in ("", "0" * 64, "ä"):
            answer = boss.client.post(filled(path, console, ticket_id), data={"form_token": token, "text": "x"})
            # What programs ask is no form: it wants the token of issuance, which no session replaces.
            assert answer.status_code == (401 if path.startswith("/api/") else 403), path
    assert console.world.rows(tickets) == before


def test_the_token_of_another_session_is_refused(console: Console) -> None:
    ticket_id = console.world.ticket(1)
    mine, theirs = console.browser("olli", "operator"), console.browser("aino", "operator")
    stolen = theirs.token(f"/ticket/{ticket_id}")
    answer = mine.client.post(f"/ticket/{ticket_id}/claim", data={"form_token": stolen})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "http://testserver.evil.example"},
    ],
)
def test_a_form_that_another_site_sent_is_refused_even_with_a_token(console: Console, headers: dict[str, str]) -> None:
    ticket_id = console.world.ticket(1)
    answer = console.browser("olli", "operator").send(f"/ticket/{ticket_id}/claim", **headers)
    assert answer.status_code == 403
    assert "sent by another site" in answer.text


@pytest.mark.parametrize(
    "headers", [{"sec_fetch_site": "same-origin", "origin": "null"}, {"origin": "http://testserver"}, {}]
)
def test_our_own_pages_are_believed_though_they_send_no_referrer(console: Console, headers: dict[str, str]) -> None:
    ticket_id = console.world.ticket(1)
    assert console.browser("olli", "operator").send(f"/ticket/{ticket_id}/claim", **headers).status_code == 303


def test_a_body_without_end_is_refused(console: Console) -> None:
    ticket_id = console.world.ticket(1)
    answer = console.browser("olli", "operator").send(f"/ticket/{ticket_id}/note", {"text": "x" * 500_000})
    assert answer.status_code == 413
    assert console.world.actions(ticket_id, "NOTE") == 0


# --- people --------------------------------------------------------------------------------------------------------


def test_nobody_sees_anything_without_logging_in(console: Console) -> None:
    ticket_id = console.world.ticket(1)
    for path in all_routes(console, "GET"):
        if path.startswith(("/static", "/health", "/metrics", "/login", "/acknowledge", "/application", "/forms")):
            continue
        address = filled(path, console, ticket_id).replace("{mail_id}", "1").replace("{order_id}", "1")
        answer = console.stranger().get(address.replace("{kind}", "crl"))
        if path.startswith("/api/"):
            assert answer.status_code == 401, path
            continue
        assert (answer.status_code, answer.headers["location"][:7]) == (303, "/login?"), path


def test_an_auditor_reads_and_is_refused_every_act(console: Console) -> None:
    ticket_id = console.world.ticket(1, assurance=Assurance.L3, urgency=Urgency.P1)
    console.world.decide(ticket_id)
    auditor = console.browser("auli", "auditor")
    page = auditor.get(f"/ticket/{ticket_id}").text
    forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', page)
    assert forms == ["/logout"]
    fields = {"text": "x", "because": "x", "kind": "callback", "confirmed": "yes", "reason": "4", "add": "2"}
    fields |= {**console.code(ticket_id), "digest": console.world.shown(ticket_id).digest, "break_glass": "x"}
    events = console.world.actions(ticket_id, "NOTE")
    for path in all_routes(console, "POST"):
        if path.startswith("/ticket/"):
            answer = auditor.send(filled(path, console, ticket_id), fields)
            assert answer.status_code in {403, 409}, path
    assert console.world.states(ticket_id) == ["DECIDED"]
    assert console.world.actions(ticket_id, "NOTE") == events
