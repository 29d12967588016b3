"""The console on a small world of tickets: people with sessions, each with a browser of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.responses import Response
from starlette.testclient import TestClient
from tests.story.decisions_world import POLICY, World

from sulku_applications.links import ApplicationLinks
from sulku_console.app import create_app
from sulku_console.parts import ConsoleParts
from sulku_kernel import numbers
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import NotFoundError
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation.alarms import page_by
from sulku_tickets.domain.ticket_number import ticket_number
from sulku_tickets.models import operators
from sulku_tickets.operators import add_operator, find_operator, get_operator
from sulku_tickets.sessions import SessionKind, start_session

PASSWORD = "kuusi saunaa ja seitsemän järveä"
LINK_KEY = b"k" * 32
SETUP = Actor.desk("init")
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><svg onload=alert(1)>",
    "{{ 7*7 }} {% include 'x' %}",
    "javascript:alert(1)",
)


class Console:
    """`world` holds the tickets, `browser(login, roles)` is somebody who has logged in."""

    def __init__(self, storage: Storage, clock: SetClock, *, base_url: str = "http://testserver") -> None:
        self.world = World(storage, clock)
        self.clock, self.store = clock, storage.desk
        self.raw_mails: dict[str, bytes] = {}
        self.links = ApplicationLinks(LINK_KEY, base_url)
        self.app: FastAPI = create_app(
            ConsoleParts(
                storage=storage,
                clock=clock,
                escalation_policy=lambda: POLICY,
                page=page_by(lambda: POLICY),
                link_keys=(LINK_KEY,),
                application_links=self.links,
                raw_mail=self._raw,
                organisation="Väestörekisterikeskus",
                base_url=base_url,
                revocation_form=lambda language: f"%PDF {language.value}".encode(),
                campaign_receipt=lambda campaign_id, holder: (f"{campaign_id}-{holder}.pdf", b"%PDF receipt"),
            )
        )

    def _raw(self, sha256: str) -> bytes:
        if sha256 not in self.raw_mails:
            raise NotFoundError("there is no such mail")
        return self.raw_mails[sha256]

    def add(self, login: str, *roles: str) -> None:
        with begin(self.store, self.clock, SETUP) as tx:
            add_operator(tx, login=login, name=login, email=f"{login}@desk.example", password=PASSWORD, roles=roles)

    def stranger(self) -> Browser:
        return Browser(self.app)

    def browser(self, login: str, *roles: str) -> Browser:
        """Somebody with a session, without the slow hash of a password."""
        with begin(self.store, self.clock, SETUP) as tx:
            if find_operator(tx.connection, login) is None:
                row = {"login": login, "name": login, "email": "", "phone": "", "roles": sorted(roles)}
                (number,) = numbers.reserve(tx.connection, "operator")
                tx.insert(operators, {"id": number, **row, "password_hash": "", "created_at": tx.now})
                tx.flush()
            operator = get_operator(tx.connection, login)
            token = start_session(tx, operator, SessionKind.WEB)
        browser = self.stranger()
        browser.client.cookies.set("sulku_session", token)
        return browser

    def number(self, ticket_id: int) -> str:
        return ticket_number(ticket_id, self.clock.now())

    def code(self, ticket_id: int, place: int = 0) -> dict[str, str]:
        """The field beside a certificate of the ticket and what must be typed there."""
        entry = self.world.shown(ticket_id).entries[place]
        return {f"code_{entry.request_id}": entry.serial_tail}


class Browser:
    """Follows no redirects by itself and reads forms' tokens from the pages, as a browser's person would."""

    def __init__(self, app: FastAPI) -> None:
        self.client = TestClient(app, follow_redirects=False, raise_server_exceptions=True)
        self.client.headers["accept-language"] = "en"

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def token(self, page: str) -> str:
        found = re.search(r'name="form_token" value="([0-9a-f]{64})"', self.get(page).text)
        assert found, f"no form on {page}"
        return found[1]

    def send(
        self, path: str, fields: Mapping[str, Any] | None = None, *, page: str | None = None, **headers: str
    ) -> Response:
        """Open the page a form stands on, fill it in and send it."""
        page = page or path.rpartition("/")[0] or "/"
        data = {"form_token": self.token(page), **(fields or {})}
        return self.client.post(path, data=data, headers={n.replace("_", "-"): v for n, v in headers.items()})
