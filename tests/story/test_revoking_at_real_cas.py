"""From an approved list to REVOKED at CAs of other makers, which publish for themselves; connections get lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from tests.contract.cas.case_ca import CaseCa
from tests.servers.cutting_proxy import Cut, cutting_proxy
from tests.story.decisions_world import World

from sulku_desk.dispatcher import Dispatcher
from sulku_kernel.clock import SetClock, SystemClock
from sulku_kernel.storage import Storage
from sulku_revocation import models
from sulku_revocation.bounded_http import HttpFetch
from sulku_revocation.ca.authority import CertificateAuthority
from sulku_revocation.domain.distinguished_name import name_key, parse_name
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.order_effects import CaOrderHandler, PublicationCheckHandler
from sulku_revocation.publication import PublicationMemory, see_publication
from sulku_revocation.register import DatabaseRegister

SECOND = timedelta(seconds=1)


class WorldAtRealCa(World):
    """Certificate 1 is the CA's own. The clock starts at the machine's time, by which the CA runs."""

    def __init__(self, storage: Storage, case: CaseCa, stack: ExitStack) -> None:
        clock = SetClock(SystemClock().now())
        super().__init__(storage, clock)
        self.case = case
        self.serial = case.issue("www.holder.example")
        self.real: CertificateAuthority = case.authority
        fetch, memory = HttpFetch(), PublicationMemory()
        stack.callback(fetch.close)
        self.dispatcher = Dispatcher(
            self.store,
            clock,
            {
                "ca_order": CaOrderHandler(self.store, clock, lambda _: self.real, DatabaseRegister, page=self.page),
                "publication_check": PublicationCheckHandler(
                    self.store,
                    clock,
                    DatabaseRegister,
                    see=lambda issuer, *rest: see_publication(issuer, *rest, fetch, memory=memory),
                    page=self.page,
                    authority_for=lambda _: self.real,
                ),
            },
            lambda tx, effect, error: self.given_up.append(error),
        )
        self._register()

    def _register(self) -> None:
        issuer = self.case.issuer
        values = {
            "name": issuer.name,
            "name_key": name_key(parse_name(issuer.name)),
            "key_identifier": issuer.key_identifier,
            "crl_url": issuer.crl_url,
            "ocsp_url": issuer.ocsp_url,
            "certificate_der": issuer.certificate_der,
        }
        table = models.certificates
        with self.store.writing() as connection:
            connection.execute(models.issuers.update().values(values))
            connection.execute(table.update().where(table.c.id == 1).values(serial=self.serial.hex))


@pytest.fixture(params=["openbao", "acme-openbao"])
def world(request: pytest.FixtureRequest, opened, sqlite_storage: Storage) -> Iterator[WorldAtRealCa]:
    with ExitStack() as stack:
        yield WorldAtRealCa(sqlite_storage, opened[request.param], stack)


def test_an_order_ends_confirmed_by_what_the_ca_publishes_and_says_what_it_lost(world: WorldAtRealCa) -> None:
    ticket_id = world.ordered(1, reason=ReasonCode.KEY_COMPROMISE)
    world.run(30 * SECOND, SECOND)
    (order,) = world.orders(ticket_id)
    assert world.states(ticket_id) == ["REVOKED"]
    assert (order["state"], order["reason"], order["ca_reason"]) == ("CONFIRMED", 1, 0)
    assert world.case.held(world.serial) == (0, order["ca_revoked_at"])
    assert world.evidence(order["id"]) == {"crl", "ocsp"}
    assert world.given_up == []
    assert world.audit_faults() == []


@pytest.mark.parametrize("cut", [Cut.BEFORE_CONNECT, Cut.WITHIN_REQUEST, Cut.BEFORE_ANSWER, Cut.WITHIN_ANSWER])
@pytest.mark.parametrize("at", range(5))
def test_an_order_ends_confirmed_wherever_one_connection_is_lost(
    opened, sqlite_storage: Storage, cut: Cut, at: int
) -> None:
    case: CaseCa = opened["openbao"]
    with ExitStack() as stack:
        world = WorldAtRealCa(sqlite_storage, case, stack)
        proxy = stack.enter_context(cutting_proxy(case.url))
        proxy.cuts = [*([Cut.NOWHERE] * at), cut]
        world.real = case.open_at(proxy.url(case.url))
        stack.callback(world.real.close)
        ticket_id = world.ordered(1)
        world.run(timedelta(minutes=3), timedelta(seconds=10))
        assert world.states(ticket_id) == ["REVOKED"]
        assert world.case.held(world.serial) is not None
        assert world.alarms(ticket_id) == []
