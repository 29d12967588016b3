"""When the disk fails to keep what is written to the desk's file, every role stands still until the desk starts anew."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes

import pytest
import sqlalchemy as sa
from tests.conftest import NIGHT
from tests.servers.smarthost import Smtpd
from tests.servers.smtp import failing_syncs, wait_until

from sulku_desk import lost_sync_alarm
from sulku_desk.before_start import check_before_start
from sulku_desk.desk_sync import run_while_kept, verify_what_was_kept
from sulku_desk.doctor_facts import Part
from sulku_desk.examining import SelfExamination
from sulku_desk.instance import Instance, open_instance
from sulku_desk.roles import run as run_role
from sulku_desk.sync_mark import lost_since, mark_of
from sulku_kernel.actor import Actor
from sulku_kernel.clock import to_text
from sulku_kernel.errors import ConfigurationError, UnavailableError
from sulku_kernel.events import Subject, events
from sulku_kernel.transaction import begin

Work = Callable[[threading.Event], None]


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_sync_alarm, "LOOK_EVERY_SECONDS", 0.05)


@pytest.fixture
def instance(instance: Instance) -> Instance:
    """One that has kept something before."""
    note(instance, "before")
    return instance


def note(instance: Instance, action: str) -> None:
    with begin(instance.storage.desk, instance.clock, Actor.desk("test")) as tx:
        tx.record(Subject("note", 1), action)


def lose_a_sync(instance: Instance) -> None:
    with failing_syncs(instance.storage.desk), pytest.raises(sa.exc.OperationalError):
        note(instance, "lost")


def lost_before(instance: Instance) -> None:
    """As whoever lost a sync has left it."""
    lose_a_sync(instance)
    mark_of(instance.settings.home, "desk").write_text(to_text(NIGHT), encoding="ascii")


@contextmanager
def a_role(instance: Instance, work: Work, *, shows: bool = False, begins: bool = True) -> Iterator[threading.Thread]:
    """A role that is at work, unless it never `begins`."""
    stop, begun = threading.Event(), threading.Event()

    def at_work(until: threading.Event) -> None:
        begun.set()
        work(until)

    role = threading.Thread(target=run_while_kept, args=(instance, stop, at_work), kwargs={"shows": shows})
    role.start()
    try:
        if begins:
            wait_until(begun.is_set, "the role works")
        yield role
    finally:
        stop.set()
        role.join()


def wait_for_end(until: threading.Event) -> None:
    until.wait()


def marking(ended: threading.Event) -> Work:
    """Work that lasts until it is to end."""

    def work(until: threading.Event) -> None:
        until.wait()
        ended.set()

    return work


def test_a_role_that_loses_a_sync_stops_and_stands_still_and_tells_on_call(
    instance: Instance, smarthost: Smtpd
) -> None:
    ended = threading.Event()
    with a_role(instance, marking(ended)) as role:
        lose_a_sync(instance)
        wait_until(ended.is_set, "the work ends")
        wait_until(lambda: smarthost.taken, "on-call is told")
        assert role.is_alive(), "whoever ends is started again"
        with pytest.raises(UnavailableError, match="durable"):
            note(instance, "after")
    assert smarthost.told == ["first@desk.example"]
    body = message_from_bytes(smarthost.taken[0].content).get_payload(0)
    text = " ".join(body.get_payload(decode=True).decode().split())
    assert "levy ei pystynyt tallentamaan kirjoitettua" in text
    assert "pysäytä sulku serve ja käynnistä se uudelleen" in text


def test_the_scheduler_itself_meets_it_and_stands_still(instance: Instance, smarthost: Smtpd) -> None:
    stop = threading.Event()
    role = threading.Thread(target=run_role, args=("scheduler", instance, stop))
    with failing_syncs(instance.storage.desk):
        role.start()
        try:
            wait_until(lambda: smarthost.taken, "on-call is told")
            assert lost_since(instance.settings.home, "desk") == NIGHT
            assert role.is_alive()
        finally:
            stop.set()
            role.join()


def test_doctor_and_health_name_the_database_until_it_was_verified(instance: Instance) -> None:
    with a_role(instance, wait_for_end):
        lose_a_sync(instance)
        wait_until(lambda: lost_since(instance.settings.home, "desk"), "the mark is left")
    step = "Check the disk, then stop and start sulku serve: it verifies the database first."
    assert SelfExamination(instance).unwell()[Part.DATABASE] == step
    verify_what_was_kept(instance)
    assert Part.DATABASE not in SelfExamination(instance).unwell()


def test_the_other_roles_stop_too_the_web_goes_on_showing_and_one_of_them_tells(
    instance: Instance, smarthost: Smtpd
) -> None:
    other, web = (open_instance(instance.settings, instance.clock) for _ in range(2))
    ended, shown = threading.Event(), threading.Event()
    try:
        with a_role(other, marking(ended)), a_role(web, marking(shown), shows=True), a_role(instance, wait_for_end):
            lose_a_sync(instance)
            wait_until(ended.is_set, "the other role ends its work")
            wait_until(web.storage.desk.sync_lost.is_set, "the web is refused what it would write")
            wait_until(lambda: smarthost.taken, "on-call is told")
            assert not shown.is_set()
        assert smarthost.told == ["first@desk.example"]
    finally:
        other.close()
        web.close()


def test_who_starts_behind_the_mark_does_no_work_and_a_command_is_refused_in_words(instance: Instance) -> None:
    lost_before(instance)
    late = open_instance(instance.settings, instance.clock)
    worked = threading.Event()
    try:
        with a_role(late, lambda _: worked.set(), begins=False) as role:
            assert role.is_alive()
        assert not worked.is_set()
        with pytest.raises(UnavailableError) as refused:
            note(late, "by command")
        assert "stop and start the desk" in refused.value.next_step
    finally:
        late.close()


def test_the_next_start_verifies_what_is_there_and_works_again(instance: Instance) -> None:
    lost_before(instance)
    log = instance.settings.home / "desk.sqlite-wal"
    assert log.stat().st_size > 0
    check_before_start(instance, ["worker", "scheduler"])
    assert log.stat().st_size == 0, "all of it was written anew, into the file"
    assert lost_since(instance.settings.home, "desk") is None
    note(instance, "again")
    with instance.storage.desk.reading() as connection:
        assert list(connection.execute(sa.select(events.c.action)).scalars()) == [
            "before",
            "VERIFY_AFTER_LOST_SYNC",
            "again",
        ]


def test_it_does_not_start_while_the_disk_still_fails(instance: Instance) -> None:
    lost_before(instance)
    with failing_syncs(instance.storage.desk), pytest.raises(ConfigurationError, match="does not keep") as refused:
        check_before_start(instance, ["worker"])
    assert "Check the disk" in refused.value.next_step
    assert lost_since(instance.settings.home, "desk") == NIGHT
    check_before_start(instance, ["worker"])


def test_it_does_not_start_when_a_piece_of_the_history_is_gone(instance: Instance) -> None:
    note(instance, "second")
    with instance.storage.desk.writing() as connection:
        connection.execute(events.delete().where(events.c.action == "before"))
    lost_before(instance)
    with pytest.raises(ConfigurationError, match="not whole: entry 1 is missing") as refused:
        check_before_start(instance, ["worker"])
    assert "restore" in refused.value.next_step
    assert lost_since(instance.settings.home, "desk") == NIGHT


def test_it_does_not_start_on_a_file_with_a_hole(instance: Instance) -> None:
    lost_before(instance)
    with instance.storage.desk.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    instance.close()
    file = instance.settings.home / "desk.sqlite"
    octets = bytearray(file.read_bytes())
    octets[4_096:40_960] = bytes(36_864)
    file.write_bytes(octets)
    with pytest.raises(ConfigurationError):
        verify_what_was_kept(instance)
    assert mark_of(instance.settings.home, "desk").exists()
