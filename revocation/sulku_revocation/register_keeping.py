"""What the desk does about the register by itself: it takes over what the CAs issue, and looks for weak keys in it.

The first every five minutes as far as a CA can tell what is new (`register_marks.py`), the second once a week. Both may
take long and are effects, so that they hold up no tick; what comes of either on a blocked key pages at once. A CA that
cannot be read now is read the next time: the doctor and the orders tell when it is away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import structlog

from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock
from sulku_kernel.effects import Done, EffectOutcome
from sulku_kernel.errors import SulkuError
from sulku_kernel.outbox import ClaimedEffect, Effect
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Transaction, begin
from sulku_revocation.blocked_certificates import open_cases
from sulku_revocation.ca.authorities import Authorities, NamedAuthority
from sulku_revocation.certificate_documents import each_document
from sulku_revocation.key_sweep import block_all_weak, find_weak
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.register_marks import WHOLE_WITHOUT_MARKS_EVERY, read_every, read_mark
from sulku_revocation.register_sync import sync_with
from sulku_tickets.domain.escalation_policy import EscalationPolicy

log = structlog.get_logger()

REGISTER_SYNC, KEY_SWEEP = "register_sync", "key_sweep"
HOUSEKEEPING = (REGISTER_SYNC, KEY_SWEEP)
ACTOR = Actor.desk("register")
_LAST = 9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def enqueue_keeping(store: Store, clock: Clock, cas: Iterable[str]) -> int:
    """Have what is due of each CA taken over and this week's sweep done, unless it was; returns how many it asked.

    Call it every `NEW_EVERY`.
    """
    with begin(store, clock, ACTOR) as tx:
        every = read_every(tx)
        effects = [_sync(ca, tx.now, every.get(ca, WHOLE_WITHOUT_MARKS_EVERY)) for ca in cas]
        for effect in (*effects, _sweep(tx.now)):
            tx.enqueue(effect)
    return len(effects) + 1


def _sync(ca: str, now: datetime, every: timedelta) -> Effect:
    turn = now - (now - _EPOCH) % every
    return Effect(REGISTER_SYNC, key=f"{REGISTER_SYNC}:{ca}:{turn:%Y-%m-%dT%H:%M}", payload={"ca": ca}, priority=_LAST)


def _sweep(now: datetime) -> Effect:
    return Effect(KEY_SWEEP, key=f"{KEY_SWEEP}:{now:%G-W%V}", payload={}, priority=_LAST)


class RegisterKeeper:
    """Carries out both effects. Safe to repeat: what is on file is not entered again, and a case is opened once."""

    def __init__(
        self, store: Store, clock: Clock, authorities: Authorities, on_call: Callable[[], EscalationPolicy]
    ) -> None:
        self._store, self._clock = store, clock
        self._authorities = authorities
        self._on_call = on_call

    def sync(self, effect: ClaimedEffect) -> EffectOutcome:
        """Carry out `register_sync`."""
        named = {one.name: one for one in self._authorities.all}.get(effect.payload["ca"])
        if named is not None:  # else the settings have it no more
            try:
                self._take_over(named)
            except SulkuError as error:
                log.warning("register.not_read", ca=named.name, error=str(error))
        return Done(self._open_cases)

    def _take_over(self, named: NamedAuthority) -> None:
        """What is due of it, if anything is. Raises what opening and reading the CA raises."""
        can = self._authorities.open(named.name).capabilities
        if not can.register:
            return
        known = read_mark(self._store, named)
        whole = not can.marks or known is None or known.is_whole_due(self._clock.now())
        report = sync_with(self._store, self._clock, ACTOR, self._authorities, named.name, self._on_call, whole=whole)
        if report.new or report.faults:
            log.info("register.synced", ca=named.name, seen=report.seen, new=report.new, faults=len(report.faults))

    def sweep(self, effect: ClaimedEffect) -> EffectOutcome:  # noqa: ARG002  a handler's shape
        """Carry out `key_sweep`, over all that the register has whole, however it came there."""
        _, weak = find_weak(each_document(self._store))

        def commit(tx: Transaction) -> None:
            block_all_weak(tx, weak)
            self._open_cases(tx)

        return Done(commit)

    def _open_cases(self, tx: Transaction) -> None:
        open_cases(tx, DatabaseRegister(tx.connection), self._on_call)
