"""How fast mails go from SMTP to a committed ticket, how long each waits, and what large ones do to the others."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from statistics import median
from typing import Any

import sqlalchemy as sa
from benchmarks.client import Handed, send_all, send_large_at_once, send_steadily, stuffed
from benchmarks.desk import Desk, acknowledged, highest_ticket, percentile, tickets_there, wait_until
from benchmarks.mails import mail
from tests.conftest import find_free_port

from sulku_desk.instance import Instance
from sulku_desk.projections import PROJECTIONS
from sulku_kernel import audit
from sulku_kernel.change_watch import ChangeWatch

CONNECTIONS = 16
_numbers = iter(range(0, 10**12, 10**7))


def new_mails(desk: Desk, count: int, *, is_mixed: bool = False) -> list[bytes]:
    """Mails that this run has not seen yet, ready for the wire."""
    first = next(_numbers)
    return [stuffed(mail(first + number, desk.size, is_mixed=is_mixed)) for number in range(count)]


# --- (a) durable accept against stock aiosmtpd ---------------------------------------------------------------------


def measure_accept(desk: Desk, count: int, rounds: int = 3, *, is_mixed: bool = False) -> dict[str, float]:
    """Mails a second with 16 connections: ours with all stored and synced, stock aiosmtpd's with all thrown away."""
    desk.start("intake")
    ours, stock = [], []
    with _stock() as port:
        for _ in range(rounds):
            mails = new_mails(desk, count, is_mixed=is_mixed)
            stock.append(count / send_all(port, mails, connections=CONNECTIONS))
            ours.append(count / send_all(desk.smtp_port, mails, connections=CONNECTIONS))
    desk.stop()
    return {
        "accept_ratio": median(ours) / median(stock),
        "accepted_per_s": median(ours),
        "stock_per_s": median(stock),
    }


@contextmanager
def _stock() -> Iterator[int]:
    port = find_free_port()
    with subprocess.Popen([sys.executable, "-m", "benchmarks.stock_smtp", str(port)]) as process:
        try:
            wait_until(lambda: _is_up(port), "stock aiosmtpd answers")
            yield port
        finally:
            process.terminate()


def _is_up(port: int) -> bool:
    try:
        send_all(port, [], connections=1)
    except OSError:
        return False
    return True


# --- (b) from SMTP to the committed ticket -------------------------------------------------------------------------


def measure_rate(desk: Desk, count: int, *, is_mixed: bool = False) -> dict[str, float]:
    """Mails a second from the first connection to the last committed ticket, its acknowledgement queued."""
    mails = new_mails(desk, count, is_mixed=is_mixed)
    with closing(desk.open()) as instance:
        _drain(desk, instance)
        before, answered = tickets_there(instance), acknowledged(instance)
        desk.start("intake", "worker")
        _warm_up(desk, instance)
        before, answered = tickets_there(instance), acknowledged(instance)
        cpu = {role: desk.cpu_seconds(role) for role in ("intake", "worker")}
        own = time.process_time()
        begin = time.perf_counter()
        accepted = send_all(desk.smtp_port, mails, connections=CONNECTIONS, pipelined=True)
        highest = before + count
        wait_until(lambda: highest_ticket(instance) >= highest and tickets_there(instance) >= highest, "all are read")
        took = time.perf_counter() - begin
        figures = {
            "mails_per_s": count / took,
            "accepted_per_s": count / accepted,
            "client_cpu_ms_per_mail": (time.process_time() - own) / count * 1_000,
        }
        for role, spent in cpu.items():
            figures[f"{role}_cpu_ms_per_mail"] = (desk.cpu_seconds(role) - spent) / count * 1_000
        figures["acknowledged_share"] = (acknowledged(instance) - answered) / count
        desk.stop()
        _check(instance)
    return figures


def _warm_up(desk: Desk, instance: Instance) -> None:
    """The first mails load modules and plans; they are not measured."""
    wanted = tickets_there(instance) + 400
    send_all(desk.smtp_port, new_mails(desk, 400), connections=CONNECTIONS, pipelined=True)
    wait_until(lambda: tickets_there(instance) >= wanted, "the first are read")


def _drain(desk: Desk, instance: Instance) -> None:
    """Read what other measurements left behind."""
    desk.start("worker")
    wait_until(lambda: _unread(instance) == 0, "what was there is read")
    desk.stop()


def _unread(instance: Instance) -> int:
    with instance.storage.inbox.reading() as connection:
        schema = "" if instance.storage.inbox.is_sqlite else "inbox."
        stored = connection.execute(sa.text(f"SELECT count(*) FROM {schema}delivery")).scalar_one()
    with instance.storage.desk.reading() as connection:
        schema = "" if instance.storage.desk.is_sqlite else "desk."
        read = connection.execute(sa.text(f"SELECT count(*) FROM {schema}reading WHERE state = 'done'")).scalar_one()
    return int(stored) - int(read)


def _check(instance: Instance) -> None:
    """No figure without the chain that explains every row."""
    with instance.storage.desk.reading() as connection:
        report = audit.verify(connection, PROJECTIONS)
    if not report.is_ok:
        raise AssertionError(report.faults[:3])


# --- (c) latency at a steady rate ----------------------------------------------------------------------------------


def measure_latency(desk: Desk, seconds: float, per_second: float = 200, *, is_mixed: bool = False) -> dict[str, float]:
    """Milliseconds from the moment a mail was due: to its 250, and to its ticket, seen from another connection."""
    mails = new_mails(desk, int(seconds * per_second), is_mixed=is_mixed)
    with closing(desk.open()) as instance:
        _drain(desk, instance)
        desk.start("intake", "worker")
        _warm_up(desk, instance)
        watch = _Watch(instance)
        handed = send_steadily(desk.smtp_port, mails, per_second)
        wait_until(lambda: len(watch.seen) >= len(mails), "all are read")
        watch.stop()
        desk.stop()
    accept = [(one.accepted_at - one.due_at) * 1_000 for one in handed]
    ticket = _waits(handed, watch.seen)
    return {
        "accept_p50_ms": percentile(accept, 0.5),
        "accept_p99_ms": percentile(accept, 0.99),
        "ticket_p50_ms": percentile(ticket, 0.5),
        "ticket_p99_ms": percentile(ticket, 0.99),
    }


def _waits(handed: Sequence[Handed], seen: dict[int, float]) -> list[float]:
    return [(seen[one.number] - one.due_at) * 1_000 for one in handed]


class _Watch:
    """Looks at the tickets every millisecond, and when it first saw each: by the number in its subject."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._last = highest_ticket(instance)
        self._is_over = threading.Event()
        self.seen: dict[int, float] = {}
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        schema = "" if self._instance.storage.desk.is_sqlite else "desk."
        query = f"SELECT id, subject FROM {schema}ticket WHERE id > {{}} ORDER BY id"
        pending: set[int] = set()
        changes = ChangeWatch(self._instance.storage.desk)
        while not self._is_over.wait(0.001):
            if not changes.has_changed():
                continue
            with self._instance.storage.desk.reading() as connection:
                rows = connection.exec_driver_sql(query.format(self._last)).all()
            now = time.perf_counter()
            for id_, subject in rows:
                if id_ not in pending:
                    pending.add(id_)
                    self.seen[int(subject.rpartition(" ")[2]) % 10**7] = now
            # Two workers hold a block of numbers each: a lower one may come later.
            while self._last + 1 in pending:
                self._last += 1
                pending.discard(self._last)
        changes.close()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()


# --- (d) large mails at once ---------------------------------------------------------------------------------------


def measure_large(desk: Desk, senders: int, octets: int = 25_000_000) -> dict[str, float]:
    """The intake's memory (the most it ever held) and other clients' wait for an answer to EHLO."""
    desk.start("intake")
    before = desk.rss_mb("intake")
    took, waits = send_large_at_once(desk.smtp_port, senders=senders, octets=octets)
    figures: dict[str, Any] = {
        "intake_rss_mb": desk.peak_rss_mb("intake"),
        "intake_rss_before_mb": before,
        "ehlo_max_s": max(waits),
        "ehlo_p99_s": percentile(waits, 0.99),
        "large_mb_per_s": senders * octets / 1e6 / took,
    }
    desk.stop()
    return figures
