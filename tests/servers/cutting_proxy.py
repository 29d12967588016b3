"""A TCP proxy in front of a CA that cuts a connection where the test says: whether the CA acted, the desk never knows."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from urllib.parse import urlsplit


class Cut(StrEnum):
    """Where the next request is cut."""

    NOWHERE = "nowhere"
    BEFORE_CONNECT = "before_connect"  # closed before a byte reaches the CA
    WITHIN_REQUEST = "within_request"  # half of the request's first part reaches it
    BEFORE_ANSWER = "before_answer"  # the CA has answered; no byte of it comes through
    WITHIN_ANSWER = "within_answer"  # half of the first part of the answer comes through


class CuttingProxy:
    """`cuts` holds what the next requests meet, in order; behind the last one nothing is cut.

    `on_cut` is called at each cut, before anything of it can be noticed.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.cuts: list[Cut] = []
        self.on_cut: Callable[[], None] = lambda: None
        self.requests = 0
        self.met: Counter[str] = Counter()
        self._target = target
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def url(self, instead_of: str) -> str:
        """The same address behind the proxy."""
        return urlsplit(instead_of)._replace(netloc=f"127.0.0.1:{self.port}").geturl()

    def serve(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._carry, args=(connection,))
                thread.start()
                self._threads.append(thread)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def stop(self) -> None:
        self._stopping.set()

    def _next_cut(self) -> Cut:
        with self._lock:
            self.requests += 1
            cut = self.cuts.pop(0) if self.cuts else Cut.NOWHERE
            self.met[cut.value] += 1
            return cut

    def _carry(self, client: socket.socket) -> None:
        """One connection, kept alive or not: each request in it, and each step of a TLS handshake, takes the next cut."""
        with client, contextlib.suppress(OSError), socket.create_connection(self._target, timeout=30) as server:
            cut, is_asking = Cut.NOWHERE, False
            while not self._stopping.is_set():
                ready, _, _ = select.select([client, server], [], [], 0.05)
                for side in ready:
                    part = side.recv(65_536)
                    if side is client and not is_asking:
                        cut, is_asking = (self._next_cut() if part else cut), True
                    if side is server:
                        is_asking = False
                    through = _what_comes_through(part, cut, is_question=side is client)
                    if through != part:
                        self.on_cut()
                    (server if side is client else client).sendall(through)
                    if through != part or not part:
                        return


def _what_comes_through(part: bytes, cut: Cut, *, is_question: bool) -> bytes:
    """The CA has done what it was asked when the first part of its answer comes."""
    match cut:
        case Cut.BEFORE_CONNECT if is_question:
            return b""
        case Cut.WITHIN_REQUEST if is_question:
            return part[: len(part) // 2]
        case Cut.BEFORE_ANSWER if not is_question:
            return b""
        case Cut.WITHIN_ANSWER if not is_question:
            return part[: max(len(part) // 2, 1)] if len(part) > 1 else b""
    return part


@contextmanager
def cutting_proxy(url: str) -> Iterator[CuttingProxy]:
    """A proxy in front of the server at `url`."""
    parts = urlsplit(url)
    proxy = CuttingProxy((parts.hostname or "", parts.port or 80))
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join()
