"""How the IMAP server is reached: address, protection, password or OAuth 2 token."""

from __future__ import annotations

import base64
import json
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import structlog
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

from sulku_kernel.clock import Clock
from sulku_kernel.errors import ConfigurationError, UnavailableError

log = structlog.get_logger(__name__)

# What a server, or the way to it, can do to us. The last two: the libraries let an odd answer's errors through.
SERVER_FAULTS = (IMAPClientError, OSError, EOFError, ValueError, LookupError)


@dataclass(frozen=True)
class ImapSettings:
    """A mailbox to fetch from. `token_file` holds a current OAuth 2 access token, renewed by somebody else.

    `ca_file` names whom to trust beside the system's authorities. `spool` holds large mails while they come in. Times
    in seconds, sizes in octets.
    """

    host: str
    user: str
    port: int = 993
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    password: str = field(default="", repr=False)
    token_file: Path | None = None
    ca_file: Path | None = None
    folders: tuple[str, ...] = ("INBOX", "Junk")
    processed_folder: str = "Processed"
    spool: Path | None = None
    largest_mail: int = 150_000_000
    connect_seconds: float = 20
    read_seconds: float = 60
    poll_seconds: float = 60
    token_warning: timedelta = timedelta(minutes=10)

    @property
    def mailbox(self) -> str:
        """How the ledger names it."""
        return f"{self.user}@{self.host}"


def connect(settings: ImapSettings, clock: Clock) -> IMAPClient:
    """A connection that is logged in. Raises UnavailableError, or ConfigurationError for a file that cannot be used."""
    context = _context(settings)
    timeout = SocketTimeout(connect=settings.connect_seconds, read=settings.read_seconds)
    try:
        client = IMAPClient(
            settings.host,
            settings.port,
            ssl=settings.tls == "implicit",
            ssl_context=context,
            timeout=timeout,
        )
    except SERVER_FAULTS as error:
        raise unavailable(settings, "does not answer", error) from None
    client.normalise_times = False  # aware times, please
    try:
        if settings.tls == "starttls":
            client.starttls(context)
        _log_in(client, settings, clock)
    except SERVER_FAULTS as error:
        close(client)
        raise unavailable(settings, "refuses the login", error) from None
    except BaseException:
        close(client)
        raise
    return client


def unavailable(settings: ImapSettings, what: str, error: Exception) -> UnavailableError:
    """The server's fault as an error of ours. Its text is left out: it may repeat what we sent."""
    return UnavailableError(
        f"the IMAP server {settings.host} port {settings.port} {what} ({type(error).__name__})",
        next_step="Check that it runs, and the settings in [imap]: host, port, tls, user, password or token_file.",
    )


def close(client: IMAPClient) -> None:
    """Hang up without a word: the server may be dead or slow."""
    try:
        client.shutdown()
    except SERVER_FAULTS:
        log.debug("imap_already_closed")


def _log_in(client: IMAPClient, settings: ImapSettings, clock: Clock) -> None:
    if settings.token_file is not None:
        token = _read_token(settings.token_file)
        _warn_of_expiry(token, settings, clock.now())
        client.oauth2_login(settings.user, token)
    elif (settings.user + settings.password).isascii():
        client.login(settings.user, settings.password)
    else:
        client.plain_login(settings.user, settings.password)  # LOGIN has no letters but ASCII


def _context(settings: ImapSettings) -> ssl.SSLContext | None:
    if settings.tls == "none":
        return None
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(settings.ca_file)
        except (OSError, ssl.SSLError):
            raise ConfigurationError(
                f"{settings.ca_file} holds no certificates that can be used", next_step="Give a PEM file."
            ) from None
    return context


def _read_token(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(
            f"the token file {file} cannot be read", next_step="Correct imap.token_file, or renew the token."
        ) from None


def _warn_of_expiry(token: str, settings: ImapSettings, now: datetime) -> None:
    """A token that nobody renews stops the mail without a sound: say so before it does."""
    expires_at = token_expires_at(token)
    if expires_at is not None and expires_at - now < settings.token_warning:
        log.warning("imap_token_expires", mailbox=settings.mailbox, expires_at=expires_at.isoformat())


def token_expires_at(token: str) -> datetime | None:
    """When an access token ends, when it is a JWT that says so (RFC 7519, 4.1.4). The signature is not our business."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return None
