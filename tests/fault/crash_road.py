"""The whole road in one process that dies, or is paused past its lease, at one named point; another one goes on.

Two mails come: a holder's request, which leads to a revoked certificate and to mails about it, and a poisoned one,
which nobody can read. The smarthost puts off every mail at its first try. Afterwards every promise must hold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import mmap
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from tests.conftest import find_free_port
from tests.fault import seeded_bugs
from tests.fault.deciders import Deciders
from tests.fault.faulty_ca import append, run_ca
from tests.fault.faulty_smarthost import run_smarthost
from tests.fault.invariants import broken_promises
from tests.fault.processes import Forked, die_with_parent, nothing, warm_up
from tests.fault.senders import Client, MailToSend, request
from tests.fault.storm import database, waiting_for
from tests.fault.world import FaultWorld, make_world
from tests.servers.dovecot import PASSWORD, DovecotServer, start_dovecot

from sulku_desk.instance import Instance
from sulku_desk.intake import listener_settings
from sulku_desk.wiring import make_inbox, make_reader, make_scheduler, make_worker, open_dispatcher
from sulku_kernel import crash_points
from sulku_mailbox.imap_connection import ImapSettings
from sulku_mailbox.imap_fetch import ImapFetcher
from sulku_mailbox.smtp_listener import Listener

log = structlog.get_logger()

POISON = b"X-Poison: yes"
PATIENCE_SECONDS = 60.0
BY_IMAP = "imap_moved"
# Where a pause holds no lock of the database: elsewhere everybody waits for the paused, and nobody is late.
PAUSES = (
    "before_mails_read", "after_mails_read", "before_mails_matched", "after_mails_matched", "before_mail_sent",
    "after_mail_sent", "before_ca_called", "after_ca_called", "before_publication_looked_at",
    "after_publication_looked_at", "before_effect_completed", "after_effect_completed",
)  # fmt: skip


class Idle:
    """Counts, in memory that processes share, how often a desk found nothing to do."""

    def __init__(self) -> None:
        self._turns = mmap.mmap(-1, 8)

    def count(self) -> int:
        return int.from_bytes(self._turns[:], "little")

    def note(self) -> None:
        self._turns[:] = (self.count() + 1).to_bytes(8, "little")


class CrashRoad:
    """One instance on which the road is walked again and again."""

    def __init__(self, world: FaultWorld, dovecot: DovecotServer | None, prepare: Callable[[], None]) -> None:
        self._world, self._dovecot, self._prepare = world, dovecot, prepare
        self._idle = Idle()
        self.patience = PATIENCE_SECONDS
        self._walks = 0
        self._client = Client(world.settings.smtp.port)

    def walk(self, point: str, how: signal.Signals = signal.SIGKILL) -> bool:
        """Walk it with one process that meets its fate at `point` (`name:n`). Returns whether that was reached."""
        self._walks += 1
        desk = self._desk(partial(crash_points.arm, point, how))
        others: list[Forked] = []
        try:
            is_reached = self._send(desk, others)
            return self._go_on(desk, others) or is_reached
        finally:
            for one in [desk, *others]:
                one.stop()
            self._client.close()

    def _desk(self, arm: Callable[[], None], *, listens: bool = True) -> Forked:
        body = partial(_walk, self._world, self._dovecot, self._idle, listens, self._prepare, arm)
        return Forked("desk", body, self._world.folder / "log")

    def _send(self, desk: Forked, others: list[Forked]) -> bool:
        """Two mails, until each was answered. A desk that died is started again, unharmed. Whether one was paused."""
        name = f"walk-{self._walks}"
        mails = [request(self._world, name, self._walks), _poison(name)]
        if self._dovecot is not None:
            by_imap = MailToSend(f"Subject: By IMAP {name}\r\n\r\nA question.\r\n".encode(), "imap")
            self._dovecot.put("desk", by_imap.raw)
            append(self._world, "sender-walk", {"sha256": by_imap.sha256, "kind": "imap", "serial": ""})
        end = time.monotonic() + self.patience
        was_paused = False
        for mail in mails:
            while not self._client.hears_250(mail):
                assert time.monotonic() < end, "no mail is taken"
                if not self._revive(desk) and desk.is_paused():  # it read the first before the second came
                    self._overtake(desk, others, end)
                    was_paused = True
                time.sleep(0.005)
            append(self._world, "sender-walk", {"sha256": mail.sha256, "kind": mail.kind, "serial": mail.serial})
        return was_paused

    def _revive(self, desk: Forked) -> bool:
        """Start it again, unharmed, when it was killed. Raises AssertionError when it ended in any other way."""
        if desk.is_alive():
            return False
        killed = os.WIFSIGNALED(desk.status) and os.WTERMSIG(desk.status) == signal.SIGKILL
        assert killed, f"the desk ended by itself (wait status {desk.status})"
        self._world.clock.advance(200)
        desk.body = self._desk_body()
        desk.restart()
        return True

    def _desk_body(self) -> Callable[[threading.Event], None]:
        return partial(
            _walk, self._world, self._dovecot, self._idle, True, self._prepare, partial(crash_points.arm, "")
        )

    def _go_on(self, desk: Forked, others: list[Forked]) -> bool:
        """Until nothing is left to do. Whoever is paused is late: another takes over, then it comes back."""
        end = time.monotonic() + self.patience
        seen, is_reached = self._idle.count(), desk.deaths > 0
        while self._idle.count() < seen + 2:
            if time.monotonic() > end:
                raise AssertionError(f"it never came to an end: {waiting_for(self._world)}")
            if self._revive(desk):
                is_reached = True
            elif not is_reached and desk.is_paused():
                is_reached = True
                self._overtake(desk, others, end)
                seen = self._idle.count() + 2
            time.sleep(0.003)
        return is_reached or desk.deaths > 0

    def _overtake(self, desk: Forked, others: list[Forked], end: float) -> None:
        """Another takes over past the lease of the paused one, which then comes back."""
        self._world.clock.advance(400)
        others.append(self._desk(partial(crash_points.arm, ""), listens=False))
        self._await_idle(end)
        os.kill(desk.process_id, signal.SIGCONT)

    def _await_idle(self, end: float) -> None:
        seen = self._idle.count()
        while self._idle.count() < seen + 2:
            assert time.monotonic() < end, f"the other one never came to an end: {waiting_for(self._world)}"
            time.sleep(0.003)

    def broken_promises(self) -> list[str]:
        return broken_promises(self._world)


def _poison(name: str) -> MailToSend:
    raw = POISON + f"\r\nFrom: odd@elsewhere.example\r\nSubject: {name}\r\n\r\nNobody can read this.\r\n".encode()
    return MailToSend(raw, "poison")


def _walk(
    world: FaultWorld,
    dovecot: DovecotServer | None,
    idle: Idle,
    listens: bool,
    prepare: Callable[[], None],
    arm: Callable[[], None],
    stop: threading.Event,
) -> None:
    """A desk in one process: takes mail in, reads, decides, revokes, tells, until `stop` is set."""
    prepare()
    instance = world.open()
    with ExitStack() as stack:
        stack.callback(instance.close)
        turns = list(_turns(world, instance, dovecot, stack))
        arm()
        if listens:
            stack.enter_context(_listening(instance))
        while not stop.is_set():
            done = 0
            for turn in turns:
                try:
                    done += turn()
                except Exception:
                    log.exception("walk.turn_failed")
                    done += 1
            if done:
                continue
            if waiting_for(world, instance):
                world.clock.advance(20)
                stop.wait(0.001)
            else:
                idle.note()
                stop.wait(0.005)


def _turns(
    world: FaultWorld, instance: Instance, dovecot: DovecotServer | None, stack: ExitStack
) -> Iterator[Callable[[], int]]:
    reader = stack.enter_context(make_reader(instance.settings))
    worker = make_worker(instance, reader)
    judge = worker._judge

    def judge_slowly(batch):
        worker.renew_lease()
        if any(POISON in raw for _, raw in batch):
            raise ValueError("poison")
        return judge(batch)

    worker._judge = judge_slowly
    if dovecot is not None:
        settings = ImapSettings(
            host="127.0.0.1", port=dovecot.port, tls="none", user="desk", password=PASSWORD, folders=("INBOX",),
            processed_folder="Processed", spool=world.folder / "spool",
        )  # fmt: skip
        fetcher = ImapFetcher(settings, make_inbox(instance), world.clock)
        stack.callback(fetcher.close)
        yield lambda: fetcher.fetch_once().fetched
    yield worker.run_once
    yield Deciders(world, instance, random.Random(0), rejects=False).turn
    dispatcher = stack.enter_context(open_dispatcher(instance))
    yield partial(dispatcher.run_due, limit=100)
    scheduler = make_scheduler(instance)
    yield lambda: sum(scheduler.tick().values())


@contextmanager
def _listening(instance: Instance) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="listener", daemon=True)
    thread.start()
    listener = Listener(listener_settings(instance.settings), make_inbox(instance), instance.clock)
    asyncio.run_coroutine_threadsafe(listener.start(), loop).result(10)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(listener.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@contextmanager
def crash_road(
    folder: Path, database_name: str, walks: int, *, by_imap: bool = False, prepare: Callable[[], None] = nothing
) -> Iterator[CrashRoad]:
    """A road that can be walked so often."""
    with ExitStack() as stack:
        url, _ = stack.enter_context(database(database_name))
        dovecot = stack.enter_context(start_dovecot(find_free_port(), find_free_port())) if by_imap else None
        world = make_world(folder, url, certificates=walks + 2)
        world.calm_down()
        servers = [
            Forked("smarthost", partial(run_smarthost, world, 0, puts_off=True), folder / "log"),
            Forked("ca", partial(run_ca, world, 0), folder / "log"),
        ]
        try:
            yield CrashRoad(world, dovecot, prepare)
        finally:
            for one in servers:
                with suppress(ProcessLookupError):
                    one.stop()


@dataclass(frozen=True)
class Fate:
    """What befalls a desk on one walk."""

    point: str
    how: signal.Signals = signal.SIGKILL

    @property
    def is_by_imap(self) -> bool:
        return BY_IMAP in self.point

    def __str__(self) -> str:
        return f"{'paused' if self.how is signal.SIGSTOP else 'killed'} at {self.point}"


def all_fates(commits: int) -> list[Fate]:
    """Every named point, the same for each of the first `commits` transactions, and every pause."""
    points = [point for point in crash_points.POINTS if not point.endswith("_committed")]
    numbered = [f"{side}_committed:{number}" for number in range(1, commits + 1) for side in ("before", "after")]
    return [*map(Fate, points + numbered), *(Fate(point, signal.SIGSTOP) for point in PAUSES)]


def walk_all(
    folder: Path,
    database_name: str,
    fates: Sequence[Fate],
    tell: Callable[[str], None],
    *,
    patience: float = PATIENCE_SECONDS,
    prepare: Callable[[], None] = nothing,
) -> list[str]:
    """Walk the road once for each fate. Returns which points were not reached and which promises are broken."""
    broken = []
    for by_imap in (False, True):
        some = [fate for fate in fates if fate.is_by_imap == by_imap]
        if not some:
            continue
        with crash_road(folder / f"imap-{by_imap}", database_name, len(some), by_imap=by_imap, prepare=prepare) as road:
            road.patience = patience
            for fate in some:
                began = time.monotonic()
                try:
                    is_reached = road.walk(fate.point, fate.how)
                except AssertionError as error:
                    broken.append(f"{fate}: {error}")
                else:
                    if not is_reached:
                        broken.append(f"{fate}: the road never came there")
                tell(f"{fate}: {time.monotonic() - began:.2f} s")
            broken += road.broken_promises()
    return broken


def say(text: str) -> None:
    """To whoever watches."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201  it is a program


def main(arguments: list[str]) -> int:
    """Try every point on one database; the exit code says whether every promise held."""
    parser = argparse.ArgumentParser(prog="python -m tests.fault.crash_road")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--commits", type=int, default=30)
    parser.add_argument("--at", help="one point instead of all, such as after_ca_called:1")
    parser.add_argument("--folder", type=Path, default=None, help="where it happens; kept when a promise was broken")
    parser.add_argument("--quick", action="store_true", help="one side of each point only")
    parser.add_argument("--patience", type=float, default=PATIENCE_SECONDS, help="seconds in which a walk must end")
    parser.add_argument("--bug", choices=("", *seeded_bugs.BUGS), default="")
    parser.add_argument("--pause", action="store_true", help="with --at: pause it there past its lease")
    given = parser.parse_args(arguments)
    if "PYTEST_CURRENT_TEST" in os.environ:
        die_with_parent()
    fates = all_fates(given.commits)
    if given.at:
        fates = [Fate(given.at, signal.SIGSTOP if given.pause else signal.SIGKILL)]
    elif given.quick:
        names = [name for name in crash_points.CROSSINGS if name != BY_IMAP]
        fates = [Fate(f"{('before', 'after')[number % 2]}_{name}") for number, name in enumerate(names)]
    prepare = partial(seeded_bugs.plant, given.bug) if given.bug else nothing
    warm_up()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="sulku-crash-"))
    broken = walk_all(folder, given.database, fates, say, patience=given.patience, prepare=prepare)
    print(json.dumps({"database": given.database, "fates": len(fates), "broken": broken}, indent=1))  # noqa: T201  it is a program
    if not broken:
        shutil.rmtree(folder)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
