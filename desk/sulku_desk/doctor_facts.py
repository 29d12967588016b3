"""What the doctor looks at, what it is told of it, and what it finds: values only (`doctor.py` judges them)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sulku_kernel.saying import Saying
from sulku_revocation.domain.crl_comparing import Origin
from sulku_revocation.domain.crl_health import OLDEST_CRL, PublishedPoint

Told = str | Saying
"""A saying of ours, or somebody else's words: a name, an address, an English sentence."""

Fault = Told
"""What is wrong."""


class Level(StrEnum):
    """How a part is."""

    WELL = "well"
    SOON = "soon"
    UNWELL = "unwell"


class Part(StrEnum):
    """What is looked at. Each has a section in docs/runbook/doctor.md."""

    DATABASE = "database"
    SCHEMA = "schema"
    KEYS = "keys"
    DISK = "disk"
    INTAKE = "intake"
    WORKER = "worker"
    DISPATCHER = "dispatcher"
    ORDERS = "orders"
    PUBLICATION = "publication"
    CRL = "crl"
    CRL_ENTRIES = "crl_entries"
    SCHEDULER = "scheduler"
    ON_CALL = "on_call"
    CHECKPOINTS = "checkpoints"
    SMARTHOST = "smarthost"
    CA = "ca"
    IMAP = "imap"
    CERTIFICATE = "certificate"
    DNS = "dns"
    SMIME = "smime"
    BLOCKED_KEYS = "blocked_keys"
    DRILL = "drill"
    CLOCK = "clock"


@dataclass(frozen=True)
class Finding:
    """One thing about one part. `step` is None when it is well.

    `occasion` tells one alarm from the next of the same part and level; without it that is a new one each day.
    `doctor_words` puts `said` and `step` into a language.
    """

    part: Part
    level: Level
    said: Saying
    step: Saying | None = None
    occasion: str = ""

    @property
    def what(self) -> str:
        """What was found, in English."""
        return str(self.said)

    @property
    def next_step(self) -> str:
        """What to do, in English; empty when it is well."""
        return "" if self.step is None else str(self.step)


@dataclass(frozen=True)
class Room:
    """A folder's disk, in octets."""

    place: str
    free: int
    total: int


@dataclass(frozen=True)
class Waiting:
    """How many wait, and since when the oldest does."""

    count: int = 0
    since: datetime | None = None

    def longest(self, now: datetime) -> timedelta:
        """How long the oldest has waited."""
        return max(timedelta(), now - self.since) if self.since is not None else timedelta()


@dataclass(frozen=True)
class StoreFacts:
    """What the two stores say about the desk's work."""

    unread: Waiting = Waiting()
    late_effects: Mapping[str, Waiting] = field(default_factory=dict)
    failed_effects: int = 0
    orders_unanswered: Waiting = Waiting()
    orders_unpublished: Waiting = Waiting()
    leader_term: int = 0
    last_tick_at: datetime | None = None
    unsigned_entries: int = 0
    last_signed_at: datetime | None = None
    last_event_at: datetime | None = None
    clock_ahead: timedelta = timedelta()
    registers_read_at: Mapping[str, datetime] = field(default_factory=dict)  # by CA: when all it has issued was read
    valid_on_blocked_keys: int = 0
    drilled_at: datetime | None = None  # the last drill of a mass revocation; before the first, the desk's beginning
    points: Sequence[PublishedPoint] = ()
    alarming_entries: Mapping[tuple[str, Origin], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Server:
    """A server we talk to: where, and what was wrong with reaching it (None: nothing)."""

    part: Part
    where: Told
    fault: Fault | None = None


@dataclass(frozen=True)
class Facts:
    """Everything that was gathered. What could not be looked at because the database is away is None."""

    now: datetime
    database_fault: Fault | None = None
    database_next_step: str = ""
    schema_fault: Fault | None = None
    schema_next_step: str = ""
    stores: StoreFacts | None = None
    key_faults: Sequence[Fault] = ()
    rooms: Sequence[Room] = ()
    servers: Sequence[Server] = ()
    takes_mail: bool = True
    sync_lost_at: datetime | None = None
    desk_sync_lost_at: datetime | None = None
    on_call_fault: Fault | None = None
    on_call_gaps: Sequence[tuple[int, datetime]] = ()
    certificate_until: datetime | None = None
    certificate_fault: Fault | None = None
    oldest_crl: timedelta = OLDEST_CRL
