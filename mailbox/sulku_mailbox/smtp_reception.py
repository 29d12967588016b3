"""What the sessions of a listener share, and what one of them gathers until DATA."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sulku_kernel.clock import Clock
from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.group_commit import GroupCommit
from sulku_mailbox.recipients import Recipients
from sulku_mailbox.smtp_limits import Door, Limits

if TYPE_CHECKING:
    from sulku_mailbox.smtp_session import SmtpSession


@dataclass
class Reception:
    """What all sessions of a listener share."""

    committer: GroupCommit
    recipients: Recipients
    limits: Limits
    door: Door
    clock: Clock
    hostname: str
    tls: ssl.SSLContext | None = None
    spool: Path | None = None
    has_room: bool = True
    sessions: set[SmtpSession] = field(default_factory=set)


@dataclass
class Transaction:
    """MAIL and what followed (RFC 5321, 3.3)."""

    mail_from: str
    anomalies: tuple[Anomaly, ...]
    rcpt_to: list[str] = field(default_factory=list)
