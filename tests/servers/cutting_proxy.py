"""A TCP proxy in front of a CA that cuts a connection where the test says: the CA acts or not, the desk never knows."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from urllib.parse import urlsplit


class Cut(StrEnum):
    """Where the next connection is cut."""

    NOWHERE = "nowhere"
    BEFORE_CONNECT = "before_connect"  # closed before a byte is read
    WITHIN_REQUEST = "within_request"  # half of the first part of the request reaches the CA
    BEFORE_ANSWER = "before_answer"  # the CA has answered; no byte of it comes through
    WITHIN_ANSWER = "within_answer"  # half of the first part of the answer comes through


class CuttingProxy:
    """`cuts` holds what the next connections meet, in order; behind the last one nothing is cut."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.cuts: list[Cut] = []
        self.connections = 0
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
            self.connections += 1
            return self.cuts.pop(0) if self.cuts else Cut.NOWHERE

    def _carry(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(30)
            cut = self._next_cut()
            if cut is Cut.BEFORE_CONNECT:
                return
            with socket.create_connection(self._target, timeout=30) as server:
                if cut is Cut.WITHIN_REQUEST:
                    part = client.recv(65_536)
                    server.sendall(part[: len(part) // 2])
                    return
                asking = threading.Thread(target=self._ask, args=(client, server))
                asking.start()
                self._answer(client, server, cut)
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
                asking.join()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := client.recv(65_536):
                server.sendall(part)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _answer(self, client: socket.socket, server: socket.socket, cut: Cut) -> None:
        """The CA has done what it was asked when the first part of its answer comes."""
        while part := server.recv(65_536):
            match cut:
                case Cut.BEFORE_ANSWER:
                    return
                case Cut.WITHIN_ANSWER:
                    client.sendall(part[: max(len(part) // 2, 1)])
                    return
                case _:
                    client.sendall(part)


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
