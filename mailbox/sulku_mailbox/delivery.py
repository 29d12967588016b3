"""Hands a composed mail over: to a smarthost by SMTP, or into a maildir.

A delivery may be repeated after a crash or a lost answer; the mail's Message-ID is the same each time, so that the
reader's side, and the maildir here, can tell.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import ssl
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

import aiosmtplib
from aiosmtplib import SMTP

from sulku_kernel.errors import InputError, UnavailableError

CONNECT_SECONDS = 5
COMMAND_SECONDS = 30
# Shorter than the lease of a mail, so that a server that stalls at each command does not make us send it twice.
WHOLE_SECONDS = 40
_SAID = 200

Tls = Literal["none", "starttls", "implicit"]


class TryLaterError(UnavailableError):
    """It was not taken over, or not surely; trying again may help. (Their fault or the network's, for now.)"""


class RefusedError(InputError):
    """The mail server refused this mail for good (RFC 5321, 4.2.1: 5yz). Trying again never helps."""


class Delivery(Protocol):
    """Takes over one mail for one recipient."""

    def send(self, mail_from: str, to: str, raw: bytes) -> None:
        """Hand it over; returns when the other side answers for it. Raises TryLaterError or RefusedError."""
        ...


class Smarthost:
    """A mail server that takes our mails over.

    With `starttls` or `implicit` its certificate is verified, and a server without STARTTLS gets nothing.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: Tls = "starttls",
        user: str = "",
        password: str = "",
        tls_context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        connect_seconds: float = CONNECT_SECONDS,
        command_seconds: float = COMMAND_SECONDS,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._host, self._port, self._tls = host, port, tls
        self._user, self._password = user, password
        self._tls_context = tls_context
        self._connect_seconds, self._command_seconds = connect_seconds, command_seconds
        self._whole_seconds = whole_seconds

    def send(self, mail_from: str, to: str, raw: bytes) -> None:
        """One connection for one mail: plain, and no fault of one mail reaches another."""
        try:
            asyncio.run(asyncio.wait_for(self._send(mail_from, to, raw), self._whole_seconds))
        except TimeoutError:
            raise TryLaterError(f"smarthost: not done within {self._whole_seconds} s") from None

    async def _send(self, mail_from: str, to: str, raw: bytes) -> None:
        client = await self._connect()
        try:
            options = [] if to.isascii() and mail_from.isascii() else ["SMTPUTF8"]
            await client.sendmail(mail_from, [to], raw, mail_options=options, timeout=self._command_seconds)
        except aiosmtplib.SMTPException as error:
            raise _judged(error) from None
        except (OSError, ValueError) as error:
            raise TryLaterError(f"smarthost: {type(error).__name__}") from None
        finally:
            await _leave(client)

    async def _connect(self) -> SMTP:
        """Connected, protected and logged in. Whatever fails here is no fault of the mail."""
        client = SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._connect_seconds,
            use_tls=self._tls == "implicit",
            start_tls=self._tls == "starttls",
            tls_context=None if self._tls == "none" else self._tls_context(),
        )
        try:
            await client.connect()
            if self._user:
                await client.login(self._user, self._password)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise TryLaterError(
                f"smarthost {self._host}:{self._port}: {_said(error)}",
                next_step="Check outgoing.smarthost, its TLS and log-in, and that the server runs.",
            ) from None
        return client


class Maildir:
    """A folder `tmp`, `new`, `cur` as mail programs read it. The same Message-ID twice is one file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail_from: str, to: str, raw: bytes) -> None:
        """Write, fsync, rename: a file in `new` is whole."""
        try:
            self._deliver(f"Return-Path: <{mail_from}>\r\nDelivered-To: {to}\r\n".encode() + raw, to, raw)
        except OSError as error:
            raise TryLaterError(
                f"{self._folder}: {error.strerror}", next_step="Check that the folder can be written and has space."
            ) from None

    def _deliver(self, content: bytes, to: str, raw: bytes) -> None:
        for name in ("tmp", "new", "cur"):
            (self._folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{_identity(raw, to)}.sulku"
        # A mail program moves what was seen to `cur` and puts flags behind a colon.
        if (self._folder / "new" / name).exists() or any((self._folder / "cur").glob(f"{name}*")):
            return
        temporary = self._folder / "tmp" / f"{name}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._folder / "new" / name)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(self._folder / "new")


_MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


def _identity(raw: bytes, to: str) -> str:
    found = _MESSAGE_ID.search(raw.partition(b"\r\n\r\n")[0])
    return hashlib.sha256((found[1] if found else raw) + b"\0" + to.encode()).hexdigest()[:40]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _judged(error: aiosmtplib.SMTPException) -> TryLaterError | RefusedError:
    """A 5yz to MAIL, RCPT, DATA or the final dot refuses this mail; every other answer, and none, is for now."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        error = error.recipients[0]
    said = f"smarthost: {_said(error)}"
    # 503 and 530 speak of the session, not of the mail: a log-in or TLS that is missing can be mended.
    if isinstance(error, aiosmtplib.SMTPResponseException) and 500 <= error.code < 600 and error.code not in (503, 530):
        return RefusedError(said, next_step="Correct the address, or ask the administrator of the smarthost why.")
    return TryLaterError(said)


def _said(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        message = " ".join(error.message.split())
        return f"{error.code} {message if message.isprintable() else ''}"[:_SAID].strip()
    return type(error).__name__


async def _leave(client: SMTP) -> None:
    try:
        await client.quit(timeout=1)
    except (aiosmtplib.SMTPException, OSError):
        client.close()
