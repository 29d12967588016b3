"""What a mail costs with few and with many tickets there, and how soon a compromise is paged out of a long backlog."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from statistics import median

import sqlalchemy as sa
from benchmarks.client import stuffed
from benchmarks.desk import Desk, tickets_there, wait_until
from benchmarks.mails import DESK, mail
from benchmarks.road import new_mails

from sulku_desk.instance import Instance
from sulku_desk.on_call_file import OnCallFile
from sulku_desk.wiring import make_inbox, make_judge, make_reader, make_tokens
from sulku_desk.worker import Worker
from sulku_kernel.numbers import reserve
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.inbox import Delivery
from sulku_mailbox.raw_mail import RawMail

AT_ONCE = 100
# Tables that grow with every mail, and which of their columns are numbers that must differ in each copy.
_COPIED = {
    "ticket": ("id", "first_delivery_id"),
    "ticket_mail": ("id", "ticket_id", "delivery_id"),
    "deadline": ("id", "ticket_id"),
    "revocation_request": ("id", "ticket_id"),
    "outbox": ("id", "ticket_id"),
    "event": ("seq", "ticket_id", "subject_id"),
    "event_payload": ("seq",),
    "reading": ("id",),
}


# --- (f) cost per mail as tickets gather ---------------------------------------------------------------------------


def measure_growth(desk: Desk, levels: Sequence[int], batches: int = 20) -> dict[str, float]:
    """Milliseconds for a mail (a batch of 100 in one process, the median batch) with so many tickets there.

    The tickets between the levels are copies of those that were read, in SQL: their rows and indexes are what counts.
    """
    figures: dict[str, float] = {}
    with closing(desk.open()) as instance:
        list(_timed_batches(instance, desk, 5))
        for level in levels:
            _fill_up(instance, level)
            laps = list(_timed_batches(instance, desk, batches))
            figures[f"ms_per_mail_at_{level}"] = median(laps) * 1_000 / AT_ONCE
    costs = [figures[f"ms_per_mail_at_{level}"] for level in levels]
    figures["cost_growth_ratio"] = max(costs[1:]) / costs[0]
    return figures


def _timed_batches(instance: Instance, desk: Desk, batches: int) -> Iterator[float]:
    inbox = make_inbox(instance)
    with make_reader(instance.settings) as reader:
        judge = make_judge(instance, reader, make_tokens(instance))
        on_call = OnCallFile(instance.settings.on_call_file)
        worker = Worker(instance.storage, inbox, judge, on_call, instance.clock, batch=AT_ONCE)
        for _ in range(batches):
            inbox.add([_delivery(raw, instance) for raw in new_mails(desk, AT_ONCE)])
            begin = time.perf_counter()
            if worker.run_once() != AT_ONCE:
                raise AssertionError("somebody else reads these mails")
            yield time.perf_counter() - begin


def _delivery(raw: bytes, instance: Instance) -> Delivery:
    sender = raw[14 : raw.index(b">")].decode()
    return Delivery(RawMail.of(raw), Envelope(sender, (DESK,), instance.clock.now(), Via.SMTP, "127.0.0.1", "mx", ""))


def _fill_up(instance: Instance, wanted: int) -> None:
    """Copy all tickets again and again until there are as many as wanted (SQLite)."""
    while (there := tickets_there(instance)) < wanted:
        part = min(there, wanted - there)
        with instance.storage.desk.writing() as connection:
            last = connection.exec_driver_sql("SELECT max(id) FROM ticket").scalar_one()
            step = max(
                connection.exec_driver_sql(f"SELECT max({columns[0]}) FROM {table}").scalar_one() or 0
                for table, columns in _COPIED.items()
            )
            lowest = connection.exec_driver_sql(
                f"SELECT id FROM ticket ORDER BY id DESC LIMIT 1 OFFSET {part - 1}"
            ).scalar_one()
            for table, numbers in _COPIED.items():
                connection.exec_driver_sql(_copy(connection, table, numbers, step, lowest))
            reserve(connection, "ticket", last + step)
            reserve(connection, "request", last + step)
            connection.exec_driver_sql(
                "UPDATE chain_head SET seq = (SELECT max(seq) FROM event),"
                " digest = (SELECT digest FROM event ORDER BY seq DESC LIMIT 1)"
            )
        _move_inbox(instance)
    with instance.storage.desk.writing() as connection:
        connection.exec_driver_sql("ANALYZE")


def _copy(connection: sa.Connection, table: str, numbers: tuple[str, ...], step: int, lowest: int) -> str:
    columns = [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")]
    taken = [_copied(table, column, numbers, step) for column in columns]
    where = {
        "ticket": f"id >= {lowest}",
        "event_payload": f"seq IN (SELECT seq FROM event WHERE ticket_id BETWEEN {lowest} AND {step})",
        "reading": f"id IN (SELECT first_delivery_id FROM ticket WHERE id BETWEEN {lowest} AND {step})",
    }.get(table, f"ticket_id >= {lowest}")
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(taken)} FROM {table} WHERE {where}"


def _copied(table: str, column: str, numbers: tuple[str, ...], step: int) -> str:
    if column in numbers:
        return f"{column} + {step}"
    if (table, column) in {("outbox", "key"), ("ticket_mail", "sha256")}:
        return f"{column} || '+{step}'"
    return column


def _move_inbox(instance: Instance) -> None:
    """The next delivery comes behind those that were copied."""
    with instance.storage.desk.reading() as connection:
        last = connection.exec_driver_sql("SELECT max(id) FROM reading").scalar_one()
    with instance.storage.inbox.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO delivery SELECT ?, sha256, raw_id, size, mail_from, rcpt_to, received_at, via, peer, helo,"
            " tls, anomalies FROM delivery ORDER BY id DESC LIMIT 1",
            (last,),
        )


# --- (g) a compromise in a long backlog ----------------------------------------------------------------------------


def measure_backlog(desk: Desk, waiting: int, place: float = 0.9) -> dict[str, float]:
    """Seconds from the start of workers and dispatcher until the page of the one compromise has been sent.

    It lies at `place` of the backlog; all other mails are not urgent, and nothing was ever paged on this desk.
    """
    with closing(desk.open()) as instance:
        inbox = make_inbox(instance)
        urgent = int(waiting * place)
        for begin in range(0, waiting, 500):
            numbers = range(begin, min(begin + 500, waiting))
            raws = [mail(3 * 10**12 + at, desk.size, compromise=at == urgent) for at in numbers]
            inbox.add([_delivery(stuffed(raw), instance) for raw in raws])
        before = tickets_there(instance)
        start = time.perf_counter()
        desk.start("worker", "dispatcher")
        wait_until(lambda: _is_paged(instance), "the page is sent")
        took = time.perf_counter() - start
        read = tickets_there(instance) - before
        desk.stop()
    return {"backlog_p1_s": took, "read_before_it": read, "waiting": waiting}


def _is_paged(instance: Instance) -> bool:
    with instance.storage.desk.reading() as connection:
        query = "SELECT 1 FROM outbox WHERE key LIKE 'page:%' AND state = 'done' LIMIT 1"
        return connection.exec_driver_sql(query).first() is not None
