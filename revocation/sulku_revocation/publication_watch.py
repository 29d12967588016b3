"""Looks at what each issuer publishes every ten minutes, whether anything was ordered or not.

The lists are fetched once for all; OCSP is asked about the revocations that are due for another look. What is found is
written down in one transaction (`watching.py`, `watched.py`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock
from sulku_kernel.crash_points import crossing
from sulku_kernel.lease import Fence
from sulku_kernel.serial_number import SerialNumber, whole_octets
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Row, Transaction, begin
from sulku_revocation.alarms import Page
from sulku_revocation.domain.crl_comparing import compare, listed_serials
from sulku_revocation.domain.crl_evidence import OpenCrl, staleness
from sulku_revocation.domain.crl_reading import CrlEntry, CrlFormatError
from sulku_revocation.domain.publication_evidence import Finding, NotYet, Seen, Wrong
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.domain.register_port import Register
from sulku_revocation.issuer_alarms import IssuerAlarms
from sulku_revocation.publication import issuer_certificate, see_ocsp, see_ocsp_by_get
from sulku_revocation.published_crls import Fetch, PublicationMemory, Question
from sulku_revocation.watched import read_due, record_looked
from sulku_revocation.watching import (
    Look,
    claim_turn,
    count_valid,
    end_turn,
    has_looked,
    has_turn,
    known_serials,
    mark_revoked_elsewhere,
    raise_no_longer_revoked,
    record_comparison,
    record_look,
)

WATCH_EVERY = timedelta(minutes=10)
AT_ONCE = 500  # OCSP questions in one turn
GO_ON_AFTER = timedelta(seconds=2)
LEASE = timedelta(minutes=10)
ACTOR = Actor.desk("dispatcher")

RegisterFactory = Callable[[sa.Connection], Register]


@dataclass
class _Turn:
    """What one turn saw."""

    looks: list[Look] = field(default_factory=list)
    valid: int = 0
    lists: list[OpenCrl] = field(default_factory=list)  # a delta before its complete list
    listed: set[int] = field(default_factory=set)
    is_whole: bool = False  # whether every list could be read
    stays: list[Row] = field(default_factory=list)
    back: list[tuple[Row, NotYet | Wrong]] = field(default_factory=list)

    def entry(self, serial: int) -> CrlEntry | None:
        """What the lists say of a serial number; None when it stands there no more or cannot be read."""
        try:
            return next((entry for crl in self.lists if (entry := crl.entries.find(serial)) is not None), None)
        except CrlFormatError:
            return None


class PublicationWatch:
    """See the module. Safe on several nodes: an issuer's turn is claimed."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        register_factory: RegisterFactory,
        fetch: Fetch,
        memory: PublicationMemory,
        *,
        page: Page,
        alarms: IssuerAlarms,
    ) -> None:
        self._store = store
        self._clock = clock
        self._register_factory = register_factory
        self._fetch = fetch
        self._memory = memory
        self._page = page
        self._alarms = alarms
        self._owner = f"watch:{uuid.uuid4().hex[:12]}"

    def run_due(self) -> int:
        """One turn for an issuer whose turn it is, if there is any; returns how many there were.

        Raises ConflictError when it took so long that somebody else began it anew: nothing was written then.
        """
        claimed = self._claim()
        for row in claimed:
            self._take_turn(row["id"], Fence(row["id"], self._owner, row["attempt"]))
        return len(claimed)

    def _claim(self) -> Sequence[sa.RowMapping]:
        now = self._clock.now()
        with self._store.reading() as connection:
            if not has_turn(connection, now, LEASE, pace=WATCH_EVERY):
                return ()
        with self._store.writing() as connection:
            return claim_turn(connection, owner=self._owner, now=now, lease_for=LEASE, pace=WATCH_EVERY)

    def _take_turn(self, issuer_id: int, fence: Fence) -> None:
        now = self._clock.now()
        with self._store.reading() as connection:
            issuer = self._register_factory(connection).issuer(issuer_id)
            due = read_due(connection, issuer_id, now, AT_ONCE)
            valid = count_valid(connection, issuer_id, now)
        if issuer is None:
            raise LookupError(f"issuer {issuer_id} is watched and not in the register")
        turn = self._see(issuer, due, now)
        turn.valid = valid
        is_more = len(due) == AT_ONCE == len(turn.stays) + len(turn.back)
        with begin(self._store, self._clock, ACTOR) as tx:
            self._record(tx, issuer, turn)
            end_turn(tx.connection, fence, next_turn_at=tx.now + (GO_ON_AFTER if is_more else WATCH_EVERY))

    def _see(self, issuer: IssuerRecord, due: Sequence[Row], now: datetime) -> _Turn:
        certificate = issuer_certificate(issuer)
        if certificate is not None:
            return self._look(Question(issuer, certificate, now, self._fetch), due)
        missing = Wrong("no_issuer_certificate", "the issuer's certificate is not on file or unreadable")
        return _Turn([Look("crl", url, missing) for url in issuer.crl_urls])

    @crossing("publication_looked_at")
    def _look(self, asked: Question, due: Sequence[Row]) -> _Turn:
        turn = _Turn(is_whole=bool(asked.issuer.crl_urls))
        for url in asked.issuer.crl_urls:
            self._look_at_list(asked, url, turn)
        if due and asked.issuer.ocsp_url:
            self._look_at_ocsp(asked, due, turn)
        elif due:
            turn.stays = list(due)  # without a responder the lists alone say it
        return turn

    def _look_at_list(self, asked: Question, url: str, turn: _Turn) -> None:
        found: OpenCrl | NotYet | Wrong = self._memory.complete(asked, url)
        delta = self._memory.delta(asked, found) if isinstance(found, OpenCrl) else None
        if isinstance(delta, Wrong):
            found, delta = delta, None
        turn.looks.append(Look("crl", url, found))
        if not isinstance(found, OpenCrl):
            turn.is_whole = False
            return
        if found.delta_urls:
            self._look_at_delta(asked, found, delta, turn)
        try:
            turn.listed |= listed_serials(found, delta)
            turn.lists += [found] if delta is None else [delta, found]
        except CrlFormatError as error:
            turn.looks[-1], turn.is_whole = Look("crl", url, Wrong("garbage", str(error))), False

    def _look_at_delta(self, asked: Question, complete: OpenCrl, delta: OpenCrl | None, turn: _Turn) -> None:
        """Without its delta a complete list does not tell what is gone: what was added since may stand there alone."""
        url = complete.delta_urls[0]
        found: OpenCrl | NotYet | Wrong = delta or NotYet("unreachable", "the delta CRL")
        if isinstance(found, OpenCrl):
            found = staleness(found, asked.now, None) or found
        if all(look.url != url for look in turn.looks):  # a list at two addresses names it twice
            turn.looks.append(Look("crl", url, found))
        turn.is_whole = turn.is_whole and isinstance(found, OpenCrl)

    def _look_at_ocsp(self, asked: Question, due: Sequence[Row], turn: _Turn) -> None:
        """Stops at an answer that tells nothing about the certificate: the next would be no better."""
        for row in due:
            found = self._ask(asked, row)
            match found:
                case Seen():
                    turn.stays.append(row)
                case NotYet(is_statement=True) | Wrong(why="reason"):
                    turn.back.append((row, found))
                case NotYet() | Wrong():
                    turn.looks.append(Look("ocsp", asked.issuer.ocsp_url, found))
                    return
        turn.looks.append(Look("ocsp", asked.issuer.ocsp_url, _taken_back(turn.back)))

    def _ask(self, asked: Question, row: Row) -> Finding:
        """From the second look on as relying parties ask, by GET: what a cache says wrong a day later is wrong."""
        serial = SerialNumber.from_hex(row["serial"])
        if row["looks"]:
            found = see_ocsp_by_get(asked, serial, None, self._memory)
            if not (isinstance(found, NotYet) and found.why == "unreachable"):
                return found
        return see_ocsp(asked, serial, None, self._memory)

    def _record(self, tx: Transaction, issuer: IssuerRecord, turn: _Turn) -> None:
        is_first = not has_looked(tx.connection, issuer.id)
        for look in turn.looks:
            record_look(tx, issuer.id, look, turn.valid)
        if turn.listed or turn.is_whole:
            found = compare(known_serials(tx.connection, issuer.id), turn.listed, is_whole=turn.is_whole)
            record_comparison(tx, issuer.id, found, self._page, is_first=is_first)
            mark_revoked_elsewhere(tx, issuer.id, turn.entry)
        record_looked(tx, turn.stays)
        record_looked(tx, [row for row, _ in turn.back], again_after=WATCH_EVERY)
        for row, said in turn.back:
            sentence = f"OCSP says of certificate {whole_octets(row['serial'])}: {said.why} {said.detail}".rstrip()
            raise_no_longer_revoked(tx, row["certificate_id"], f"{sentence}.", self._page)
        self._alarms(tx, issuer)


def _taken_back(back: Sequence[tuple[Row, NotYet | Wrong]]) -> Wrong | None:
    """What is wrong with a responder that takes revocations back."""
    if not back:
        return None
    row, said = back[0]
    serial = whole_octets(row["serial"])
    return Wrong("taken_back", f"{len(back)} revoked certificates, among them {serial}: {said.why}")
