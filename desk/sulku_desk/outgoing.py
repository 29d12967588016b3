"""The server our mails leave by."""

from __future__ import annotations

from sulku_desk.settings import Settings
from sulku_mailbox.delivery import Delivery, Maildir, Smarthost


def make_delivery(settings: Settings) -> Delivery:
    """The smarthost of the settings; without one the maildir."""
    outgoing = settings.outgoing
    if not outgoing.smarthost:
        return Maildir(settings.maildir)
    password = outgoing.password.get_secret_value()
    return Smarthost(outgoing.smarthost, outgoing.port, tls=outgoing.tls, user=outgoing.user, password=password)
