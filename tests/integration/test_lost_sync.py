"""When the disk has failed to keep a mail, on-call is told by the intake itself, without the database."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from email import message_from_bytes

import pytest
from tests.servers.smarthost import Smtpd
from tests.servers.smtp import SmtpClient, failing_syncs, wait_until

from sulku_desk import intake, lost_sync_alarm
from sulku_desk.doctor_facts import Part
from sulku_desk.examining import SelfExamination
from sulku_desk.instance import Instance
from sulku_desk.lost_sync_alarm import LostSyncAlarm
from sulku_desk.on_call_file import OnCallFile
from sulku_desk.sync_mark import lost_since

MINUTE = timedelta(minutes=1)
REQUEST = b"Subject: Sulkupyynt\xc3\xb6\r\n\r\nSarjanumero 0bf4eab0, avain on vuotanut."


def alarm_of(instance: Instance) -> LostSyncAlarm:
    return LostSyncAlarm(instance.settings, instance.clock, OnCallFile(instance.settings.on_call_file))


def test_the_intake_tells_on_call_within_seconds_and_takes_no_mail_until_it_starts_anew(
    instance: Instance, smarthost: Smtpd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_sync_alarm, "LOOK_EVERY_SECONDS", 0.05)
    port, stop = instance.settings.smtp.port, threading.Event()
    role = threading.Thread(target=lambda: asyncio.run(intake.run(instance, stop)))
    role.start()
    try:
        wait_until(lambda: _greeting(port).startswith("220"), "the intake listens")
        with failing_syncs(instance.storage.inbox), SmtpClient(port, "EHLO") as client:
            assert client.mail(REQUEST).startswith("451")
        wait_until(lambda: smarthost.taken, "on-call is told")
        assert _greeting(port).startswith("421")
    finally:
        stop.set()
        role.join()
    assert smarthost.told == ["first@desk.example"]
    mail = message_from_bytes(smarthost.taken[0].content)
    assert mail["Auto-Submitted"] == "auto-generated"
    text = " ".join(mail.get_payload(0).get_payload(decode=True).decode().split())
    assert "levy ei pystynyt tallentamaan viestiä; vastaanotto keskeytyi" in text
    assert "käynnistä rooli intake uudelleen" in text


def _greeting(port: int) -> str:
    try:
        with SmtpClient(port, None) as client:
            return client.greeting
    except OSError:
        return ""


def test_each_step_is_told_at_its_time_and_everybody_once_a_day(instance: Instance, smarthost: Smtpd) -> None:
    alarm, clock = alarm_of(instance), instance.clock
    since = clock.now()
    assert [alarm.tell(since), alarm.tell(since)] == [1, 0]
    clock.advance(60 * MINUTE)
    assert [alarm.tell(since), alarm.tell(since)] == [1, 0]
    assert smarthost.told == ["first@desk.example", "second@desk.example"]
    clock.advance(timedelta(days=1))
    assert alarm.tell(since) == 2
    assert len({message_from_bytes(taken.content)["Message-ID"] for taken in smarthost.taken}) == 4


def test_a_smarthost_that_is_away_is_tried_again_and_a_database_that_is_gone_does_not_matter(
    instance: Instance, smarthost: Smtpd
) -> None:
    alarm, since = alarm_of(instance), instance.clock.now()
    instance.close()
    for file in instance.settings.home.glob("*.sqlite*"):
        file.unlink()
    smarthost.answers["rcpt"] = "450 4.3.0 later"
    assert alarm.tell(since) == 0
    smarthost.answers.clear()
    assert alarm.tell(since) == 1


def test_health_and_doctor_know_of_it_until_the_intake_starts_anew(instance: Instance) -> None:
    since = instance.clock.now()
    alarm_of(instance).tell(since)
    assert "restart the role intake" in SelfExamination(instance).unwell()[Part.INTAKE]
    alarm_of(instance)
    assert lost_since(instance.settings.home, "inbox") is None
    assert Part.INTAKE not in SelfExamination(instance).unwell()


def test_where_no_mark_can_be_left_on_call_is_told_all_the_same(instance: Instance, smarthost: Smtpd) -> None:
    (instance.settings.home / "sync-lost").mkdir()
    assert alarm_of(instance).tell(instance.clock.now()) == 1
    assert smarthost.told == ["first@desk.example"]
