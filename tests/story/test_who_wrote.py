"""What the desk found out about a sender stands in the history, and in what people see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import NIGHT
from tests.corpus.test_corpus import FOLDER
from tests.senders import authentic_zone, key_record, signed_mail
from tests.servers.dns import serve_dns
from tests.story.desk import Desk, open_desk, serial_of

from sulku_console.sender_evidence import sender_evidence
from sulku_tickets.ticket_queue import timeline


@pytest.fixture
def checking_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk whose resolver knows the first organisation's domain."""
    zone = authentic_zone()
    with serve_dns(zone) as address:
        monkeypatch.setenv("SULKU_DNS__RESOLVERS", f'["{address}"]')
        with open_desk(tmp_path, None, NIGHT) as desk:
            domain = desk.organisations[1].contacts[0].email.partition("@")[2]
            zone.records |= authentic_zone(domain).txt(domain, "v=spf1 -all").records
            yield desk


def test_a_signed_request_is_at_l2_and_the_key_that_proved_it_is_kept(checking_desk: Desk) -> None:
    desk = checking_desk
    holder = desk.organisations[1].contacts[0].email
    domain = holder.partition("@")[2]
    serial = serial_of(desk.certificate(1, "kanta"))
    raw = (
        f"From: {holder}\r\nTo: vptuotanto@vrk.fi\r\nSubject: Sulkupyyntö\r\nDate: Tue, 24 Nov 2026 03:00:00 +0200\r\n"
        f"Message-ID: <1@{domain}>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Avain on paljastunut. Sulkekaa varmenne {serial}.\r\n"
    ).encode()
    desk.receive(signed_mail(raw, domain))
    assert desk.ticket["assurance"] == "L2"
    (received,) = desk.events("RECEIVE")
    evidence = received["evidence"]
    assert evidence["dkim"][0]["result"] == "pass"
    assert [key_record()] in [record.get("values") for record in evidence["dns"]]
    assert evidence["transport"]["peer"] == "192.0.2.1"
    assert desk.audit_faults() == []
    with desk.instance.storage.desk.reading() as connection:
        (shown,) = sender_evidence(timeline(connection, desk.ticket["id"]))
    said = dict(shown.rows)
    assert said["Domain in From proven (DMARC)"].startswith("pass")
    assert any(key_record()[:60] in record for record in shown.records)


def test_the_same_request_forged_stays_at_l1_and_says_why(checking_desk: Desk) -> None:
    desk = checking_desk
    holder = desk.organisations[1].contacts[0].email
    domain = holder.partition("@")[2]
    raw = (
        f"From: {holder}\r\nTo: vptuotanto@vrk.fi\r\nSubject: Sulkupyyntö\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\nSulkekaa {serial_of(desk.certificate(1, 'kanta'))}.\r\n"
    ).encode()
    desk.receive(signed_mail(raw, domain, names=[b"from", b"to", b"subject"]).replace(b"Sulkekaa ", b"Sulkekaa heti "))
    assert desk.ticket["assurance"] == "L1"
    (received,) = desk.events("RECEIVE")
    assert received["evidence"]["dkim"][0]["why"] == "changed_or_forged"


def test_who_sends_what_nobody_can_open_is_asked_to_send_it_again(desk: Desk) -> None:
    holder = desk.organisations[1].contacts[0].email
    hidden = (FOLDER / "m23-fi-smime-encrypted" / "mail.eml").read_text(encoding="utf-8")
    raw = hidden.replace("varmenteet@rantalan-sairaala.example", holder).replace("\n", "\r\n").encode()
    desk.receive(raw)
    desk.dispatch()
    assert desk.ticket["urgency"] == "P2"
    (answer,) = desk.sent(to=holder)
    assert answer.subject.startswith("Emme voi avata salattua viestiänne")
    stopped = desk.rows("SELECT stopped_at FROM desk.deadline WHERE kind = 'acknowledgement'")
    assert [row.stopped_at is not None for row in stopped] == [True]
