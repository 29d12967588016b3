"""The intake role: SMTP and LMTP listeners on one event loop, IMAP fetching in a thread beside it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable

import structlog

from sulku_desk.instance import Instance
from sulku_desk.lost_sync_alarm import LostSyncAlarm
from sulku_desk.on_call_file import OnCallFile
from sulku_desk.settings import Settings
from sulku_mailbox.imap_connection import ImapSettings
from sulku_mailbox.imap_fetch import ImapFetcher
from sulku_mailbox.inbox import Inbox, open_inbox
from sulku_mailbox.smtp_limits import Limits
from sulku_mailbox.smtp_listener import Listener, ListenerSettings

log = structlog.get_logger()

# A database that neither answers nor is gone (a proxy that keeps a dead one's connection) would be waited for for ever.
LONGEST_STORING_SECONDS = 300.0


async def run(instance: Instance, stop: threading.Event) -> None:
    """Take mail in until `stop` is set. Raises ConfigurationError when a port is taken or a certificate is wrong."""
    # Not by `wiring`, which would load the whole desk into the process that faces the net.
    inbox = open_inbox(instance.storage.inbox, instance.settings.keys_folder, instance.clock)
    alarm = LostSyncAlarm(instance.settings, instance.clock, OnCallFile(instance.settings.on_call_file))
    threading.Thread(target=alarm.watch, args=(inbox, stop), name="lost sync", daemon=True).start()
    listener = Listener(listener_settings(instance.settings), inbox, instance.clock)
    await listener.start()
    watch = asyncio.create_task(end_when_stuck(listener))
    try:
        await asyncio.to_thread(fetch_until, instance, inbox, stop)
    finally:
        watch.cancel()
        await listener.stop()


async def end_when_stuck(
    listener: Listener, longest: float = LONGEST_STORING_SECONDS, end_process: Callable[[int], object] = os._exit
) -> None:
    """End the process when it stores one batch for longer than `longest` seconds: a new one connects anew.

    Nobody was promised what it stores: its senders have heard 451 by then, and send again.
    """
    while listener.seconds_at_one_batch <= longest:  # noqa: ASYNC110  the writer is a thread: it wakes nobody
        await asyncio.sleep(min(1.0, longest))
    log.critical("inbox.writer_stuck", next_step="Check the database and what is between it and the desk.")
    end_process(1)


def listener_settings(settings: Settings) -> ListenerSettings:
    """The listener's settings; a port of 0 switches one off."""
    smtp = settings.smtp
    return ListenerSettings(
        recipients=settings.desk.addresses,
        host=smtp.host,
        smtp_port=smtp.port or None,
        lmtp_port=smtp.lmtp_port or None,
        certificate=smtp.certificate,
        key=smtp.key,
        relays=smtp.relays,
        limits=Limits(largest_mail=smtp.largest_mail),
        spool=settings.home / "spool",
        storage=settings.home,
    )


def fetch_until(instance: Instance, inbox: Inbox, stop: threading.Event) -> None:
    """Fetch from the IMAP mailbox, when there is one, until `stop` is set."""
    imap = instance.settings.imap
    if not imap.host:
        stop.wait()
        return
    settings = ImapSettings(
        host=imap.host,
        port=imap.port,
        tls=imap.tls,
        user=imap.user,
        password=imap.password.get_secret_value(),
        token_file=imap.token_file,
        folders=imap.folders,
        processed_folder=imap.processed_folder,
        spool=instance.settings.home / "spool",
    )
    ImapFetcher(settings, inbox, instance.clock).run(stop)
