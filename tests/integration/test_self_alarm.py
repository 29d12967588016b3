"""On-call is told of what is wrong with the desk itself: in time, once for each occasion, and not of being busy."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.conftest import NIGHT
from tests.servers.certificates import write_server_certificate
from tests.story.desk import Desk, open_desk

from sulku_desk.on_call_file import OnCallFile
from sulku_desk.self_alarm import SelfAlarm
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.inbox import Delivery
from sulku_mailbox.raw_mail import RawMail
from sulku_revocation.watch_models import crl_entries

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def lite(tmp_path: Path):
    with open_desk(tmp_path / "home", None, NIGHT, organisations=1) as opened:
        yield opened


def alarm_of(desk: Desk, **smtp) -> SelfAlarm:
    settings = desk.instance.settings
    settings = settings.model_copy(update={"smtp": settings.smtp.model_copy(update=smtp)})
    return SelfAlarm(replace(desk.instance, settings=settings), OnCallFile(settings.on_call_file))


def told(desk: Desk) -> list[tuple[str, str]]:
    """Part and recipient of every such mail."""
    desk.dispatch()
    keys = [row[0] for row in desk.rows("SELECT key FROM desk.outbox WHERE key LIKE 'unwell:%' ORDER BY id")]
    return [(key.split(":")[1], key.rpartition(":")[2]) for key in keys]


def test_mails_that_stay_unread_are_told_after_a_while_once_and_then_to_the_next_step(lite: Desk) -> None:
    envelope = Envelope("a@example.fi", ("vptuotanto@vrk.fi",), lite.clock.now(), Via.SMTP)
    lite.inbox.add([Delivery(RawMail.of(b"unread"), envelope)])
    lite.forward(minutes=6, step=60)
    assert told(lite) == []
    lite.forward(minutes=8, step=60)
    assert told(lite) == [("worker", "first@desk.example")]
    lite.forward(minutes=30, step=60)
    assert told(lite) == [("worker", "first@desk.example"), ("worker", "second@desk.example")]
    (mail,) = lite.sent(to="first@desk.example")
    assert "viestien lukeminen (worker)" in mail.subject
    assert "Tila: lukemattomia viestejä: 1, vanhin on odottanut" in mail.text
    assert "Tee näin: Tarkista, että rooli worker on käynnissä" in mail.text
    (mail,) = lite.sent(to="second@desk.example")
    assert "läsningen av meddelanden (worker)" in mail.subject
    assert "olästa meddelanden: 1, det äldsta har väntat" in " ".join(mail.text.split())


def test_a_certificate_is_told_of_at_30_and_14_days_and_daily_from_7_on(lite: Desk, tmp_path: Path) -> None:
    certificate, _ = write_server_certificate(tmp_path, NIGHT - 3_610 * DAY)  # good for 40 days more
    alarm = alarm_of(lite, certificate=certificate)
    for _ in range(36):
        for pause in (6 * MINUTE, DAY - 6 * MINUTE):
            lite.scheduler.tick()
            alarm()
            lite.dispatch()
            lite.clock.advance(pause)
    days_left = [int(days) for mail in lite.sent() for days in re.findall(r"päiviä jäljellä:\s+(\d+)", mail.text)]
    assert days_left[:2] == [30, 14]
    assert days_left[2:]
    assert max(days_left[2:]) <= 7


def test_a_gap_in_the_rota_is_told_once_a_week_ahead(lite: Desk) -> None:
    until = (NIGHT + 5 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    policy = lite.instance.settings.on_call_file
    own = 'email = "second@desk.example"'
    text = policy.read_text(encoding="utf-8").replace(own, f"{own}, until = {until}")
    policy.write_text(text, encoding="utf-8")
    lite.forward(hours=72, step=6 * 3_600)
    assert told(lite) == [("on_call", "first@desk.example")]


def test_what_is_unwell_is_told_in_time_though_the_clock_was_set_back(lite: Desk) -> None:
    (lite.instance.settings.keys_folder / "links.key").chmod(0o644)
    alarm = alarm_of(lite)
    alarm()
    lite.clock.advance(-DAY)
    for _ in range(7):
        alarm()
        lite.clock.advance(MINUTE)
    assert ("keys", "first@desk.example") in told(lite)


def test_a_desk_that_is_well_tells_nobody(lite: Desk) -> None:
    lite.receive(lite.write("a@example.fi", "Hei", "Hei"))
    lite.forward(minutes=15, step=60)
    assert told(lite) == []


def test_what_stands_on_a_crl_without_an_order_has_a_ticket_and_is_no_part_of_the_desk(lite: Desk) -> None:
    foreign = {"issuer_id": 1, "serial": "a01", "origin": "foreign", "first_seen_at": lite.clock.now()}
    with lite.instance.storage.desk.writing() as connection:
        connection.execute(crl_entries.insert().values(foreign))
    lite.forward(minutes=30, step=60)
    assert told(lite) == []
