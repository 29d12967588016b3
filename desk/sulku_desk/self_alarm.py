"""The desk tells on-call when a part of itself is unwell, or soon will be: a full disk, a gap in the rota, a key.

Orders, their publication and what an issuer publishes page by tickets. What is unwell must be so for a while: a desk
that has just started with an hour of mails before it is busy, not ill. Nobody acknowledges such a mail but by making
the part well again, and until then it goes up the steps of the on-call policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sulku_desk.doctor_facts import Finding, Level, Part
from sulku_desk.examining import examine_from_within
from sulku_desk.instance import Instance
from sulku_desk.unwell_mail import TEMPLATE, occasion_of, told_by_now, unwell_words
from sulku_kernel.actor import Actor
from sulku_kernel.outbox import Effect
from sulku_kernel.transaction import begin
from sulku_tickets.domain.escalation_policy import Contact, EscalationPolicy
from sulku_tickets.on_call import first_to_page
from sulku_tickets.on_call_mail import PAGE_PRIORITY, mail_to_on_call

UNWELL_FOR = timedelta(minutes=5)
_PAGE_BY_THEMSELVES = frozenset({Part.ORDERS, Part.PUBLICATION})
_PAGE_WHEN_UNWELL = frozenset({Part.CRL, Part.CRL_ENTRIES})  # by tickets of `issuer_alarms`; what is soon, by mail


class SelfAlarm:
    """Call it regularly. Each alarm goes out once for its occasion, however often and on whichever node it is found."""

    def __init__(self, instance: Instance, on_call: Callable[[], EscalationPolicy]) -> None:
        self._instance = instance
        self._on_call = on_call
        self._unwell_since: dict[Part, datetime] = {}

    def __call__(self) -> int:
        """Look at the desk; returns how many alarms are on."""
        now = self._instance.clock.now()
        found = [one for one in examine_from_within(self._instance) if not _pages_by_itself(one)]
        unwell = {one.part for one in found if one.level is Level.UNWELL}
        # Since a moment that has not come yet: the clock was set back, and nobody waits until it has caught up.
        self._unwell_since = {part: min(self._unwell_since.get(part, now), now) for part in unwell}
        alarms = [one for one in found if self._is_alarm(one, now)]
        if alarms:
            with begin(self._instance.storage.desk, self._instance.clock, Actor.desk("scheduler")) as tx:
                for finding in alarms:
                    for contact in self._to_tell(finding, now):
                        tx.enqueue(_mail(finding, contact, now))
        return len(alarms)

    def _is_alarm(self, finding: Finding, now: datetime) -> bool:
        if finding.level is Level.UNWELL:
            return now - self._unwell_since[finding.part] >= UNWELL_FOR
        return finding.level is Level.SOON

    def _to_tell(self, finding: Finding, now: datetime) -> Iterator[Contact]:
        """Those on call first; of what stays unwell those of each later step when its time has come."""
        if finding.level is Level.UNWELL:
            return told_by_now(self._on_call(), now - self._unwell_since[finding.part] - UNWELL_FOR, now)
        return iter(first_to_page(self._on_call(), now))


def _pages_by_itself(finding: Finding) -> bool:
    is_unwell = finding.level is Level.UNWELL
    return finding.part in _PAGE_BY_THEMSELVES or (is_unwell and finding.part in _PAGE_WHEN_UNWELL)


def _mail(finding: Finding, contact: Contact, now: datetime) -> Effect:
    key = f"unwell:{finding.part}:{finding.level}:{occasion_of(finding, now)}:{contact.email}"
    priority = PAGE_PRIORITY if finding.level is Level.UNWELL else 5
    return mail_to_on_call(key, TEMPLATE, contact, unwell_words(finding, contact), priority=priority)
