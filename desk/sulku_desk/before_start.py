"""What is looked at before any role starts, so that a wrong setting or a taken port is said at once, in words."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from sulku_desk.authorities import check_authorities
from sulku_desk.desk_sync import verify_what_was_kept
from sulku_desk.instance import Instance
from sulku_desk.intake import listener_settings
from sulku_desk.on_call_file import OnCallFile
from sulku_desk.revocation_policy import load_revocation_policy
from sulku_desk.settings import Settings
from sulku_desk.wiring import make_inbox, make_tokens
from sulku_kernel.errors import ConfigurationError
from sulku_mailbox.smtp_listener import Listener
from sulku_revocation.bounded_http import HttpFetch


@dataclass(frozen=True, slots=True)
class Door:
    """Where a role will listen, and the section and name of the setting that says so."""

    section: str
    setting: str
    host: str
    port: int


def check_before_start(instance: Instance, roles: Sequence[str]) -> None:
    """Find wrong settings, keys, certificates, taken ports, and what a failing disk has lost.

    Raises ConfigurationError naming the first one.
    """
    settings = instance.settings
    verify_what_was_kept(instance)
    OnCallFile(settings.on_call_file)()
    load_revocation_policy(settings)
    inbox = make_inbox(instance)
    if "intake" in roles:
        Listener(listener_settings(settings), inbox, instance.clock)
    if "dispatcher" in roles:
        with contextlib.closing(HttpFetch()) as fetch:
            check_authorities(settings, instance.clock, fetch)
        make_tokens(instance)
    require_free(doors(settings, roles))


def doors(settings: Settings, roles: Sequence[str]) -> tuple[Door, ...]:
    """Where these roles will listen; a port of 0 is left out."""
    smtp, web, ca = settings.smtp, settings.web, settings.ca
    of_role = {
        "intake": (Door("smtp", "port", smtp.host, smtp.port), Door("smtp", "lmtp_port", smtp.host, smtp.lmtp_port)),
        "web": (Door("web", "port", web.host, web.port),),
        "ca": (Door("ca", "port", ca.host, ca.port),),
    }
    return tuple(door for role in roles for door in of_role.get(role, ()) if door.port)


def require_free(wanted: Sequence[Door]) -> None:
    """Listen on all of them for a moment, together: two that are the same are found too. Raises ConfigurationError."""
    with contextlib.ExitStack() as held:
        for door in wanted:
            family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
            try:
                held.enter_context(socket.create_server((door.host, door.port), family=family))
            except OSError as error:
                why = (error.strerror or type(error).__name__).partition(" (while")[0]
                raise ConfigurationError(
                    f"cannot listen on {door.host} port {door.port}: {why}",
                    next_step="Stop what listens there (this desk may be running already), or set another "
                    f"{door.setting} or host in [{door.section}].",
                ) from None
