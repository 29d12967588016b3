"""How many revocations a second each adapter reaches at its real server over eight connections.

`python -m benchmarks.adapters [NAME …]`. *Carefully* is as the desk calls it: look, revoke, read back. Server and
client share the machine; several of the servers are written in Python and are slower than the adapter.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

from tests.contract.cas.case_ca import CaseCa
from tests.contract.cas.known import KNOWN, OVER_HTTP, open_case

from sulku_kernel.clock import SystemClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import Accepted, OrderToSend, Receipt
from sulku_revocation.ca.careful import revoke_carefully
from sulku_revocation.domain.reason_code import ReasonCode

CONNECTIONS = 8
ORDERS = 400


def main(names: list[str]) -> None:
    print(f"{'CA':14}{'':14}{'per second':>12}{'p50 ms':>10}{'p99 ms':>10}")
    for name in names or [*OVER_HTTP, *(set(KNOWN) - set(OVER_HTTP))]:
        with tempfile.TemporaryDirectory() as folder, open_case(name, Path(folder)) as case:
            orders = [_order(case, case.issue("www.holder.example")) for _ in range(2 * ORDERS)]
            _measure(
                name, "carefully", orders[:ORDERS], lambda order: revoke_carefully(case.authority, case.issuer, order)
            )
            _measure(name, "revoke only", orders[ORDERS:], case.authority.revoke)


def _order(case: CaseCa, serial: SerialNumber) -> OrderToSend:
    issuer, since = case.issuer, SystemClock().now() - timedelta(seconds=1)
    reason = ReasonCode.SUPERSEDED if ReasonCode.SUPERSEDED in case.authority.capabilities.reasons else ReasonCode(0)
    key = f"order:{serial.hex}"
    return OrderToSend(key, issuer.name, issuer.key_identifier, serial, reason, first_sent_at=since)


def _measure(name: str, what: str, orders: list[OrderToSend], send: Callable[[OrderToSend], Receipt]) -> None:
    def timed(order: OrderToSend) -> float:
        begin = time.monotonic()
        assert isinstance(send(order), Accepted)
        return (time.monotonic() - begin) * 1_000

    begin = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        took = quantiles(pool.map(timed, orders), n=100)
    rate = len(orders) / (time.monotonic() - begin)
    print(f"{name:14}{what:14}{rate:12.0f}{took[49]:10.1f}{took[98]:10.1f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
