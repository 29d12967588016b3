"""Every mail on file read again by this version: nothing differs by itself, and what would is told with its grounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.conftest import NIGHT
from tests.senders import authentic_zone, signed_mail
from tests.servers.dns import serve_dns
from tests.story.desk import Desk, open_desk, serial_of
from tests.unit.packed_files import encrypted_zip
from typer.testing import CliRunner

from sulku_desk.cli import app
from sulku_desk.rereading import Rejudged, reread
from sulku_kernel.actor import Actor
from sulku_mailbox.models import deliveries, raw_chunks
from sulku_revocation.domain.default_policy import DEFAULT_POLICY, DEFAULT_POLICY_TEXT
from sulku_revocation.domain.policy import Policy
from sulku_revocation.domain.policy_file import parse_policy
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.register import mark_revoked
from sulku_tickets.models import ticket_mails

COMPROMISED = "Varmenteen {serial} yksityinen avain on paljastunut. Sulkekaa varmenne.\n"


def read_again(desk: Desk, candidate: Policy = DEFAULT_POLICY) -> list[Rejudged]:
    return list(reread(desk.instance, current=DEFAULT_POLICY, candidate=candidate))


def ask(desk: Desk, organisation: int = 0, text: str = COMPROMISED) -> str:
    serial = serial_of(desk.certificate(organisation, "kanta"))
    desk.receive(desk.write(desk.organisations[organisation].contacts[0].email, "Sulku", text.format(serial=serial)))
    return serial


def on_file(desk: Desk, **changes: Any) -> None:
    """Let the last mail have been judged by an earlier version, which saw something else in it."""
    with desk.instance.storage.desk.writing() as connection:
        row = connection.execute(sa.select(ticket_mails).order_by(ticket_mails.c.id.desc()).limit(1)).one()
        judgement = {**row.judgement, **changes}
        connection.execute(ticket_mails.update().where(ticket_mails.c.id == row.id).values(judgement=judgement))


def test_what_was_revoked_since_and_the_time_that_went_by_change_nothing(desk: Desk) -> None:
    ask(desk)
    ask(desk, 1, "Sulkekaa varmenne {serial} 27.11.2026 klo 12, se korvataan uudella.\n")
    with desk.acting(Actor.desk("test")) as tx:
        for request in desk.requests():
            mark_revoked(tx, request["certificate_id"], at=desk.clock.now(), reason=ReasonCode.KEY_COMPROMISE)
    desk.forward(hours=80, step=3600)
    again = read_again(desk)
    assert len(again) == 2
    assert [one for one in again if one.is_other] == []


def test_a_password_counts_for_the_mails_before_it_only(desk: Desk) -> None:
    sender = desk.organisations[0].contacts[0].email
    message = desk.write(sender, "Sulkupyyntö", "Sulkekaa liitteenä oleva varmenne, se on korvattu uudella.\n")
    locked = encrypted_zip({"varmenne.cer": desk.certificate(0, "kanta").der}, "Kissa-Kello-77")
    message.add_attachment(locked, maintype="application", subtype="zip", filename="varmenne.zip")
    desk.receive(message)
    desk.receive(desk.write(sender, "Vs: Sulkupyyntö", "Varmenteen salasana on Kissa-Kello-77\n\nSulkekaa se.\n"))
    assert [one.changes for one in read_again(desk)] == [{}, {}]


def test_a_mail_that_this_version_takes_otherwise_is_told_with_the_words_that_say_so(desk: Desk) -> None:
    ask(desk, 1, "Sulkekaa varmenne {serial}, se on korvattu uudella.\n")
    serial = ask(desk)
    on_file(desk, reason=None, urgency="P2", page_on_call=False, because=[], chosen=[])
    same, other = read_again(desk)
    assert not same.is_other
    assert other.changes["reason"] == (None, "keyCompromise")
    assert other.changes["urgency"] == ("P2", "P1")
    assert other.rules[serial] == ("", "confirmed_holder")
    assert any("paljastunut" in words for _, words in other.why.gained)
    assert desk.audit_faults() == []


def test_another_policy_is_tried_on_what_this_version_understands(desk: Desk) -> None:
    serial = ask(desk)
    assert read_again(desk)[0].rules == {}
    other = parse_policy(DEFAULT_POLICY_TEXT.replace('"confirmed_holder"', '"holder_at_l3"'), "other")
    assert read_again(desk, other)[0].rules[serial] == ("confirmed_holder", "holder_at_l3")


def test_a_mail_whose_original_is_gone_is_told_and_does_not_hinder_the_others(desk: Desk) -> None:
    ask(desk)
    ask(desk, 1)
    with desk.instance.storage.inbox.writing() as connection:
        where = sa.select(deliveries.c.raw_id).where(deliveries.c.sha256 == desk._all(ticket_mails)[0]["sha256"])
        connection.execute(sa.delete(raw_chunks).where(raw_chunks.c.raw_id.in_(where)))
    first, second = read_again(desk)
    assert "holds no mail" in first.fault
    assert not second.is_other


@pytest.fixture
def signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk that received a signed mail, and whose resolver then fell silent."""
    zone = authentic_zone()
    with serve_dns(zone) as address:
        monkeypatch.setenv("SULKU_DNS__RESOLVERS", f'["{address}"]')
        with open_desk(tmp_path / "home", None, NIGHT) as desk:
            holder = desk.organisations[1].contacts[0].email
            domain = holder.partition("@")[2]
            zone.records |= authentic_zone(domain).records
            text = COMPROMISED.format(serial=serial_of(desk.certificate(1, "kanta"))).strip()
            raw = (
                f"From: {holder}\r\nTo: vptuotanto@vrk.fi\r\nSubject: Sulku\r\nDate: Tue, 24 Nov 2026 03:00:00 +0200\r\n"
                f"Message-ID: <1@{domain}>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
            ).encode()
            desk.receive(signed_mail(raw, domain))
            zone.records.clear()
            yield desk


def test_a_sender_counts_by_the_keys_that_stood_in_the_dns_that_day(signed: Desk) -> None:
    assert signed.ticket["assurance"] == "L2"
    assert [one.changes for one in read_again(signed)] == [{}]


def test_the_command_tells_each_mail_on_a_line_of_its_own_and_counts(
    signed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SULKU_HOME", str(signed.instance.settings.home))
    run = CliRunner().invoke
    assert run(app, ["policy", "test", "--reread"]).stdout == "1 mails read again. Nothing would change.\n"
    on_file(signed, reason="superseded")
    told = run(app, ["policy", "test", "--reread", "--json"])
    assert told.exit_code == 0
    mail, counted = map(json.loads, told.stdout.splitlines())
    assert mail["changes"] == {"reason": {"before": "superseded", "after": "keyCompromise"}}
    assert mail["ticket"] == signed.ticket["number"]
    assert counted == {"mails": 1, "changed": 1, "faults": 0}
    assert "reason: superseded -> keyCompromise" in run(app, ["policy", "test", "--reread"]).stdout
