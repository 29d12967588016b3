"""What a CA has issued is on file within the hour, and a certificate on a blocked key wakes somebody at once."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.certificates import issue, key, make_ca
from tests.conftest import NIGHT
from tests.servers.ca import open_ca, to_issue
from tests.story.decisions_world import APPROVER, OPERATOR, POLICY, SUPERVISOR, World
from tests.story.desk import Desk
from tests.unit.proof_material import certificate, close_primes_key

from sulku_desk.authorities import take_over
from sulku_kernel import numbers
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import ConfigurationError, InputError, NotAllowedError, UnavailableError
from sulku_kernel.outbox import outbox
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation import decisions
from sulku_revocation.block_list import block_asserted, block_weak, blocked_keys
from sulku_revocation.blocked_certificates import open_cases
from sulku_revocation.ca.authorities import NamedAuthority
from sulku_revocation.certificate_sources import Source
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.spki import spki_of
from sulku_revocation.models import certificates, issuers
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.register_import import import_certificates
from sulku_revocation.register_keeping import enqueue_keeping
from sulku_revocation.register_marks import KnownMark, keep_mark, read_mark
from sulku_revocation.register_overview import list_unassigned
from sulku_revocation.register_sync import sync_register
from sulku_tickets.domain.escalation_policy import EscalationPolicy
from sulku_tickets.models import escalations, tickets

DESK = Actor.desk("register")
CA, OTHER_KEY = make_ca(), make_ca(key_name="second generation")
TEST_CA = make_ca("TEST CA for Service Providers", "test")
FIRST, SECOND = issue(CA, 0x0A01), issue(CA, 0x0A02, key_name="other")


@pytest.fixture
def world(storage: Storage, clock: SetClock) -> World:
    return of_its_own_numbers(World(storage, clock))


@pytest.fixture
def lite(sqlite_storage: Storage, clock: SetClock) -> World:
    return of_its_own_numbers(World(sqlite_storage, clock))


def of_its_own_numbers(world: World) -> World:
    """The world's certificates took their numbers by hand: what is entered later must not get them again."""
    with world.store.writing() as connection:
        for kind in ("certificate", "issuer"):
            numbers.reserve(connection, kind, 20)
    return world


def sync(world: World, *ders: bytes, actor: Actor = DESK, is_test: bool | None = None):
    return sync_register(world.store, world.clock, actor, "care", iter(ders), lambda: POLICY, is_test=is_test)


def test_what_was_issued_elsewhere_is_entered_once_and_listed_when_nobody_on_file_has_it(world: World) -> None:
    first = sync(world, CA.der, FIRST)
    assert (first.seen, first.new, first.faults) == (2, 2, [])
    again = sync(world, CA.der, FIRST, SECOND)
    assert (again.seen, again.new) == (3, 1)
    assert [serial for serial, _ in again.without_holder] == ["a02"]
    assert sync(world, CA.der, FIRST, SECOND).new == 0
    with world.store.reading() as connection:
        listed = list_unassigned(connection, world.clock.now())
    assert {"a01", "a02"} <= {row["serial"] for row in listed}


def test_one_that_cannot_be_read_or_contradicts_what_is_on_file_is_named_and_the_others_are_entered(
    world: World,
) -> None:
    sync(world, CA.der, FIRST)
    twin = issue(CA, 0x0A01, key_name="another key")
    report = sync(world, b"\x30\x03\x02\x01\x01", twin, SECOND)
    assert report.new == 1
    assert len(report.faults) == 2
    assert any("another certificate with serial number 0a01" in fault for fault in report.faults)


def test_two_generations_of_one_name_are_two_issuers(lite: World) -> None:
    sync(lite, CA.der, OTHER_KEY.der, FIRST, issue(OTHER_KEY, 0x0A01, key_name="other"))
    found = lite.rows(certificates, certificates.c.serial == "a01")
    assert len({row["issuer_id"] for row in found}) == 2


def test_a_test_issuers_certificate_never_comes_in_from_a_production_ca(lite: World) -> None:
    report = sync(lite, TEST_CA.der, issue(TEST_CA, 0x0B01), CA.der, is_test=False)
    assert report.new == 1
    assert all("production CA" in fault for fault in report.faults)
    sync(lite, CA.der, FIRST, is_test=True)
    names = {row["name"]: row["is_test"] for row in lite.rows(issuers)}
    assert "TEST CA for Service Providers" not in "".join(names)


def test_only_the_desk_and_an_administrator_take_over(lite: World) -> None:
    with pytest.raises(NotAllowedError):
        sync(lite, CA.der, actor=OPERATOR)


def cases(world: World) -> list[dict]:
    with begin(world.store, world.clock, DESK) as tx:
        return open_cases(tx, DatabaseRegister(tx.connection), lambda: POLICY)


def block(world: World, certificate_id: int) -> str:
    spki = world.rows(certificates, certificates.c.id == certificate_id)[0]["spki"]
    with begin(world.store, world.clock, DESK) as tx:
        block_asserted(tx, spki, because="Found in a firmware.")
    return spki


def test_a_new_certificate_on_a_blocked_key_becomes_a_ticket_that_pages_and_ends_revoked(world: World) -> None:
    spki = block(world, 1)
    world.add_certificate(9, spki=spki)
    (case,) = cases(world)
    assert cases(world) == []
    assert world.states(case["id"]) == ["PROPOSED", "PROPOSED"]
    assert [row["kind"] for row in world.rows(escalations)] == ["suspected_compromise"]
    assert any(row["payload"].get("template") == "page" for row in world.rows(outbox) if row["kind"] == "mail")
    assert "certificate_on_blocked_key" in world.rows(tickets)[0]["subject"]
    world.record_evidence(case["id"])
    with begin(world.store, world.clock, OPERATOR) as tx:
        decisions.decide(tx, case["id"], facts=["key_compromised"], because="It is on the block list.")
    world.approve(case["id"], actor=APPROVER)
    world.run()
    assert world.states(case["id"]) == ["REVOKED", "REVOKED"]
    assert world.audit_faults() == []


def test_a_case_that_people_rejected_is_not_opened_again_every_hour(lite: World) -> None:
    block(lite, 1)
    (case,) = cases(lite)
    with begin(lite.store, lite.clock, SUPERVISOR) as tx:
        decisions.reject(tx, case["id"], because="A test key, known.")
    assert cases(lite) == []


@pytest.mark.parametrize("end", [decisions.withdraw, decisions.reject])
def test_what_was_taken_back_before_its_key_was_compromised_is_a_case_all_the_same(world: World, end: Any) -> None:
    earlier = world.ticket(1)
    with begin(world.store, world.clock, OPERATOR) as tx:
        end(tx, earlier, because="The holder needs it after all.")
    world.clock.advance(timedelta(days=30))
    block(world, 1)
    (case,) = cases(world)
    with begin(world.store, world.clock, OPERATOR) as tx:
        end(tx, case["id"], because="It is another key of that name.")
    assert cases(world) == [], "somebody who knew of it decided"
    spki = world.rows(certificates, certificates.c.id == 1)[0]["spki"]
    world.clock.advance(timedelta(days=1))
    with begin(world.store, world.clock, DESK) as tx:
        block_weak(tx, spki, b"", "roca")
    assert len(cases(world)) == 1, "it is proven by now"


def test_a_weak_key_is_blocked_when_its_certificate_comes_in(lite: World) -> None:
    der = certificate(close_primes_key())
    report = sync(lite, der)
    assert len(report.weak) == 1
    fingerprint = hashlib.sha256(der).hexdigest()
    assert report.weak == [row["spki"] for row in lite.rows(certificates, certificates.c.fingerprint == fingerprint)]
    assert len(report.cases) == 1


def test_what_the_ca_issued_for_a_blocked_key_pages_in_the_transaction_that_enters_it(world: World) -> None:
    with begin(world.store, world.clock, DESK) as tx:
        block_asserted(tx, read_certificate(FIRST).spki, because="Found in a firmware.")
    report = sync(world, CA.der, FIRST, SECOND)
    (case,) = world.rows(tickets)
    assert report.cases == [case["number"]]
    assert world.states(case["id"]) == ["PROPOSED"]
    assert world.mails("page") == [("page", "duty@desk.example")]
    assert sync(world, CA.der, FIRST, SECOND).cases == []


def test_a_certificate_on_a_blocked_key_is_not_entered_without_its_case(lite: World) -> None:
    def nobody() -> EscalationPolicy:
        raise ConfigurationError("no policy")

    with begin(lite.store, lite.clock, DESK) as tx:
        block_asserted(tx, read_certificate(FIRST).spki, because="Found in a firmware.")
    with pytest.raises(ConfigurationError):
        sync_register(lite.store, lite.clock, DESK, "care", iter([CA.der, FIRST]), nobody, is_test=None)
    assert lite.rows(certificates, certificates.c.serial == "a01") == []
    assert sync(lite, CA.der, FIRST).new == 2


def test_the_embedded_ca_issues_nothing_for_a_key_on_the_block_list(world: World, tmp_path: Path) -> None:
    with open_ca(tmp_path / "ca", world.clock, blocked=blocked_keys(world.store)) as ca:
        leaked, good = (to_issue(world.clock, public_key=key(name).public_key()) for name in ("leaked", "good"))
        ca.issue("care", leaked)
        before = list(ca.register())
        with begin(world.store, world.clock, DESK) as tx:
            block_asserted(tx, spki_of(leaked.public_key), because="Found in a firmware.")
        with pytest.raises(InputError, match="block list") as refused:
            ca.issue_many("care", [good, leaked])
        assert "new key" in refused.value.next_step
        assert list(ca.register()) == before
        ca.issue("care", good)


def test_the_embedded_ca_issues_nothing_while_the_block_list_cannot_be_read(clock: SetClock, tmp_path: Path) -> None:
    def away(_: object) -> set[str]:
        raise UnavailableError("the database is away")

    with open_ca(tmp_path / "ca", clock, blocked=away) as ca, pytest.raises(UnavailableError):
        ca.issue("care", to_issue(clock))


def test_what_the_embedded_ca_issues_comes_in_by_the_desks_own_hourly_take_over(desk: Desk) -> None:
    (der,) = desk.ca.issue_many("vrkshsp", [to_issue(desk.clock, "uusi.palvelu.example")])
    reports, tickets_opened = take_over(desk.instance, Actor.user("hallinta", frozenset({"administrator"})), None)
    assert (reports[0].new >= 1, tickets_opened, reports[0].faults) == (True, [], [])
    enqueue_keeping(desk.instance.storage.desk, desk.clock, ["default"])
    enqueue_keeping(desk.instance.storage.desk, desk.clock, ["default"])
    desk.dispatch()
    done = desk.rows("SELECT kind, state FROM desk.outbox WHERE kind IN ('register_sync', 'key_sweep') ORDER BY kind")
    assert [tuple(row) for row in done] == [("key_sweep", "done"), ("register_sync", "done")]
    with desk.instance.storage.desk.reading() as connection:
        named = sa.select(certificates.c.common_name).where(
            certificates.c.fingerprint == hashlib.sha256(der).hexdigest()
        )
        assert connection.execute(named).scalars().all() == ["uusi.palvelu.example"]


def test_what_is_new_at_the_embedded_ca_is_read_every_five_minutes_and_all_of_it_each_day(desk: Desk) -> None:
    pages, page = [], desk.ca.register_page
    desk.ca.register_page = lambda after: pages.append(after) or page(after)

    def keep(after: timedelta) -> int:
        desk.clock.advance(after)
        pages.clear()
        enqueue_keeping(desk.instance.storage.desk, desk.clock, ["default"])
        desk.dispatch()
        return pages[0]

    assert keep(timedelta()) == 0
    mark = pages[-1]
    assert keep(timedelta(minutes=5)) == mark > 0
    (der,) = desk.ca.issue_many("vrkshsp", [to_issue(desk.clock, "uusi.palvelu.example")])
    with begin(desk.instance.storage.desk, desk.clock, DESK) as tx:
        block_asserted(tx, read_certificate(der).spki, because="Found in a firmware.")
    assert keep(timedelta(minutes=5)) == mark
    assert desk.ticket["subject"] == "certificate_on_blocked_key: uusi.palvelu.example"
    assert desk.pages() == ["first@desk.example"]
    assert keep(timedelta(minutes=5)) > mark
    assert keep(timedelta(days=1)) == 0
    assert desk.audit_faults() == []


def test_a_ca_with_another_address_under_the_same_name_is_read_as_a_whole(lite: World) -> None:
    def named(url: str) -> NamedAuthority:
        return NamedAuthority("care", "local", url, (), None, lambda: pytest.fail("not opened"))

    with begin(lite.store, lite.clock, DESK) as tx:
        keep_mark(tx, named("http://ca"), "77", lite.clock.now())
    assert read_mark(lite.store, named("http://ca")) == KnownMark("77", lite.clock.now())
    assert read_mark(lite.store, named("http://other")) is None


def test_the_whole_is_due_each_day_and_when_the_clock_was_set_back() -> None:
    known = KnownMark("", NIGHT)
    assert known.is_whole_due(NIGHT + timedelta(days=1))
    assert not known.is_whole_due(NIGHT + timedelta(days=1, seconds=-1))
    assert known.is_whole_due(NIGHT - timedelta(seconds=1))


def test_a_ca_that_cannot_say_what_is_new_is_asked_once_an_hour(lite: World) -> None:
    marked = NamedAuthority("marked", "local", "", (), None, lambda: pytest.fail("not opened"))
    with begin(lite.store, lite.clock, DESK) as tx:
        keep_mark(tx, marked, "77", lite.clock.now())
        keep_mark(tx, replace(marked, name="bare"), "", lite.clock.now())
    for _ in range(24):
        enqueue_keeping(lite.store, lite.clock, ["marked", "bare", "never read"])
        lite.clock.advance(timedelta(minutes=5))
    asked = Counter(row["payload"]["ca"] for row in lite.rows(outbox) if row["kind"] == "register_sync")
    assert asked == {"marked": 24, "bare": 2, "never read": 2}


def test_the_weekly_sweep_finds_a_weak_key_that_no_ca_lists(desk: Desk) -> None:
    der = certificate(close_primes_key())
    with begin(desk.instance.storage.desk, desk.clock, DESK) as tx:
        import_certificates(tx, [Source("from-a-file.der", der)])
    enqueue_keeping(desk.instance.storage.desk, desk.clock, [])
    desk.dispatch()
    assert desk.ticket["urgency"] == "P0"
    assert desk.ticket["subject"].startswith("certificate_on_blocked_key")
