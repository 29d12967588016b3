"""Carries out the two effects of an order: sending it to the CA, and looking for it in CRL and OCSP.

Both are safe to repeat. The order of side effects: *sent* is recorded before the call, since an order sent and not
recorded could be lost, while one recorded and not sent is only sent again under the same key. The CA's answer is
recorded as its word; what makes a certificate revoked is seen by `PublicationCheckHandler` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
import structlog

from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock
from sulku_kernel.crash_points import crossing
from sulku_kernel.effects import Commit, Done, EffectOutcome, GiveUp, RetryLater
from sulku_kernel.errors import ConfigurationError, SulkuError, UnavailableError
from sulku_kernel.outbox import ClaimedEffect, back_off
from sulku_kernel.serial_number import SerialNumber, whole_octets
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Row, Transaction, begin
from sulku_revocation.alarms import Page
from sulku_revocation.ca.authority import (
    Accepted,
    AlreadyRevoked,
    CertificateAuthority,
    CertificateState,
    CertificateStatus,
    KeyWanted,
    Lookup,
    Lost,
    OrderToSend,
    PendingApproval,
    Refused,
    TryLater,
)
from sulku_revocation.ca.careful import revoke_carefully
from sulku_revocation.certificate_documents import find_document
from sulku_revocation.domain.order_states import (
    CA_SILENT_PAGES_AFTER,
    OrderAlarm,
    OrderState,
    lateness_alarms,
    look_again_after,
)
from sulku_revocation.domain.publication_evidence import NotYet, Publication, Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.domain.register_port import Register
from sulku_revocation.order_withdrawing import waiting_answer
from sulku_revocation.orders import (
    confirm,
    mark_sent,
    raise_alarm,
    record_accepted,
    record_refused,
    record_seen,
)
from sulku_revocation.request_models import revocation_orders

log = structlog.get_logger()

ACTOR = Actor.desk("dispatcher")

RegisterFactory = Callable[[sa.Connection], Register]
AuthorityFor = Callable[[IssuerRecord], CertificateAuthority]


class See(Protocol):
    """`see_publication` with its way of fetching bound by the composition root."""

    def __call__(
        self, issuer: IssuerRecord, serial: SerialNumber, expected_reason: ReasonCode, now: datetime
    ) -> Publication:
        """Look at CRL and OCSP."""
        ...


class CaOrderHandler:
    """Carries out `ca_order`. Tried for ever until the CA answers; a refusal is given up and pages."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        authority_for: AuthorityFor,
        register_factory: RegisterFactory,
        *,
        page: Page,
    ) -> None:
        self._store = store
        self._clock = clock
        self._authority_for = authority_for
        self._register_factory = register_factory
        self._page = page

    def __call__(self, effect: ClaimedEffect) -> EffectOutcome:
        order_id = int(effect.payload["order_id"])
        with begin(self._store, self._clock, ACTOR) as tx:
            order = mark_sent(tx, order_id)
            issuer = self._register_factory(tx.connection).issuer(order["issuer_id"])
        if order["state"] != OrderState.SENT:
            return Done()  # answered before: this is a repeat after a crash
        if issuer is None:
            return self._refused(order_id, "wrong_issuer", "the order's issuer is not in the register")
        try:
            return self._send(order, issuer)
        except Refused as error:
            is_wanted = isinstance(error, KeyWanted)
            return self._wants_key(order, error) if is_wanted else self._refused(order_id, error.why, str(error))
        except TryLater as error:
            return self._later(order, effect, error, after=error.after)
        except (UnavailableError, ConfigurationError, OSError) as error:
            return self._later(order, effect, error)

    @crossing("ca_called")
    def _send(self, order: Row, issuer: IssuerRecord) -> EffectOutcome:
        authority = self._authority_for(issuer)
        certificate = self._certificate(order) if authority.capabilities.by_certificate else None
        receipt = revoke_carefully(authority, issuer, order_to_send(order, issuer, certificate))
        match receipt:
            case Accepted():
                _publish(self._authority_for, issuer)
                return self._accepted(order, receipt)
            case PendingApproval(reference):
                return self._awaits_approval(order, reference)
            case AlreadyRevoked():
                return self._after_status_check(order, receipt, _status(authority, issuer, order))

    def _certificate(self, order: Row) -> bytes | None:
        with self._store.reading() as connection:
            return find_document(connection, order["certificate_id"])

    def _accepted(self, order: Row, receipt: Accepted) -> Done:
        reason = order["reason"] if receipt.reason is None else receipt.reason
        return Done(
            _accepted(
                order,
                receipt.revoked_at or self._clock.now(),
                reason,
                is_repeat=receipt.is_repeat,
                notes=[_NOTES[lost].format(ordered=order["reason"], recorded=reason) for lost in receipt.lost],
            )
        )

    def _awaits_approval(self, order: Row, reference: str) -> RetryLater:
        """From now on it is only looked for; who may agree at the CA is told once."""
        named = f" ({reference})" if reference else ""
        serial = whole_octets(order["serial"])
        sentence = f"The CA has the order to revoke {serial}, and somebody there must approve it{named}."
        return self._waits(order, OrderAlarm.CA_AWAITS_APPROVAL, sentence)

    def _wants_key(self, order: Row, error: Refused) -> RetryLater:
        """No process of the desk can open a sealed key: a person who can is told once, and it is tried on."""
        serial = whole_octets(order["serial"])
        sentence = f"The CA does not let our account revoke {serial}: {error} It is tried on."
        return self._waits(order, OrderAlarm.CA_WANTS_KEY, sentence)

    def _waits(self, order: Row, alarm: OrderAlarm, sentence: str) -> RetryLater:
        """The CA has not acted: until its next answer the order can be withdrawn (`order_withdrawing.py`)."""
        commit = self._alarm(order, alarm, sentence)
        return RetryLater(waiting_answer(alarm, sentence), after=look_again_after(8), commit=commit)

    def _after_status_check(self, order: Row, said: AlreadyRevoked, status: CertificateStatus | None) -> EffectOutcome:
        """An answer of "already revoked" is success only when the CA's own records say so too.

        Without records to see (`status` is None) it stands, and CRL and OCSP decide, with the reason that was ordered.
        """
        if status is not None and status.state is not CertificateState.REVOKED:
            serial = whole_octets(order["serial"])
            sentence = f"The CA answers that {serial} is revoked already, and that its status is {status.state}."
            return RetryLater(
                sentence,
                after=look_again_after(8),
                commit=self._alarm(order, OrderAlarm.CA_CONTRADICTS_ITSELF, sentence),
            )
        reason, revoked_at = _reason_and_date(order, said, status)
        revoked_at = revoked_at or self._clock.now()
        accepted = _accepted(order, revoked_at, reason, is_repeat=True)
        if reason == order["reason"]:
            return Done(accepted)
        sentence = (
            f"Certificate {whole_octets(order['serial'])} had been revoked before with reason {reason}, "
            f"not {order['reason']} as ordered: the first reason and date stand."
        )
        alarm = self._alarm(order, OrderAlarm.REVOKED_FOR_ANOTHER_REASON, sentence)

        def commit(tx: Transaction) -> None:
            accepted(tx)
            alarm(tx)

        return Done(commit)

    def _refused(self, order_id: int, why: str, message: str) -> GiveUp:
        def commit(tx: Transaction) -> None:
            record_refused(tx, order_id, why=why, message=message)

        return GiveUp(f"the CA refused: {why}: {message}", commit)  # the dispatcher records and pages what is given up

    def _later(
        self, order: Row, effect: ClaimedEffect, error: SulkuError | OSError, *, after: Any = None
    ) -> RetryLater:
        """Silence may end by itself and pages when it lasts; a wrong token or address does not, and pages at once.

        To give an order up for those would be worse: two people would have to decide it anew.
        """
        waiting, serial = self._clock.now() - order["sent_at"], whole_octets(order["serial"])
        why = f"{type(error).__name__}: {error}"
        wait = after if after is not None else back_off(effect.attempt)
        if isinstance(error, ConfigurationError):
            sentence = f"The order to revoke {serial} cannot be sent: {error}. {error.next_step} It is tried on."
            return RetryLater(why, after=wait, commit=self._alarm(order, OrderAlarm.CA_SETTINGS_WRONG, sentence))
        if waiting < CA_SILENT_PAGES_AFTER:
            return RetryLater(why, after=wait)
        sentence = f"The CA has not answered the order to revoke {serial} for 15 minutes; it is tried on. {why}"
        return RetryLater(why, after=wait, commit=self._alarm(order, OrderAlarm.CA_UNAVAILABLE, sentence))

    def _alarm(self, order: Row, alarm: OrderAlarm, sentence: str) -> Commit:
        def commit(tx: Transaction) -> None:
            raise_alarm(tx, order["id"], alarm, sentence, self._page)

        return commit


class PublicationCheckHandler:
    """Carries out `publication_check`: looks until both CRL and OCSP show it. Never gives up, never takes a word."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        register_factory: RegisterFactory,
        *,
        see: See,
        page: Page,
        authority_for: AuthorityFor | None = None,
    ) -> None:
        """With `authority_for` a CRL that does not list the certificate yet is asked for again at each look."""
        self._store = store
        self._clock = clock
        self._register_factory = register_factory
        self._see = see
        self._page = page
        self._authority_for = authority_for

    def __call__(self, effect: ClaimedEffect) -> EffectOutcome:
        order_id = int(effect.payload["order_id"])
        with self._store.reading() as connection:
            row = (
                connection.execute(sa.select(revocation_orders).where(revocation_orders.c.id == order_id))
                .mappings()
                .one()
            )
            issuer = self._register_factory(connection).issuer(row["issuer_id"])
        order = dict(row)
        if order["state"] != OrderState.ACCEPTED:
            return Done()
        if issuer is None:
            return RetryLater("the order's issuer is not in the register", after=look_again_after(8))
        now = self._clock.now()
        publication = self._see(issuer, SerialNumber.from_hex(order["serial"]), _expected_reason(order), now)
        if isinstance(publication.crl, Seen) and isinstance(publication.ocsp, Seen):
            return Done(self._confirmed(order_id, publication, publication.crl, publication.ocsp))
        if self._authority_for is not None and isinstance(publication.crl, NotYet) and publication.crl.is_statement:
            _publish(self._authority_for, issuer)  # the first request for it may have been lost
        return RetryLater(
            _describe(publication),
            after=look_again_after(effect.attempt),
            commit=self._not_yet(order, publication),
        )

    def _confirmed(self, order_id: int, publication: Publication, crl: Seen, ocsp: Seen) -> Commit:
        def commit(tx: Transaction) -> None:
            record_seen(tx, order_id, "crl", crl, at=publication.looked_at)
            record_seen(tx, order_id, "ocsp", ocsp, at=publication.looked_at)
            confirm(tx, order_id, self._register_factory(tx.connection))

        return commit

    def _not_yet(self, order: Row, publication: Publication) -> Commit:
        """What half was seen is kept; what is wrong, late or contradicts itself pages once."""

        def commit(tx: Transaction) -> None:
            for kind, finding in (("crl", publication.crl), ("ocsp", publication.ocsp)):
                if isinstance(finding, Seen):
                    record_seen(tx, order["id"], kind, finding, at=publication.looked_at)
            for alarm, sentence in _alarms(order, publication):
                raise_alarm(tx, order["id"], alarm, sentence, self._page)

        return commit


_NOTES = {
    Lost.REASON: "The CA recorded reason {recorded}, not {ordered} as ordered.",
    Lost.INVALIDITY_DATE: "The CA did not record since when the key is not to be trusted.",
}


def order_to_send(order: Row, issuer: IssuerRecord, certificate: bytes | None) -> OrderToSend:
    """A stored order as the CA needs it."""
    return OrderToSend(
        idempotency_key=order["idempotency_key"],
        issuer_name=issuer.name,
        issuer_key_identifier=issuer.key_identifier,
        serial=SerialNumber.from_hex(order["serial"]),
        reason=ReasonCode(order["reason"]),
        invalidity_at=order["invalidity_at"],
        update_reason=order["is_update"],
        first_sent_at=order["sent_at"],
        awaits_approval=OrderAlarm.CA_AWAITS_APPROVAL in order["alarms"],
        certificate=certificate,
    )


def _status(authority: CertificateAuthority, issuer: IssuerRecord, order: Row) -> CertificateStatus | None:
    """What the CA's records say; None where only an old list or nothing at all would answer."""
    if authority.capabilities.lookup is not Lookup.RECORDS:
        return None
    return authority.lookup(issuer, SerialNumber.from_hex(order["serial"]))


def _reason_and_date(order: Row, said: AlreadyRevoked, status: CertificateStatus | None) -> tuple[int, datetime | None]:
    """The CA's records before its answer; the reason that was ordered where neither tells one."""
    told = [said.reason, order["reason"]] if status is None else [status.reason, said.reason, order["reason"]]
    reason: int = next(one for one in told if one is not None)
    return reason, (status.revoked_at if status is not None else None) or said.at


def _publish(authority_for: AuthorityFor, issuer: IssuerRecord) -> None:
    """Ask for a new CRL where that is possible; without it the CA makes one in its own time, which is watched."""
    try:
        authority = authority_for(issuer)
        if authority.capabilities.crl_trigger:
            authority.publish_crl(issuer)
    except SulkuError as error:
        log.warning("ca.crl_not_triggered", issuer=issuer.name, error=type(error).__name__)


def _accepted(order: Row, revoked_at: datetime, reason: int, *, is_repeat: bool, notes: Sequence[str] = ()) -> Commit:
    def commit(tx: Transaction) -> None:
        record_accepted(tx, order["id"], revoked_at=revoked_at, reason=reason, is_repeat=is_repeat, notes=notes)

    return commit


def _expected_reason(order: Row) -> ReasonCode:
    """The reason that must stand in CRL and OCSP: the CA's recorded one, when this desk could have written it.

    A hold or another foreign code can never be confirmed as what was ordered.
    """
    recorded = order["ca_reason"]
    return ReasonCode(recorded if recorded in set(ReasonCode) else order["reason"])


def _alarms(order: Row, publication: Publication) -> list[tuple[OrderAlarm, str]]:
    serial = whole_octets(order["serial"])
    found = [
        (alarm, f"{name} of certificate {serial} does not count: {finding.why} {finding.detail}".rstrip() + ".")
        for alarm, name, finding in (
            (OrderAlarm.CRL_WRONG, "The CRL", publication.crl),
            (OrderAlarm.OCSP_WRONG, "The OCSP answer", publication.ocsp),
        )
        # While a reason is being changed the old one is what is published: late, if it stays, and not wrong.
        if isinstance(finding, Wrong) and not (order["is_update"] and finding.why == "reason")
    ]
    first_seen = order["crl_visible_at"] or order["ocsp_visible_at"]
    if first_seen is not None and publication.is_conflict(first_seen):
        found.append((OrderAlarm.CRL_AND_OCSP_DIFFER, f"CRL and OCSP contradict each other about {serial}."))
    waited = publication.looked_at - order["accepted_at"]
    minutes = int(waited.total_seconds() // 60)
    late = (
        f"The CA accepted the order to revoke {serial} {minutes} minutes ago and it is not visible: "
        f"{_describe(publication)}. It does not count as revoked."
    )
    found += [(alarm, late) for alarm in lateness_alarms(waited)]
    return found


def _describe(publication: Publication) -> str:
    return f"CRL {_word(publication.crl)}, OCSP {_word(publication.ocsp)}"


def _word(finding: object) -> str:
    return "seen" if isinstance(finding, Seen) else str(getattr(finding, "why", finding))
