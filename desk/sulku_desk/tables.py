"""Every table of both stores: importing this module makes the metadata complete."""
# ruff: noqa: F401  importing a module declares its tables

from __future__ import annotations

import sulku_applications.models
import sulku_desk.answer_caps
import sulku_desk.leader
import sulku_desk.reading
import sulku_kernel.events
import sulku_kernel.numbers
import sulku_kernel.outbox
import sulku_mailbox.models
import sulku_revocation.campaign_models
import sulku_revocation.hold_models
import sulku_revocation.key_models
import sulku_revocation.models
import sulku_revocation.request_models
import sulku_revocation.watch_models
import sulku_tickets.models
from sulku_kernel.storage import desk_metadata, inbox_metadata

__all__ = ["desk_metadata", "inbox_metadata"]
