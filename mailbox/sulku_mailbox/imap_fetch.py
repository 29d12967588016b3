"""Fetches mail from an IMAP mailbox into the inbox.

For each message: `BODY.PEEK[]` → the inbox and the ledger in one transaction → `UID MOVE` out of the way. Killed at any
point, the next round goes on where this one ended: what is in the folder and not in the ledger is fetched, what is in
both is moved. One connection walks all folders, then waits in the first one (IDLE, RFC 2177).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa
import structlog
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from sulku_kernel.clock import Clock
from sulku_kernel.errors import ConfigurationError, SulkuError
from sulku_mailbox.imap_connection import SERVER_FAULTS, ImapSettings, close, connect, unavailable
from sulku_mailbox.imap_folder import FetchReport, FolderFetcher
from sulku_mailbox.inbox import Inbox
from sulku_mailbox.ledger import Ledger

log = structlog.get_logger(__name__)

LONGEST_IDLE_SECONDS = 540  # servers and the boxes between hang up on the silent; RFC 2177 says 29 minutes, few keep it
LONGEST_WAIT_SECONDS = 60
# What the server says in one packet with its "+" is not seen before DONE: imapclient asks the socket, empty by then.
IDLE_ROUND_SECONDS = 5


class ImapFetcher:
    """`fetch_once` is one round; `run` goes on until it is told to stop. Not for several threads.

    Raises ConfigurationError when fetched mails would be moved into a folder that is fetched.
    """

    def __init__(self, settings: ImapSettings, inbox: Inbox, clock: Clock) -> None:
        if settings.processed_folder in settings.folders:
            raise ConfigurationError(
                f"mails would be moved to {settings.processed_folder}, which is fetched itself",
                next_step="Set imap.processed_folder to a folder that is not in imap.folders.",
            )
        self._settings = settings
        self._clock = clock
        self._inbox = inbox
        ledger = Ledger(inbox.store)
        self._folders = [FolderFetcher(name, settings, inbox, ledger, clock) for name in settings.folders]
        self._client: IMAPClient | None = None

    def fetch_once(self) -> FetchReport:
        """Fetch, store and move what is in the folders now.

        Raises UnavailableError when the server does not play its part or the inbox's disk has failed to sync, and what
        the database raises. Whatever was done until then is done.
        """
        self._inbox.require_trust()
        report = FetchReport()
        client = self._connected()
        try:
            for folder in self._folders:
                folder.visit(client, report)
            for folder in self._folders:
                folder.visit_suspects(client, report)
        except SERVER_FAULTS as error:
            self.close()
            raise unavailable(self._settings, "fails", error) from None
        finally:
            if report.has_news:
                log.info("imap_round", mailbox=self._settings.mailbox, **asdict(report))
        return report

    def run(self, stop: threading.Event) -> None:
        """Fetch until `stop` is set. Faults of server and database are logged, and waited out ever longer.

        Behind a lost sync nothing is fetched, moved or noted any more: what is in the mailbox is safest there.
        """
        faults = 0
        while not stop.is_set():
            if self._inbox.sync_lost_at is not None:
                self.close()
                log.error("imap_stopped", mailbox=self._settings.mailbox, because="the disk failed to sync")
                stop.wait()
                return
            try:
                self.fetch_once()
                self._await_mail(stop)
                faults = 0
            except (SulkuError, sa.exc.SQLAlchemyError) as error:
                self._inbox.note_fault(error)
                self.close()
                wait = min(2**faults, LONGEST_WAIT_SECONDS)
                faults = min(faults + 1, 10)
                # An error of ours says what to do; the database's may hold a password.
                told = str(error) if isinstance(error, SulkuError) else ""
                log.warning("imap_fault", error=type(error).__name__, message=told, again_in_seconds=wait)
                stop.wait(wait)
        self.close()

    def close(self) -> None:
        """Hang up. The next round connects anew."""
        if self._client is not None:
            close(self._client)
            self._client = None

    def _connected(self) -> IMAPClient:
        if self._client is None:
            client = connect(self._settings, self._clock)
            try:
                self._make_processed_folder(client)
            except SERVER_FAULTS as error:
                close(client)
                raise unavailable(self._settings, "fails", error) from None
            self._client = client
        return self._client

    def _make_processed_folder(self, client: IMAPClient) -> None:
        try:
            if not client.folder_exists(self._settings.processed_folder):
                client.create_folder(self._settings.processed_folder)
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            # Fetching comes first; moving will say again that it cannot.
            log.error("imap_no_processed_folder", folder=self._settings.processed_folder)  # noqa: TRY400

    # --- waiting -----------------------------------------------------------------------------------------------

    def _await_mail(self, stop: threading.Event) -> None:
        """Until something happens in the first folder, or it is time to look at the others."""
        client = self._client
        if client is None:
            return
        seconds = min(self._settings.poll_seconds, LONGEST_IDLE_SECONDS)
        try:
            selected = self._folders[0].select(client)
            if selected is not None and selected[1] != self._folders[0].next_uid:
                return  # a mail came between our look and this one: no IDLE would speak of it
            if selected is not None and client.has_capability("IDLE"):
                _idle(client, seconds, stop)
            else:
                stop.wait(seconds)
            if not stop.is_set():
                client.noop()  # a dead connection shows here, by the read time-out
        except SERVER_FAULTS as error:
            self.close()
            raise unavailable(self._settings, "fails", error) from None


def _idle(client: IMAPClient, seconds: float, stop: threading.Event) -> None:
    """Wait in IDLE (RFC 2177) until a mail has come, at most so long."""
    end = time.monotonic() + seconds
    while not stop.is_set() and (left := end - time.monotonic()) > 0:
        if _idle_once(client, min(left, IDLE_ROUND_SECONDS), stop):
            return


def _idle_once(client: IMAPClient, seconds: float, stop: threading.Event) -> bool:
    """Whether a mail came. Only `idle_done`, under the read time-out, can tell a silent server from a dead one."""
    end = time.monotonic() + seconds
    is_told = False
    client.idle()
    while not is_told and not stop.is_set() and (left := end - time.monotonic()) > 0:
        asked_at, patience = time.monotonic(), min(left, 0.25)
        said = client.idle_check(timeout=patience)
        is_told = _tells_of_mail(said)
        if not said and time.monotonic() - asked_at < patience / 2:
            break  # the server has hung up: there is always something to read, and it is nothing
    _, said = client.idle_done()
    return is_told or _tells_of_mail(said)


def _tells_of_mail(said: Sequence[object]) -> bool:
    return any(b"EXISTS" in response for response in said if isinstance(response, tuple))
