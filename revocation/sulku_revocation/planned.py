"""Revocations for a later day: approved now, ordered when their time has come, held back again until then.

A planned request waits as APPROVED, and the outbox wakes it: nothing is at the CA yet, so it can still be taken back.
Its 24 hours count from the wished time (ETSI EN 319 411-1 REV-6.2.4-05A), since two people approved that time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from sulku_kernel.clock import to_text
from sulku_kernel.effects import Done, EffectOutcome, RetryLater
from sulku_kernel.outbox import ClaimedEffect, Effect
from sulku_kernel.storage import Store, for_update
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.alarms import Page
from sulku_revocation.domain.request_states import RequestState
from sulku_revocation.models import certificates
from sulku_revocation.orders import store_order
from sulku_revocation.overtaken import end_overtaken, is_at_the_ca, wake
from sulku_revocation.publication_clocks import start_planned_clocks
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import REQUESTS, revocation_requests
from sulku_revocation.telling import tell_planned
from sulku_tickets.models import TICKETS

# Time enough to answer "not yet"; what is nearer was told of when it was approved.
REMIND_BEFORE = timedelta(hours=24)
_LOOK_AGAIN_AFTER = timedelta(minutes=1)


def store_planned(tx: Transaction, ticket: Row, requests: Sequence[Row]) -> None:
    """Approved requests that wait for their time: wake each then, remind a day before, move the 24 hours, tell."""
    for row in requests:
        tx.enqueue(wake(row, "order", row["wanted_at"]))
        if row["wanted_at"] - tx.now > REMIND_BEFORE * 1.5:
            tx.enqueue(wake(row, "remind", row["wanted_at"] - REMIND_BEFORE))
    start_planned_clocks(tx, ticket)
    tell_planned(tx, ticket, requests, register=DatabaseRegister(tx.connection), step="approved")


class PlannedHandler:
    """Carries out `planned_revocation`: reminds, orders what is still approved, ends what something else has revoked.

    While another ticket or a campaign has an order for the certificate at the CA, ours waits for what comes of it: if
    the CA refuses that one, ours goes.
    """

    def __init__(self, store: Store, page: Page) -> None:
        self._store = store
        self._page = page

    def __call__(self, effect: ClaimedEffect) -> EffectOutcome:
        request_id, step = int(effect.payload["request_id"]), effect.payload["step"]
        if step == "order" and self._is_ordered_elsewhere(request_id):
            return RetryLater("its certificate is being revoked by another order", after=_LOOK_AGAIN_AFTER)

        def commit(tx: Transaction) -> None:
            ticket, row = _waiting(tx, request_id)
            if row["state"] != RequestState.APPROVED:
                return
            register = DatabaseRegister(tx.connection)
            if end_overtaken(tx, ticket, row, register=register, page=self._page):
                return
            if step == "order":
                _order(tx, ticket, row)
            elif step == "remind":
                tell_planned(tx, ticket, [row], register=register, step="reminder")

        return Done(commit)

    def _is_ordered_elsewhere(self, request_id: int) -> bool:
        columns = revocation_requests.c
        query = sa.select(columns.certificate_id).where(
            columns.id == request_id, columns.state == RequestState.APPROVED
        )
        with self._store.reading() as connection:
            certificate_id = connection.execute(query).scalar_one_or_none()
            return certificate_id is not None and is_at_the_ca(connection, certificate_id)


def _order(tx: Transaction, ticket: Row, row: Row) -> None:
    """Order it, unless another ticket's order went out since the handler looked: one at a time decides that here."""
    # One that was taken back and approved for another day is woken again then.
    if row["wanted_at"] is None or row["wanted_at"] > tx.now:
        return
    tx.execute(for_update(tx.is_sqlite, sa.select(certificates.c.id).where(certificates.c.id == row["certificate_id"])))
    if is_at_the_ca(tx.connection, row["certificate_id"]):
        tx.enqueue(_once_more(row, tx))
    else:
        store_order(tx, ticket, tx.change(REQUESTS, row, "ORDER"))


def _once_more(row: Row, tx: Transaction) -> Effect:
    """The effect in hand is completed with this transaction: it takes another one to look again."""
    again = wake(row, "order", tx.now + _LOOK_AGAIN_AFTER)
    return replace(again, key=f"{again.key}:{to_text(tx.now)}")


def _waiting(tx: Transaction, request_id: int) -> tuple[Row, Row]:
    """The ticket and then the request, locked in the order in which approvals lock."""
    ticket = tx.get(TICKETS, tx.get(REQUESTS, request_id)["ticket_id"])
    return ticket, tx.get(REQUESTS, request_id)
