"""Several nodes on one PostgreSQL: what is due is done once, whoever dies, and soon."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import find_free_port
from tests.integration.tickets_world import HOUR, POLICY, Tickets
from tests.servers.running_desk import SECONDS, running_desk, smtp_toml
from tests.servers.smtp import wait_until
from tests.story.desk import ON_CALL

from sulku_desk.dispatcher import Dispatcher
from sulku_desk.instance import Instance, make_instance, open_instance
from sulku_desk.leader import TERM_LENGTH, leaders
from sulku_desk.scheduler import Duty, Scheduler
from sulku_desk.settings import load_settings
from sulku_desk.wiring import make_inbox, make_nonces, make_scheduler, make_tokens
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.effects import Done, EffectOutcome
from sulku_kernel.events import events, read_events
from sulku_kernel.outbox import ClaimedEffect, Effect
from sulku_kernel.storage import Storage, open_storage
from sulku_kernel.transaction import begin
from sulku_tickets.deadlines import fire_due
from sulku_tickets.domain.urgency import Urgency
from sulku_tickets.escalation import advance_due

SECOND = timedelta(seconds=1)
TAKE_OVER = timedelta(seconds=10)


@contextmanager
def nodes(url: str | None, home: Path, count: int) -> Iterator[list[Storage]]:
    """As many nodes with connections of their own."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(open_storage(url, home))) for _ in range(count)]


def scheduler(storage: Storage, clock: SetClock, name: str) -> Scheduler:
    def fire() -> int:
        return fire_due(storage.desk, clock, name, policy=POLICY, limit=100).claimed

    def page() -> int:
        return advance_due(storage.desk, clock, name)

    return Scheduler(storage.desk, clock, (Duty("escalations", SECOND, page), Duty("deadlines", SECOND, fire)))


def warned(storage: Storage) -> Counter[str]:
    """How often each clock of each ticket has warned."""
    query = sa.select(events.c.ticket_id, events.c.payload_digest).where(events.c.action == "DEADLINE_WARNED")
    with storage.desk.reading() as connection:
        return Counter(f"{row.ticket_id}:{row.payload_digest}" for row in connection.execute(query))


@pytest.mark.parametrize("count", [2, 4])
def test_a_thousand_deadlines_are_fired_once_though_leader_after_leader_dies(
    postgresql_url_with_tables: str, tmp_path: Path, clock: SetClock, count: int
) -> None:
    with nodes(postgresql_url_with_tables, tmp_path, count) as storages:
        world = Tickets(storages[0], clock, POLICY)
        world.open_many(500, Urgency.P2, acknowledge=False)
        clock.advance(19 * HOUR)
        alive = [scheduler(storage, clock, f"node {number}") for number, storage in enumerate(storages)]
        without_work = timedelta()
        while len(warned(storages[0])) < 1_000:
            with ThreadPoolExecutor(count) as pool:
                done = list(pool.map(Scheduler.tick, alive))
            busy = [node for node, what in zip(alive, done, strict=True) if what.get("deadlines")]
            assert len(busy) <= 1, "two nodes led at once"
            if busy and len(alive) > 1:
                alive.remove(busy[0])  # kill -9: it neither resigns nor ticks again
            without_work = timedelta() if busy else without_work + SECOND
            assert without_work <= TAKE_OVER, "nobody took over"
            clock.advance(SECOND)
        assert set(warned(storages[0]).values()) == {1}
        assert world.audit_faults() == []


def test_a_new_instance_has_every_key_that_its_machines_share_and_none_makes_its_own(tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_instance(load_settings(home))
    made = {file.name: file.read_bytes() for file in (home / "keys").iterdir()}
    make_instance(load_settings(home))
    with closing(open_instance(load_settings(home))) as instance:
        make_inbox(instance)
        make_tokens(instance)
        make_nonces(instance)
        assert len(instance.link_key) == 32
        assert instance.audit_key
    assert {file.name: file.read_bytes() for file in (home / "keys").iterdir()} == made


def test_a_term_is_short_enough_to_be_taken_over_within_ten_seconds() -> None:
    assert TERM_LENGTH + SECOND <= TAKE_OVER


def test_a_leader_that_is_killed_is_followed_by_another_process(postgresql_url: str, tmp_path: Path) -> None:
    def seen() -> tuple[str, int, datetime] | None:
        with desk.instance.storage.desk.reading() as connection:
            row = connection.execute(sa.select(leaders.c.owner, leaders.c.term, leaders.c.until)).one_or_none()
        return None if row is None else (row.owner, row.term, row.until)

    roles = ("scheduler", "scheduler")
    with running_desk(tmp_path / "home", postgresql_url, roles, smtp_toml(find_free_port(), 0)) as desk:
        wait_until(lambda: seen() is not None, "a leader", SECONDS)
        first = seen()
        assert first is not None
        # The row does not say which process leads: whoever is killed, its owner either goes on renewing or is followed.
        for process_id in desk.supervisor.process_ids("scheduler"):
            os.kill(process_id, signal.SIGKILL)
            at_death = seen()
            wait_until(lambda at_death=at_death: seen() != at_death, "a renewal or another leader", SECONDS)
            if (now := seen()) is not None and now[0] != first[0]:
                break
        last = seen()
    assert last is not None
    assert last[:2] != first[:2]
    assert last[1] == first[1] + 1


@pytest.mark.parametrize("count", [2, 4])
def test_each_effect_is_carried_out_once_by_however_many_dispatchers(
    postgresql_url_with_tables: str, tmp_path: Path, clock: SetClock, count: int
) -> None:
    done: Counter[str] = Counter()
    lock = threading.Lock()

    def handle(effect: ClaimedEffect) -> EffectOutcome:
        with lock:
            done[effect.key] += 1
        return Done()

    def node(storage: Storage) -> None:
        dispatcher = Dispatcher(storage.desk, clock, {"mail": handle}, lambda tx, effect, error: None)
        while dispatcher.run_due(limit=7):
            pass

    with nodes(postgresql_url_with_tables, tmp_path, count) as storages:
        with begin(storages[0].desk, clock, Actor.desk("test")) as tx:
            for number in range(300):
                tx.enqueue(Effect("mail", key=f"mail:{number}"))
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(node, storages))
    assert len(done) == 300
    assert set(done.values()) == {1}


def test_five_hundred_deadlines_of_an_hour_down_are_fired_by_the_first_tick_and_marked_late(
    storage: Storage, clock: SetClock, tmp_path: Path
) -> None:
    settings = load_settings(tmp_path / "home")
    settings.keys_folder.mkdir(parents=True, exist_ok=True)
    settings.on_call_file.write_text(ON_CALL, encoding="utf-8")
    instance = Instance(settings, storage, clock)
    world = Tickets(storage, clock, POLICY)
    world.open_many(250, Urgency.P2, acknowledge=False)
    clock.advance(17.5 * HOUR)
    make_scheduler(instance).tick()
    clock.advance(HOUR)
    assert make_scheduler(instance).tick()["deadlines"] == 500
    with storage.desk.reading() as connection:
        told = [event for event in read_events(connection) if event.action == "DEADLINE_WARNED"]
    late = [event.payload["late"] for event in told if event.payload and event.payload["thresholds"] == [75]]
    assert late == [True] * 500
    assert world.audit_faults() == []
