"""Which part of the desk is unwell, and what to do: pure checks over facts that `examining.py` has gathered.

Each check looks at one part and says one thing about it, also when all is well: who is woken wants to see what was
looked at. UNWELL: mails, pages or revocations are in danger now. SOON: they will be, unless somebody acts in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from sulku_desk.doctor_facts import Facts, Fault, Finding, Level, Part
from sulku_kernel.saying import Code, Saying
from sulku_revocation.domain.crl_comparing import Origin
from sulku_revocation.domain.crl_health import UNWATCHED, complaints

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
REGISTER_READ_WITHIN = timedelta(days=2)
DRILL_EVERY, DRILL_SOON = timedelta(days=365), timedelta(days=30)
RESERVE = 256 * 1_048_576  # below which the listener puts mails off
FULL_AT, ROOMY = 0.8, 20 * 1_073_741_824  # a fifth of a very large disk is room enough


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
        yield _unwell(Part.DATABASE, _quoted(facts.database_fault), _quoted(facts.database_next_step))
        return
    if facts.desk_sync_lost_at is not None:
        yield sync_lost(facts.desk_sync_lost_at, "desk")
    else:
        yield _well(Part.DATABASE, Saying("it answers, and a commit is on disk before it counts"))
    if facts.schema_fault is not None:
        yield _unwell(Part.SCHEMA, _quoted(facts.schema_fault), _quoted(facts.schema_next_step))
    else:
        yield _well(Part.SCHEMA, Saying("both stores have this program's version"))


def _keys(facts: Facts) -> Iterator[Finding]:
    step = Saying("Restore the keys from the backup; never let new ones be made.")
    for fault in facts.key_faults:
        yield _unwell(Part.KEYS, _quoted(fault), step)
    if not facts.key_faults:
        yield _well(Part.KEYS, Saying("all keys are here and closed to others"))


def _disk(facts: Facts) -> Iterator[Finding]:
    for room in facts.rooms:
        free, total = room.free // 1_048_576, room.total // 1_048_576
        said = Saying("{place}: {free} MiB free of {total}", place=room.place, free=free, total=total)
        if room.free < RESERVE:
            step = Saying("Make room at once: mails are put off with 452 until there is.")
            yield _unwell(Part.DISK, said, step)
        elif room.free < min((1 - FULL_AT) * room.total, ROOMY):
            yield _soon(Part.DISK, said, Saying("Make room or a larger disk before it is full."))
        else:
            yield _well(Part.DISK, said)


def _clock(facts: Facts) -> Iterator[Finding]:
    stores = facts.stores
    if stores is None:
        return
    ahead = stores.clock_ahead
    if stores.last_event_at is not None and stores.last_event_at > facts.now + CLOCKS_DIFFER_AT_MOST:
        said = Saying("the last event is {ahead} in the future", ahead=stores.last_event_at - facts.now)
        step = Saying("See who set the clock back; let NTP keep it. Deadlines run by it.")
        yield _unwell(Part.CLOCK, said, step)
    elif abs(ahead) > CLOCKS_DIFFER_AT_MOST:
        is_ahead = ahead > timedelta()
        text = (
            "this machine is {apart} ahead of the database"
            if is_ahead
            else "this machine is {apart} behind the database"
        )
        step = Saying("Let NTP keep both clocks. Deadlines and leases run by this machine's.")
        yield _unwell(Part.CLOCK, Saying(text, apart=abs(ahead)), step)
    else:
        yield _well(Part.CLOCK, Saying("this machine, the database and the last event agree"))


_APART = {
    True: "this machine is {apart} ahead of the database",
    False: "this machine is {apart} behind the database",
}


# --- along the road -------------------------------------------------------------------------------------------------


def _servers(facts: Facts) -> Iterator[Finding]:
    if not facts.takes_mail:
        said = Saying("no listener and no mailbox is set: no mail comes in")
        yield _unwell(Part.INTAKE, said, Saying("Set [smtp] or [imap]."))
    if facts.sync_lost_at is not None:
        yield sync_lost(facts.sync_lost_at, "inbox")
    for server in facts.servers:
        if server.fault is None:
            yield _well(server.part, Saying("{where} answers", where=server.where))
        else:
            said = Saying("{where}: {fault}", where=server.where, fault=server.fault)
            yield _unwell(server.part, said, _SERVER_STEPS[server.part])


def sync_lost(since: datetime, store: str) -> Finding:
    """Nothing is written to a store, since its disk failed to keep what was written (`lost_sync.py`)."""
    if store == "desk":
        said = Saying("the disk failed to keep what was written; the desk stands still since {since}", since=since)
        step = Saying("Check the disk, then stop and start sulku serve: it verifies the database first.")
        return _unwell(Part.DATABASE, said, step)
    said = Saying("the disk failed to keep a mail; none is taken in since {since}", since=since)
    step = Saying("Check the disk, then restart the role intake. Nothing is lost: senders try again for days.")
    return _unwell(Part.INTAKE, said, step)


_SERVER_STEPS = {
    Part.INTAKE: Saying("See that sulku serve runs with the role intake; senders try again for days meanwhile."),
    Part.SMARTHOST: Saying("Check the mail server and [outgoing]. Pages go by it too: phone on-call until it is back."),
    Part.CA: Saying("Check the CA and [ca]. Orders wait and are repeated; for a compromise call the CA's own duty."),
    Part.IMAP: Saying("Check the mail server and [imap]: password or token, port, TLS."),
    Part.DNS: Saying("Check the resolver and [dns]. Until it answers no sender is authenticated by the desk itself."),
    Part.SMIME: Saying("Check [smime]: files, their rights, and fresh revocation lists in its folder."),
}


def _worker(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    unread = facts.stores.unread
    if unread.longest(facts.now) > UNREAD_AT_MOST:
        said = Saying(
            "{count} mails wait unread, the oldest for {longest}", count=unread.count, longest=unread.longest(facts.now)
        )
        step = Saying("See that the role worker runs and what it logs; add workers when it keeps up.")
        yield _unwell(Part.WORKER, said, step)
    else:
        yield _well(Part.WORKER, Saying("{count} mails wait to be read", count=unread.count))


def _dispatcher(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    step = Saying("See that the role dispatcher runs and what it logs.")
    for kind, late in sorted(facts.stores.late_effects.items()):
        said = Saying(
            "{count} of {kind} are due for {longest} and nobody has taken them",
            count=late.count,
            kind=Code("effect", kind),
            longest=late.longest(facts.now),
        )
        yield _unwell(Part.DISPATCHER, said, step)
    if facts.stores.failed_effects:
        said = Saying("{count} effects were given up within a day", count=facts.stores.failed_effects)
        step = Saying("Look at their tickets: sulku ticket list, then what was paged about.")
        yield _soon(Part.DISPATCHER, said, step)
    if not facts.stores.late_effects and not facts.stores.failed_effects:
        yield _well(Part.DISPATCHER, Saying("nothing is late and nothing was given up"))


def _orders(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    unanswered, unpublished = facts.stores.orders_unanswered, facts.stores.orders_unpublished
    if (longest := unanswered.longest(facts.now)) > CA_SILENT_AFTER:
        said = Saying(
            "{count} orders wait for the CA, the oldest for {longest}", count=unanswered.count, longest=longest
        )
        step = Saying("Check the CA; for a compromise call its own duty. Orders are repeated.")
        yield _unwell(Part.ORDERS, said, step)
    else:
        yield _well(Part.ORDERS, Saying("{count} orders are on their way to the CA", count=unanswered.count))
    if (longest := unpublished.longest(facts.now)) > PUBLISHED_WITHIN:
        said = Saying(
            "{count} revocations are not published, the oldest for {longest}", count=unpublished.count, longest=longest
        )
        step = Saying("Tell the CA that CRL or OCSP do not show what it has accepted.")
        yield _unwell(Part.PUBLICATION, said, step)
    else:
        yield _well(Part.PUBLICATION, Saying("{count} revocations are about to be published", count=unpublished.count))


def _crls(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    points = facts.stores.points
    found = [(point, one) for point in points for one in complaints(point, facts.now, facts.oldest_crl)]
    for point, one in found:
        # One fault must not keep the day's alarm about another back.
        occasion = f"{facts.now:%Y-%m-%d} {one.word} {point.url}"
        part = Part.DISPATCHER if one.word == UNWATCHED else Part.CRL
        yield (_unwell if one.is_urgent else _soon)(part, one.said, one.step, occasion)
    if not found:
        said = Saying("{count} addresses of issuers are looked at, and all are well", count=len(points))
        yield _well(Part.CRL, said)


def _crl_entries(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    for (issuer, origin), count in sorted(facts.stores.alarming_entries.items()):
        said = Saying(_ENTRIES[origin], issuer=issuer, count=count)
        step = Saying("Ask the CA: `sulku ca crl` names them. If it does not know, its credentials are in other hands.")
        occasion = f"{facts.now:%Y-%m-%d} {issuer} {origin} {count}"
        yield _unwell(Part.CRL_ENTRIES, said, step, occasion)
    if not facts.stores.alarming_entries:
        yield _well(Part.CRL_ENTRIES, Saying("the CRLs hold what was ordered here, and nothing has gone"))


_ENTRIES = {
    Origin.FOREIGN: "the CRL of {issuer}: {count} certificates stand there and were not ordered here",
    Origin.GONE: "the CRL of {issuer}: {count} certificates are gone and have not expired",
}


def _scheduler(facts: Facts) -> Iterator[Finding]:
    if facts.stores is None:
        return
    tick = facts.stores.last_tick_at
    step = Saying(
        "See that the role scheduler runs somewhere: without it no deadline warns and no second step is paged."
    )
    if tick is None:
        yield _unwell(Part.SCHEDULER, Saying("it has never run"), step)
    elif facts.now - tick > TICK_AT_MOST:
        yield _unwell(Part.SCHEDULER, Saying("its last tick was {ago} ago", ago=facts.now - tick), step)
    else:
        yield _well(Part.SCHEDULER, Saying("it ticks, in term {term}", term=facts.stores.leader_term))


# --- who is woken, and what proves it -------------------------------------------------------------------------------


def _on_call(facts: Facts) -> Iterator[Finding]:
    if facts.on_call_fault is not None:
        step = Saying("Correct the file; docs/administrator.md shows one.")
        yield _unwell(Part.ON_CALL, _quoted(facts.on_call_fault), step)
        return
    for place, since in facts.on_call_gaps:
        said = Saying(_NOBODY[since <= facts.now], step=place, since=since)
        step = Saying("Fill the rota in the on-call policy.")
        yield _soon(Part.ON_CALL, said, step, f"step {place} {since:%Y-%m-%d}")
    if not facts.on_call_gaps:
        yield _well(Part.ON_CALL, Saying("every step has somebody for the next 7 days"))


_NOBODY = {
    True: "nobody is on call at step {step} now; the next step is paged instead",
    False: "nobody is on call at step {step} from {since} on; the next step is paged instead",
}


def _checkpoints(facts: Facts) -> Iterator[Finding]:
    stores = facts.stores
    if stores is None:
        return
    since = stores.last_signed_at
    step = Saying("See that the checkpoints' folder can be written and the scheduler runs.")
    if not stores.unsigned_entries or (since is not None and facts.now - since <= SIGNED_WITHIN):
        yield _well(Part.CHECKPOINTS, Saying("the end of the history is signed for in the second place"))
    elif since is None:
        said = Saying(
            "{count} entries of the history are not signed for, and none ever was", count=stores.unsigned_entries
        )
        yield _unwell(Part.CHECKPOINTS, said, step)
    else:
        said = Saying(
            "{count} entries of the history are not signed for; the last time was {ago} ago",
            count=stores.unsigned_entries,
            ago=facts.now - since,
        )
        yield _unwell(Part.CHECKPOINTS, said, step)


def _certificate(facts: Facts) -> Iterator[Finding]:
    step = Saying("Renew smtp.certificate and restart the role intake.")
    if facts.certificate_fault is not None:
        yield _unwell(Part.CERTIFICATE, _quoted(facts.certificate_fault), step)
    if facts.certificate_until is None:
        return
    left = facts.certificate_until - facts.now
    said = Saying(
        "our own certificate ends {day}, in {days} days", day=facts.certificate_until.date(), days=max(left.days, 0)
    )
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
        said = Saying(
            "{count} valid certificates have a compromised key, and no ticket is open about them", count=count
        )
        step = Saying("Name them with `sulku keys sweep`; open a ticket and revoke them.")
        yield _unwell(Part.BLOCKED_KEYS, said, step)
    else:
        yield _well(Part.BLOCKED_KEYS, Saying("no valid certificate is forgotten on a compromised key"))


def _registers(facts: Facts) -> Iterator[Finding]:
    for ca, read_at in sorted(facts.stores.registers_read_at.items() if facts.stores else ()):
        if facts.now - read_at > REGISTER_READ_WITHIN:
            said = Saying("what {ca} has issued was last read {ago} ago", ca=ca, ago=facts.now - read_at)
            step = Saying("Run `sulku register sync --ca {ca}`: it says why it cannot be read.", ca=ca)
            yield _soon(Part.CA, said, step, f"register {ca} {read_at:%Y-%m-%d}")


def _drill(facts: Facts) -> Iterator[Finding]:
    """A mass revocation is practised each year (TLS BR 5.7.1.2)."""
    if facts.stores is None or facts.stores.drilled_at is None:
        return
    due = facts.stores.drilled_at + DRILL_EVERY
    if facts.now >= due - DRILL_SOON:
        said = Saying("a drill of a mass revocation is due by {day}", day=due.date())
        step = Saying("Practise one: sulku campaign new --drill (docs/campaigns.md).")
        yield _soon(Part.DRILL, said, step, f"{due:%Y-%m-%d}")
    else:
        yield _well(Part.DRILL, Saying("mass revocation need not be practised before {day}", day=due.date()))


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
    _registers,
    _drill,
)


def _well(part: Part, said: Saying) -> Finding:
    return Finding(part, Level.WELL, said)


def _soon(part: Part, said: Saying, step: Saying, occasion: str = "") -> Finding:
    return Finding(part, Level.SOON, said, step, occasion)


def _unwell(part: Part, said: Saying, step: Saying, occasion: str = "") -> Finding:
    return Finding(part, Level.UNWELL, said, step, occasion)


def _quoted(fault: Fault) -> Saying:
    """A saying as it is; another's words as the value of one, since they may hold braces."""
    return fault if isinstance(fault, Saying) else Saying("{said}", said=fault)
