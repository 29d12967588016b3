"""Listens for mail: SMTP from other servers, LMTP from a mail server in front of us."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from sulku_kernel.clock import Clock
from sulku_kernel.errors import ConfigurationError
from sulku_mailbox.group_commit import GroupCommit
from sulku_mailbox.inbox import Inbox
from sulku_mailbox.recipients import Recipients
from sulku_mailbox.smtp_limits import Door, Limits
from sulku_mailbox.smtp_reception import Reception
from sulku_mailbox.smtp_session import LmtpSession, SmtpSession

log = structlog.get_logger(__name__)

_TURNS_FOR_ANSWERS = 100


@dataclass(frozen=True)
class ListenerSettings:
    """Ports: None switches one off, 0 takes any free one. `recipients` are our own addresses.

    `spool` holds large mails while they come in (a real disk, not memory); `storage` is where the inbox grows: when
    less than `reserve` octets are free in either, mails are put off with 452 before the disk is full.
    """

    recipients: tuple[str, ...]
    host: str = "127.0.0.1"
    smtp_port: int | None = None
    lmtp_port: int | None = None
    hostname: str = field(default_factory=socket.gethostname)
    certificate: Path | None = None
    key: Path | None = None
    relays: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    spool: Path | None = None
    storage: Path | None = None
    reserve: int = 256 * 1_048_576


class Listener:
    """Accepts mail into the inbox. `start` and `stop` are called on the event loop that is to carry it.

    Raises ConfigurationError when the certificate, a relay or an address cannot be used.
    """

    def __init__(self, settings: ListenerSettings, inbox: Inbox, clock: Clock) -> None:
        self._settings = settings
        self._committer = GroupCommit(inbox)
        self._reception = Reception(
            committer=self._committer,
            recipients=Recipients(settings.recipients),
            limits=settings.limits,
            door=Door(settings.limits, settings.relays),
            clock=clock,
            hostname=settings.hostname,
            tls=_tls_context(settings.certificate, settings.key),
            spool=settings.spool,
        )
        self._servers: list[asyncio.Server] = []
        self._watch: asyncio.Task[None] | None = None
        self.smtp_port: int | None = None
        self.lmtp_port: int | None = None

    @property
    def is_well(self) -> bool:
        """Whether mail is being accepted: there is room, and the disk has not failed."""
        return bool(self._servers) and self._reception.has_room and not self._committer.is_broken

    @property
    def seconds_at_one_batch(self) -> float:
        """How long what was handed in last has been on its way into the inbox; 0 when nothing is."""
        return self._committer.seconds_at_one_batch

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._reception.sessions)

    async def start(self) -> None:
        """Listen. Raises ConfigurationError when a port is taken."""
        if self._settings.spool is not None:
            self._settings.spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._look_at_room()
        self._committer.start()
        try:
            if self._settings.smtp_port is not None:
                self.smtp_port = await self._listen(SmtpSession, self._settings.smtp_port)
            if self._settings.lmtp_port is not None:
                self.lmtp_port = await self._listen(LmtpSession, self._settings.lmtp_port)
        except BaseException:
            await self.stop()
            raise
        self._watch = asyncio.create_task(self._watch_time())

    async def stop(self) -> None:
        """Take no more; send the connected away; have what was submitted stored."""
        for server in self._servers:
            server.close()
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        await self._committer.stop()
        await self._let_answers_go()
        for session in list(self._reception.sessions):
            session.close_with("421 4.3.2 Shutting down")
        while self._reception.sessions:
            await asyncio.sleep(0.01)
            for session in list(self._reception.sessions):
                session.abort()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    async def _let_answers_go(self) -> None:
        """The answers to what was just stored go before the 421: else their senders would send it all again."""
        for _ in range(_TURNS_FOR_ANSWERS):
            if not any(session.is_committing for session in self._reception.sessions):
                return
            await asyncio.sleep(0.01)

    async def _listen(self, kind: type[SmtpSession], port: int) -> int:
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: kind(self._reception, loop), self._settings.host, port, backlog=512
            )
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {self._settings.host} port {port}: {error.strerror}",
                next_step="Stop what listens there, or set another port in [smtp].",
            ) from None
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _watch_time(self) -> None:
        interval = max(0.05, min(1.0, self._settings.limits.idle_seconds / 4))
        while True:
            await asyncio.sleep(interval)
            self._look_at_room()
            for session in list(self._reception.sessions):
                session.look_at_time()

    def _look_at_room(self) -> None:
        folders = [folder for folder in (self._settings.storage, self._settings.spool) if folder is not None]
        has_room = all(_free_octets(folder) >= self._settings.reserve for folder in folders)
        if has_room != self._reception.has_room:
            log.warning("inbox_room", has_room=has_room)
            self._reception.has_room = has_room


def _free_octets(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0  # the folder is gone or its disk is: nothing could be kept there


def _tls_context(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"the certificate {certificate} and its key cannot be used: {error.strerror or type(error).__name__}",
            next_step="Correct smtp.certificate and smtp.key: PEM, and belonging together.",
        ) from None
    return context
