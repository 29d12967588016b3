"""What the doctor says of each part: when it is well, when it soon is not, and what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import NIGHT

from sulku_desk.doctor import diagnose, worst
from sulku_desk.doctor_facts import Facts, Finding, Level, Part, Room, Server, StoreFacts, Waiting
from sulku_revocation.domain.crl_comparing import Origin
from sulku_revocation.domain.crl_health import PublishedPoint

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=s) for s in (1, 60, 3_600, 86_400))
GIB = 2**30
WELL = StoreFacts(leader_term=3, last_tick_at=NIGHT - SECOND, last_signed_at=NIGHT - MINUTE, last_event_at=NIGHT)

LIST = PublishedPoint(
    "CN=CA", "http://ca/crl", "crl", NIGHT, this_update=NIGHT - HOUR, next_update=NIGHT + 2 * DAY, valid=7
)


def well(**changes: Any) -> Facts:
    return replace(Facts(NIGHT, stores=WELL, rooms=(Room("/srv", 9 * GIB, 10 * GIB),)), **changes)


def stores(**changes: Any) -> Facts:
    return well(stores=replace(WELL, **changes))


def of(facts: Facts, part: Part) -> list[Finding]:
    return [finding for finding in diagnose(facts) if finding.part is part]


def test_a_desk_that_is_well_is_told_part_by_part() -> None:
    findings = diagnose(well())
    assert worst(findings) is Level.WELL
    assert {f.part for f in findings} >= {
        Part.DATABASE,
        Part.KEYS,
        Part.DISK,
        Part.WORKER,
        Part.SCHEDULER,
        Part.ON_CALL,
    }
    assert all(finding.what and not finding.next_step for finding in findings)


UNWELL: dict[str, tuple[Facts, Part]] = {
    "no database": (well(database_fault="away", database_next_step="Start it.", stores=None), Part.DATABASE),
    "old schema": (well(schema_fault="old", schema_next_step="Migrate.", stores=None), Part.SCHEMA),
    "key gone": (well(key_faults=["gone"]), Part.KEYS),
    "disk full": (well(rooms=[Room("/srv", GIB // 8, 10 * GIB)]), Part.DISK),
    "no way in": (well(takes_mail=False), Part.INTAKE),
    "sync lost": (well(sync_lost_at=NIGHT - MINUTE), Part.INTAKE),
    "sync of the desk lost": (well(desk_sync_lost_at=NIGHT - MINUTE), Part.DATABASE),
    "listener": (well(servers=[Server(Part.INTAKE, "SMTP", "refused")]), Part.INTAKE),
    "smarthost": (well(servers=[Server(Part.SMARTHOST, "mx", "refused")]), Part.SMARTHOST),
    "authority": (well(servers=[Server(Part.CA, "ca", "refused")]), Part.CA),
    "mailbox": (well(servers=[Server(Part.IMAP, "imap", "refused")]), Part.IMAP),
    "unread": (stores(unread=Waiting(7, NIGHT - 2 * MINUTE)), Part.WORKER),
    "effects late": (stores(late_effects={"mail": Waiting(2, NIGHT - HOUR)}), Part.DISPATCHER),
    "nobody looks at lists": (stores(points=[replace(LIST, looked_at=NIGHT - 2 * HOUR)]), Part.DISPATCHER),
    "CA silent": (stores(orders_unanswered=Waiting(1, NIGHT - 16 * MINUTE)), Part.ORDERS),
    "not published": (stores(orders_unpublished=Waiting(1, NIGHT - 61 * MINUTE)), Part.PUBLICATION),
    "expired list": (stores(points=[replace(LIST, next_update=NIGHT)]), Part.CRL),
    "stranger on the list": (stores(alarming_entries={("CN=CA", Origin.FOREIGN): 2}), Part.CRL_ENTRIES),
    "gone from the list": (stores(alarming_entries={("CN=CA", Origin.GONE): 1}), Part.CRL_ENTRIES),
    "issued on a blocked key": (stores(valid_on_blocked_keys=2), Part.BLOCKED_KEYS),
    "no scheduler": (stores(last_tick_at=None), Part.SCHEDULER),
    "dead tick": (stores(last_tick_at=NIGHT - 40 * SECOND), Part.SCHEDULER),
    "broken policy": (well(on_call_fault="broken"), Part.ON_CALL),
    "unsigned": (stores(unsigned_entries=4, last_signed_at=NIGHT - HOUR), Part.CHECKPOINTS),
    "never signed": (stores(unsigned_entries=4, last_signed_at=None), Part.CHECKPOINTS),
    "certificate": (well(certificate_until=NIGHT + 7 * DAY), Part.CERTIFICATE),
    "certificate over": (well(certificate_until=NIGHT - DAY), Part.CERTIFICATE),
    "no certificate": (well(certificate_fault="unreadable"), Part.CERTIFICATE),
    "clock ahead": (stores(clock_ahead=6 * SECOND), Part.CLOCK),
    "clock behind": (stores(clock_ahead=-6 * SECOND), Part.CLOCK),
    "event in the future": (stores(last_event_at=NIGHT + MINUTE), Part.CLOCK),
}


@pytest.mark.parametrize("case", UNWELL)
def test_what_is_unwell_is_the_only_such_part_and_has_a_next_step(case: str) -> None:
    facts, part = UNWELL[case]
    findings = diagnose(facts)
    assert {finding.part for finding in findings if finding.level is Level.UNWELL} == {part}
    assert all(finding.next_step for finding in findings if finding.level is not Level.WELL)


SOON: dict[str, tuple[Facts, Part]] = {
    "disk filling": (well(rooms=[Room("/srv", GIB, 10 * GIB)]), Part.DISK),
    "given up": (stores(failed_effects=1), Part.DISPATCHER),
    "no drill for eleven months": (stores(drilled_at=NIGHT - 340 * DAY), Part.DRILL),
    "register not read": (stores(registers_read_at={"health": NIGHT - 49 * HOUR}), Part.CA),
    "gap in the rota": (well(on_call_gaps=[(2, NIGHT + 6 * DAY)]), Part.ON_CALL),
    "list that ends tonight": (
        stores(points=[replace(LIST, next_update=NIGHT + 5 * HOUR, this_update=NIGHT - 23 * HOUR)]),
        Part.CRL,
    ),
    "certificate in 14 days": (well(certificate_until=NIGHT + 14 * DAY), Part.CERTIFICATE),
    "certificate in 30 days": (well(certificate_until=NIGHT + 30 * DAY), Part.CERTIFICATE),
}


@pytest.mark.parametrize("case", SOON)
def test_what_can_wait_for_the_morning_says_so(case: str) -> None:
    facts, part = SOON[case]
    assert [finding.level for finding in of(facts, part) if finding.next_step] == [Level.SOON]
    assert worst(diagnose(facts)) is Level.SOON


@pytest.mark.parametrize(
    "facts",
    [
        well(certificate_until=NIGHT + 31 * DAY),
        stores(unread=Waiting(500, NIGHT - MINUTE)),
        stores(orders_unanswered=Waiting(1, NIGHT - 15 * MINUTE)),
        stores(orders_unpublished=Waiting(1, NIGHT - 60 * MINUTE)),
        stores(last_tick_at=NIGHT - 30 * SECOND),
        stores(unsigned_entries=4, last_signed_at=NIGHT - 10 * MINUTE),
        stores(clock_ahead=5 * SECOND),
        stores(points=[LIST]),
        stores(registers_read_at={"health": NIGHT - 48 * HOUR}),
        well(rooms=[Room("/srv", 3 * GIB, 10 * GIB)]),
    ],
)
def test_what_is_within_its_limits_is_well(facts: Facts) -> None:
    assert worst(diagnose(facts)) is Level.WELL


def test_each_fault_of_what_is_published_is_an_alarm_of_its_own_on_the_same_day() -> None:
    silent = replace(LIST, fault="unreachable: 404", fault_since=NIGHT - HOUR)
    other = replace(LIST, url="http://other/crl", fault="signature: not by the issuer's key", fault_since=NIGHT)
    ending = replace(silent, next_update=NIGHT + MINUTE)
    found = of(stores(points=[silent, other]), Part.CRL) + of(stores(points=[ending]), Part.CRL)
    assert len({finding.occasion for finding in found}) == len(found) - 1 == 3  # one of them is there both times
    entries = [of(stores(alarming_entries={("CN=CA", Origin.FOREIGN): n}), Part.CRL_ENTRIES)[0] for n in (1, 2)]
    assert len({finding.occasion for finding in entries}) == 2
