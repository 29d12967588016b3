"""What the console refuses: strangers, forged forms, other roles, other sites, markup in mails. ASSURANCE 4, 41-43, 47-50."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute
from tests.integration.console_world import LINK_KEY, PASSWORD, SETUP, Browser, Console

from sulku_console.campaign_pages import ACTS as CAMPAIGN_ACTS
from sulku_console.form_guard import form_token
from sulku_console.visitor import BACKGROUND_HEADER
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_tickets.domain.urgency import Assurance, Urgency
from sulku_tickets.links import AcknowledgementLink, sign_link
from sulku_tickets.models import escalations, ticket_mails, tickets
from sulku_tickets.operators import change_roles

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><svg onload=alert(1)>",
    "{{ 7*7 }} {% include 'x' %}",
    "javascript:alert(1)",
)


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
            *(f"/campaign/{{campaign_id}}/{act}" for act in ("add", *CAMPAIGN_ACTS)),
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


# --- what strangers wrote ------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Every element and attribute of a page, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in {"src", "href", "action", "srcset", "data"} and tag != "a":
                self.loads.append(value or "")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markup_in_a_mail_stays_text(console: Console, hostile: str) -> None:
    ticket_id = console.world.ticket(1, assurance=Assurance.L3)
    with console.store.writing() as connection:
        connection.execute(tickets.update().values(subject=hostile, requester=hostile, assignee=hostile))
        words = {"subject": hostile, "from_address": hostile, "new_text": hostile, "quoted_text": hostile}
        connection.execute(ticket_mails.update().values(**words, to_addresses=[hostile], defects=[hostile]))
    olli = console.browser("olli", "operator")
    for path in (f"/ticket/{ticket_id}", "/", f"/ticket/{ticket_id}?find={hostile}", f"/?show={hostile}"):
        answer = olli.get(path)
        assert answer.status_code == 200
        page = Tags()
        page.feed(answer.text)
        assert not page.elements & {"img", "iframe", "object", "embed", "style", "base"}
        assert not {name for name in page.attributes if name.startswith("on") or name == "style"}
        assert all(load.startswith(("/", "#")) for load in page.loads), page.loads
        assert "49" not in re.findall(r">\s*(49)\s*<", answer.text)


def test_what_was_typed_wrongly_comes_back_as_text(console: Console) -> None:
    ticket_id = console.world.ticket(1)
    olli = console.browser("olli", "operator")
    answer = olli.send(f"/ticket/{ticket_id}/reply", {"to": "x", "text": "</textarea><script>alert(1)</script>"})
    assert answer.status_code == 400
    assert "<script>alert" not in answer.text


def test_characters_that_turn_or_hide_are_shown_by_number(console: Console) -> None:
    ticket_id = console.world.ticket(1)
    with console.store.writing() as connection:
        connection.execute(tickets.update().values(subject="lasku\u202efdp.exe\u200b\nUrgent\x1b[2J"))
    queue = console.browser("olli", "operator").get("/").text
    assert "lasku[U+202E]fdp.exe[U+200B] Urgent[U+001B][2J" in queue
    assert console.number(ticket_id) in queue


def test_a_private_key_in_a_mail_is_never_shown_nor_handed_out(console: Console) -> None:
    ticket_id = console.world.ticket(1)
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEsecret\n-----END RSA PRIVATE KEY-----"
    with console.store.writing() as connection:
        connection.execute(ticket_mails.update().values(new_text=f"Here:\n{key}\nRegards", quoted_text=key))
    console.raw_mails[f"{ticket_id:064x}"] = f"Subject: x\r\n\r\n{key}".encode()
    olli = console.browser("olli", "operator")
    page = olli.get(f"/ticket/{ticket_id}").text
    assert "MIIEsecret" not in page
    assert "[private key: sealed in the original]" in page
    answer = olli.get(f"/ticket/{ticket_id}/mail/1")
    assert answer.status_code == 403
    assert "MIIEsecret" not in answer.text


def test_an_original_is_a_file_to_keep_and_who_took_it_is_recorded(storage: Storage, clock: SetClock) -> None:
    console = Console(storage, clock)
    ticket_id, other = console.world.ticket(1), console.world.ticket(2)
    raw = b"Subject: x\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>"
    console.raw_mails[f"{ticket_id:064x}"] = raw
    (mail,) = console.world.rows(ticket_mails, ticket_mails.c.ticket_id == ticket_id)
    olli = console.browser("olli", "operator")
    answer = olli.get(f"/ticket/{ticket_id}/mail/{mail['id']}")
    assert answer.content == raw
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert console.world.actions(ticket_id, "DOWNLOAD") == 1
    # The mail of one ticket is not found under another's number.
    assert olli.get(f"/ticket/{other}/mail/{mail['id']}").status_code == 404
    assert console.world.audit_faults() == []


def test_every_answer_says_that_nothing_may_be_loaded_or_framed(console: Console) -> None:
    ticket_id = console.world.ticket(1)
    olli = console.browser("olli", "operator")
    for path in ("/login", "/", f"/ticket/{ticket_id}", "/no-such-page", "/ticket/nonsense", "/health/live"):
        headers = olli.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


# --- errors --------------------------------------------------------------------------------------------------------


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


def test_a_database_that_is_away_is_said_so(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise sa.exc.OperationalError("SELECT secret", {}, Exception("connection refused"))

    monkeypatch.setattr("sulku_console.queue_page.queue", away)
    answer = console.browser("olli", "operator").get("/")
    assert answer.status_code == 503
    assert "the database does not answer now" in answer.text
    assert "secret" not in answer.text


def test_health_names_parts_that_are_unwell_and_nothing_else(console: Console) -> None:
    stranger = console.stranger()
    assert stranger.get("/health/live").json() == {"live": True}
    assert stranger.get("/health/ready").json() == {"ready": True, "unwell": {}}


# --- pages behind signed links -------------------------------------------------------------------------------------


def paged(console: Console) -> tuple[int, str]:
    ticket_id = console.world.ticket(1, urgency=Urgency.P1)
    (escalation,) = console.world.rows(escalations, escalations.c.ticket_id == ticket_id)
    link = AcknowledgementLink(escalation["id"], escalation["round"], 0, "duty@desk.example")
    return ticket_id, f"/acknowledge/{sign_link(link, (LINK_KEY,), console.clock.now())}"


def test_looking_at_a_page_never_acknowledges_it_and_the_button_does(storage: Storage, clock: SetClock) -> None:
    console = Console(storage, clock)
    ticket_id, path = paged(console)
    phone = console.stranger()
    for _ in range(3):
        page = phone.get(path)
        assert page.status_code == 200
        assert console.number(ticket_id) in page.text
        assert "Sulkupyyntö" not in page.text  # nothing of the mail
    phone.client.head(path)
    assert [row["state"] for row in console.world.rows(escalations)] == ["OPEN"]
    assert "Acknowledged." in phone.send(path, page=path).text
    (row,) = console.world.rows(escalations)
    assert (row["state"], row["acknowledged_by"]) == ("ACKNOWLEDGED", f"link:{row['id']} duty@desk.example")
    assert "Somebody has acknowledged already" in phone.get(path).text
    assert console.world.audit_faults() == []


def test_a_forged_old_or_foreign_link_acknowledges_nothing(console: Console) -> None:
    _, path = paged(console)
    phone = console.stranger()
    (row,) = console.world.rows(escalations)
    foreign = sign_link(AcknowledgementLink(row["id"], 1, 0, "x"), (b"e" * 32,), console.clock.now())
    for token in (path.rpartition("/")[2][:-2] + "xx", foreign, "x", "x" * 3000):
        assert phone.get(f"/acknowledge/{token}").status_code == 400
        sent = phone.client.post(f"/acknowledge/{token}", data={"form_token": form_token(token)})
        assert sent.status_code == 400
    console.clock.advance(timedelta(hours=25))
    assert phone.get(path).status_code == 400
    assert [row["state"] for row in console.world.rows(escalations)] == ["OPEN"]


def test_an_application_shows_its_stages_and_nothing_else_in_its_own_language(
    storage: Storage, clock: SetClock
) -> None:
    from sulku_applications.applications import NewApplication, move, receive
    from sulku_applications.domain.stages import Stage
    from sulku_kernel.language import Language

    console = Console(storage, clock)
    new = NewApplication(
        reference="E-1", organisation="Helsingin VI apteekki", business_id="0204819-8", certificate_type="server",
        common_name="kanta.apteekki.example", applicant_email="hakija@apteekki.example",
        technical_email="it@apteekki.example", language=Language.SV,
    )  # fmt: skip
    with begin(console.store, clock, SETUP) as tx:
        row = receive(tx, new, console.links)
    with begin(console.store, clock, SETUP) as tx:
        move(tx, row["id"], Stage.IN_REVIEW, "internal words", console.links)
    path = console.links.url(row["id"]).removeprefix("http://testserver")
    answer = console.stranger().get(path)
    assert 'lang="sv"' in answer.text
    assert answer.text.index("Mottagen") < answer.text.index("Under behandling</strong>")
    assert 'href="/forms/revocation-request-sv.pdf"' in answer.text
    for secret in ("apteekki", "internal words", "0204819-8"):
        assert secret not in answer.text
    assert "Käsittelyssä" in console.stranger().get(f"{path}?language=fi").text
    assert console.stranger().get(f"{path}x").status_code == 404


def test_whoever_keeps_accounts_only_is_told_so_and_not_sent_to_the_queue_again(console: Console) -> None:
    answer = console.browser("antti", "administrator").get("/?language=fi")
    assert answer.status_code == 403
    assert "tunnuksellasi ei ole roolia" in answer.text
    assert "Jonoon" not in answer.text


def test_an_applicant_with_a_broken_link_is_not_sent_to_the_queue(console: Console) -> None:
    answer = console.stranger().get("/application/Mg.x?language=sv")
    assert "länken är inte giltig" in answer.text
    assert "Till kön" not in answer.text
