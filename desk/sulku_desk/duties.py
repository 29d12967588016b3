"""What the leader does at its time: deadlines, pages, applications that fall due, audit checkpoints."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import timedelta

from sulku_applications.applications import expire_due
from sulku_desk.checking import sign_checkpoint
from sulku_desk.instance import Instance
from sulku_desk.scheduler import Duty
from sulku_desk.self_alarm import SelfAlarm
from sulku_kernel import outbox
from sulku_kernel.clock import Clock
from sulku_kernel.storage import Store
from sulku_revocation.ca.authorities import DEFAULT
from sulku_revocation.campaign_running import CAMPAIGN_BATCH, CAMPAIGN_LOOK, end_holds
from sulku_revocation.register_keeping import enqueue_keeping
from sulku_revocation.register_marks import NEW_EVERY
from sulku_tickets.clock_set_back import bring_back
from sulku_tickets.deadlines import fire_due
from sulku_tickets.domain.escalation_policy import EscalationPolicy
from sulku_tickets.escalation import advance_due

AT_ONCE = 1_000


def make_duties(instance: Instance, on_call: Callable[[], EscalationPolicy]) -> tuple[Duty, ...]:
    """The duties of an instance, the most urgent first."""
    store, clock = instance.storage.desk, instance.clock
    node = f"{socket.gethostname()}:{os.getpid()}"

    def page_next() -> int:
        return _until_less(lambda: advance_due(store, clock, node, AT_ONCE))

    def fire() -> int:
        return _until_less(lambda: fire_due(store, clock, node, policy=on_call(), limit=AT_ONCE).claimed)

    return (
        Duty("escalations", timedelta(seconds=1), page_next),
        Duty("deadlines", timedelta(seconds=1), fire),
        Duty("clock", timedelta(minutes=1), lambda: _rescue_from_clock(store, clock)),
        Duty("legal_holds_of_campaigns", timedelta(minutes=1), lambda: end_holds(store, clock)),
        Duty("applications", timedelta(hours=1), lambda: expire_due(store, clock, instance.application_links)),
        Duty("register", NEW_EVERY, lambda: enqueue_keeping(store, clock, _cas(instance))),
        Duty("checkpoint", timedelta(minutes=1), lambda: sign_checkpoint(instance)),
        Duty("self_alarm", timedelta(minutes=1), SelfAlarm(instance, on_call)),
    )


def _cas(instance: Instance) -> list[str]:
    """The names of the CAs in the settings."""
    return [DEFAULT, *instance.settings.authorities]


def _rescue_from_clock(store: Store, clock: Clock) -> int:
    """What waits for a time that the clock has left behind, since it was set back."""
    with store.writing() as connection:
        effects = outbox.rescue_from_clock(connection, now=clock.now(), paced=(CAMPAIGN_BATCH, CAMPAIGN_LOOK))
    return effects + bring_back(store, clock)


def _until_less(act: Callable[[], int]) -> int:
    """Again until less was due than is done at once; an hour's backlog is gone in one tick."""
    total = 0
    while True:
        done = act()
        total += done
        if done < AT_ONCE:
            return total
