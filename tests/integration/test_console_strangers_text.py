"""What strangers wrote is text, whatever they wrote; originals are files to keep. ASSURANCE 41-43."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from tests.integration.console_world import HOSTILE, Console

from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage
from sulku_tickets.domain.urgency import Assurance
from sulku_tickets.models import ticket_mails, tickets


@pytest.fixture
def console(sqlite_storage: Storage, clock: SetClock) -> Console:
    """What is guarded here does not depend on the database."""
    return Console(sqlite_storage, clock)


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
        files = {"files": [{"name": hostile, "kind": hostile, "became": hostile, "size": 1}], "left_out": 0}
        words = {
            "files": files,
            "subject": hostile,
            "from_address": hostile,
            "new_text": hostile,
            "quoted_text": hostile,
        }
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
