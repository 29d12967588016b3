"""Two people who decide and approve what holders asked for, and sometimes try what they may not."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import sqlalchemy as sa
from tests.fault.faulty_ca import append
from tests.fault.world import FaultWorld

from sulku_desk.instance import Instance
from sulku_kernel.actor import Actor
from sulku_kernel.errors import SulkuError
from sulku_kernel.transaction import begin
from sulku_revocation.decisions import approve, decide, reject
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.request_states import RequestState
from sulku_revocation.listing import decision_list
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import revocation_requests
from sulku_tickets.domain.urgency import Assurance
from sulku_tickets.models import tickets

DECIDER = Actor.user("decider", frozenset({"operator", "approver"}))
APPROVER = Actor.user("approver", frozenset({"approver"}))


class Deciders:
    """Decides what is proposed, approves what is decided, rejects one in thirty, and notes what was approved."""

    def __init__(self, world: FaultWorld, instance: Instance, chance: random.Random, *, rejects: bool = True) -> None:
        self._rejects = rejects
        self._world, self._instance, self._chance = world, instance, chance
        self.beyond: set[int] = set()

    def turn(self) -> int:
        """Do some of what waits. Returns how much waited."""
        waiting = [row for row in self._waiting() if row.ticket_id not in self.beyond]
        # Who was killed knows not which are beyond him: he must not begin with the same ones each time.
        self._chance.shuffle(waiting)
        waiting.sort(key=lambda row: (row.state == RequestState.PROPOSED, row.assurance < Assurance.L2))
        for row in waiting[:100]:
            if row.state == RequestState.PROPOSED:
                self._decide(row.ticket_id)
            else:
                self._approve(row.ticket_id)
        return len(waiting)

    def _waiting(self) -> list[sa.Row]:
        table = revocation_requests.c
        states = (RequestState.PROPOSED, RequestState.DECIDED)
        query = sa.select(table.ticket_id, table.state, tickets.c.assurance).where(table.state.in_(states)).distinct()
        query = query.join(tickets, tickets.c.id == table.ticket_id)
        with self._instance.storage.desk.reading() as connection:
            return list(connection.execute(query.order_by(table.ticket_id)))

    def _decide(self, ticket_id: int) -> None:
        try:
            with begin(self._instance.storage.desk, self._world.clock, DECIDER) as tx:
                if self._rejects and ticket_id % 30 == 0:
                    reject(tx, ticket_id, because="They took it back on the phone.")
                else:
                    decide(tx, ticket_id, reason=ReasonCode.KEY_COMPROMISE, because="The holder says so.")
        except SulkuError:
            self.beyond.add(ticket_id)  # the policy forbids it: a spoofed request

    def _approve(self, ticket_id: int) -> None:
        if self._chance.random() < 0.5:
            self._try_alone(ticket_id)
        with self._instance.storage.desk.reading() as connection:
            register = DatabaseRegister(connection)
            digest = decision_list(connection, ticket_id, register=register, now=self._world.clock.now()).digest
        try:
            with begin(self._instance.storage.desk, self._world.clock, APPROVER) as tx:
                orders = approve(tx, ticket_id, shown_digest=digest)
        except SulkuError:
            return
        for order in orders:
            append(self._world, "approved", {"order": order["id"], "serial": order["serial"]})

    def _try_alone(self, ticket_id: int) -> None:
        with self._instance.storage.desk.reading() as connection:
            register = DatabaseRegister(connection)
            digest = decision_list(connection, ticket_id, register=register, now=self._world.clock.now()).digest
        try:
            with begin(self._instance.storage.desk, self._world.clock, DECIDER) as tx:
                approve(tx, ticket_id, shown_digest=digest)
        except SulkuError:
            return
        append(self._world, "alone", {"ticket": ticket_id})


def run_deciders(world: FaultWorld, seed: int, prepare: Callable[[], None], stop: threading.Event) -> None:
    """Work until `stop` is set. A database that is away is waited for."""
    prepare()
    instance = world.open()
    deciders = Deciders(world, instance, random.Random(seed))
    try:
        while not stop.is_set():
            try:
                if not deciders.turn():
                    stop.wait(0.1)
            except sa.exc.SQLAlchemyError:
                stop.wait(0.3)
    finally:
        instance.close()
