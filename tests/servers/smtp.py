"""A real listener on loopback ports in a thread of its own, and a client that sends exactly the octets it is told."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import sqlite3
import ssl
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import sqlalchemy as sa

from sulku_kernel.clock import Clock
from sulku_kernel.storage import Store
from sulku_mailbox.inbox import AlsoWrite, Delivery, Inbox, StoredDelivery
from sulku_mailbox.sealing import DataKeys
from sulku_mailbox.smtp_listener import Listener, ListenerSettings

DESK = "vptuotanto@vrk.fi"
DEADLINE_SECONDS = 20.0
T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str, seconds: float = DEADLINE_SECONDS) -> T:
    """Poll until `condition` gives something true; a test that waits in vain fails with `what`."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.005)
    return found


class HeldInbox(Inbox):
    """An inbox whose commits wait while it is held; it counts the mails of each transaction."""

    def __init__(self, store: Store, keys: DataKeys, clock: Clock) -> None:
        super().__init__(store, keys, clock)
        self.go_on = threading.Event()
        self.go_on.set()
        self.arrived = threading.Event()
        self.batches: list[int] = []

    def hold(self) -> None:
        self.arrived.clear()
        self.go_on.clear()

    def add(self, batch: Sequence[Delivery], also: AlsoWrite | None = None) -> list[int]:
        self.arrived.set()
        assert self.go_on.wait(DEADLINE_SECONDS)
        self.batches.append(len(batch))
        return super().add(batch, also)


def make_inbox(store: Store, folder: Path, clock: Clock) -> HeldInbox:
    return HeldInbox(store, DataKeys.load(folder), clock)


@contextlib.contextmanager
def failing_syncs(store: Store) -> Iterator[None]:
    """Until the block ends the disk fails to sync what is committed to the store."""

    def fail(_: sa.Connection) -> None:
        origin = sqlite3.OperationalError("disk I/O error")
        origin.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise sa.exc.OperationalError("COMMIT", None, origin)

    sa.event.listen(store.engine, "commit", fail)
    try:
        yield
    finally:
        sa.event.remove(store.engine, "commit", fail)


def all_deliveries(inbox: Inbox) -> list[StoredDelivery]:
    return inbox.deliveries_after(0)


def only_delivery(inbox: Inbox) -> StoredDelivery:
    (delivery,) = all_deliveries(inbox)
    return delivery


class RunningListener:
    """A started listener. Its event loop runs in a thread."""

    def __init__(self, listener: Listener, loop: asyncio.AbstractEventLoop) -> None:
        self.listener = listener
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the listener's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE_SECONDS)

    def connect(self, *, greets: bool = True, source: str = "127.0.0.1") -> SmtpClient:
        assert self.listener.smtp_port
        return SmtpClient(self.listener.smtp_port, "EHLO" if greets else None, source)

    def connect_lmtp(self) -> SmtpClient:
        assert self.listener.lmtp_port
        return SmtpClient(self.listener.lmtp_port, "LHLO")

    def wait_until_empty(self) -> None:
        wait_until(lambda: self.listener.connections == 0, "all connections gone")


@contextlib.contextmanager
def running_listener(inbox: Inbox, clock: Clock, **settings: Any) -> Iterator[RunningListener]:
    """Listen for SMTP and LMTP on free ports until the block ends."""
    values = {"recipients": (DESK, "vptuotanto@dvv.fi"), "smtp_port": 0, "lmtp_port": 0, "hostname": "desk.test"}
    listener = Listener(ListenerSettings(**{**values, **settings}), inbox, clock)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="listener")
    thread.start()
    running = RunningListener(listener, loop)
    try:
        running.run(listener.start())
        yield running
    finally:
        running.run(listener.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class SmtpClient:
    """Says octets, reads answers. It knows nothing of SMTP but where an answer ends."""

    def __init__(self, port: int, hello: str | None, source: str = "127.0.0.1") -> None:
        self.socket: socket.socket = socket.create_connection(("127.0.0.1", port), DEADLINE_SECONDS, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self.greeting = self.answer()
        self.capabilities = self.command(f"{hello} client.test") if hello else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def answer(self) -> str:
        """The next answer, all its lines; "" when the server has hung up."""
        lines: list[str] = []
        while True:
            while b"\r\n" not in self._received:
                try:
                    piece = self.socket.recv(65_536)
                except ConnectionError:
                    piece = b""
                if not piece:
                    return "\n".join(lines)
                self._received += piece
            line, _, self._received = self._received.partition(b"\r\n")
            lines.append(line.decode())
            if line[3:4] != b"-":
                return "\n".join(lines)

    def command(self, line: str | bytes) -> str:
        self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return self.answer()

    def commands(self, *lines: str) -> list[str]:
        return [self.command(line) for line in lines]

    def begin_data(self, mail_from: str = "apteekki@example.fi", recipients: Sequence[str] = (DESK,)) -> None:
        """MAIL, RCPT, DATA up to the 354."""
        answers = self.commands(f"MAIL FROM:<{mail_from}>", *(f"RCPT TO:<{to}>" for to in recipients), "DATA")
        assert [answer[:3] for answer in answers] == ["250"] * (1 + len(recipients)) + ["354"], answers

    def mail(self, raw: bytes, mail_from: str = "apteekki@example.fi", recipients: Sequence[str] = (DESK,)) -> str:
        """Send one mail; the answer behind its end. `raw` has no line that begins with a dot."""
        self.begin_data(mail_from, recipients)
        self.send(raw + b"\r\n.\r\n")
        return self.answer()

    def says_nothing(self, seconds: float = 0.2) -> bool:
        """Whether no answer comes in that time and the connection stays."""
        return not self._received and not select.select([self.socket], [], [], seconds)[0]

    def is_hung_up(self) -> bool:
        """Whether the server has ended the connection, with nothing more to say."""
        return self.answer() == ""

    def start_tls(self) -> None:
        """The handshake, behind the 220. Whoever the server says it is is believed."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """End the connection with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()
