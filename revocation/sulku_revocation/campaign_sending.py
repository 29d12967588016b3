"""Carries out `campaign_batch`: some hundreds of orders to one issuer's CA, then the next ones, at the chosen pace.

Safe to repeat, like a single order: the lines are recorded as sent under the batch's number before the call, so that a
batch taken up again after a crash sends the same orders with the same keys, whatever was paused meanwhile. What the CA
answered is recorded at once; a line without an answer, or which somebody at the CA must agree to, is asked for again
and does not hold up the lines behind it. Issuers of one CA share its pace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Semaphore
from typing import Any

import sqlalchemy as sa

from sulku_kernel.clock import Clock
from sulku_kernel.crash_points import crossing
from sulku_kernel.effects import Commit, Done, EffectOutcome, RetryLater
from sulku_kernel.errors import ConfigurationError, UnavailableError
from sulku_kernel.outbox import ClaimedEffect, back_off
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.storage import Store, for_update
from sulku_kernel.transaction import Row, Transaction, begin
from sulku_mailbox.batches import in_batches
from sulku_revocation.block_list import block_asserted
from sulku_revocation.ca.authority import (
    Accepted,
    AlreadyRevoked,
    CertificateAuthority,
    OrderToSend,
    Outcome,
    PendingApproval,
    Refused,
    TryLater,
)
from sulku_revocation.ca.careful import revoke_many_carefully
from sulku_revocation.campaign_models import CAMPAIGN_LINES, CAMPAIGNS, campaign_lines, campaigns
from sulku_revocation.campaign_notices import tell_finished_holders
from sulku_revocation.campaign_running import ACTOR, batch_effect, issuers_with, lines_to_send, move_on
from sulku_revocation.certificate_documents import find_documents
from sulku_revocation.domain.campaign_rules import batch_lasts, batch_size
from sulku_revocation.domain.campaign_states import CampaignState, LineState
from sulku_revocation.domain.order_states import CA_SILENT_PAGES_AFTER
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.domain.register_port import Register
from sulku_revocation.legal_holds import held_certificates
from sulku_revocation.models import certificates

# Calls to a CA that takes one order at a time, of all campaigns together: of the calls that are let through at once
# (`ca.guarding`) single orders keep one, and so does the request for a new CRL.
AT_ONCE = 2
SEND_FOR = timedelta(seconds=30)  # then what is left is taken up anew, long before the lease ends
ASK_AGAIN_AFTER = timedelta(seconds=60)  # a CA where somebody must approve

Alarm = Callable[[Transaction, ClaimedEffect, str], None]


@dataclass
class _Answers:
    """What came of a batch, by line id."""

    accepted: dict[int, tuple[int, datetime]] = field(default_factory=dict)  # reason and date that the CA recorded
    refused: dict[int, Refused] = field(default_factory=dict)
    awaiting: set[int] = field(default_factory=set)  # somebody at the CA must agree
    silent: list[str] = field(default_factory=list)

    @property
    def ended(self) -> int:
        return len(self.accepted) + len(self.refused)

    @property
    def answered(self) -> int:
        return self.ended + len(self.awaiting)


class CampaignBatchHandler:
    """See the module. `alarm` pages about an effect: on the campaign's ticket, or by a mail of its own."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        authority_for: Callable[[IssuerRecord], CertificateAuthority],
        register_factory: Callable[[sa.Connection], Register],
        *,
        alarm: Alarm,
    ) -> None:
        self._store = store
        self._clock = clock
        self._authority_for = authority_for
        self._register_factory = register_factory
        self._alarm = alarm
        self._paged: set[int] = set()
        self._lanes: dict[int, Semaphore] = {}  # by CA

    def __call__(self, effect: ClaimedEffect) -> EffectOutcome:
        given = effect.payload
        pace = self._pace(given)
        with begin(self._store, self._clock, ACTOR) as tx:
            campaign, lines = _mark_sent(tx, given, batch_size(pace))
            issuer = self._register_factory(tx.connection).issuer(given["issuer_id"])
        if not lines:
            return Done(lambda tx: move_on(tx, campaign["id"]))
        if issuer is None:
            return RetryLater("the issuer is not in the register", after=ASK_AGAIN_AFTER)
        begun = self._clock.now()
        try:
            answers = self._send(campaign, lines, issuer)
        except (UnavailableError, ConfigurationError, OSError) as error:
            return self._later(effect, lines, f"{type(error).__name__}: {error}", _Answers(), Done().commit)
        recorded = self._recorded(effect, answers, begun, pace)
        if answers.silent or answers.awaiting:
            return self._later(effect, lines, "; ".join(dict.fromkeys(answers.silent[:3])), answers, recorded)
        return Done(recorded)

    def _pace(self, given: Any) -> float:
        """Orders a minute for this chain, 0 for no limit: its part of what the campaign's issuers at this CA share."""
        with self._store.reading() as connection:
            query = sa.select(campaigns).where(campaigns.c.id == given["campaign_id"])
            campaign = dict(connection.execute(query).mappings().one())
            register = self._register_factory(connection)
            if not campaign["per_minute"]:
                return 0
            sending = [register.issuer(id_) for id_ in issuers_with(connection, campaign, {LineState.LISTED})]
            own = register.issuer(given["issuer_id"])
        at_one_ca = sum(self._is_one_ca(own, other) for other in sending if own is not None and other is not None)
        return float(campaign["per_minute"] / max(at_one_ca, 1))

    def _is_one_ca(self, one: IssuerRecord, other: IssuerRecord) -> bool:
        try:
            return self._authority_for(one) is self._authority_for(other)
        except ConfigurationError:
            return False

    @crossing("ca_called")
    def _send(self, campaign: Row, lines: Sequence[Row], issuer: IssuerRecord) -> _Answers:
        """Every line's answer, as far as time allows."""
        authority = self._authority_for(issuer)
        whole = self._certificates(lines) if authority.capabilities.by_certificate else {}
        orders = {line["id"]: _order(campaign, line, issuer, whole.get(line["certificate_id"])) for line in lines}
        answers = _Answers()
        for line_id, outcome in self._outcomes(authority, issuer, orders):
            _sort(answers, line_id, outcome, campaign["reason"], self._clock.now())
        if answers.answered < len(lines) and not answers.silent:
            answers.silent.append("the rest is sent next")
        return answers

    def _certificates(self, lines: Sequence[Row]) -> dict[int, bytes]:
        with self._store.reading() as connection:
            return find_documents(connection, [line["certificate_id"] for line in lines])

    def _outcomes(
        self, authority: CertificateAuthority, issuer: IssuerRecord, orders: dict[int, OrderToSend]
    ) -> list[tuple[int, Outcome]]:
        can = authority.capabilities
        lanes = 1 if can.is_idempotent and can.batch > 1 else AT_ONCE
        lane = self._lanes.setdefault(id(authority), Semaphore(AT_ONCE))
        until = self._clock.now() + SEND_FOR
        found: list[tuple[int, Outcome]] = []

        def send(some: list[int]) -> list[tuple[int, Outcome]]:
            with lane:  # other batches, of what was without an answer, may be under way
                if self._clock.now() >= until:
                    return []
                sent = [orders[line_id] for line_id in some]
                return list(zip(some, revoke_many_carefully(authority, issuer, sent), strict=True))

        with ThreadPoolExecutor(lanes, thread_name_prefix="campaign") as pool:
            for answered in pool.map(send, in_batches(orders, max(1, can.batch if lanes == 1 else 1))):
                found += answered
        return found

    def _recorded(self, effect: ClaimedEffect, answers: _Answers, begun: datetime, pace: float) -> Commit:
        def commit(tx: Transaction) -> None:
            campaign = dict(tx.get(CAMPAIGNS, effect.payload["campaign_id"]))
            newly_awaiting = _record(tx, campaign, effect.payload["batch"], answers)
            if answers.refused:
                self._alarm(tx, effect, _refusals(answers))
            if newly_awaiting:
                self._alarm(tx, effect, _awaiting(newly_awaiting))
            if answers.answered and _goes_on(campaign, effect.payload):
                at = begun + batch_lasts(answers.answered, pace)
                turn = effect.payload["turn"] + 1
                tx.enqueue(batch_effect(tx, campaign, effect.payload["issuer_id"], turn, not_before=at))

        return commit

    def _later(
        self, effect: ClaimedEffect, lines: Sequence[Row], error: str, answers: _Answers, recorded: Commit
    ) -> RetryLater:
        waited = self._clock.now() - min(line["sent_at"] for line in lines)
        must_page = effect.id not in self._paged and not answers.answered and waited >= CA_SILENT_PAGES_AFTER

        def commit(tx: Transaction) -> None:
            recorded(tx)
            if must_page:
                self._alarm(tx, effect, f"a campaign's CA has not answered for 15 minutes; it is tried on: {error}")

        if must_page:
            self._paged.add(effect.id)
        if answers.silent and answers.ended:
            return RetryLater(error, after=timedelta(seconds=1), commit=commit)
        after = ASK_AGAIN_AFTER if answers.awaiting else back_off(effect.attempt)
        return RetryLater(error or "somebody at the CA must agree", after=after, commit=commit)


@crossing("order_marked_sent")
def _mark_sent(tx: Transaction, given: Any, most: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The campaign, and the lines to send: those of this batch without an answer, or the next ones, now its own."""
    campaign = dict(tx.get(CAMPAIGNS, given["campaign_id"]))
    unanswered = _unanswered(tx, given["batch"])
    if unanswered or not _goes_on(campaign, given):
        return campaign, unanswered
    lines = _free_lines(tx, campaign, given["issuer_id"], most)
    if campaign["reason"] == ReasonCode.KEY_COMPROMISE:
        _block_keys(tx, campaign, lines)
    changes = {"batch": given["batch"], "sent_at": tx.now}
    return campaign, tx.change_many(CAMPAIGN_LINES, lines, "SEND", [changes] * len(lines)) if lines else []


def _free_lines(tx: Transaction, campaign: Row, issuer_id: int, most: int) -> list[dict[str, Any]]:
    """The next lines; one whose certificate is under a legal hold of any ticket is held here too."""
    while True:
        lines = lines_to_send(tx, campaign, issuer_id, most)
        holds = held_certificates(tx, [line["certificate_id"] for line in lines])
        held = [line for line in lines if line["certificate_id"] in holds]
        if not held:
            return lines
        orders = [holds[line["certificate_id"]] for line in held]
        changes = [
            {"held_by": order["authority"], "held_reference": order["reference"], "held_until": order["until"]}
            for order in orders
        ]
        tx.change_many(CAMPAIGN_LINES, held, "HOLD", changes)


def _goes_on(campaign: Row, given: Any) -> bool:
    return bool(campaign["state"] == CampaignState.RUNNING and campaign["run"] == given["run"])


def _unanswered(tx: Transaction, batch: int) -> list[dict[str, Any]]:
    columns = campaign_lines.c
    query = sa.select(campaign_lines).where(columns.batch == batch, columns.state == LineState.SENT)
    return [dict(row) for row in tx.execute(for_update(tx.is_sqlite, query.order_by(columns.id))).mappings()]


def _block_keys(tx: Transaction, campaign: Row, lines: Sequence[Row]) -> None:
    """Before the CA is asked: meanwhile nothing is issued for these keys again (TLS BR 6.1.1.3)."""
    of_lines = certificates.c.id.in_([line["certificate_id"] for line in lines])
    query = sa.select(certificates.c.spki).where(of_lines, certificates.c.spki != "").distinct()
    for spki in sorted(tx.execute(query).scalars()):
        block_asserted(tx, spki, because=campaign["because"], ticket_id=campaign["ticket_id"])


def order_key(campaign: Row, line: Row) -> str:
    """The order's idempotency key: bound to the frozen list, so that no other instance's line is taken for it."""
    return f"campaign:{campaign['id']}:{line['id']}:{campaign['list_hash'][:32]}"


def _order(campaign: Row, line: Row, issuer: IssuerRecord, certificate: bytes | None) -> OrderToSend:
    return OrderToSend(
        idempotency_key=order_key(campaign, line),
        issuer_name=issuer.name,
        issuer_key_identifier=issuer.key_identifier,
        serial=SerialNumber.from_hex(line["serial"]),
        reason=ReasonCode(campaign["reason"]),
        invalidity_at=campaign["invalidity_at"],
        first_sent_at=line["sent_at"],
        awaits_approval=line["awaits_approval_since"] is not None,
        certificate=certificate,
    )


def _sort(answers: _Answers, line_id: int, outcome: Outcome, ordered: int, now: datetime) -> None:
    match outcome:
        case Accepted(revoked_at, _, reason):
            answers.accepted[line_id] = (ordered if reason is None else reason, revoked_at or now)
        case AlreadyRevoked(reason, at):
            # The first reason and date stand; CRL and OCSP must show them.
            answers.accepted[line_id] = (ordered if reason is None else reason, at or now)
        case PendingApproval():
            answers.awaiting.add(line_id)
        case Refused():
            answers.refused[line_id] = outcome
        case TryLater():
            answers.silent.append(str(outcome))


@crossing("answer_recorded")
def _record(tx: Transaction, campaign: Row, batch: int, answers: _Answers) -> int:
    """Keep the CA's answers; a line that was answered before is left as it is. Returns how many newly await."""
    waiting = _unanswered(tx, batch)
    accepted = [line for line in waiting if line["id"] in answers.accepted]
    refused = [line for line in waiting if line["id"] in answers.refused]
    awaiting = [one for one in waiting if one["id"] in answers.awaiting and one["awaits_approval_since"] is None]
    if accepted:
        told = [answers.accepted[line["id"]] for line in accepted]
        changes = [{"accepted_at": tx.now, "ca_reason": reason, "ca_revoked_at": at} for reason, at in told]
        tx.change_many(CAMPAIGN_LINES, accepted, "ACCEPT", changes)
    if refused:
        words = [{"why": _why(answers.refused[line["id"]])} for line in refused]
        tx.change_many(CAMPAIGN_LINES, refused, "REFUSE", words)
        tell_finished_holders(tx, campaign, {line["account_id"] for line in refused} - {None})
    if awaiting:
        tx.change_many(CAMPAIGN_LINES, awaiting, "AWAIT", [{"awaits_approval_since": tx.now}] * len(awaiting))
    return len(awaiting)


def _why(error: Refused) -> str:
    return f"{error.why}: {error}"[:500]


def _refusals(answers: _Answers) -> str:
    first = next(iter(answers.refused.values()))
    return f"the CA refused {_certificates(len(answers.refused))} of a campaign, the first with: {_why(first)}"


def _awaiting(count: int) -> str:
    return f"somebody at the CA must agree to revoke {_certificates(count)} of a campaign"


def _certificates(count: int) -> str:
    return "one certificate" if count == 1 else f"{count:,} certificates"
