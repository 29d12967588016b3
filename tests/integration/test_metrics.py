"""What whoever watches the desk reads of its CAs: counted in the dispatchers, added up in the database, served by web."""

from __future__ import annotations

from starlette.testclient import TestClient
from tests.integration.console_world import Console
from tests.unit.test_circuit import Moody, failing

from sulku_kernel.clock import SetClock
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.storage import Storage
from sulku_revocation.ca.authorities import Authorities, NamedAuthority
from sulku_revocation.ca.authority import CertificateAuthority, OrderToSend, TryLater
from sulku_revocation.ca.guarding import GuardedAuthority
from sulku_revocation.circuit_counts import CircuitCounts
from sulku_revocation.domain.circuit import OPENS_AFTER
from sulku_revocation.domain.reason_code import ReasonCode

ORDER = OrderToSend("order:1", "CN=CA", "ab" * 20, SerialNumber(1), ReasonCode.SUPERSEDED)


class Node:
    """A dispatcher's CAs and what it tells of them."""

    def __init__(self, storage: Storage, clock: SetClock) -> None:
        self.ca = Moody()
        guarded: CertificateAuthority = GuardedAuthority("health", self.ca, clock, at_once=4)
        self.authorities = Authorities([NamedAuthority("health", "local", "", (), None, lambda: guarded)])
        self.counts = CircuitCounts(storage.desk, self.authorities.circuits)
        self._clock = clock

    def calls(self, answered: int, failed: int) -> None:
        guarded = self.authorities.open("health")
        assert isinstance(guarded, GuardedAuthority)
        for _ in range(answered):
            guarded.revoke(ORDER)
        self.ca.mood = TryLater("silence")
        failing(guarded, failed)
        self.ca.mood = None
        self.counts.tell(self._clock.now())
        self.counts.tell(self._clock.now())  # what was told is not told again


def served(console: Console) -> dict[str, float]:
    answer = TestClient(console.app).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_a_ca_that_does_not_answer_is_counted_over_all_nodes_and_restarts(storage: Storage, clock: SetClock) -> None:
    console = Console(storage, clock)
    assert served(console) == {}
    Node(storage, clock).calls(answered=3, failed=0)
    Node(storage, clock).calls(answered=1, failed=OPENS_AFTER)
    assert served(console) == {
        'sulku_ca_calls_total{ca="health"}': 4 + OPENS_AFTER,
        'sulku_ca_failures_total{ca="health"}': OPENS_AFTER,
        'sulku_ca_circuit_opened_total{ca="health"}': 1,
        'sulku_ca_circuit_state{ca="health",state="closed"}': 0,
        'sulku_ca_circuit_state{ca="health",state="open"}': 1,
        'sulku_ca_circuit_state{ca="health",state="half_open"}': 0,
    }


def test_a_ca_that_was_never_asked_writes_nothing(sqlite_storage: Storage, clock: SetClock) -> None:
    node = Node(sqlite_storage, clock)
    node.authorities.open("health")
    node.counts.tell(clock.now())
    assert served(Console(sqlite_storage, clock)) == {}
