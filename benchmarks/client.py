"""Clients that offer mail over SMTP: as fast as it is taken, at a steady rate, or large mails at once.

Plain sockets, one thread for each connection, so that the client costs little beside what it measures.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from benchmarks.mails import DESK

PIECE = 262_144
# Several senders together pause after each piece so long that the queue of one does not hide the others.
SECONDS_FOR_AN_ANSWER = 300


class Connection:
    """One SMTP connection (RFC 5321) that has said hello."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), SECONDS_FOR_AN_ANSWER)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heard = b""
        self.answer()
        self.say(b"EHLO mx.example\r\n")

    def send(self, raw: bytes, sender: str = "tekniikka@asiakas0.example", *, pipelined: bool = False) -> None:
        """Hand in one mail whose dots are stuffed; with `pipelined` as RFC 2920 allows. Raises when it is refused."""
        lines = (f"MAIL FROM:<{sender}>\r\n".encode(), f"RCPT TO:<{DESK}>\r\n".encode(), b"DATA\r\n")
        if pipelined:
            self._socket.sendall(b"".join(lines))
            for _ in lines:
                self.answer()
        else:
            for line in lines:
                self.say(line)
        self.say(raw + b".\r\n")

    def send_large(self, octets: int) -> None:
        """A mail of one attachment, sent in pieces."""
        for line in (b"MAIL FROM:<a@asiakas0.example>\r\n", f"RCPT TO:<{DESK}>\r\n".encode(), b"DATA\r\n"):
            self.say(line)
        self._socket.sendall(b"Subject: suuri\r\nContent-Type: application/octet-stream\r\n\r\n")
        piece = (b"A" * 76 + b"\r\n") * (PIECE // 78)
        for _ in range(octets // len(piece)):
            self._socket.sendall(piece)
        self.say(b".\r\n")

    def say(self, line: bytes) -> None:
        self._socket.sendall(line)
        self.answer()

    def answer(self) -> None:
        """Wait for one whole answer. Raises when it is a refusal."""
        while True:
            line, end, rest = self._heard.partition(b"\r\n")
            if end:
                self._heard = rest
                if line[3:4] != b"-":
                    if line[:1] not in b"23":
                        raise ConnectionError(line.decode())
                    return
                continue
            more = self._socket.recv(65_536)
            if not more:
                raise ConnectionError("closed")
            self._heard += more

    def close(self) -> None:
        self._socket.close()


def stuffed(raw: bytes) -> bytes:
    """As it goes over the wire (RFC 5321, 4.5.2)."""
    return raw.replace(b"\r\n.", b"\r\n..")


def send_all(port: int, mails: Sequence[bytes], *, connections: int = 16, pipelined: bool = False) -> float:
    """Hand all in as fast as they are taken; seconds until the last 250."""
    waiting = iter(mails)
    lock = threading.Lock()

    def work() -> None:
        connection = Connection(port)
        while raw := _next(waiting, lock):
            connection.send(raw, pipelined=pipelined)
        connection.close()

    begin = time.perf_counter()
    in_threads([work] * connections)
    return time.perf_counter() - begin


def _next(waiting: Iterator[bytes], lock: threading.Lock) -> bytes | None:
    with lock:
        return next(waiting, None)


@dataclass(frozen=True)
class Handed:
    """When a mail was due to be handed in, and when its 250 came (both `time.perf_counter`)."""

    number: int
    due_at: float
    accepted_at: float


def send_steadily(port: int, mails: Sequence[bytes], per_second: float, *, connections: int = 16) -> list[Handed]:
    """Hand them in at a steady rate, whatever the answers take: who waits for a free connection waits on our watch."""
    opened = [Connection(port) for _ in range(connections)]
    begin = time.perf_counter() + 0.2
    handed: list[Handed] = []

    def work(first: int) -> Callable[[], None]:
        def run() -> None:
            for number in range(first, len(mails), connections):
                due_at = begin + number / per_second
                time.sleep(max(0.0, due_at - time.perf_counter()))
                opened[first].send(mails[number], pipelined=True)
                handed.append(Handed(number, due_at, time.perf_counter()))
            opened[first].close()

        return run

    in_threads([work(first) for first in range(connections)])
    return handed


def send_large_at_once(port: int, *, senders: int, octets: int) -> tuple[float, list[float]]:
    """Seconds for all of them, and how long other clients waited meanwhile for greeting and answer to EHLO."""
    waits: list[float] = []
    is_over = threading.Event()

    def large() -> None:
        connection = Connection(port)
        connection.send_large(octets)
        connection.close()

    def small() -> None:
        while not is_over.wait(0.05):
            begin = time.perf_counter()
            Connection(port).close()
            waits.append(time.perf_counter() - begin)

    watcher = threading.Thread(target=small)
    watcher.start()
    begin = time.perf_counter()
    try:
        in_threads([large] * senders)
    finally:
        is_over.set()
        watcher.join()
    return time.perf_counter() - begin, waits


def in_threads(works: Sequence[Callable[[], None]]) -> None:
    """Run all of them at once; raise what the first to fail raised."""
    faults: list[Exception] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  handed on below
            faults.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for fault in islice(faults, 1):
        raise fault
