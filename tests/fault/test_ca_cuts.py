"""Orders to real CAs over connections that are cut anywhere, again and again: revoked once, and the order ends confirmed."""

from __future__ import annotations

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.contract.cas.case_ca import CaseCa
from tests.contract.cas.known import OVER_HTTP
from tests.servers.cutting_proxy import Cut, CuttingProxy, cutting_proxy

from sulku_kernel.clock import SystemClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import Accepted, CertificateAuthority, Lost, OrderToSend, TryLater
from sulku_revocation.ca.careful import revoke_carefully
from sulku_revocation.domain.reason_code import ReasonCode

NOW = SystemClock()  # the CAs run by the machine's clock
# CAs whose status can be asked, so that an order's own end can be told from somebody else's.
CAS = tuple(name for name in OVER_HTTP if name != "cmp")
REASONS = (ReasonCode.UNSPECIFIED, ReasonCode.KEY_COMPROMISE, ReasonCode.SUPERSEDED, ReasonCode.CESSATION_OF_OPERATION)
MOST_TRIES = 60
CUTS = (*Cut, Cut.NOWHERE)


@pytest.mark.parametrize("name", CAS)
def test_thirty_cut_orders_are_each_revoked_once_with_the_first_reason_and_date(opened, name: str) -> None:
    _run(opened, (name,), runs=5, seed=len(name))


@pytest.mark.torture(is_long=True)
@pytest.mark.timeout(1_800)
def test_five_hundred_cut_orders_over_all_cas_are_each_revoked_once(opened) -> None:
    runs = int(os.environ.get("TORTURE_REVOCATIONS") or 500)
    seed = int(os.environ.get("TORTURE_SEED") or 1)
    met = _run(opened, CAS, runs=runs, seed=seed)
    print(f"\n{runs} orders, seed {seed}: {dict(met)}")  # noqa: T201  what `make torture` reports


def _run(opened, names: tuple[str, ...], *, runs: int, seed: int) -> Counter[str]:
    """So many orders, each at one of the CAs; at each CA one after the other, at different CAs at once."""
    orders = Counter(random.Random(seed).choices(names, k=runs))
    cases = [(opened[name], name, orders[name], f"{seed} {name}") for name in names]
    with ThreadPoolExecutor(len(names)) as threads:
        return sum(threads.map(lambda case: _orders_at(*case), cases), orders)


def _orders_at(case: CaseCa, name: str, count: int, seed: str) -> Counter[str]:
    chance = random.Random(seed)
    met: Counter[str] = Counter()
    for number in range(count):
        with cutting_proxy(case.url) as proxy:
            _one_order(case, proxy, chance, f"seed {seed}, order {number}, {name}")
            met += proxy.met
    return met


def _one_order(case: CaseCa, proxy: CuttingProxy, chance: random.Random, told: str) -> None:
    """As the dispatcher does it: the same order until there is a receipt, each time over other connections."""
    serial = case.issue("cut.holder.example")
    sent = _order(case, serial, chance.choice(REASONS))
    receipt = first = None
    for _ in range(MOST_TRIES):
        proxy.cuts = [chance.choice(CUTS) for _ in range(chance.randint(0, 8))]
        receipt = _try(case, sent, proxy)
        first = first or case.held(serial)
        if receipt is not None:
            break
    assert isinstance(receipt, Accepted), told
    held = case.held(serial)
    assert held is not None, told
    assert held == first, f"{told}: the first reason and date must stand"
    assert case.revokes(serial) == 1, told
    assert held[0] == sent.reason or Lost.REASON in receipt.lost, told


def _try(case: CaseCa, sent: OrderToSend, proxy: CuttingProxy) -> Accepted | None:
    assert case.open_at is not None
    authority: CertificateAuthority = case.open_at(proxy.url(case.url))
    try:
        receipt = revoke_carefully(authority, case.issuer, sent)
        assert isinstance(receipt, Accepted), receipt
    except TryLater:
        return None
    finally:
        authority.close()
    return receipt


def _order(case: CaseCa, serial: SerialNumber, reason: ReasonCode) -> OrderToSend:
    issuer = case.issuer
    key = f"order:{serial.hex}"
    since = NOW.now() - timedelta(seconds=1)
    return OrderToSend(key, issuer.name, issuer.key_identifier, serial, reason, first_sent_at=since)
