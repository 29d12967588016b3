"""The ca role: the embedded CA on its port. Only this process opens its keys."""

from __future__ import annotations

import threading

from sulku_desk.ca_server import CaServer
from sulku_desk.instance import Instance
from sulku_revocation.block_list import blocked_keys
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.ca.embedded.key_files import load_or_make_token


def run(instance: Instance, stop: threading.Event) -> None:
    """Serve until `stop` is set."""
    settings = instance.settings
    ca = EmbeddedCa(settings.ca_folder, settings.ca.url, instance.clock, blocked=blocked_keys(instance.storage.desk))
    try:
        token = load_or_make_token(settings.ca_token_file)
        CaServer(ca, token, settings.ca.host, settings.ca.port).run(stop)
    finally:
        ca.close()
