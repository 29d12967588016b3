"""A storm: the desk's processes are killed, paused and cut off while mails come in and certificates are revoked.

    python -m tests.fault.storm --kills 200 --mails 5000 --revocations 500 --seed 7 --database sqlite

The seed decides what the storm does and when, what the mails say, and how CA and smarthost misbehave. At its end the
faults stop, everything drains, and the promises are checked from outside (`invariants.py`). Prints one JSON object.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from tests.conftest import find_free_port
from tests.fault import campaign_bugs, seeded_bugs  # noqa: F401  the first enters its faults into the other's table
from tests.fault.deciders import run_deciders
from tests.fault.faulty_ca import STRIKES_AFTER, is_of_campaign, run_ca
from tests.fault.faulty_smarthost import run_smarthost
from tests.fault.invariants import MINUTE, broken_promises
from tests.fault.processes import Forked, die_with_parent, nothing, role_body, warm_up
from tests.fault.senders import mails, run_sender
from tests.fault.storm_campaign import CERTIFICATES, LONGER_THAN_ANY_STORM, approve_campaigns
from tests.fault.storm_planned import plan_revocations
from tests.fault.world import FaultWorld, make_world
from tests.servers.postgresql import PostgresqlServer, start_postgresql

# Whatever a role imports is imported before the first fork.
import sulku_desk.embedded_ca
import sulku_desk.intake
import sulku_desk.web
import sulku_desk.wiring  # noqa: F401  for the roles
from sulku_desk.instance import Instance
from sulku_desk.reading import readings
from sulku_kernel.errors import UnavailableError
from sulku_kernel.outbox import outbox
from sulku_mailbox import models as inbox_models
from sulku_revocation.campaign_models import campaign_lines
from sulku_revocation.domain.campaign_states import LineState
from sulku_revocation.domain.request_states import RequestState
from sulku_revocation.request_models import revocation_requests
from sulku_tickets.models import deadlines

ROLES = ("intake", "worker", "worker", "dispatcher", "dispatcher", "scheduler", "scheduler")
SENDERS = 4
SPARE_CERTIFICATES = 20
BURST = 12
CALM_BURSTS = 4
DRAIN_SECONDS = 60


@dataclass
class Plan:
    """What a storm is to be."""

    kills: int
    mails: int
    revocations: int
    seed: int
    database: str = "sqlite"
    bug: str = ""
    patience: int = DRAIN_SECONDS
    seconds: int = 0
    folder: Path | None = None
    campaign: bool = False
    bursts: int = CALM_BURSTS


@dataclass
class Report:
    """What a storm was, and which promises it broke."""

    seed: int
    database: str
    bug: str = ""
    kills: int = 0
    pauses: int = 0
    jumps: int = 0
    database_stops: int = 0
    campaign_strikes: int = 0
    mails_answered: int = 0
    deliveries: int = 0
    revoked: int = 0
    revoked_by_campaign: int = 0
    asked_of_ca: int = 0
    mails_out: int = 0
    seconds: float = 0
    drain_seconds: float = 0
    broken: list[str] = field(default_factory=list)


class Storm:
    """The supervisor. It has no thread and nothing open while it forks."""

    def __init__(self, plan: Plan, world: FaultWorld, server: PostgresqlServer | None) -> None:
        self.plan, self.world, self._server = plan, world, server
        self.report = Report(plan.seed, plan.database, plan.bug)
        self._chance = random.Random(plan.seed)
        self._counted: dict[str, tuple[int, int]] = {}
        self._resume_at: dict[Forked, float] = {}
        self._look_again_at = 0.0
        prepare = _prepare(plan)
        log = world.folder / "log"
        self._smarthost = Forked("smarthost", partial(run_smarthost, world, plan.seed), log)
        self._ca = Forked("ca", partial(run_ca, world, plan.seed), log)
        self._roles = [Forked(role, role_body(world, role, prepare), log) for role in ROLES]
        self._deciders = Forked("deciders", partial(run_deciders, world, plan.seed, prepare), log)
        shares = _shares(plan.mails, SENDERS)
        asked = _shares(plan.revocations, SENDERS)
        self._senders = []
        for number, (count, certificates) in enumerate(zip(shares, asked, strict=True)):
            seed = plan.seed * 100 + number
            to_send = mails(world, seed, len(count), certificates)
            every = plan.seconds / max(len(count), 1)
            body = partial(run_sender, world, str(number), to_send, seed, every=every)
            self._senders.append(Forked(f"sender-{number}", body, log))

    @property
    def _victims(self) -> list[Forked]:
        return [*self._roles, self._ca, self._deciders]

    def run(self) -> Report:
        """The storm, the calm, the checks."""
        began = time.monotonic()
        try:
            self._blow()
            drained_from = time.monotonic()
            if self._drain() and self.plan.bursts:
                self._prove_calm()
            self.report.drain_seconds = round(time.monotonic() - drained_from, 1)
        finally:
            for one in [*self._senders, *self._roles, self._deciders, self._ca, self._smarthost]:
                one.stop()
        self.report.seconds = round(time.monotonic() - began, 1)
        self.report.broken += broken_promises(self.world)
        self._count()
        return self.report

    # --- the storm -----------------------------------------------------------------------------------------------

    def _blow(self) -> None:
        stops = [] if self._server is None else [1 / 3, 2 / 3]
        began = time.monotonic()
        jump_at = began + 1
        end = began + 4 * self.plan.patience + self.plan.mails / 10 + 2 * self.plan.seconds
        while (done := self._done()) < 1 or self.report.kills < self.plan.kills or self._strikes_left():
            self._strike_campaign()
            if time.monotonic() > end:
                self.report.broken.append(f"the storm did not end: {done:.0%} was done")
                return
            if self.plan.seconds:
                done = min(done, (time.monotonic() - began) / self.plan.seconds)
            if self.report.kills < self.plan.kills * min(1, done + 1 / self.plan.kills):
                self._strike()
            if stops and done > stops[0]:
                stops.pop(0)
                self._stop_database()
            if time.monotonic() > jump_at:
                # Leases of the dead run out, and those of the living and the paused too.
                self.world.clock.advance(self._chance.choice((4, 8, 30, 170)))
                self.report.jumps += 1
                jump_at = time.monotonic() + self._chance.uniform(0.5, 3)
            self._wake_and_restart()
            time.sleep(self._chance.uniform(0.005, 0.03))

    def _strike(self) -> None:
        victim = self._chance.choice(self._victims)
        if not victim.is_alive() or victim.is_stopped:
            return
        if self._chance.random() < 0.06:
            victim.pause()
            self._resume_at[victim] = time.monotonic() + self._chance.uniform(0.3, 2)
            self.world.clock.advance(200)
            self.report.pauses += 1
        else:
            victim.kill()
            self.report.kills += 1

    def _strikes_left(self) -> int:
        return (len(STRIKES_AFTER) if self.plan.campaign else 0) - self.report.campaign_strikes

    def _strike_campaign(self) -> None:
        """Kill whoever may be sending a campaign's orders, each time that the CA has heard enough of them."""
        if not self._strikes_left():
            return
        strike = self.report.campaign_strikes
        if sum(map(is_of_campaign, self.world.entries("ca"))) >= STRIKES_AFTER[strike]:
            for one in self._roles:
                if one.name == "dispatcher" and one.is_alive():
                    one.kill()
            self.world.struck(strike).touch()
            self.report.campaign_strikes += 1

    def _stop_database(self) -> None:
        assert self._server is not None
        self._server.stop("immediate")
        time.sleep(self._chance.uniform(0.2, 1.5))
        self._server.start()
        self.report.database_stops += 1

    def _wake_and_restart(self) -> None:
        now = time.monotonic()
        for one in [one for one, at in self._resume_at.items() if at <= now]:
            one.resume()
            del self._resume_at[one]
        for one in [*self._victims, self._smarthost]:
            one.restart()

    def _done(self) -> float:
        """How much of it all is done: half of it are mails that were answered, half revocations that were approved."""
        answered = sum(self._lines(f"sender-{number}") for number in range(SENDERS))
        # One in thirty is rejected, and a kill may take a line of the ledger along.
        approved = (self._lines("approved") + self._lines("alone")) / max(0.8 * self.plan.revocations, 1)
        if answered >= self.plan.mails and approved < 1 and self._is_all_decided():
            approved = 1  # of a few more may be rejected
        return answered / self.plan.mails / 2 + min(approved, 1) / 2

    def _is_all_decided(self) -> bool:
        """Whether nothing is left to read or to decide on. Asked once a second: each look opens the instance anew."""
        if time.monotonic() < self._look_again_at:
            return False
        self._look_again_at = time.monotonic() + 1
        return not self._waiting().keys() & {"unread", "unnoted", "decided", "decidable", "unanswered"}

    def _lines(self, name: str) -> int:
        """How many lines a ledger has; what was counted before is not read again."""
        file = self.world.ledger(name)
        octets, lines = self._counted.get(name, (0, 0))
        if file.exists():
            with file.open("rb") as opened:
                opened.seek(octets)
                new = opened.read()
            self._counted[name] = octets + len(new), lines + new.count(b"\n")
            lines += new.count(b"\n")
        return lines

    # --- the calm ------------------------------------------------------------------------------------------------

    def _drain(self) -> bool:
        """No fault any more: everything must end within a minute, leases and back-offs waited out by the clock."""
        self.world.calm_down()
        for one in self._victims:
            one.resume()
        self._resume_at.clear()
        # What is left over of the work is work, at twenty things a second on a busy machine; the rest is patience.
        allowed = self.plan.patience + sum(self._waiting().values()) / 20
        end = time.monotonic() + allowed
        jump_at = time.monotonic()
        while waiting := self._waiting():
            if time.monotonic() > end:
                self.report.broken.append(f"it did not drain in {allowed:.0f} s: {waiting}")
                return False
            if time.monotonic() > jump_at:
                self.world.clock.advance(100)
                jump_at = time.monotonic() + 2
            self._wake_and_restart()
            time.sleep(0.3)  # each look opens the instance anew
        return True

    def _waiting(self) -> dict[str, int]:
        """What is not done yet; empty when everything is. A database that is too busy to answer is asked again."""
        try:
            return waiting_for(self.world)
        except UnavailableError:
            return {"unanswered": 1}

    def _prove_calm(self) -> None:
        """Without faults nothing is done twice, and neither memory nor open files grow (I13)."""
        self._burst(1)
        before = self._resources()
        first = self._first_new_effect()
        for number in range(2, self.plan.bursts + 1):
            self._burst(number)
            after = self._resources()
            grown = list(_grown(before, after))
            if not grown:
                break
            before = after  # a pool fills up once; what leaks grows with every burst
        else:
            self.report.broken += grown
        self.report.broken += _tried_twice(self.world, first)

    def _burst(self, number: int) -> None:
        certificates = range(self.plan.revocations + (number - 1) * BURST, self.plan.revocations + number * BURST)
        # Besides so many that what is kept of each is more than what a pool or a cache may take.
        to_send = mails(
            self.world, 100 * self.plan.seed + SENDERS + number, BURST + self.plan.mails // 50, certificates
        )
        sender = Forked(
            "calm", partial(run_sender, self.world, f"calm-{number}", to_send, 0), self.world.folder / "log"
        )
        if sender.wait(self.plan.patience) is None:
            self.report.broken.append("mails were not taken when all was calm")
            sender.kill()
        end = time.monotonic() + self.plan.patience
        while waiting := self._waiting():
            if time.monotonic() > end:
                self.report.broken.append(f"it did not drain when all was calm: {waiting}")
                return
            self._wake_and_restart()
            time.sleep(0.1)

    def _resources(self) -> dict[str, tuple[int, int]]:
        found = {}
        for one in self._roles:
            if not one.is_alive():
                continue  # the last jump of the clock may have ended a scheduler: its watchdog saw no tick for so long
            status = Path(f"/proc/{one.process_id}/status").read_text(encoding="ascii")
            memory = int(status.partition("VmRSS:")[2].split()[0])
            found[f"{one.name} {one.process_id}"] = memory, len(list(Path(f"/proc/{one.process_id}/fd").iterdir()))
        return found

    def _first_new_effect(self) -> int:
        instance = self.world.open()
        try:
            with instance.storage.desk.reading() as connection:
                return connection.execute(sa.select(sa.func.max(outbox.c.id))).scalar_one() + 1
        finally:
            instance.close()

    def _count(self) -> None:
        entries = self.world.entries
        self.report.mails_answered = len(entries("sender-*"))
        self.report.asked_of_ca = len(entries("ca"))
        self.report.mails_out = len(entries("smarthost"))
        instance = self.world.open()
        try:
            with instance.storage.inbox.reading() as connection:
                query = sa.select(sa.func.count()).select_from(inbox_models.deliveries)
                self.report.deliveries = connection.execute(query).scalar_one()
            with instance.storage.desk.reading() as connection:
                query = sa.select(sa.func.count()).where(revocation_requests.c.state == RequestState.REVOKED)
                self.report.revoked = connection.execute(query).scalar_one()
                lines = sa.select(sa.func.count()).where(campaign_lines.c.state == LineState.REVOKED)
                self.report.revoked_by_campaign = connection.execute(lines).scalar_one()
        finally:
            instance.close()


def waiting_for(world: FaultWorld, instance: Instance | None = None) -> dict[str, int]:
    """What is not done yet; empty when everything is."""
    if instance is not None:
        return _waiting(instance)
    opened = world.open()
    try:
        return _waiting(opened)
    finally:
        opened.close()


def _waiting(instance: Instance) -> dict[str, int]:
    requests = revocation_requests.c
    count = sa.func.count()
    now = instance.clock.now()
    soon = now + LONGER_THAN_ANY_STORM / 2  # what is planned for later days stays
    moving = (RequestState.APPROVED, RequestState.ORDERED, RequestState.ACCEPTED)
    # What operators may not decide (a spoofed request) waits for ever: its requester is known to be L0 or L1.
    questions = {
        "unread": sa.select(count).select_from(readings).where(readings.c.state == "open"),
        "effects": sa.select(count).select_from(outbox).where(outbox.c.next_attempt_at <= soon),
        "orders": sa.select(count).where(requests.state.in_(moving)),
        # A jump of the clock leaves all that has come due by it to a scheduler that may die of it.
        "deadlines": sa.select(count).select_from(deadlines).where(deadlines.c.next_fire_at < now - MINUTE),
        "decided": sa.select(count).where(requests.state == RequestState.DECIDED),
        "decidable": sa.text(
            "SELECT count(*) FROM revocation_request r JOIN ticket t ON t.id = r.ticket_id"
            " WHERE r.state = 'PROPOSED' AND t.assurance >= 'L2'"
            if instance.storage.desk.is_sqlite
            else "SELECT count(*) FROM desk.revocation_request r JOIN desk.ticket t ON t.id = r.ticket_id"
            " WHERE r.state = 'PROPOSED' AND t.assurance >= 'L2'"
        ),
    }
    with instance.storage.desk.reading() as connection:
        found = {name: connection.execute(query).scalar_one() for name, query in questions.items()}
        noted = connection.execute(sa.select(sa.func.max(readings.c.id))).scalar_one() or 0
    with instance.storage.inbox.reading() as connection:
        stored = connection.execute(sa.select(sa.func.max(inbox_models.deliveries.c.id))).scalar_one() or 0
    found["unnoted"] = max(stored - noted, 0)
    return {name: number for name, number in found.items() if number}


def _grown(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> Iterator[str]:
    """Which processes hold more memory (KiB) or open files than before, beyond what a cache may take.

    Of files there is no share that may grow: one that leaks has many open already.
    """
    for name in before.keys() & after.keys():
        (memory_before, files_before), (memory, files) = before[name], after[name]
        if memory > memory_before * 1.1 + 8_192 or files > files_before + 8:
            yield f"{name} grew from {memory_before} KiB and {files_before} files to {memory} KiB and {files} files"


def _tried_twice(world: FaultWorld, first_effect: int) -> Iterator[str]:
    """Without faults an effect is carried out once. Looks at published CRLs are repeated by design."""
    instance = world.open()
    try:
        with instance.storage.desk.reading() as connection:
            query = sa.select(outbox.c.key, outbox.c.attempt).where(
                outbox.c.id >= first_effect, outbox.c.attempt > 1, outbox.c.kind != "publication_check"
            )
            return iter([f"{row.key} was tried {row.attempt} times in the calm" for row in connection.execute(query)])
    finally:
        instance.close()


def _prepare(plan: Plan) -> Callable[[], None]:
    """What each process of the desk begins with."""
    return partial(seeded_bugs.plant, plan.bug) if plan.bug else nothing


def _approve_many(plan: Plan, world: FaultWorld, first: int) -> None:
    """What people have approved before the storm: campaigns, and what is planned. `first`: the first certificate."""

    def body(stop: threading.Event) -> None:
        _prepare(plan)()
        instance = world.open()
        try:
            approve_campaigns(world, instance, first)
            plan_revocations(world, instance, first)
        finally:
            instance.close()

    people = Forked("people", body, world.folder / "log")
    if people.wait(60) != 0:
        people.kill()
        raise AssertionError((world.folder / "log").read_text(encoding="utf-8", errors="replace")[-2_000:])


def _shares(count: int, parts: int) -> list[range]:
    edges = [count * part // parts for part in range(parts + 1)]
    return [range(one, other) for one, other in itertools.pairwise(edges)]


@contextmanager
def database(name: str) -> Iterator[tuple[str | None, PostgresqlServer | None]]:
    """SQLite, or a PostgreSQL of the storm's own that it may stop."""
    if name == "sqlite":
        yield None, None
        return
    folder = Path(tempfile.mkdtemp(prefix="sulku-storm-pg-"))
    try:
        with start_postgresql(folder, find_free_port()) as server, server.new_database() as url:
            yield url, server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_storm(plan: Plan, say: Callable[[str], None] = lambda text: None) -> Report:
    """One storm. Its folder is kept when a promise was broken."""
    say(
        f"storm: {plan.kills} kills, {plan.mails} mails, {plan.revocations} revocations on {plan.database}, seed {plan.seed}"
    )
    if plan.folder is None:
        plan.folder = Path(tempfile.mkdtemp(prefix="sulku-storm-"))
    with database(plan.database) as (url, server):
        asked_for = plan.revocations + CALM_BURSTS * BURST
        listed = CERTIFICATES if plan.campaign else 0
        world = make_world(plan.folder, url, certificates=asked_for + listed + SPARE_CERTIFICATES)
        warm_up()
        if plan.campaign:
            _approve_many(plan, world, first=asked_for)
        report = Storm(plan, world, server).run()
    if not report.broken:
        shutil.rmtree(plan.folder, ignore_errors=True)
    return report


def say(text: str) -> None:
    """To whoever watches."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201  it is a program


def main(arguments: list[str]) -> int:
    """Run one storm; the exit code says whether every promise held."""
    parser = argparse.ArgumentParser(prog="python -m tests.fault.storm")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--mails", type=int, default=5_000)
    parser.add_argument("--revocations", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--patience", type=int, default=DRAIN_SECONDS, help="seconds in which all must drain")
    parser.add_argument("--seconds", type=int, default=0, help="spread mails and kills over so long")
    parser.add_argument("--bug", choices=("", *seeded_bugs.BUGS), default="")
    parser.add_argument("--folder", type=Path, default=None, help="where it happens; kept when a promise was broken")
    parser.add_argument("--bursts", type=int, default=CALM_BURSTS, help="of mails when all is calm, at most; 0: none")
    parser.add_argument("--campaign", action="store_true", help="with campaigns and planned revocations in it")
    plan = Plan(**vars(parser.parse_args(arguments)))
    if "PYTEST_CURRENT_TEST" in os.environ:
        die_with_parent()
    report = run_storm(plan, say)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {**asdict(report), "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1)}
    print(json.dumps(figures, indent=1))  # noqa: T201  it is a program
    if report.broken:
        say(f"seed {plan.seed} on {plan.database} broke promises; what is left lies in {plan.folder}")
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
