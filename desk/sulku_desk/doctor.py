"""Which part of the desk is unwell, and what to do: pure checks over facts that `examining.py` has gathered.

Each check looks at one part and says one thing about it, also when all is well: who is woken wants to see what was
looked at. UNWELL: mails, pages or revocations are in danger now. SOON: they will be, unless somebody acts in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sulku_revocation.domain.crl_comparing import Origin
from sulku_revocation.domain.crl_health import OLDEST_CRL, UNWATCHED, PublishedPoint, complaints

MINUTE = timedelta(minutes=1)
UNREAD_AT_MOST = MINUTE
EFFECT_LATE_AFTER = MINUTE
HOUSEKEEPING_LATE_AFTER = timedelta(hours=1)
CA_SILENT_AFTER = timedelta(minutes=15)
PUBLISHED_WITHIN = timedelta(minutes=60)
TICK_AT_MOST = timedelta(seconds=30)
SIGNED_WITHIN = timedelta(minutes=10)
CLOCKS_DIFFER_AT_MOST = timedelta(seconds=5)
CERTIFICATE_WARNINGS = (timedelta(days=30), timedelta(days=14))
CERTIFICATE_ALARM = timedelta(days=7)
DRILL_EVERY, DRILL_SOON = timedelta(days=365), timedelta(days=30)
RESERVE = 256 * 1_048_576  # below which the listener puts mails off
FULL_AT, ROOMY = 0.8, 20 * 1_073_741_824  # a fifth of a very large disk is room enough


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
    """One thing about one part. `next_step` is empty when it is well.

    `occasion` tells one alarm from the next of the same part and level; without it that is a new one each day.
    """

    part: Part
    level: Level
    what: str
    next_step: str = ""
    occasion: str = ""


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
    valid_on_blocked_keys: int = 0
    drilled_at: datetime | None = None  # the last drill of a mass revocation; before the first, the desk's beginning
    points: Sequence[PublishedPoint] = ()
    alarming_entries: Mapping[tuple[str, Origin], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Server:
    """A server we talk to: where, and what was wrong with reaching it (None: nothing)."""

    part: Part
    where: str
    fault: str | None = None


@dataclass(frozen=True)
class Facts:
    """Everything that was gathered. What could not be looked at because the database is away is None."""

    now: datetime
    database_fault: str | None = None
    database_next_step: str = ""
    schema_fault: str | None = None
    schema_next_step: str = ""
    stores: StoreFacts | None = None
    key_faults: Sequence[str] = ()
    rooms: Sequence[Room] = ()
    servers: Sequence[Server] = ()
    takes_mail: bool = True
    on_call_fault: str | None = None
    on_call_gaps: Sequence[tuple[int, datetime]] = ()
    certificate_until: datetime | None = None
    certificate_fault: str | None = None
    oldest_crl: timedelta = OLDEST_CRL


def diagnose(facts: Facts) -> list[Finding]:
    """Every finding, in the order of the road."""
    return [finding for check in CHECKS for finding in check(facts)]


def worst(findings: Iterable[Finding]) -> Level:
    """UNWELL when anything is, else SOON when anything is, else WELL."""
    levels = {finding.level for finding in findings}
    return next(level for level in (Level.UNWELL, Level.SOON, Level.WELL) if level in levels or level is Level.WELL)


# --- what everything stands on --------------------------------------------------------------------------------------


def _database(facts: Facts) -> Iterator[Finding]:
    if facts.database_fault is not None:
        yield _unwell(Part.DATABASE, facts.database_fault, facts.database_next_step)
        return
    yield _well(Part.DATABASE, "it answers, and a commit is on disk before it counts")
    if facts.schema_fault is not None:
        yield _unwell(Part.SCHEMA, facts.schema_fault, facts.schema_next_step)
    else:
        yield _well(Part.SCHEMA, "both stores have this program's version")


def _keys(facts: Facts) -> Iterator[Finding]:
    for fault in facts.key_faults:
        yield _unwell(Part.KEYS, fault, "Restore the keys from the backup; never let new ones be made.")
    if not facts.key_faults:
        yield _well(Part.KEYS, "all keys are here and closed to others")


def _disk(facts: Facts) -> Iterator[Finding]:
    for room in facts.rooms:
        said = f"{room.place}: {room.free // 1_048_576} MiB free of {room.total // 1_048_576}"
        if room.free < RESERVE:
            yield _unwell(Part.DISK, said, "Make room at once: mails are put off with 452 until there is.")
        elif room.free < min((1 - FULL_AT) * room.total, ROOMY):
            yield _soon(Part.DISK, said, "Make room or a larger disk before it is full.")
        else:
            yield _well(Part.DISK, said)


def _clock(facts: Facts) -> Iterator[Finding]:
    stores = facts.stores
    if stores is None:
        return
    ahead = stores.clock_ahead
    if stores.last_event_at is not None and stores.last_event_at > facts.now + CLOCKS_DIFFER_AT_MOST:
        step = "See who set the clock back; let NTP keep it. Deadlines run by it."
        yield _unwell(Part.CLOCK, f"the last event is {_long(stores.last_event_at - facts.now)} in the future", step)
    elif abs(ahead) > CLOCKS_DIFFER_AT_MOST:
        which = "ahead of" if ahead > timedelta() else "behind"
        step = "Let NTP keep both clocks. Deadlines and leases run by this machine's."
        yield _unwell(Part.CLOCK, f"this machine is {_long(abs(ahead))} {which} the database", step)
    else:
        yield _well(Part.CLOCK, "this machine, the database and the last event agree")


# --- along the road -------------------------------------------------------------------------------------------------


def _servers(facts: Facts) -> Iterator[Finding]:
    if not facts.takes_mail:
        yield _unwell(Part.INTAKE, "no listener and no mailbox is set: no mail comes in", "Set [smtp] or [imap].")
    for server in facts.servers:
        if server.fault is None:
            yield _well(server.part, f"{server.where} answers")
        else:
            yield _unwell(server.part, f"{server.where}: {server.fault}", _SERVER_STEPS[server.part])


_SERVER_STEPS = {
    Part.INTAKE: "See that sulku serve runs with the role intake; senders try again for days meanwhile.",
    Part.SMARTHOST: "Check the mail server and [outgoing]. Pages go by it too: phone on-call until it is back.",
    Part.CA: "Check the CA and [ca]. Orders wait and are repeated; for a compromise call the CA's own duty.",
    Part.IMAP: "Check the mail server and [imap]: password or token, port, TLS.",
    Part.DNS: "Check the resolver and [dns]. Until it answers no sender is authenticated by the desk itself.",
    Part.SMIME: "Check [smime]: files, their rights, and fresh revocation lists in its folder.",
}


def _worker(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    unread = facts.stores.unread
    if unread.longest(facts.now) > UNREAD_AT_MOST:
        said = f"{unread.count} mails wait unread, the oldest for {_long(unread.longest(facts.now))}"
        yield _unwell(
            Part.WORKER, said, "See that the role worker runs and what it logs; add workers when it keeps up."
        )
    else:
        yield _well(Part.WORKER, f"{unread.count} mails wait to be read")


def _dispatcher(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    step = "See that the role dispatcher runs and what it logs."
    for kind, late in sorted(facts.stores.late_effects.items()):
        said = f"{late.count} of {kind} are due for {_long(late.longest(facts.now))} and nobody has taken them"
        yield _unwell(Part.DISPATCHER, said, step)
    if facts.stores.failed_effects:
        said = f"{facts.stores.failed_effects} effects were given up within a day"
        yield _soon(Part.DISPATCHER, said, "Look at their tickets: sulku ticket list, then what was paged about.")
    if not facts.stores.late_effects and not facts.stores.failed_effects:
        yield _well(Part.DISPATCHER, "nothing is late and nothing was given up")


def _orders(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    unanswered, unpublished = facts.stores.orders_unanswered, facts.stores.orders_unpublished
    if unanswered.longest(facts.now) > CA_SILENT_AFTER:
        said = f"{unanswered.count} orders wait for the CA, the oldest for {_long(unanswered.longest(facts.now))}"
        yield _unwell(Part.ORDERS, said, "Check the CA; for a compromise call its own duty. Orders are repeated.")
    else:
        yield _well(Part.ORDERS, f"{unanswered.count} orders are on their way to the CA")
    if unpublished.longest(facts.now) > PUBLISHED_WITHIN:
        said = (
            f"{unpublished.count} revocations are not published, the oldest for {_long(unpublished.longest(facts.now))}"
        )
        yield _unwell(Part.PUBLICATION, said, "Tell the CA that CRL or OCSP do not show what it has accepted.")
    else:
        yield _well(Part.PUBLICATION, f"{unpublished.count} revocations are about to be published")


def _crls(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    points = facts.stores.points
    found = [(point, one) for point in points for one in complaints(point, facts.now, facts.oldest_crl)]
    for point, one in found:
        # One fault must not keep the day's alarm about another back.
        occasion = f"{facts.now:%Y-%m-%d} {one.word} {point.url}"
        part = Part.DISPATCHER if one.word == UNWATCHED else Part.CRL
        yield (_unwell if one.is_urgent else _soon)(part, one.what, one.next_step, occasion)
    if not found:
        yield _well(Part.CRL, f"{len(points)} addresses of issuers are looked at, and all are well")


def _crl_entries(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    for (issuer, origin), count in sorted(facts.stores.alarming_entries.items()):
        what = "stand there and were not ordered here" if origin is Origin.FOREIGN else "are gone and have not expired"
        step = "Ask the CA: `sulku ca crl` names them. If it does not know, its credentials are in other hands."
        occasion = f"{facts.now:%Y-%m-%d} {issuer} {origin} {count}"
        yield _unwell(Part.CRL_ENTRIES, f"the CRL of {issuer}: {count} certificates {what}", step, occasion)
    if not facts.stores.alarming_entries:
        yield _well(Part.CRL_ENTRIES, "the CRLs hold what was ordered here, and nothing has gone")


def _scheduler(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    tick = facts.stores.last_tick_at
    step = "See that the role scheduler runs somewhere: without it no deadline warns and no second step is paged."
    if tick is None:
        yield _unwell(Part.SCHEDULER, "it has never run", step)
    elif facts.now - tick > TICK_AT_MOST:
        yield _unwell(Part.SCHEDULER, f"its last tick was {_long(facts.now - tick)} ago", step)
    else:
        yield _well(Part.SCHEDULER, f"it ticks, in term {facts.stores.leader_term}")


# --- who is woken, and what proves it -------------------------------------------------------------------------------


def _on_call(facts: Facts) -> Iterator[Finding]:
    if facts.on_call_fault is not None:
        yield _unwell(Part.ON_CALL, facts.on_call_fault, "Correct the file; docs/administrator.md shows one.")
        return
    for step, since in facts.on_call_gaps:
        when = "now" if since <= facts.now else f"from {since:%Y-%m-%d %H:%M}Z on"
        said = f"nobody is on call at step {step} {when}; the next step is paged instead"
        yield _soon(Part.ON_CALL, said, "Fill the rota in the on-call policy.", f"step {step} {since:%Y-%m-%d}")
    if not facts.on_call_gaps:
        yield _well(Part.ON_CALL, "every step has somebody for the next 7 days")


def _checkpoints(facts: Facts) -> Iterator[Finding]:
    stores = facts.stores
    if stores is None:
        return
    since = stores.last_signed_at
    if stores.unsigned_entries and (since is None or facts.now - since > SIGNED_WITHIN):
        ago = "never" if since is None else f"{_long(facts.now - since)} ago"
        said = f"{stores.unsigned_entries} entries of the history are not signed for; the last time was {ago}"
        yield _unwell(Part.CHECKPOINTS, said, "See that the checkpoints' folder can be written and the scheduler runs.")
    else:
        yield _well(Part.CHECKPOINTS, "the end of the history is signed for in the second place")


def _certificate(facts: Facts) -> Iterator[Finding]:
    step = "Renew smtp.certificate and restart the role intake."
    if facts.certificate_fault is not None:
        yield _unwell(Part.CERTIFICATE, facts.certificate_fault, step)
    if facts.certificate_until is None:
        return
    left = facts.certificate_until - facts.now
    said = f"our own certificate ends {facts.certificate_until:%Y-%m-%d}, in {max(left.days, 0)} days"
    if left <= CERTIFICATE_ALARM:
        yield _unwell(Part.CERTIFICATE, said, step)
    elif warned := [warning for warning in CERTIFICATE_WARNINGS if left <= warning]:
        yield _soon(Part.CERTIFICATE, said, step, f"{facts.certificate_until:%Y-%m-%d} {warned[-1].days} days")
    else:
        yield _well(Part.CERTIFICATE, said)


def _blocked_keys(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    count = facts.stores.valid_on_blocked_keys
    if count:
        said = f"{count} valid certificates have a compromised key, and no ticket is open about them"
        yield _unwell(Part.BLOCKED_KEYS, said, "Name them with `sulku keys sweep`; open a ticket and revoke them.")
    else:
        yield _well(Part.BLOCKED_KEYS, "no valid certificate is forgotten on a compromised key")


def _drill(facts: Facts) -> Iterator[Finding]:
    """A mass revocation is practised each year (TLS BR 5.7.1.2)."""
    if facts.stores is None or facts.stores.drilled_at is None:
        return
    due = facts.stores.drilled_at + DRILL_EVERY
    if facts.now >= due - DRILL_SOON:
        step = "Practise one: sulku campaign new --drill (docs/campaigns.md)."
        yield _soon(Part.DRILL, f"a drill of a mass revocation is due by {due:%Y-%m-%d}", step, f"{due:%Y-%m-%d}")
    else:
        yield _well(Part.DRILL, f"mass revocation need not be practised before {due:%Y-%m-%d}")


CHECKS: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    _database,
    _keys,
    _disk,
    _clock,
    _servers,
    _worker,
    _dispatcher,
    _orders,
    _crls,
    _crl_entries,
    _scheduler,
    _on_call,
    _checkpoints,
    _certificate,
    _blocked_keys,
    _drill,
)


def _well(part: Part, what: str) -> Finding:
    return Finding(part, Level.WELL, what)


def _soon(part: Part, what: str, next_step: str, occasion: str = "") -> Finding:
    return Finding(part, Level.SOON, what, next_step, occasion)


def _unwell(part: Part, what: str, next_step: str, occasion: str = "") -> Finding:
    return Finding(part, Level.UNWELL, what, next_step, occasion)


def _long(duration: timedelta) -> str:
    """`40 s`, `12 min`, `3 h`, `2 d`: two digits are enough at night."""
    seconds = int(duration.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
