"""The disk failed to keep a mail: the intake takes none any more, and tells on-call by itself.

The database lies on that disk and may take no row for the outbox; so the mail goes straight to the smarthost, up the
steps of the on-call policy, until the intake has started anew. A mark beside the stores, which need not reach the disk
to be seen, lets the doctor, `/health/ready` and the scheduler know; where that cannot be written either, the log and
the 421 of the listener say so.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog

from sulku_desk.doctor_facts import Finding
from sulku_desk.settings import Settings
from sulku_kernel.clock import Clock, from_text, to_text
from sulku_kernel.errors import SulkuError
from sulku_mailbox.inbox import Inbox
from sulku_tickets.domain.escalation_policy import Contact, EscalationPolicy

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 2
_MARK = "sync-lost"


def lost_since(home: Path) -> datetime | None:
    """Since when the intake of this machine takes no mail, as far as its mark says."""
    try:
        return from_text((home / _MARK).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


class LostSyncAlarm:
    """Made when the intake starts, which takes an earlier mark away. `on_call` gives the policy in force."""

    def __init__(self, settings: Settings, clock: Clock, on_call: Callable[[], EscalationPolicy]) -> None:
        self._settings = settings
        self._clock = clock
        self._on_call = on_call
        self._told: set[tuple[str, str]] = set()
        with suppress(OSError):
            (settings.home / _MARK).unlink(missing_ok=True)

    def watch(self, inbox: Inbox, stop: threading.Event) -> None:
        """Tell as soon as a sync of `inbox` was lost, until `stop` is set."""
        while not stop.wait(LOOK_EVERY_SECONDS):
            if inbox.sync_lost_at is not None:
                try:
                    self.tell(inbox.sync_lost_at)
                except Exception:  # where the disk is broken anything may fail to load; the next look tries again
                    log.exception("intake.on_call_not_told")

    def tell(self, since: datetime) -> int:
        """Leave the mark, and send to each whose time has come and who was not told. Returns how many were.

        Who cannot be told now is tried again the next time this is called.
        """
        # Needed in this case only, and heavy for a process that faces the net.
        from sulku_desk.doctor import sync_lost
        from sulku_desk.unwell_mail import told_by_now

        self._leave_mark(since)
        now = self._clock.now()
        day, before = f"{now:%Y-%m-%d}", len(self._told)
        for contact in told_by_now(self._on_call(), now - since, now):
            if (day, contact.email) not in self._told:
                try:
                    self._send(sync_lost(since), contact, _message_id(since, day, contact), now)
                except SulkuError as error:
                    log.error("intake.on_call_not_told", error=str(error))  # noqa: TRY400  a sentence says it
                else:
                    self._told.add((day, contact.email))
        return len(self._told) - before

    def _leave_mark(self, since: datetime) -> None:
        with suppress(OSError):
            if lost_since(self._settings.home) != since:
                (self._settings.home / _MARK).write_text(to_text(since), encoding="ascii")

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


def _message_id(since: datetime, day: str, contact: Contact) -> str:
    """The same for what is sent again after a lost answer."""
    return "sync-lost." + hashlib.sha256(f"{to_text(since)} {day} {contact.email}".encode()).hexdigest()[:32]
