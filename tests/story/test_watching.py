"""When nothing is ordered the desk still looks: revoked stays revoked, lists stay fresh, nobody else revokes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, repeat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.servers.ca import serial_of, to_issue
from tests.story.decisions_world import OPERATOR, POLICY
from tests.story.test_revoking import RealWorld
from tests.unit import published

from sulku_kernel.clock import SetClock
from sulku_kernel.errors import InputError
from sulku_kernel.events import events
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation.bounded_http import FetchError, HttpFetch, Version
from sulku_revocation.ca.authority import OrderToSend
from sulku_revocation.decisions import withdraw
from sulku_revocation.domain.crl_health import PublishedPoint, complaints
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.issuer_alarms import IssuerAlarms
from sulku_revocation.models import certificates
from sulku_revocation.publication import Fetch, PublicationMemory
from sulku_revocation.publication_watch import PublicationWatch, RegisterFactory
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.watch_models import crl_entries, watched_revocations
from sulku_revocation.watching import account_for, count_alarming, read_alarming, read_points
from sulku_tickets.models import escalations

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=s) for s in (1, 60, 3_600, 86_400))


class WatchedWorld(RealWorld):
    """The world with a real CA, and the watch over it."""

    def __init__(self, storage: Storage, clock: SetClock, folder: Path, stack: ExitStack) -> None:
        super().__init__(storage, clock, folder, stack)
        fetch = HttpFetch()
        stack.callback(fetch.close)
        self.alarms_of_issuers = IssuerAlarms(lambda: POLICY)
        self.watch = self.another_watch(fetch)
        self.ca_database = folder / "ca.sqlite"

    def another_watch(self, fetch: Fetch, register: RegisterFactory = DatabaseRegister) -> PublicationWatch:
        return PublicationWatch(
            self.store,
            self.clock,
            register,
            fetch,
            PublicationMemory(),
            page=self.page,
            alarms=self.alarms_of_issuers,
        )

    def look(self, after: timedelta = 10 * MINUTE) -> None:
        """Let time pass and take every turn that is due."""
        self.clock.advance(after)
        while self.watch.run_due():
            pass

    def revoked(self, *chosen: int) -> int:
        ticket_id = self.ordered(*chosen)
        self.run(SECOND)
        assert set(self.states(ticket_id)) == {"REVOKED"}
        return ticket_id

    def forget_revocation(self, der: bytes) -> None:
        """What a restored backup does to a CA."""
        with sqlite3.connect(self.ca_database) as connection:
            connection.execute("DELETE FROM revocation WHERE serial = ?", (serial_of(der).hex,))
        self.ca._changed.add("care")
        self.ca._joined.clear()

    def revoke_behind_our_back(self, der: bytes) -> None:
        issuer, serial = self.issuer, serial_of(der)
        order = OrderToSend(f"other:{serial}", issuer.name, issuer.key_identifier, serial, ReasonCode.SUPERSEDED)
        self.ca.revoke(order)

    def alarming(self) -> list[tuple[str, str]]:
        with self.store.reading() as connection:
            return [(row["serial"], row["origin"]) for row in read_alarming(connection)]

    def recorded(self, action: str) -> int:
        return len(self.rows(events, events.c.action == action))


@pytest.fixture
def real(storage: Storage, clock: SetClock, tmp_path: Path) -> Iterator[WatchedWorld]:
    with ExitStack() as stack:
        yield WatchedWorld(storage, clock, tmp_path / "ca", stack)


@pytest.fixture
def here(sqlite_storage: Storage, clock: SetClock, tmp_path: Path) -> Iterator[WatchedWorld]:
    """On SQLite alone: for what no database does otherwise."""
    with ExitStack() as stack:
        yield WatchedWorld(sqlite_storage, clock, tmp_path / "ca", stack)


def test_what_stays_revoked_is_looked_at_ever_more_seldom_and_wakes_nobody(real: WatchedWorld) -> None:
    ticket_id = real.revoked(1)
    gaps = []
    for _ in range(4):
        (row,) = real.rows(watched_revocations)
        gaps.append(row["next_look_at"] - real.clock.now())
        real.look(gaps[-1])
    assert [gap > before for before, gap in pairwise(gaps)] == [True] * 3
    (row,) = real.rows(watched_revocations)
    assert row["looks"] == 4
    assert real.alarms(ticket_id) == []
    assert real.alarming() == []
    assert real.audit_faults() == []


def test_behind_a_clock_that_was_set_back_lists_and_revocations_are_looked_at_again_at_once(
    real: WatchedWorld,
) -> None:
    real.revoked(1)
    real.look(3 * DAY)  # it runs ahead
    real.clock.advance(-3 * DAY)
    back_at = real.clock.now()
    while real.watch.run_due():
        pass
    assert {point.looked_at for point in points(real)} == {back_at}
    (row,) = real.rows(watched_revocations)
    assert (row["looks"], row["next_look_at"]) == (2, back_at + 7 * DAY)
    assert real.watch.run_due() == 0, "once"


def points(world: WatchedWorld) -> Sequence[PublishedPoint]:
    with world.store.reading() as connection:
        return read_points(connection)


def test_a_revocation_that_comes_off_the_list_pages_at_once_and_once(real: WatchedWorld) -> None:
    ticket_id = real.revoked(1, 2)
    real.look()
    before = len(real.mails("page"))
    real.forget_revocation(real.issued[0])
    real.look()
    assert real.alarms(ticket_id) == ["no_longer_revoked"]
    assert len(real.mails("page")) > before
    paged = [row["kind"] for row in real.rows(escalations, escalations.c.ticket_id == ticket_id)]
    assert "no_longer_revoked" in paged
    assert "effect_failed" not in paged
    assert real.alarming() == [(serial_of(real.issued[0]).hex, "gone")]
    real.look()
    real.look(2 * HOUR)  # OCSP says it, too
    assert real.alarms(ticket_id) == ["no_longer_revoked"]
    assert real.states(ticket_id) == ["REVOKED", "REVOKED"]  # what was told stands in the history
    assert real.audit_faults() == []


def test_ocsp_that_takes_a_revocation_back_pages_though_the_list_still_shows_it(here: WatchedWorld) -> None:
    ticket_id = here.revoked(1)
    here.look()
    kept = here.ca.crl("care")
    here.forget_revocation(here.issued[0])
    here.ca.crl = lambda slug: kept
    here.look(HOUR)
    assert here.alarms(ticket_id) == ["no_longer_revoked"]
    assert here.alarming() == []
    with here.store.reading() as connection:
        (responder,) = [point for point in read_points(connection) if point.kind == "ocsp"]
    assert responder.fault.startswith("taken_back")
    assert [one.is_urgent for one in complaints(responder, here.clock.now())] == [True]


def test_an_entry_that_comes_back_is_quiet_again(here: WatchedWorld) -> None:
    here.revoked(1)
    here.look()
    here.forget_revocation(here.issued[0])
    here.look()
    assert here.alarming()
    here.revoke_behind_our_back(here.issued[0])
    here.look()
    assert here.alarming() == []


def test_an_entry_may_go_when_its_certificate_has_expired(here: WatchedWorld) -> None:
    ticket_id = here.revoked(1)
    here.look()
    here.clock.advance(800 * DAY)
    here.look()
    here.forget_revocation(here.issued[0])
    here.look()
    assert here.alarming() == []
    assert here.alarms(ticket_id) == []
    assert here.rows(watched_revocations) == []


def test_what_stood_on_the_list_at_the_first_look_is_known_and_what_comes_without_an_order_alarms(
    real: WatchedWorld,
) -> None:
    before, later = real.ca.issue_many("care", [to_issue(real.clock, "elsewhere.example")] * 2)
    real.revoke_behind_our_back(before)
    real.look()
    assert real.alarming() == []
    assert {row["origin"] for row in real.rows(crl_entries)} == {"before"}
    issuer = real.issuer
    real.ca.revoke(OrderToSend("x", issuer.name, issuer.key_identifier, serial_of(later), ReasonCode.SUPERSEDED))
    real.look()
    assert real.alarming() == [(serial_of(later).hex, "foreign")]
    with real.store.reading() as connection:
        assert list(count_alarming(connection).values()) == [1]
    real.look()
    assert real.recorded("CRL_ENTRY_WITHOUT_ORDER") == 1  # told once, and on until somebody finds out


def test_an_entry_is_accounted_for_with_a_reason_and_by_no_mistake(here: WatchedWorld) -> None:
    here.look()
    here.revoke_behind_our_back(here.issued[0])
    here.look()
    serial = serial_of(here.issued[0]).hex
    for serials, because in (([serial], " "), (["77"], "Tilattu puhelimitse."), (["zz"], "Tilattu puhelimitse.")):
        with pytest.raises(InputError), begin(here.store, here.clock, OPERATOR) as tx:
            account_for(tx, serials, because)
    with begin(here.store, here.clock, OPERATOR) as tx:
        assert account_for(tx, [serial.upper()], "Varmentajan päivystys tilasi sen.") == 1
    assert here.alarming() == []
    here.look()
    assert here.alarming() == []
    assert here.recorded("CRL_ENTRY_ACCOUNTED_FOR") == 1


def test_what_was_revoked_elsewhere_is_revoked_in_the_register_with_its_reason_and_date(real: WatchedWorld) -> None:
    real.revoke_behind_our_back(real.issued[0])
    at = real.clock.now()
    real.look()
    with real.store.writing() as connection:  # comes on file when its entry has long been seen
        connection.execute(certificates.update().where(certificates.c.id == 1).values(revoked_at=None, reason=None))
    real.look()
    found = {row["id"]: (row["revoked_at"], row["reason"]) for row in real.rows(certificates)}
    assert found[1] == (at, ReasonCode.SUPERSEDED)
    assert {found[2], found[3]} == {(None, None)}
    assert real.shown(real.ticket(1)).entries == (), "nobody is asked to revoke it again"
    assert real.audit_faults() == []


def test_our_own_orders_are_no_strangers_on_the_list(here: WatchedWorld) -> None:
    here.look()
    here.revoked(1, 2)
    here.look()
    assert {row["origin"] for row in here.rows(crl_entries)} == {"order"}


def test_what_the_ca_revokes_after_its_order_was_withdrawn_is_a_stranger_on_the_list(real: WatchedWorld) -> None:
    real.look()
    real.link = real.authority
    real.authority.behaves = repeat("want_key")
    ticket_id = real.ordered(1)
    real.run(2 * MINUTE)
    with begin(real.store, real.clock, OPERATOR) as tx:
        withdraw(tx, ticket_id, because="Haltija perui.")
    real.revoke_behind_our_back(real.issued[0])
    real.look()
    assert real.alarming() == [(serial_of(real.issued[0]).hex, "foreign")]


def test_a_ca_that_is_away_is_complained_of_after_half_an_hour_and_its_list_before_it_ends(
    here: WatchedWorld,
) -> None:
    here.look()
    here.stop_ca()

    def urgent() -> list[str]:
        with here.store.reading() as connection:
            found = [one for point in read_points(connection) for one in complaints(point, here.clock.now())]
        return [one.what for one in found if one.is_urgent]

    here.look()
    assert urgent() == []
    here.look(31 * MINUTE)
    assert ["unreachable" in one for one in urgent()] == [True]
    here.look(47 * HOUR)
    assert any("ends" in one for one in urgent())
    here.start_ca()
    here.look()
    assert urgent() == []


def test_a_dead_responder_keeps_the_looks_due_and_takes_nothing_back(here: WatchedWorld) -> None:
    ticket_id = here.revoked(1)
    here.stop_ca()
    here.look(2 * HOUR)
    assert here.alarms(ticket_id) == []
    assert here.alarming() == []
    (row,) = here.rows(watched_revocations)
    assert row["looks"] == 0
    here.start_ca()
    here.look()
    (row,) = here.rows(watched_revocations)
    assert row["looks"] == 1


def test_two_nodes_take_one_turn(here: WatchedWorld) -> None:
    fetch = HttpFetch()
    other = here.another_watch(fetch)
    try:
        assert here.watch.run_due() + other.run_due() == 1
    finally:
        fetch.close()


# --- lists in parts, and with a delta -------------------------------------------------------------------------------


class Lists:
    """What an issuer without a responder publishes: a list for each address, none where there is none."""

    def __init__(self, world: WatchedWorld, *urls: str) -> None:
        self.world, self.served, self.made = world, dict[str, bytes](), world.clock.now()
        certificate = published.certificate().public_bytes(Encoding.DER)
        self._issuer = replace(world.issuer, certificate_der=certificate, crl_url=" ".join(urls), ocsp_url="")
        world.watch = world.another_watch(self, lambda _: self)

    def issuer(self, _: int) -> IssuerRecord:
        return self._issuer

    def get_unless(self, known: Version, url: str, *, limit: int) -> tuple[bytes, Version]:
        if len(self.served.get(url, b"")) not in range(1, limit):
            raise FetchError("404")
        return self.served[url], Version()

    def publish(self, url: str, *ders: bytes, number: int, base: int = 0, delta: str = "") -> None:
        where = [x509.UniformResourceIdentifier(delta)]
        extensions = (
            *([(x509.DeltaCRLIndicator(base), True)] if base else []),
            *([(x509.FreshestCRL([x509.DistributionPoint(where, None, None, None)]), False)] if delta else []),
        )
        entries = [published.entry(serial_of(der), at=self.made) for der in ders]
        until = self.made + (12 * HOUR if base else 2 * DAY)
        self.served[url] = published.crl(*entries, number=number, made=self.made, until=until, extensions=extensions)

    def urgent(self) -> list[str]:
        with self.world.store.reading() as connection:
            points = read_points(connection)
        return [one.what for point in points for one in complaints(point, self.world.clock.now()) if one.is_urgent]


def test_a_delta_that_cannot_be_fetched_takes_no_revocation_back_and_is_complained_of(here: WatchedWorld) -> None:
    ticket_id = here.revoked(1)
    lists = Lists(here, "http://ca/crl", "http://mirror/crl")
    for url in ("http://ca/crl", "http://mirror/crl"):
        lists.publish(url, number=5, delta="http://ca/delta")
    lists.publish("http://ca/delta", here.issued[0], number=6, base=5)
    here.look()
    delta = lists.served.pop("http://ca/delta")
    here.look()
    here.look(31 * MINUTE)
    assert (here.alarms(ticket_id), here.alarming()) == ([], [])
    assert ["http://ca/delta: unreachable" in one for one in lists.urgent()] == [True]
    lists.served["http://ca/delta"] = delta
    here.look()
    assert lists.urgent() == []
    here.look(13 * HOUR)
    assert ["http://ca/delta: expired" in one for one in lists.urgent()] == [True, False]  # and that it has ended
    assert here.alarms(ticket_id) == []
    lists.made = here.clock.now()
    lists.publish("http://ca/delta", number=7, base=5)
    here.look()
    assert here.alarms(ticket_id) == ["no_longer_revoked"]


def test_of_a_list_in_parts_nothing_is_gone_while_a_part_cannot_be_read(here: WatchedWorld) -> None:
    ticket_id = here.revoked(1, 2)
    lists = Lists(here, "http://ca/1", "http://ca/2")
    lists.publish("http://ca/1", here.issued[0], number=5)
    lists.publish("http://ca/2", here.issued[1], number=900)
    here.look()
    del lists.served["http://ca/2"]
    here.look()
    assert here.alarms(ticket_id) == []
    lists.publish("http://ca/2", number=901)
    here.look()
    assert here.alarms(ticket_id) == ["no_longer_revoked"]
    assert here.alarming() == [(serial_of(here.issued[1]).hex, "gone")]
