"""Faults of our own, planted one at a time into the desk's processes: the storm must find each, or it is blind.

What a fault breaks must be visible after kill -9 at all: one that only a power cut would show is none of these.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from sulku_desk import dispatcher, reading, road, worker
from sulku_kernel import events, lease, outbox, transaction
from sulku_kernel.effects import Done
from sulku_kernel.errors import SulkuError
from sulku_mailbox import inbox
from sulku_mailbox.domain.reply_address import ReplyTokens
from sulku_mailbox.raw_mail import RawMail
from sulku_mailbox.smtp_session import SmtpSession
from sulku_revocation import decisions, order_effects, orders
from sulku_revocation.ca.authority import Accepted, TryLater
from sulku_revocation.models import certificates
from sulku_revocation.request_models import ORDERS, REQUESTS
from sulku_tickets import deadlines

BUGS: dict[str, Callable[[], None]] = {}

# The check that is there for it must speak of it; of the others it is enough that anything is broken.
FOUND_BY = {
    "same_bytes_are_not_recognised": "every_mail_is_one_event",
    "answered_before_the_commit": "every_250_has_its_bytes",
    "an_effect_is_completed_before_it_is_carried_out": "every_effect_ends",
    "an_order_is_sent_before_it_is_stored": "nothing_reaches_the_ca_undecided",
    "every_try_at_the_ca_has_a_new_key": "every_approval_is_at_the_ca_once",
    "an_error_of_the_ca_is_taken_for_its_acceptance": "every_approval_is_at_the_ca_once",
    "another_certificate_is_revoked_along": "the_ca_revoked_nothing_else",
    "the_cas_word_is_taken_for_evidence": "revoked_is_only_what_was_seen",
    "one_person_may_approve_alone": "nothing_reaches_the_ca_undecided",
    "a_deadline_does_not_remember_that_it_fired": "every_deadline_fires_once",
    "the_chains_end_is_remembered_instead_of_read": "the_history_is_whole",
    "a_row_changes_without_its_event": "the_history_is_whole",
    "every_try_of_a_mail_has_a_new_message_id": "repeats_carry_the_same_message_id",
    "what_is_given_up_is_told_to_nobody": "every_effect_ends",
    "a_restarted_worker_forgets_what_was_claimed": "every_delivery_was_read",
    "each_batch_leaves_files_open": "worker ",
}

# What grows with each burst when all is calm.
SEEN_IN_THE_CALM = frozenset({"each_batch_leaves_files_open"})

# Those that take a moment of their own to be seen: where to meet it, and how.
BY_CRASH_POINT = {
    # The first mail, put off by the smarthost: paused there, and another dispatcher sends it meanwhile.
    "the_fence_is_ignored": ("before_effect_completed:1", "--pause"),
    # Between the answer and the commit.
    "answered_before_the_commit": ("before_inbox_stored:1",),
}


def bug(plant: Callable[[], None]) -> Callable[[], None]:
    """Enter a fault into the table under its function's name."""
    BUGS[plant.__name__] = plant
    return plant


def plant(name: str) -> None:
    """Put the fault into this process."""
    BUGS[name]()


def replace(place: Any, name: str, by: Any) -> Any:
    """Put `by` in a function's place and return what stood there. A name that is gone is an error, not a silence."""
    before = getattr(place, name)
    put(place, name, by)
    return before


put: Callable[[Any, str, Any], None] = setattr


@bug
def same_bytes_are_not_recognised() -> None:
    replace(road, "_tickets_of_bytes", lambda tx, digests: {})


@bug
def answered_before_the_commit() -> None:
    async def keep(self: Any, transaction: Any, raw: RawMail, anomalies: Any) -> str:
        task = asyncio.ensure_future(before(self, transaction, raw, anomalies))
        self._kept = task
        return f"250 2.0.0 Ok: stored as {raw.sha256[:16]}"

    before = replace(SmtpSession, "_keep", keep)


@bug
def the_last_piece_of_a_large_mail_is_not_stored() -> None:
    def pieces(self: RawMail) -> Any:
        found = list(before(self))
        return iter(found if self.is_small else [found[0][:-1], *found[1:]])

    before = replace(RawMail, "pieces", pieces)


@bug
def the_ledger_skips_deliveries() -> None:
    def note(connection: Any, arrivals: Any) -> None:
        before(connection, [one for one in arrivals if one[0] % 20])

    before = replace(reading, "note_arrivals", note)


@bug
def what_was_read_is_not_marked_in_the_same_transaction() -> None:
    def complete(connection: Any, claimed: Any, *, owner: str, now: Any) -> None:
        """Forgets every seventh batch: it is read again, and again."""
        if next(count) % 7:
            before(connection, claimed, owner=owner, now=now)

    count = itertools.count(1)
    before = replace(reading, "complete", complete)


@bug
def a_claim_takes_no_lease() -> None:
    def claim(*given: Any, **named: Any) -> Any:
        return before(*given, **{**named, "lease": timedelta(0)})

    before = replace(lease, "claim_by", claim)


@bug
def the_fence_is_ignored() -> None:
    def release(connection: Any, table: Any, fence: Any, values: Any = None) -> None:
        connection.execute(
            table.update().where(table.c.id == fence.id).values(lease_owner=None, lease_until=None, **(values or {}))
        )

    replace(lease, "release", release)


@bug
def an_effect_is_completed_before_it_is_carried_out() -> None:
    def carry_out(self: Any, effect: Any) -> Any:
        if effect.kind != "mail":
            return before(self, effect)
        with transaction.begin(self._store, self._clock, dispatcher.ACTOR) as tx:
            outbox.complete(tx.connection, effect, now=self._clock.now())
        outcome = self._call(effect)
        with transaction.begin(self._store, self._clock, dispatcher.ACTOR) as tx:
            outcome.commit(tx)
        return outcome

    before = replace(dispatcher.Dispatcher, "carry_out", carry_out)


@bug
def an_order_is_sent_before_it_is_stored() -> None:
    def mark_sent(tx: Any, order_id: int) -> Any:
        """Says that it is sent and records it only with the answer."""
        order = dict(tx.get(ORDERS, order_id))
        return {**order, "state": "SENT", "sent_at": tx.now} if order["state"] == "STORED" else order

    def accepted(tx: Any, order_id: int, **given: Any) -> Any:
        marked(tx, order_id)
        return recorded(tx, order_id, **given)

    marked = replace(order_effects, "mark_sent", mark_sent)
    recorded = replace(order_effects, "record_accepted", accepted)


@bug
def every_try_at_the_ca_has_a_new_key() -> None:
    def send(self: Any, order: Any, issuer: Any) -> Any:
        return before(self, {**order, "idempotency_key": f"{order['idempotency_key']}:{uuid.uuid4().hex}"}, issuer)

    before = replace(order_effects.CaOrderHandler, "_send", send)


@bug
def an_error_of_the_ca_is_taken_for_its_acceptance() -> None:
    def send(self: Any, order: Any, issuer: Any) -> Any:
        try:
            return before(self, order, issuer)
        except TryLater:
            accepted = Accepted(self._clock.now())
            return Done(order_effects._accepted(order, accepted.revoked_at, order["reason"], is_repeat=False))

    before = replace(order_effects.CaOrderHandler, "_send", send)


@bug
def another_certificate_is_revoked_along() -> None:
    def send(self: Any, order: Any, issuer: Any) -> Any:
        """The last one of the register: nobody who is entitled ever asks for it."""
        last = sa.select(certificates.c.serial).where(certificates.c.issuer_id == order["issuer_id"])
        with self._store.reading() as connection:
            serial = connection.execute(last.order_by(certificates.c.id.desc()).limit(1)).scalar_one()
        with suppress(SulkuError):
            before(self, {**order, "serial": serial, "idempotency_key": "along"}, issuer)
        return before(self, order, issuer)

    before = replace(order_effects.CaOrderHandler, "_send", send)


@bug
def the_cas_word_is_taken_for_evidence() -> None:
    def accepted(tx: Any, order_id: int, **given: Any) -> Any:
        order = before(tx, order_id, **given)
        if order["state"] == "ACCEPTED":
            order = tx.change(ORDERS, order, "CONFIRM", {"confirmed_at": tx.now})
            tx.change(REQUESTS, tx.get(REQUESTS, order["request_id"]), "SEE")
            orders.mark_revoked(tx, order["certificate_id"], at=tx.now, reason=order["reason"])
        return order

    before = replace(order_effects, "record_accepted", accepted)


@bug
def one_person_may_approve_alone() -> None:
    replace(decisions, "_check_four_eyes", lambda actor, cases, reason: False)


@bug
def a_deadline_does_not_remember_that_it_fired() -> None:
    def write_back(tx: Any, rows: Any, fired: Any, owner: str) -> None:
        """Gives the leases back and writes nothing."""
        before(tx, rows, {}, owner)

    before = replace(deadlines, "_write_back", write_back)


@bug
def the_chains_end_is_remembered_instead_of_read() -> None:
    def append(connection: Any, new: Any) -> Any:
        def digest(seq: int, *fields: Any) -> str:
            given = [*fields]
            given[-1] = remembered.get("digest", given[-1])
            remembered["digest"] = whole(seq, *given)
            return remembered["digest"]

        put(events, "digest_entry", digest)
        return before(connection, new)

    remembered: dict[str, str] = {}
    whole = events.digest_entry
    before = replace(events, "append", append)


@bug
def a_row_changes_without_its_event() -> None:
    def record(self: Any, projection: Any, row: Any, verb: str, changes: Any, detail: Any) -> None:
        if verb != "SEND":
            before(self, projection, row, verb, changes, detail)

    before = replace(transaction.Transaction, "_record_change", record)


@bug
def every_try_of_a_mail_has_a_new_message_id() -> None:
    def message_id(self: Any, ticket_id: Any, to: str, key: str) -> str:
        return before(self, ticket_id, to, f"{key}:{uuid.uuid4().hex}")

    before = replace(ReplyTokens, "message_id", message_id)


@bug
def what_is_given_up_is_told_to_nobody() -> None:
    replace(dispatcher, "_record", lambda tx, effect, action, why: None)


@bug
def a_retry_is_never_due() -> None:
    def retry(connection: Any, effect: Any, *, at: Any, error: str) -> None:
        before(connection, effect, at=at + timedelta(days=30), error=error)

    before = replace(outbox, "retry", retry)


@bug
def a_restarted_worker_forgets_what_was_claimed() -> None:
    def claim(connection: Any, *, owner: str, now: Any, lease_for: Any, limit: int) -> Any:
        """A lease for ever: whoever dies takes its mails along."""
        return before(connection, owner=owner, now=now, lease_for=timedelta(days=30), limit=limit)

    before = replace(reading, "claim", claim)
    replace(worker.Worker, "renew_lease", lambda self: None)


@bug
def a_delivery_is_stored_without_its_bytes() -> None:
    def add_raw(self: Any, connection: Any, batch: Any) -> dict[str, str]:
        kept = before(self, connection, [one for one in batch if int(one.raw.sha256, 16) % 50])
        return {one.raw.sha256: "nowhere" for one in batch} | kept

    before = replace(inbox.Inbox, "_add_raw", add_raw)


@bug
def each_batch_leaves_files_open() -> None:
    def settle(self: Any, *given: Any) -> None:
        left_open.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(20))
        before(self, *given)

    left_open: list[int] = []
    before = replace(worker.Worker, "_settle", settle)
