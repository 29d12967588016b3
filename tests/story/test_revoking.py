"""From an approved list to REVOKED: only what CRL and OCSP show counts, whatever the CA says, loses or refuses."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from tests.servers.ca import issuer_record, open_ca, serial_of, serve_ca, to_issue
from tests.story.decisions_world import OPERATOR, STRANGER, World

from sulku_desk.dispatcher import Dispatcher
from sulku_kernel import outbox
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation import models, orders, requests
from sulku_revocation.bounded_http import HttpFetch
from sulku_revocation.ca.authority import Accepted, OrderToSend, Receipt, TryLater
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.ca.local import LocalAuthority
from sulku_revocation.domain.crl_evidence import open_crl, see_on_crl
from sulku_revocation.domain.crl_reading import CrlEntries
from sulku_revocation.domain.distinguished_name import name_key, parse_name
from sulku_revocation.domain.publication_evidence import NotYet, Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.order_effects import CaOrderHandler, PublicationCheckHandler
from sulku_revocation.publication import PublicationMemory, see_publication
from sulku_revocation.register import DatabaseRegister
from sulku_tickets import escalation
from sulku_tickets.models import escalations

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


class Link:
    """The adapter, and the line it speaks over: what comes back from the CA can get lost."""

    def __init__(self, authority: LocalAuthority) -> None:
        self._authority = authority
        self.lookup, self.register = authority.lookup, authority.register
        self.capabilities = authority.capabilities
        self.loses_answers = 0
        self.sent: list[OrderToSend] = []

    def revoke(self, order: OrderToSend) -> Receipt:
        self.sent.append(order)
        receipt = self._authority.revoke(order)
        if self.loses_answers:
            self.loses_answers -= 1
            raise TryLater("the connection was cut behind the request")
        return receipt


class RealWorld(World):
    """The world of the stories with a real CA on a port: certificates 1 to 3 are its own, certificate 4 is not."""

    def __init__(self, storage: Storage, clock: SetClock, folder: Path, stack: ExitStack) -> None:
        super().__init__(storage, clock)
        self._folder = folder
        self._stack = stack
        self.ca: EmbeddedCa = stack.enter_context(open_ca(folder, clock))
        self.port = 0
        self._running = ExitStack()
        stack.callback(self.stop_ca)
        self.start_ca()
        self.issued = self.ca.issue_many("care", [to_issue(clock, f"host{n}.holder.example") for n in (1, 2, 3)])
        self.issuer = issuer_record(self.ca, "care", url=f"http://127.0.0.1:{self.port}")
        self.token_file = folder / "admin.token"
        authority = LocalAuthority(f"http://127.0.0.1:{self.port}", self.token_file)
        fetch, memory = HttpFetch(), PublicationMemory()
        stack.callback(authority.close)
        stack.callback(fetch.close)
        self.link = Link(authority)
        self.dispatcher = Dispatcher(
            self.store,
            clock,
            {
                "ca_order": CaOrderHandler(
                    self.store, clock, lambda issuer: self.link, DatabaseRegister, page=self.page
                ),
                "publication_check": PublicationCheckHandler(
                    self.store,
                    clock,
                    DatabaseRegister,
                    see=lambda issuer, *rest: see_publication(issuer, *rest, fetch, memory=memory),
                    page=self.page,
                ),
            },
            lambda tx, effect, error: self.given_up.append(error),
        )
        self._register()

    def _register(self) -> None:
        issuer = {
            "name": self.issuer.name,
            "name_key": name_key(parse_name(self.issuer.name)),
            "key_identifier": self.issuer.key_identifier,
            "crl_url": self.issuer.crl_url,
            "ocsp_url": self.issuer.ocsp_url,
            "certificate_der": self.issuer.certificate_der,
        }
        table = models.certificates
        with self.store.writing() as connection:
            connection.execute(models.issuers.update().values(issuer))
            for id_, der in enumerate(self.issued, 1):
                connection.execute(table.update().where(table.c.id == id_).values(serial=serial_of(der).hex))

    def start_ca(self) -> None:
        running = self._running.enter_context(serve_ca(self.ca, self._folder, self.port))
        self.port = running.server.port

    def stop_ca(self) -> None:
        self._running.close()

    @property
    def on_crl(self) -> frozenset[int]:
        return CrlEntries(self.ca.crl("care")).serials

    def certificate(self, id_: int):
        with self.store.reading() as connection:
            return DatabaseRegister(connection).certificate(id_)


@pytest.fixture
def real(storage: Storage, clock: SetClock, tmp_path: Path) -> Iterator[RealWorld]:
    with ExitStack() as stack:
        yield RealWorld(storage, clock, tmp_path / "ca", stack)


@pytest.fixture
def here(sqlite_storage: Storage, clock: SetClock, tmp_path: Path) -> Iterator[RealWorld]:
    """On SQLite alone: for what no database does otherwise."""
    with ExitStack() as stack:
        yield RealWorld(sqlite_storage, clock, tmp_path / "ca", stack)


def only_order(world: World, ticket_id: int) -> dict:
    (order,) = world.orders(ticket_id)
    return order


# --- the whole way ---------------------------------------------------------------------------------------------------


def test_what_was_approved_is_sent_accepted_seen_in_both_and_told(real: RealWorld) -> None:
    ticket_id = real.ticket(1, requester=STRANGER)
    real.record_evidence(ticket_id)
    real.decide(ticket_id, ReasonCode.KEY_COMPROMISE, invalidity_at=real.clock.now() - timedelta(days=1))
    real.approve(ticket_id)
    assert real.states(ticket_id) == ["ORDERED"]
    assert real.mails("revoked_holder", "revoked_reporter") == []
    real.run(SECOND)
    order = only_order(real, ticket_id)
    assert (order["state"], order["ca_reason"], order["ca_revoked_at"]) == ("CONFIRMED", 1, real.clock.now() - SECOND)
    assert real.states(ticket_id) == ["REVOKED"]
    assert real.on_crl == {serial_of(real.issued[0])}
    assert real.certificate(1).revoked_at == order["ca_revoked_at"]
    assert real.certificate(2).revoked_at is None
    assert real.mails("revoked_holder", "revoked_reporter") == [
        ("revoked_holder", "tekniikka@holder.example"),
        ("revoked_holder", "tuotanto@holder.example"),
        ("revoked_reporter", STRANGER),
    ]
    assert not {"publication", "decision_to_visible"} & real.running_clocks(ticket_id)
    assert real.alarms(ticket_id) == []
    assert real.audit_faults() == []


def test_the_evidence_that_is_kept_proves_it_again_to_anybody(here: RealWorld) -> None:
    ticket_id = here.ordered(1)
    here.run(SECOND)
    order = only_order(here, ticket_id)
    with here.store.reading() as connection:
        kept = {row["kind"]: row for row in orders.read_evidence(connection, order["id"])}
        assert orders.read_crl_numbers(connection) == {1: int(order["crl_number"])}
    assert set(kept) == {"crl", "ocsp"}
    opened = open_crl(kept["crl"]["der"], x509.load_der_x509_certificate(here.issuer.certificate_der))
    found = see_on_crl(opened, serial_of(here.issued[0]), ReasonCode.SUPERSEDED, kept["crl"]["seen_at"])
    assert isinstance(found, Seen)
    assert found.sha256 == order["crl_digest"] == kept["crl"]["sha256"]


def test_many_orders_at_once_are_confirmed_by_one_list_kept_once(here: RealWorld) -> None:
    ticket_id = here.ordered(1, 2, 3)
    here.run(SECOND)
    assert here.states(ticket_id) == ["REVOKED"] * 3
    assert len({order["crl_digest"] for order in here.orders(ticket_id)}) <= 3
    assert here.actions(ticket_id, "CONFIRM") == 3
    assert here.audit_faults() == []


# --- a CA that does not answer ---------------------------------------------------------------------------------------


def test_a_ca_that_is_down_is_tried_until_it_is_up_and_pages_once_after_15_minutes(real: RealWorld) -> None:
    real.stop_ca()
    ticket_id = real.ordered(1)
    real.run(14 * MINUTE)
    assert only_order(real, ticket_id)["state"] == "SENT"
    assert real.alarms(ticket_id) == []
    real.run(45 * MINUTE, step=5 * MINUTE)
    assert real.alarms(ticket_id) == ["ca_unavailable"]
    assert len(real.rows(escalations, escalations.c.ticket_id == ticket_id)) == 1
    assert real.states(ticket_id) == ["ORDERED"]
    real.start_ca()
    real.run(6 * MINUTE)
    assert real.states(ticket_id) == ["REVOKED"]
    assert len({order.idempotency_key for order in real.link.sent}) == 1
    assert real.audit_faults() == []


def test_a_wrong_token_pages_at_once_and_the_order_goes_out_when_it_is_right(real: RealWorld) -> None:
    right = real.token_file.read_text()
    real.token_file.write_text("x" * 40)
    ticket_id = real.ordered(1)
    real.run(10 * SECOND)
    assert real.alarms(ticket_id) == ["ca_settings_wrong"]
    assert real.given_up == []
    real.run(20 * MINUTE, step=5 * MINUTE)
    assert real.alarms(ticket_id) == ["ca_settings_wrong"]
    real.token_file.write_text(right)
    real.run(6 * MINUTE)
    assert real.states(ticket_id) == ["REVOKED"]
    assert real.audit_faults() == []


def test_an_answer_that_is_lost_is_asked_for_again_and_the_certificate_is_revoked_once(real: RealWorld) -> None:
    real.link.loses_answers = 2
    first = real.clock.now()
    ticket_id = real.ordered(1)
    real.run(MINUTE)
    order = only_order(real, ticket_id)
    assert (order["state"], order["ca_revoked_at"]) == ("CONFIRMED", first)
    assert len(real.link.sent) == 3
    assert len(set(real.link.sent)) == 1
    assert real.actions(ticket_id, "ACCEPT") == 2  # once for the order, once for its request
    assert real.on_crl == {serial_of(real.issued[0])}


def test_a_ca_that_goes_down_between_accepting_and_publishing_is_watched_until_it_shows_it(here: RealWorld) -> None:
    ticket_id = here.ordered(1)
    assert here.dispatcher.run_due(["ca_order"]) == 1
    assert here.states(ticket_id) == ["ACCEPTED"]
    here.stop_ca()
    here.run(10 * MINUTE, step=2 * MINUTE)
    assert here.states(ticket_id) == ["ACCEPTED"]
    assert here.mails("revoked_holder") == []
    here.start_ca()
    here.run(2 * MINUTE)
    assert here.states(ticket_id) == ["REVOKED"]


def test_a_fault_of_ours_while_sending_loses_no_order(here: RealWorld) -> None:
    revoke, here.link.revoke = here.link.revoke, lambda order: 1 / 0
    ticket_id = here.ordered(1)
    here.run()
    assert only_order(here, ticket_id)["state"] == "SENT"
    here.link.revoke = revoke
    here.run(6 * MINUTE)
    assert here.states(ticket_id) == ["REVOKED"]


# --- a CA that lies --------------------------------------------------------------------------------------------------


def test_a_ca_that_says_accepted_and_publishes_nothing_never_makes_it_revoked(real: RealWorld) -> None:
    # It answers as if it had done it, over HTTP, and does nothing.
    real.link.revoke = lambda order: Accepted(real.clock.now())
    ticket_id = real.ordered(1)
    real.run(29 * MINUTE, step=5 * MINUTE)
    assert real.alarms(ticket_id) == []
    real.run(2 * MINUTE, step=MINUTE)
    assert real.alarms(ticket_id) == ["not_visible_after_30_minutes"]
    real.run(30 * MINUTE, step=5 * MINUTE)
    assert real.alarms(ticket_id) == ["not_visible_after_30_minutes", "not_visible_after_60_minutes"]
    real.run(timedelta(hours=30), step=timedelta(hours=3))
    assert len(real.alarms(ticket_id)) == 2  # each pages once
    assert real.states(ticket_id) == ["ACCEPTED"]
    assert real.certificate(1).revoked_at is None
    assert real.mails("revoked_holder", "revoked_reporter") == []
    assert "publication" in real.running_clocks(ticket_id)
    assert real.audit_faults() == []


def test_a_revocation_published_late_is_seen_however_late(here: RealWorld) -> None:
    told = here.link.revoke
    here.link.revoke = lambda order: Accepted(here.clock.now())
    ticket_id = here.ordered(1)
    here.run(40 * MINUTE, step=10 * MINUTE)
    order = only_order(here, ticket_id)
    told(
        OrderToSend(
            order["idempotency_key"], here.issuer.name, here.issuer.key_identifier, serial_of(here.issued[0]),
            ReasonCode.SUPERSEDED,
        )
    )  # fmt: skip
    here.run(2 * MINUTE)
    assert here.states(ticket_id) == ["REVOKED"]
    # What is told is the date that is published, not the one the CA spoke of.
    assert (
        only_order(here, ticket_id)["ca_revoked_at"]
        == here.ca.lookup(here.issuer, serial_of(here.issued[0])).revoked_at
    )


def test_already_revoked_counts_only_when_the_cas_own_records_say_so(lite: World) -> None:
    lite.authority.behaves = itertools.repeat("say_already")
    ticket_id = lite.ordered(1)
    lite.run(5 * MINUTE)
    assert only_order(lite, ticket_id)["state"] == "SENT"
    assert lite.alarms(ticket_id) == ["ca_contradicts_itself"]
    lite.authority.behaves = itertools.repeat("accept")
    lite.run(3 * MINUTE)
    assert lite.states(ticket_id) == ["REVOKED"]


# --- a CA that refuses -----------------------------------------------------------------------------------------------


def test_what_the_ca_refuses_ends_the_request_visibly_and_keeps_the_deadline_running(real: RealWorld) -> None:
    with real.store.writing() as connection:  # the register knows a certificate that the CA never issued
        table = models.certificates
        connection.execute(table.update().where(table.c.id == 3).values(serial="7fff0001"))
    ticket_id = real.ordered(1, 3)
    real.run(MINUTE)
    assert real.states(ticket_id) == ["REVOKED", "REFUSED"]
    assert len(real.given_up) == 1
    assert "unknown_serial" in real.given_up[0]
    assert "publication" in real.running_clocks(ticket_id)
    assert len(real.link.sent) == 2  # never sent again
    assert {to for template, to in real.mails("revoked_holder")} == {
        "tuotanto@holder.example",
        "tekniikka@holder.example",
    }


def test_an_order_whose_issuer_is_not_the_cas_is_refused(here: RealWorld) -> None:
    with here.store.writing() as connection:
        connection.execute(models.issuers.update().values(key_identifier="00" * 20))
    ticket_id = here.ordered(1)
    here.run(MINUTE)
    assert here.states(ticket_id) == ["REFUSED"]
    assert "wrong_issuer" in here.given_up[0]


# --- revoked before --------------------------------------------------------------------------------------------------


def revoke_before(real: RealWorld, reason: ReasonCode) -> None:
    order = OrderToSend("other:1", real.issuer.name, real.issuer.key_identifier, serial_of(real.issued[0]), reason)
    real.ca.revoke(order)


def test_what_was_revoked_before_for_the_same_reason_is_seen_with_its_first_date(here: RealWorld) -> None:
    first = here.clock.now()
    revoke_before(here, ReasonCode.SUPERSEDED)
    here.clock.advance(timedelta(days=1))
    ticket_id = here.ordered(1)
    here.run(SECOND)
    assert here.states(ticket_id) == ["REVOKED"]
    assert here.certificate(1).revoked_at == first
    assert here.alarms(ticket_id) == []


def test_what_was_revoked_before_for_another_reason_keeps_it_and_pages(here: RealWorld) -> None:
    revoke_before(here, ReasonCode.CESSATION_OF_OPERATION)
    ticket_id = here.ordered(1)
    here.run(SECOND)
    assert here.states(ticket_id) == ["REVOKED"]
    assert here.alarms(ticket_id) == ["revoked_for_another_reason"]
    assert only_order(here, ticket_id)["ca_reason"] == ReasonCode.CESSATION_OF_OPERATION
    assert here.mail("revoked_holder")["context"]["reason"] == "cessationOfOperation"


def test_a_hold_that_somebody_else_set_is_never_taken_for_a_revocation(lite: World) -> None:
    lite.authority.revoked["1e120f01"] = (6, lite.clock.now())
    lite.publisher.crl = lite.publisher.ocsp = Wrong("reason", "the list says 6, the order 4")
    ticket_id = lite.ordered(1)
    lite.run(5 * MINUTE)
    assert lite.states(ticket_id) == ["ACCEPTED"]
    assert lite.alarms(ticket_id) == ["revoked_for_another_reason", "crl_wrong", "ocsp_wrong"]


# --- what is published is wrong --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
def test_half_a_publication_is_kept_and_is_not_enough(lite: World, kind: str) -> None:
    other = "ocsp" if kind == "crl" else "crl"
    setattr(lite.publisher, other, NotYet("unreachable"))
    ticket_id = lite.ordered(1)
    lite.run(MINUTE)
    order = only_order(lite, ticket_id)
    assert lite.states(ticket_id) == ["ACCEPTED"]
    assert lite.evidence(order["id"]) == {kind}
    assert lite.mails("revoked_holder") == []
    half = order[f"{kind}_visible_at"]
    setattr(lite.publisher, other, None)
    lite.run(2 * MINUTE)
    order = only_order(lite, ticket_id)
    assert lite.states(ticket_id) == ["REVOKED"]
    assert order[f"{kind}_visible_at"] == half < order[f"{other}_visible_at"]


def test_what_was_seen_once_and_is_gone_again_is_not_enough(lite: World) -> None:
    lite.publisher.ocsp = NotYet("good", is_statement=True)
    ticket_id = lite.ordered(1)
    lite.run()
    lite.publisher.crl, lite.publisher.ocsp = NotYet("not_listed", is_statement=True), None
    lite.run(10 * MINUTE)
    assert lite.states(ticket_id) == ["ACCEPTED"]  # never both at one look
    assert lite.alarms(ticket_id) == ["crl_and_ocsp_differ"]


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
def test_an_answer_that_does_not_count_pages_once(lite: World, kind: str) -> None:
    setattr(lite.publisher, kind, Wrong("signature", "not by the issuer's key"))
    ticket_id = lite.ordered(1)
    lite.run(10 * MINUTE)
    assert lite.states(ticket_id) == ["ACCEPTED"]
    assert lite.alarms(ticket_id) == [f"{kind}_wrong"]
    (paged,) = lite.rows(escalations, escalations.c.ticket_id == ticket_id)
    assert paged["kind"] == "effect_failed"


def test_crl_and_ocsp_that_contradict_each_other_for_five_minutes_page(lite: World) -> None:
    lite.publisher.ocsp = NotYet("good", is_statement=True)
    ticket_id = lite.ordered(1)
    lite.run(5 * MINUTE)
    assert lite.alarms(ticket_id) == []
    lite.run(2 * MINUTE)
    assert lite.alarms(ticket_id) == ["crl_and_ocsp_differ"]
    lite.publisher.ocsp = None
    lite.run(2 * MINUTE)
    assert lite.states(ticket_id) == ["REVOKED"]


# --- carried out twice -----------------------------------------------------------------------------------------------


def test_effects_that_are_handed_out_again_after_a_crash_change_nothing(lite: World) -> None:
    ticket_id = lite.ordered(1)
    lite.run(SECOND)
    before = (lite.orders(ticket_id), lite.mails(), lite.actions(ticket_id, "CONFIRM"))
    with lite.store.writing() as connection:
        table = outbox.outbox
        connection.execute(
            table.update()
            .where(table.c.kind.in_(["ca_order", "publication_check"]))
            .values(state="queued", next_attempt_at=lite.clock.now())
        )
    lite.run(SECOND)
    assert (lite.orders(ticket_id), lite.mails(), lite.actions(ticket_id, "CONFIRM")) == before
    assert len(lite.authority.sent) == 1
    assert lite.audit_faults() == []


def test_the_deadline_of_what_the_ca_refused_ends_when_it_is_revoked_after_all(lite: World) -> None:
    lite.authority.behaves = iter(["refuse", "accept", "accept"])
    ticket_id = lite.ordered(1, 2)
    lite.run(SECOND)
    assert lite.states(ticket_id) == ["REFUSED", "REVOKED"]
    assert "publication" in lite.running_clocks(ticket_id)
    with begin(lite.store, lite.clock, OPERATOR) as tx:
        register = DatabaseRegister(tx.connection)
        requests.correct_match(tx, ticket_id, register=register, because="CA on korjattu.", add=[1])
    lite.decide(ticket_id)
    lite.approve(ticket_id)
    lite.run(SECOND)
    assert lite.states(ticket_id) == ["REFUSED", "REVOKED", "REVOKED"]
    assert "publication" not in lite.running_clocks(ticket_id)


def test_who_has_acknowledged_at_30_minutes_is_woken_again_at_60(lite: World) -> None:
    lite.authority.behaves = itertools.repeat("lie")
    ticket_id = lite.ordered(1)
    lite.run(31 * MINUTE, step=10 * MINUTE)
    first = lite.mails("page")
    assert first
    with begin(lite.store, lite.clock, OPERATOR) as tx:
        escalation.acknowledge(tx, ticket_id)
    lite.run(28 * MINUTE, step=10 * MINUTE)
    assert lite.mails("page") == first
    lite.run(3 * MINUTE, step=MINUTE)
    assert len(lite.mails("page")) == 2 * len(first)
