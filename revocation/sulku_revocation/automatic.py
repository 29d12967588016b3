"""The automatic road: a key that a machine proved to be compromised is decided on, approved and ordered by the policy.

Off by default. Where the policy file switches it on, it acts on nothing but verified proofs; every other certificate
on the ticket waits for people. The decision is an effect of its own, so that what hinders it never hinders the mail
from becoming a ticket, and it is carried out in one transaction with its approval and its orders.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock
from sulku_kernel.effects import Done, EffectOutcome, GiveUp, RetryLater
from sulku_kernel.errors import ConfigurationError, ConflictError, SulkuError, UnavailableError
from sulku_kernel.outbox import ClaimedEffect, Effect
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Transaction, begin
from sulku_revocation.decisions import approve, decide
from sulku_revocation.domain.policy import Policy
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.request_states import RequestState
from sulku_revocation.legal_holds import held_certificates
from sulku_revocation.listing import decision_list
from sulku_revocation.order_effects import RegisterFactory
from sulku_revocation.requests import is_revocable, requests_of
from sulku_tickets.domain.ticket_states import TicketState
from sulku_tickets.models import TICKETS

AUTOMATIC_DECISION = "automatic_decision"
ACTOR = Actor.desk("policy")
BECAUSE = "A machine verified a proof that the key is compromised."


def automatic_decision(ticket_id: int, delivery_id: int) -> Effect:
    """The effect that looks whether the policy decides a ticket after the mail of that delivery."""
    return Effect(
        AUTOMATIC_DECISION,
        key=f"automatic:{ticket_id}:{delivery_id}",
        payload={"ticket_id": ticket_id},
        ticket_id=ticket_id,
        priority=0,
    )


class AutomaticDecisionHandler:
    """Carries out `automatic_decision`. Safe to repeat: what is ordered is not decided again."""

    def __init__(self, store: Store, clock: Clock, policy: Callable[[], Policy], register: RegisterFactory) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._register = register

    def __call__(self, effect: ClaimedEffect) -> EffectOutcome:
        try:
            policy = self._policy()
            if not policy.is_automatic_when_proven:
                return Done()
            with begin(self._store, self._clock, ACTOR) as tx:
                decide_what_is_proven(tx, effect.payload["ticket_id"], self._register(tx.connection), policy)
        except (ConfigurationError, ConflictError, UnavailableError) as error:
            return RetryLater(str(error))
        except SulkuError as error:
            return GiveUp(f"the policy could not decide by itself: {error}")
        return Done()


def decide_what_is_proven(tx: Transaction, ticket_id: int, register: Register, policy: Policy) -> list[dict[str, Any]]:
    """Decide and approve what on the ticket rests on a verified proof; returns the orders. Nothing, when nothing does.

    While people have something of the ticket decided and waiting for approval, the policy leaves it to them: its
    approval would have to name their list too.
    """
    ticket = tx.get(TICKETS, ticket_id)
    if ticket["state"] == TicketState.CLOSED or requests_of(tx, ticket_id, {RequestState.DECIDED}):
        return []
    proposed = [row for row in requests_of(tx, ticket_id, {RequestState.PROPOSED}) if row["proof"]]
    held = held_certificates(tx, [row["certificate_id"] for row in proposed])
    chosen = [
        row["id"]
        for row in proposed
        if row["certificate_id"] not in held and _may_be_ordered(register, row["certificate_id"])
    ]
    if not chosen:
        return []
    decide(
        tx,
        ticket_id,
        reason=ReasonCode.KEY_COMPROMISE,
        because=BECAUSE,
        requests=chosen,
        register=register,
        policy=policy,
    )
    tx.flush()
    shown = decision_list(tx.connection, ticket_id, register=register, now=tx.now)
    return approve(tx, ticket_id, shown_digest=shown.digest, register=register, policy=policy)


def _may_be_ordered(register: Register, certificate_id: int) -> bool:
    certificate = register.certificate(certificate_id)
    return certificate is not None and is_revocable(certificate)
