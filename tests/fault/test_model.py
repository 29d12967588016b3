"""A desk in one process, driven by steps that hypothesis chooses: after each step the promises hold.

Mails come, come again, are spoofed; people decide, approve, reject; time jumps; the CA goes away and lies; the process
dies between any two steps or in the middle of one, and what comes back knows only what was stored.
"""

from __future__ import annotations

import atexit
import os
import random
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.conftest import NIGHT
from tests.fault.world import DESK, ON_CALL
from tests.story.decisions_world import MisbehavingAuthority, Publisher, _fill_register

from sulku_desk.checking import verify_audit
from sulku_desk.dispatcher import Dispatcher
from sulku_desk.instance import Instance, make_instance, open_instance
from sulku_desk.on_call_file import OnCallFile
from sulku_desk.reading import readings
from sulku_desk.settings import load_settings
from sulku_desk.wiring import make_inbox, make_mail_handler, make_reader, make_scheduler, make_worker
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import SulkuError
from sulku_kernel.outbox import EffectState, outbox
from sulku_kernel.transaction import Transaction, begin
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.inbox import Delivery
from sulku_mailbox.models import deliveries
from sulku_mailbox.raw_mail import RawMail
from sulku_revocation.alarms import page_by
from sulku_revocation.decisions import approve, decide, reject
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.request_states import RequestState
from sulku_revocation.listing import decision_list
from sulku_revocation.order_effects import CaOrderHandler, PublicationCheckHandler
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.register_keeping import HOUSEKEEPING
from sulku_revocation.request_models import publication_evidence, revocation_orders, revocation_requests
from sulku_tickets.actions import record_evidence
from sulku_tickets.models import ticket_mails

HOLDER = "tuotanto@holder.example"
SERIALS = ("1e120f01", "1e120f02", "1e120f03")
PEOPLE = {
    "operator": Actor.user("olli", frozenset({"operator"})),
    "approver": Actor.user("aino", frozenset({"approver"})),
    "both": Actor.user("kaisa", frozenset({"operator", "approver"})),
}
DEATHS = ("idle", "with a claim", "mail", "ca_order", "publication_check")
LONG = os.environ.get("TORTURE") == "yes"
pytestmark = [pytest.mark.timeout(3_000), *([pytest.mark.torture(is_long=True)] if LONG else [])]


# What must never be found, asked after each step.
_SIGHTS = (
    sa.select(sa.func.count())
    .where(publication_evidence.c.order_id == revocation_orders.c.id)
    .correlate(revocation_orders)
    .scalar_subquery()
)
_IS_CONFIRMED = revocation_orders.c.state == "CONFIRMED"
_UNDECIDED_OR_UNSEEN = (
    sa.select(revocation_orders.c.id)
    .outerjoin(revocation_requests, revocation_requests.c.id == revocation_orders.c.request_id)
    .where(
        sa.or_(
            revocation_requests.c.decided_by.is_(None),
            revocation_requests.c.approved_by.is_(None),
            revocation_requests.c.approved_by == revocation_requests.c.decided_by,
            sa.and_(_IS_CONFIRMED, _SIGHTS != 2),
            sa.and_(~_IS_CONFIRMED, revocation_requests.c.state == RequestState.REVOKED),
        )
    )
)
_DOUBLED_MAILS = (
    sa.select(ticket_mails.c.sha256)
    .where(ticket_mails.c.direction == "in")
    .group_by(ticket_mails.c.sha256)
    .having(sa.func.count() > 1)
)
_STORED_ORDER = sa.select(revocation_orders).where(revocation_orders.c.idempotency_key == sa.bindparam("key"))
_TICKETS_WITH = (
    sa.select(revocation_requests.c.ticket_id)
    .where(revocation_requests.c.state == sa.bindparam("state"))
    .distinct()
    .order_by(revocation_requests.c.ticket_id)
    .limit(2)
)


class Died(BaseException):
    """The process ends here: no fault that anything of ours may handle."""


class Model(RuleBasedStateMachine):
    """The desk and what the world around it knows."""

    steps = 0
    confirmed = 0

    def __init__(self) -> None:
        super().__init__()
        self.instance, self.clock = _fresh_desk()
        self.authority = MisbehavingAuthority(self.clock)
        self.publisher = Publisher(self.authority)
        self.behaviour = "accept"
        self.accepted: list[bytes] = []
        self.written = 0
        self.stack = ExitStack()
        self.sent_and_known = 0

    @initialize()
    def start(self) -> None:
        settings_ = self.instance.settings
        self.stack.callback(self.instance.close)  # a dead process has no connection either
        self.inbox = make_inbox(self.instance)
        reader = self.stack.enter_context(make_reader(settings_))
        self.worker = make_worker(self.instance, reader)
        self.scheduler = make_scheduler(self.instance)
        store, page = self.instance.storage.desk, page_by(OnCallFile(settings_.on_call_file))
        mails = make_mail_handler(self.instance)
        mails._receipt = None  # the evidence of this CA is no real CRL, and to draw is most of what a mail costs
        self.dispatcher = Dispatcher(
            store,
            self.clock,
            {
                "mail": mails,
                "ca_order": CaOrderHandler(
                    store, self.clock, lambda issuer: self.authority, DatabaseRegister, page=page
                ),
                "publication_check": PublicationCheckHandler(
                    store, self.clock, DatabaseRegister, see=self.publisher, page=page
                ),
            },
            lambda tx, effect, error: None,
        )

    # --- mail ---

    @rule(
        serial=st.sampled_from(SERIALS),
        dmarc=st.sampled_from(("pass", "fail", "none")),
        sender=st.sampled_from((HOLDER, "x@evil.example")),
    )
    def a_request_comes(self, serial: str, dmarc: str, sender: str) -> None:
        self._receive(sender, f"Our private key has leaked. Revoke the certificate with serial number {serial}.", dmarc)

    @precondition(lambda self: self.accepted)
    @rule(kind=st.sampled_from(("question", "again", "again", "guess")), which=st.integers(min_value=1, max_value=500))
    def another_mail_comes(self, kind: str, which: int) -> None:
        if kind == "question":
            self._receive("asking@example.fi", "When is the office open?", "none")
        elif kind == "again":
            self._store(self.accepted[which % len(self.accepted)])
        else:
            self._receive("x@evil.example", f"approved, revoke {SERIALS[0]} [SULKU-{which}]", "none")

    def _receive(self, sender: str, text: str, dmarc: str) -> None:
        self.written += 1
        results = f"Authentication-Results: mx.desk.example; dmarc={dmarc} header.from={sender.partition('@')[2]}\r\n"
        raw = f"{results}From: {sender}\r\nTo: {DESK}\r\nSubject: {self.written}\r\n\r\n{text}\r\n"
        self._store(raw.encode())

    def _store(self, raw: bytes) -> None:
        envelope = Envelope("sender@example.fi", (DESK,), self.clock.now(), Via.SMTP, peer="192.0.2.1")
        self.inbox.add([Delivery(RawMail.of(raw), envelope)])
        self.accepted.append(raw)

    # --- the desk ---

    @rule(what=st.sampled_from((*("worker", "dispatcher") * 4, "scheduler", "scheduler", *DEATHS)))
    def the_desk_works_or_dies(self, what: str) -> None:
        self.authority.behaves = iter([self.behaviour] * 100)
        if what == "worker":
            self.worker.run_once()
        elif what == "scheduler":
            self.scheduler.tick()
        elif what == "dispatcher":
            self.dispatcher.run_due(limit=20)
        else:
            self._die(what)

    def _die(self, how: str) -> None:
        """Between two steps, with a batch claimed, or with an effect carried out and not recorded."""
        if how == "with a claim":
            self.worker._judge = _raise_death
            with suppress(Died):
                self.worker.run_once()
        elif how != "idle":
            for effect in self.dispatcher._claim([how], 1):
                self.dispatcher._call(effect)
        self.stack.close()
        self.stack = ExitStack()
        self.start()

    # --- people ---

    @rule(
        what=st.sampled_from(("call", "decide", "decide", "approve", "approve", "approve", "reject")),
        who=st.sampled_from(sorted(PEOPLE)),
        which=st.integers(min_value=0),
    )
    def somebody_works_on_a_request(self, what: str, who: str, which: int) -> None:
        """One of the two that wait longest for that: at random nobody would decide on the ticket he was told about."""
        state, act = self._deeds[what]
        ids = [id_ for (id_,) in self._ask(_TICKETS_WITH, state=state)]
        if ids:
            with suppress(SulkuError), begin(self.instance.storage.desk, self.clock, PEOPLE[who]) as tx:
                act(tx, ids[which % len(ids)])

    @property
    def _deeds(self) -> dict[str, tuple[RequestState, Callable[[Transaction, int], object]]]:
        """What people do, and on requests in which state."""
        because, proposed, decided = "They say so.", RequestState.PROPOSED, RequestState.DECIDED
        return {
            "call": (proposed, lambda tx, id_: record_evidence(tx, id_, "callback", because)),
            "decide": (proposed, lambda tx, id_: decide(tx, id_, reason=ReasonCode.KEY_COMPROMISE, because=because)),
            "approve": (decided, lambda tx, id_: approve(tx, id_, shown_digest=self._digest(id_))),
            "reject": (decided, lambda tx, id_: reject(tx, id_, because=because)),
        }

    def _digest(self, ticket_id: int) -> str:
        with self.instance.storage.desk.reading() as connection:
            register = DatabaseRegister(connection)
            return decision_list(connection, ticket_id, register=register, now=self.clock.now()).digest

    # --- the world ---

    @rule(
        seconds=st.sampled_from((1, 20, 90, 400, 4_000, 40_000, -300)),
        behaviour=st.sampled_from(("accept", "accept", "hang", "lose_answer", "lie", "say_already")),
    )
    def time_passes_and_the_ca_changes_its_ways(self, seconds: int, behaviour: str) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        self.behaviour = behaviour

    # --- the promises ---

    @invariant()
    def a_revocation_has_two_people_and_evidence(self) -> None:
        assert self._ask(_UNDECIDED_OR_UNSEEN) == []
        for sent in self.authority.sent[self.sent_and_known :]:
            (order,) = self._ask(_STORED_ORDER, key=sent.idempotency_key)
            assert order.sent_at is not None
            assert order.serial == sent.serial.hex
        self.sent_and_known = len(self.authority.sent)

    @invariant()
    def a_mail_is_on_one_ticket_at_most(self) -> None:
        Model.steps += 1
        assert self._ask(_DOUBLED_MAILS) == []

    def teardown(self) -> None:
        """Everything ends well: faults end, time passes, all is read, done, explained."""
        if hasattr(self, "worker"):
            self._let_it_end()
            self._check_the_end()
        self.stack.close()

    def _let_it_end(self) -> None:
        self.behaviour = "accept"
        for turn in range(12):
            self.clock.advance(timedelta(minutes=10))
            while self.worker.run_once():
                pass
            if turn % 6 == 0:  # its pages are most of what an end costs
                self.scheduler.tick()
            self.authority.behaves = iter(["accept"] * 1_000)
            while self.dispatcher.run_due(limit=100):
                pass

    def _check_the_end(self) -> None:
        assert verify_audit(self.instance).faults == []
        Model.confirmed += sum(order["state"] == "CONFIRMED" for order in self._rows(revocation_orders))
        on_tickets = {row["sha256"] for row in self._rows(ticket_mails)}
        assert {RawMail.of(raw).sha256 for raw in self.accepted} <= on_tickets
        with self.instance.storage.inbox.reading() as connection:
            stored = connection.execute(sa.select(sa.func.count()).select_from(deliveries)).scalar_one()
        assert sum(row["state"] == "done" for row in self._rows(readings)) == stored == len(self.accepted)
        ended = {EffectState.DONE, EffectState.WITHHELD, EffectState.FAILED}
        lied_about = {order.serial.hex for order in self.authority.sent} - set(self.authority.revoked)
        for row in self._rows(outbox):
            if row["kind"] not in HOUSEKEEPING:  # no CA with a register stands here
                assert row["state"] in ended or (row["kind"] == "publication_check" and lied_about), row

    def _ask(self, query: sa.Select[Any], **values: Any) -> list[sa.Row[Any]]:
        with self.instance.storage.desk.reading() as connection:
            return list(connection.execute(query, values))

    def _rows(self, table: sa.Table) -> list[dict]:
        with self.instance.storage.desk.reading() as connection:
            query = sa.select(table).order_by(*table.primary_key.columns)
            return [dict(row) for row in connection.execute(query).mappings()]


def _raise_death(_: object) -> Any:
    raise Died


@cache
def _template() -> Path:
    """An instance with a register, made once and copied for each run."""
    folder = _temporary_folder()
    settings_ = load_settings(folder)
    make_instance(settings_)
    settings_.on_call_file.write_text(ON_CALL, encoding="utf-8")
    instance = open_instance(settings_, SetClock(NIGHT))
    make_inbox(instance)
    with instance.storage.desk.writing() as connection:
        _fill_register(connection)
    instance.close()
    return folder


@cache
def _desk() -> tuple[Instance, SetClock]:
    """One for all runs, since what its engines have compiled would be most of what a run costs."""
    folder, clock = _temporary_folder(), SetClock(NIGHT)
    shutil.copytree(_template(), folder, dirs_exist_ok=True)
    return open_instance(load_settings(folder, smtp={"authserv_ids": ("mx.desk.example",)}), clock), clock


def _fresh_desk() -> tuple[Instance, SetClock]:
    """As on its first day."""
    instance, clock = _desk()
    instance.close()
    shutil.rmtree(instance.settings.home)
    shutil.copytree(_template(), instance.settings.home)
    clock.set(NIGHT)
    return instance, clock


def _temporary_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sulku-model-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


STEPS = 20_000 if LONG else 200
SETTINGS = settings(
    max_examples=40 if LONG else 8,
    stateful_step_count=200 if LONG else 100,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_the_promises_hold_after_every_step_and_at_the_end() -> None:
    """Runs that follow from the seed, until there were so many steps; one that fails is made smaller and printed."""
    chosen = int(os.environ.get("TORTURE_SEED") or random.randrange(2**32)) if LONG else 1
    Model.steps = Model.confirmed = 0
    try:
        while Model.steps < STEPS:
            run_state_machine_as_test(seed(chosen + Model.steps)(Model), settings=SETTINGS)
    except BaseException as error:
        error.add_note(f"TORTURE_SEED={chosen}")
        raise
    assert Model.confirmed >= Model.steps // 2_000, "hardly anything was revoked: the promises were hardly tried"
