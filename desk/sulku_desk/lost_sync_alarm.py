"""The disk failed to keep what was written to a store: who wrote it stops, and tells on-call by itself.

The database lies on that disk and may take no row for the outbox; so the mail goes straight to the smarthost, up the
steps of the on-call policy, until the role has started anew. A mark beside the stores, which need not reach the disk
to be seen, lets the doctor, `/health/ready` and the other roles know; where that cannot be written either, the log and
the 421 of the listener say so.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog

from sulku_desk.doctor_facts import Finding
from sulku_desk.settings import Settings
from sulku_desk.sync_mark import lost_since, mark_of
from sulku_kernel.clock import Clock, to_text
from sulku_kernel.errors import SulkuError
from sulku_mailbox.inbox import Inbox
from sulku_tickets.domain.escalation_policy import Contact, EscalationPolicy

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 2


class LostSyncAlarm:
    """Of one store. `on_call` gives the policy in force.

    The inbox's is made when the intake starts, which takes an earlier mark away. The desk's mark goes when the file was
    verified (`desk_sync.py`).
    """

    def __init__(
        self, settings: Settings, clock: Clock, on_call: Callable[[], EscalationPolicy], store: str = "inbox"
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._on_call = on_call
        self._store = store
        self._mark = mark_of(settings.home, store)
        self._told: set[tuple[str, str]] = set()
        if store == "inbox":
            with suppress(OSError):
                self._mark.unlink(missing_ok=True)

    def watch(self, inbox: Inbox, stop: threading.Event) -> None:
        """Tell as soon as a sync of `inbox` was lost, until `stop` is set."""
        while not stop.wait(LOOK_EVERY_SECONDS):
            if inbox.sync_lost_at is not None:
                self.tell_safely(inbox.sync_lost_at)

    def tell_safely(self, since: datetime) -> None:
        """`tell`, whatever is broken beside the disk: anything may fail to load, and the next call tries again."""
        try:
            self.tell(since)
        except Exception:
            log.exception("lost_sync.on_call_not_told", store=self._store)

    def tell(self, since: datetime) -> int:
        """Leave the mark, and send to each whose time has come and who was not told. Returns how many were.

        Who cannot be told now is tried again the next time this is called.
        """
        # Needed in this case only, and heavy for a process that faces the net.
        from sulku_desk.doctor import sync_lost
        from sulku_desk.unwell_mail import told_by_now

        self.leave_mark(since)
        now = self._clock.now()
        day, before = f"{now:%Y-%m-%d}", len(self._told)
        for contact in told_by_now(self._on_call(), now - since, now):
            if (day, contact.email) not in self._told:
                try:
                    self._send(sync_lost(since, self._store), contact, self._message_id(since, day, contact), now)
                except SulkuError as error:
                    log.error("lost_sync.on_call_not_told", store=self._store, error=str(error))  # noqa: TRY400  a sentence says it
                else:
                    self._told.add((day, contact.email))
        return len(self._told) - before

    def leave_mark(self, since: datetime) -> None:
        """Let the others see it. Where the disk does not take the mark, nothing."""
        with suppress(OSError):
            if lost_since(self._settings.home, self._store) != since:
                self._mark.write_text(to_text(since), encoding="ascii")

    def _send(self, finding: Finding, contact: Contact, message_id: str, now: datetime) -> None:
        from sulku_desk.outgoing import make_delivery
        from sulku_desk.unwell_mail import TEMPLATE, unwell_words
        from sulku_desk.who_we_are import common_words
        from sulku_mailbox.composing import OutgoingMail, Submission, compose
        from sulku_templates.message import Message
        from sulku_templates.rendering import Renderer

        settings = self._settings
        words = {**unwell_words(finding, contact), "console_url": f"{settings.web.base_url.rstrip('/')}/"}
        rendered = Renderer(settings.templates).render(
            Message(TEMPLATE, contact.language, words), common_words(settings)
        )
        own = settings.desk.addresses[0]
        mail = compose(
            OutgoingMail(
                from_name=settings.desk.name.by_language[contact.language.value],
                from_address=own,
                reply_to=own,
                to=contact.email,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
                language=contact.language,
                message_id=f"<{message_id}@{own.rpartition('@')[2]}>",
                at=now,
                submission=Submission.AUTO_GENERATED,
            )
        )
        make_delivery(settings).send(mail.mail_from, mail.to, mail.raw)

    def _message_id(self, since: datetime, day: str, contact: Contact) -> str:
        """The same for what is sent again after a lost answer."""
        told = f"{self._store} {to_text(since)} {day} {contact.email}"
        return "sync-lost." + hashlib.sha256(told.encode()).hexdigest()[:32]
