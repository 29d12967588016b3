"""One folder of an IMAP mailbox: compared with the ledger, fetched into the inbox, cleared.

Everything goes by UID, never by sequence number, and by the ledger, never by flags. A message is moved only when it is
stored, and one that cannot be fetched never stands in the way of another: it is tried again alone, after all others,
and ever more seldom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from imapclient import DELETED, IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from sulku_kernel.clock import Clock
from sulku_kernel.crash_points import crossing
from sulku_kernel.errors import UnavailableError
from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.batches import in_batches
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.imap_connection import ImapSettings
from sulku_mailbox.inbox import Delivery, Inbox
from sulku_mailbox.ledger import Departure, Ledger, Place, note_fetched
from sulku_mailbox.raw_mail import RawMail, RawMailWriter
from sulku_mailbox.storage_faults import is_database_fault

log = structlog.get_logger(__name__)

PIECE = 1_048_576
MESSAGES_AT_ONCE = 32  # a batch holds 32 MiB at most
MOVES_AT_ONCE = 500
MOST_UNSEEN = 10_000  # a server may claim any UIDNEXT
LONGEST_RETRY = timedelta(hours=1)


@dataclass
class FetchReport:
    """What a round has done, in messages.

    `renumbered` were stored before their folder was numbered anew; `gone` were stored and taken by somebody else;
    `unfetched` left before they could be stored; `failed` are in the mailbox and cannot be fetched now.
    """

    fetched: int = 0
    renumbered: int = 0
    moved: int = 0
    gone: int = 0
    unfetched: int = 0
    failed: int = 0
    missing_folders: list[str] = field(default_factory=list)

    @property
    def has_news(self) -> bool:
        """Whether anything happened."""
        return any((self.fetched, self.renumbered, self.moved, self.gone, self.unfetched, self.failed))


@dataclass
class _Tries:
    """How often a message was begun and not finished, and when it may be tried again."""

    count: int
    again_at: datetime


class FolderFetcher:
    """Lives as long as the fetcher, over many connections: it remembers what was waiting."""

    def __init__(self, name: str, settings: ImapSettings, inbox: Inbox, ledger: Ledger, clock: Clock) -> None:
        self.name = name
        self._settings = settings
        self._inbox = inbox
        self._ledger = ledger
        self._clock = clock
        self._place: Place | None = None
        self.next_uid: int | None = None
        self._lowest = 0
        self._waiting: set[int] = set()
        self._tries: dict[int, _Tries] = {}

    def visit(self, client: IMAPClient, report: FetchReport) -> None:
        """Reconcile the folder with the ledger; fetch and move what is new. Raises what server and store raise."""
        selected = self.select(client)
        if selected is None:
            report.missing_folders.append(self.name)
            return
        place, next_uid = selected
        present = sorted(client.search("ALL"))
        fetched = self._ledger.fetched(place, present)
        self._note_departures(place, set(present), next_uid, report)
        self._waiting = set(present) - set(fetched)
        self._tries = {uid: tries for uid, tries in self._tries.items() if uid in self._waiting}
        self._move(client, place, [uid for uid, must_leave in fetched.items() if must_leave], report)
        for batch in in_batches(sorted(self._waiting - set(self._tries)), MESSAGES_AT_ONCE):
            self._fetch_and_move(client, place, batch, report)

    def visit_suspects(self, client: IMAPClient, report: FetchReport) -> None:
        """Try again, one by one, what failed or never came to its end."""
        due = sorted(uid for uid, tries in self._tries.items() if tries.again_at <= self._clock.now())
        selected = self.select(client) if due else None
        if selected is None or selected[0] != self._place:
            return
        for uid in due:
            self._fetch_and_move(client, selected[0], [uid], report)

    def select(self, client: IMAPClient) -> tuple[Place, int | None] | None:
        """Open the folder: where it is, and the UID its next message will have. None when there is no such folder."""
        try:
            answer = client.select_folder(self.name)
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            log.warning("imap_folder_missing", mailbox=self._settings.mailbox, folder=self.name)
            return None
        place = Place(self._settings.mailbox, self.name, int(answer[b"UIDVALIDITY"]))
        if place != self._place:
            self._place, self.next_uid, self._lowest, self._waiting, self._tries = place, None, 0, set(), {}
        next_uid = answer.get(b"UIDNEXT")
        return place, None if next_uid is None else int(next_uid)

    # --- reconciling -------------------------------------------------------------------------------------------

    def _note_departures(self, place: Place, present: set[int], next_uid: int | None, report: FetchReport) -> None:
        remaining = self._ledger.remaining(place, self._lowest)
        gone = remaining - present
        unfetched = (self._waiting - present - remaining) | self._unseen(place, present, next_uid)
        for uids, how in ((gone, Departure.GONE), (unfetched, Departure.UNFETCHED)):
            if uids:
                log.warning("imap_departed", folder=self.name, how=how.value, messages=len(uids))
                self._ledger.note_departed(place, uids, how, self._clock.now())
        report.gone += len(gone)
        report.unfetched += len(unfetched)
        self.next_uid = next_uid
        # What is not here now never comes back: UIDs only grow. So the ledger's old part is read once.
        self._lowest = min(present, default=next_uid or self._lowest)

    def _unseen(self, place: Place, present: set[int], next_uid: int | None) -> set[int]:
        """UIDs that were given to messages since the last look and are not here: they came and left between."""
        known = [uid for uid in (self._ledger.last_uid(place), self.next_uid and self.next_uid - 1) if uid is not None]
        if next_uid is None or not known:
            return set()
        first = max(known) + 1
        return set(range(first, min(next_uid, first + MOST_UNSEEN))) - present

    # --- fetching ----------------------------------------------------------------------------------------------

    def _fetch_and_move(self, client: IMAPClient, place: Place, uids: Sequence[int], report: FetchReport) -> None:
        # Noted before it is begun: a message that takes the connection down with it is known by that.
        for uid in uids:
            self._note_try(uid)
        try:
            messages = self._read(client, uids, report)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            self._one_by_one(client, place, uids, report, error)
            return
        try:
            stored = self._keep(place, messages, report)
        except Exception as error:
            if is_database_fault(error) or isinstance(error, UnavailableError):
                raise
            self._one_by_one(client, place, uids, report, error)
            return
        finally:
            for delivery in messages.values():
                delivery.raw.close()
        for uid in stored:
            self._tries.pop(uid, None)
        self._waiting -= set(stored)
        self._move(client, place, stored, report)

    def _note_try(self, uid: int) -> None:
        count = self._tries[uid].count + 1 if uid in self._tries else 1
        wait = min(timedelta(minutes=2 ** min(count - 2, 10)), LONGEST_RETRY) if count > 1 else timedelta(0)
        self._tries[uid] = _Tries(count, self._clock.now() + wait)

    def _one_by_one(
        self, client: IMAPClient, place: Place, uids: Sequence[int], report: FetchReport, error: Exception
    ) -> None:
        """One of them is to blame: find it, and take the others."""
        if len(uids) == 1:
            report.failed += 1
            log.error("imap_message_failed", folder=self.name, uid=uids[0], error=type(error).__name__)
            return
        for uid in uids:
            self._fetch_and_move(client, place, [uid], report)

    def _read(self, client: IMAPClient, uids: Sequence[int], report: FetchReport) -> dict[int, Delivery]:
        """The messages that are still there."""
        answers = client.fetch(uids, ["INTERNALDATE", f"BODY.PEEK[]<0.{PIECE}>"])
        read: dict[int, Delivery] = {}
        for uid in uids:
            answer = answers.get(uid)
            if answer is None:
                continue  # it has left meanwhile; the next round records that
            first = answer.get(b"BODY[]<0>")
            raw = None if first is None else self._read_whole(client, uid, first)
            if raw is None:
                report.failed += 1
                log.error("imap_message_failed", folder=self.name, uid=uid, error="no whole body")
                continue
            read[uid] = Delivery(raw, self._envelope(answer.get(b"INTERNALDATE")), (Anomaly.NO_ENVELOPE,))
        return read

    def _read_whole(self, client: IMAPClient, uid: int, first: bytes) -> RawMail | None:
        """All pieces behind the first. None when the message leaves meanwhile or is too large.

        RFC822.SIZE is not asked: some servers only estimate it. The last piece is the one that is short.
        """
        if len(first) < PIECE:
            return RawMail.of(first)
        writer = RawMailWriter(self._settings.spool)
        piece = first
        try:
            while writer.size + len(piece) <= self._settings.largest_mail:
                _write(writer, piece)
                if len(piece) < PIECE:
                    return writer.finish()
                answer = client.fetch([uid], [f"BODY.PEEK[]<{writer.size}.{PIECE}>"]).get(uid)
                if answer is None:
                    return None
                piece = answer.get(f"BODY[]<{writer.size}>".encode()) or b""
            return None
        finally:
            writer.discard()  # nothing is left in it when it was finished

    def _envelope(self, internal_date: datetime | None) -> Envelope:
        """An IMAP message has lost its envelope. It was received when the server says, but not in our future."""
        now = self._clock.now()
        received_at = min(internal_date.astimezone(UTC), now) if internal_date is not None else now
        return Envelope(mail_from="", rcpt_to=(), received_at=received_at, via=Via.IMAP, peer=self._settings.host)

    # --- storing -----------------------------------------------------------------------------------------------

    def _keep(self, place: Place, messages: dict[int, Delivery], report: FetchReport) -> list[int]:
        """Store them and their ledger rows in one transaction. Returns the UIDs that are safe now."""
        earlier = self._ledger.earlier_deliveries(place, [delivery.raw.sha256 for delivery in messages.values()])
        new = {uid: delivery for uid, delivery in messages.items() if delivery.raw.sha256 not in earlier}

        def note(connection: sa.Connection, ids: Sequence[int]) -> None:
            given = dict(zip(new, ids, strict=True))
            rows = {
                uid: (delivery.raw.sha256, given[uid] if uid in given else earlier[delivery.raw.sha256])
                for uid, delivery in messages.items()
            }
            note_fetched(connection, place, rows, self._clock.now())

        if not messages:
            return []
        try:
            self._inbox.add(list(new.values()), also=note)
        except sa.exc.IntegrityError:
            log.info("imap_fetched_elsewhere", folder=self.name)  # by another node; the next round sees its rows
            return []
        report.fetched += len(new)
        report.renumbered += len(messages) - len(new)
        return list(messages)

    def _move(self, client: IMAPClient, place: Place, uids: Sequence[int], report: FetchReport) -> None:
        """Move stored messages out of the way. What cannot be moved stays, and is tried again in the next round."""
        for some in in_batches(uids, MOVES_AT_ONCE):
            try:
                _move_away(client, some, self._settings.processed_folder)
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                log.error("imap_move_refused", folder=self.name, messages=len(some))  # noqa: TRY400  it says no more
                return
            self._ledger.note_departed(place, some, Departure.MOVED, self._clock.now())
            report.moved += len(some)


@crossing("imap_moved")
def _move_away(client: IMAPClient, uids: list[int], target: str) -> None:
    """RFC 6851, or what it stands for (section 3.3). Without UIDPLUS the marked message stays: EXPUNGE hits others."""
    if client.has_capability("MOVE"):
        client.move(uids, target)
        return
    client.copy(uids, target)
    client.add_flags(uids, [DELETED], silent=True)
    if client.has_capability("UIDPLUS"):
        client.uid_expunge(uids)


def _write(writer: RawMailWriter, piece: Any) -> None:
    try:
        writer.write(piece)
    except OSError as error:
        raise UnavailableError(
            f"the spool folder cannot be written: {error.strerror}", next_step="Make room on its disk."
        ) from None
