"""A TCP server on loopback that answers every connection as the test says, however wrong that is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Behaviour = Callable[[socket.socket, bytes], None]


class StubHttp:
    """`behave` gets the connection and the request's bytes; `requests` holds what came."""

    def __init__(self) -> None:
        self.behave: Behaviour = answers(200, b"")
        self.requests: list[bytes] = []
        self.stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._answer, args=(connection,))
            thread.start()
            self._threads.append(thread)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            try:
                request = _read_request(connection)
                self.requests.append(request)
                self.behave(connection, request)
            except OSError:
                pass  # the client went away, as it should


def _read_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        part = connection.recv(65536)
        if not part:
            return request
        request += part
    head, _, body = request.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        part = connection.recv(65536)
        if not part:
            break
        body += part
    return head + b"\r\n\r\n" + body


@contextmanager
def stub_http(kind: type[StubHttp] = StubHttp) -> Iterator[StubHttp]:
    stub = kind()
    thread = threading.Thread(target=stub.serve)
    thread.start()
    try:
        yield stub
    finally:
        stub.stopping.set()
        thread.join()


def answers(status: int, body: bytes, *headers: str) -> Behaviour:
    """An ordinary answer."""
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]

    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    return behave


def hangs_up(after: bytes = b"") -> Behaviour:
    """Sends this and closes."""

    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(after)

    return behave


def drips(first: bytes, part: bytes, stopping: threading.Event) -> Behaviour:
    """Sends `first`, then `part` again and again, never an end."""

    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(first)
        while not stopping.wait(0.02):
            connection.sendall(part)

    return behave
