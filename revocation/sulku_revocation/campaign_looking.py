"""Carries out `campaign_look`: sees for itself what of a campaign an issuer's CRL and OCSP show as revoked.

The CRL is fetched and verified once for all of them. OCSP is asked about a part that the list's hash chooses, and about
at least one of every thousand; the others count as revoked on the CRL's word only when each one that was asked agrees.
A line's evidence says which it was: it names the CRL, and the OCSP answer where there is one. What the responder still
calls good is asked about ever more seldom (`ocsp_patience.py`), and so long nothing is concluded. A look goes through
the lines a thousand at a time, each in a transaction of its own; to repeat one changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from sulku_kernel.clock import Clock
from sulku_kernel.crash_points import crossing
from sulku_kernel.effects import Done, EffectOutcome, RetryLater
from sulku_kernel.errors import SulkuError
from sulku_kernel.outbox import ClaimedEffect
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.storage import Store, for_update
from sulku_kernel.transaction import Row, Transaction, begin
from sulku_revocation.ca.authority import CertificateAuthority
from sulku_revocation.campaign_models import (
    CAMPAIGN_LINES,
    CAMPAIGNS,
    campaign_lines,
    campaign_sights,
    campaigns,
)
from sulku_revocation.campaign_notices import tell_finished_holders
from sulku_revocation.campaign_running import ACTOR, move_on
from sulku_revocation.campaign_sending import Alarm
from sulku_revocation.domain.campaign_rules import is_in_ocsp_sample
from sulku_revocation.domain.campaign_states import CampaignState, LineState
from sulku_revocation.domain.publication_evidence import Finding, NotYet, Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.domain.register_port import Register
from sulku_revocation.kept_documents import keep_documents
from sulku_revocation.ocsp_patience import OcspPatience
from sulku_revocation.overtaken import wake_overtaken
from sulku_revocation.register import mark_many_revoked
from sulku_revocation.watched import watch_revocations

log = structlog.get_logger()

AT_ONCE = 1_000
AT_ONCE_WITH_OCSP = 100  # where OCSP is asked about many of them
LOOK_FOR = timedelta(seconds=60)  # then what is left is looked at anew, before the lease ends
WHILE_SENDING = timedelta(seconds=10)
PART_OF_THE_TIME = 3  # while there is more to send, a look is followed by a pause so many times as long
SOON, LATER = timedelta(seconds=3), timedelta(seconds=60)
SOON_FOR = timedelta(minutes=5)
LATE_AFTER = timedelta(minutes=30)


class Lists(Protocol):
    """What an issuer publishes, fetched for one look."""

    def on_crl(self, serial: SerialNumber, expected: ReasonCode) -> Finding:
        """What its CRLs say."""
        ...

    def in_ocsp(self, serial: SerialNumber, expected: ReasonCode) -> Finding:
        """What its responder says."""
        ...


@dataclass(frozen=True, slots=True)
class _Shown:
    line: Row
    crl: Seen
    ocsp: Seen | None


@dataclass
class _Look:
    """What a look came to so far."""

    shown: int = 0
    missing: int = 0
    is_cut_off: bool = False  # the responder does not answer: nothing more is asked
    took: timedelta = timedelta()
    why: str = ""


class CampaignLookHandler:
    """See the module. `open_lists` fetches what an issuer publishes now (`campaign_lists.open_lists`)."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        authority_for: Callable[[IssuerRecord], CertificateAuthority],
        register_factory: Callable[[sa.Connection], Register],
        open_lists: Callable[[IssuerRecord, datetime], Lists],
        *,
        alarm: Alarm,
    ) -> None:
        self._store = store
        self._clock = clock
        self._authority_for = authority_for
        self._register_factory = register_factory
        self._open_lists = open_lists
        self._alarm = alarm
        self._paged: set[int] = set()
        self._patience = OcspPatience()

    def __call__(self, effect: ClaimedEffect) -> EffectOutcome:
        campaign_id, issuer_id = effect.payload["campaign_id"], effect.payload["issuer_id"]
        with self._store.reading() as connection:
            query = sa.select(campaigns).where(campaigns.c.id == campaign_id)
            campaign = dict(connection.execute(query).mappings().one())
            counts = _counts(connection, campaign_id, issuer_id)
            issuer = self._register_factory(connection).issuer(issuer_id)
        if _is_overtaken(campaign, effect):
            return Done()
        if issuer is None:
            return RetryLater("the issuer is not in the register", after=LATER)
        look, begun = _Look(), self._clock.now()
        if counts[LineState.ACCEPTED]:
            self._publish(issuer)
            look = self._look(campaign, issuer)
            look.took = self._clock.now() - begun
        return self._again(effect, campaign, counts, look)

    def _publish(self, issuer: IssuerRecord) -> None:
        """Ask for a new CRL where that is possible; without it the CA makes one in its own time."""
        try:
            authority = self._authority_for(issuer)
            if authority.capabilities.crl_trigger:
                authority.publish_crl(issuer)
        except SulkuError as error:
            log.warning("campaign.crl_not_triggered", issuer=issuer.name, error=type(error).__name__)

    @crossing("publication_looked_at")
    def _look(self, campaign: Row, issuer: IssuerRecord) -> _Look:
        begun = self._clock.now()
        lists = self._open_lists(issuer, begun)
        look = _Look()
        for lines in self._accepted(campaign, issuer.id):
            shown = self._seen(lists, campaign, lines, look)
            if shown:
                with crossing("sight_recorded"), begin(self._store, self._clock, ACTOR) as tx:
                    look.shown += _record(tx, campaign["id"], shown)
            if look.is_cut_off or self._clock.now() - begun >= LOOK_FOR:
                break
        return look

    def _seen(self, lists: Lists, campaign: Row, lines: Sequence[Row], look: _Look) -> list[_Shown]:
        """The lines that count as revoked by what CRL and OCSP show now."""
        listed = _listed(lists, campaign, lines, look)
        if not listed:
            return []
        now = self._clock.now()
        sample = [line for line, _ in _sample(campaign, listed)]
        asked = [line for line in sample if self._patience.is_due(line["id"], now)]
        answers = _ask(lists, campaign, asked, look)
        doubts = [finding for finding in answers.values() if not isinstance(finding, Seen)]
        self._remember(answers, now)
        if doubts:
            look.why = look.why or _word("OCSP", doubts[0])
        agrees = not doubts and len(asked) == len(sample)
        shown = []
        for line, crl in listed:
            answer = answers.get(line["id"])
            if isinstance(answer, Seen) or (answer is None and agrees):
                shown.append(_Shown(line, crl, answer))
        return shown

    def _remember(self, answers: Mapping[int, Finding], now: datetime) -> None:
        for id_, finding in answers.items():
            if isinstance(finding, Seen):
                self._patience.forget(id_)
            elif finding.why != "unreachable":
                self._patience.still_good(id_, now)

    def _accepted(self, campaign: Row, issuer_id: int) -> Iterator[list[dict[str, Any]]]:
        """The lines that the CA has accepted, some at a time."""
        columns, after = campaign_lines.c, 0
        query = sa.select(campaign_lines).where(
            columns.campaign_id == campaign["id"],
            columns.issuer_id == issuer_id,
            columns.state == LineState.ACCEPTED,
        )
        at_once = AT_ONCE if campaign["ocsp_per_mille"] < 100 else AT_ONCE_WITH_OCSP
        while True:
            with self._store.reading() as connection:
                step = query.where(columns.id > after).order_by(columns.id).limit(at_once)
                lines = [dict(row) for row in connection.execute(step).mappings()]
            if not lines:
                return
            yield lines
            after = lines[-1]["id"]

    def _again(self, effect: ClaimedEffect, campaign: Row, counts: dict[LineState, int], look: _Look) -> EffectOutcome:
        under_way = counts[LineState.ACCEPTED] - look.shown + counts[LineState.SENT]
        to_send = counts[LineState.LISTED] if campaign["state"] == CampaignState.RUNNING else 0
        if not under_way:
            if not to_send:
                return Done(lambda tx: move_on(tx, campaign["id"]))
            # Perhaps the wave is over, perhaps its first batch is under way: `move_on` knows.
            return RetryLater(
                "nothing to look for yet", after=WHILE_SENDING, commit=lambda tx: move_on(tx, campaign["id"])
            )
        with self._store.reading() as connection:
            oldest = _oldest(connection, campaign["id"], effect.payload["issuer_id"])
        waited = timedelta() if oldest is None else self._clock.now() - oldest
        return self._look_later(
            effect,
            f"{under_way} not visible yet {look.why}".strip(),
            waited,
            sending=max(WHILE_SENDING, PART_OF_THE_TIME * look.took) if to_send else None,
        )

    def _look_later(
        self, effect: ClaimedEffect, error: str, waited: timedelta, *, sending: timedelta | None
    ) -> RetryLater:
        after = sending or (SOON if waited < SOON_FOR else LATER)
        if waited < LATE_AFTER or effect.id in self._paged:
            return RetryLater(error, after=after)
        self._paged.add(effect.id)
        sentence = f"30 minutes after the CA accepted them, certificates of a campaign are not seen revoked: {error}"
        return RetryLater(error, after=after, commit=lambda tx: self._alarm(tx, effect, sentence))


def _is_overtaken(campaign: Row, effect: ClaimedEffect) -> bool:
    """A later run looks for everything that an earlier one has left."""
    return bool(campaign["run"] != effect.payload["run"] and campaign["state"] == CampaignState.RUNNING)


def _counts(connection: sa.Connection, campaign_id: int, issuer_id: int) -> dict[LineState, int]:
    columns = campaign_lines.c
    query = sa.select(columns.state, sa.func.count()).where(
        columns.campaign_id == campaign_id, columns.issuer_id == issuer_id
    )
    found = dict.fromkeys(LineState, 0)
    found.update({LineState(state): count for state, count in connection.execute(query.group_by(columns.state))})
    return found


def _oldest(connection: sa.Connection, campaign_id: int, issuer_id: int) -> datetime | None:
    """Since when the CA has accepted what is not seen."""
    columns = campaign_lines.c
    query = sa.select(sa.func.min(columns.accepted_at, type_=columns.accepted_at.type)).where(
        columns.campaign_id == campaign_id, columns.issuer_id == issuer_id, columns.state == LineState.ACCEPTED
    )
    at: datetime | None = connection.execute(query).scalar()
    return at


def _listed(lists: Lists, campaign: Row, lines: Sequence[Row], look: _Look) -> list[tuple[Row, Seen]]:
    listed: list[tuple[Row, Seen]] = []
    for line in lines:
        finding = lists.on_crl(SerialNumber.from_hex(line["serial"]), _expected(campaign, line))
        if isinstance(finding, Seen):
            listed.append((line, finding))
        else:
            look.missing += 1
            look.why = look.why or _word("CRL", finding)
    return listed


def _sample(campaign: Row, listed: Sequence[tuple[Row, Seen]]) -> Sequence[tuple[Row, Seen]]:
    chosen = [
        one for one in listed if is_in_ocsp_sample(campaign["list_hash"], one[0]["serial"], campaign["ocsp_per_mille"])
    ]
    return chosen or listed[:1]


def _ask(lists: Lists, campaign: Row, sample: Sequence[Row], look: _Look) -> dict[int, Finding]:
    """What OCSP says of each, by line id; nobody is asked on who does not answer."""
    answers: dict[int, Finding] = {}
    for line in sample:
        finding = lists.in_ocsp(SerialNumber.from_hex(line["serial"]), _expected(campaign, line))
        answers[line["id"]] = finding
        if isinstance(finding, NotYet) and finding.why == "unreachable":
            look.is_cut_off = True
            break
    return answers


def _expected(campaign: Row, line: Row) -> ReasonCode:
    """The CA's recorded reason, when this desk could have written it, as for a single order."""
    recorded = line["ca_reason"]
    return ReasonCode(recorded if recorded in set(ReasonCode) else campaign["reason"])


def _word(kind: str, finding: Finding) -> str:
    return f"({kind}: {finding.why})" if isinstance(finding, NotYet | Wrong) else ""


@crossing("revocation_confirmed")
def _record(tx: Transaction, campaign_id: int, shown: Sequence[_Shown]) -> int:
    """Keep the evidence, and count as REVOKED what it shows; tell holders of whom nothing is left. Returns how many."""
    campaign = dict(tx.get(CAMPAIGNS, campaign_id))
    columns = campaign_lines.c
    waiting = for_update(
        tx.is_sqlite,
        sa.select(campaign_lines).where(
            columns.id.in_([one.line["id"] for one in shown]), columns.state == LineState.ACCEPTED
        ),
    )
    rows = {row["id"]: dict(row) for row in tx.execute(waiting).mappings()}
    fresh = [one for one in shown if one.line["id"] in rows]
    if not fresh:
        return 0
    _keep(tx, campaign, fresh)
    changes = [
        {
            "crl_digest": one.crl.sha256,
            "ocsp_digest": None if one.ocsp is None else one.ocsp.sha256,
            "confirmed_at": tx.now,
            "ca_revoked_at": one.crl.revoked_at,
            "ca_reason": one.crl.reason,
        }
        for one in fresh
    ]
    tx.change_many(CAMPAIGN_LINES, [rows[one.line["id"]] for one in fresh], "SEE", changes)
    mark_many_revoked(tx, {one.line["certificate_id"]: (one.crl.revoked_at, one.crl.reason) for one in fresh})
    watch_revocations(tx, [one.line["certificate_id"] for one in fresh])
    wake_overtaken(tx, [one.line["certificate_id"] for one in fresh])
    tell_finished_holders(tx, campaign, {one.line["account_id"] for one in fresh} - {None})
    return len(fresh)


def _keep(tx: Transaction, campaign: Row, shown: Sequence[_Shown]) -> None:
    """The signed bytes, each once, and which CRL showed lines of this campaign."""
    dialect = sqlite if tx.is_sqlite else postgresql
    documents = {seen.sha256: seen.signed for one in shown for seen in (one.crl, one.ocsp) if seen is not None}
    sights: dict[str, dict[str, Any]] = {
        one.crl.sha256: {
            "campaign_id": campaign["id"],
            "crl_digest": one.crl.sha256,
            "issuer_id": one.line["issuer_id"],
            "crl_number": None if one.crl.number is None else str(one.crl.number),
            "this_update": one.crl.this_update,
            "seen_at": tx.now,
        }
        for one in shown
    }
    keep_documents(tx, documents)
    seen = dialect.insert(campaign_sights).on_conflict_do_nothing(index_elements=["campaign_id", "crl_digest"])
    tx.execute(seen, list(sights.values()))


def read_campaign_crl_numbers(connection: sa.Connection) -> dict[int, int]:
    """The highest CRL number that campaigns have seen of each issuer, by its id."""
    query = sa.select(campaign_sights.c.issuer_id, campaign_sights.c.crl_number)
    highest: dict[int, int] = {}
    for issuer_id, number in connection.execute(query.where(campaign_sights.c.crl_number.is_not(None))):
        highest[issuer_id] = max(int(number), highest.get(issuer_id, 0))
    return highest
