"""Gives a CA that does not answer a rest, and keeps a slow one from taking every lane of the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock

import structlog
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from sulku_kernel.clock import Clock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import (
    Capabilities,
    CertificateAuthority,
    CertificateStatus,
    Lacking,
    Mark,
    OrderToSend,
    Outcome,
    Receipt,
    TryLater,
)
from sulku_revocation.domain.circuit import Circuit, CircuitState
from sulku_revocation.domain.record import IssuerRecord

log = structlog.get_logger()

_LANE_FREE_IN = timedelta(seconds=1)


class GuardedAuthority:
    """`authority` behind a circuit breaker, for `at_once` calls at once; more raise TryLater without a call.

    Only TryLater counts as a failure: a refusal is an answer.
    """

    def __init__(self, name: str, authority: CertificateAuthority, clock: Clock, *, at_once: int) -> None:
        self.name = name
        self._authority = authority
        self._clock = clock
        self._at_once = at_once
        self._lock = Lock()
        self._under_way = 0
        self._circuit = Circuit()

    @property
    def circuit(self) -> Circuit:
        """Its state and its counts."""
        return self._circuit

    @property
    def capabilities(self) -> Capabilities:
        """The CA's."""
        return self._authority.capabilities

    def probe(self) -> None:
        """See `CertificateAuthority.probe`."""
        with self._guarded():
            self._authority.probe()

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """See `CertificateAuthority.lookup`."""
        with self._guarded():
            return self._authority.lookup(issuer, serial)

    def revoke(self, order: OrderToSend) -> Receipt:
        """See `CertificateAuthority.revoke`."""
        with self._guarded():
            return self._authority.revoke(order)

    def revoke_with_key(self, order: OrderToSend, key: PrivateKeyTypes) -> Receipt:
        """See `CertificateAuthority.revoke_with_key`."""
        with self._guarded():
            return self._authority.revoke_with_key(order, key)

    def revoke_many(self, orders: Sequence[OrderToSend]) -> list[Outcome]:
        """See `CertificateAuthority.revoke_many`."""
        with self._guarded():
            return self._authority.revoke_many(orders)

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:
        """See `CertificateAuthority.register`; a long list is no call of its own."""
        return self._authority.register(lacking)

    def register_since(self, mark: Mark, lacking: Lacking | None = None) -> Iterator[bytes]:
        """See `CertificateAuthority.register_since`."""
        return self._authority.register_since(mark, lacking)

    def publish_crl(self, issuer: IssuerRecord) -> None:
        """See `CertificateAuthority.publish_crl`."""
        with self._guarded():
            self._authority.publish_crl(issuer)

    def close(self) -> None:
        """See `CertificateAuthority.close`."""
        self._authority.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        self._enter()
        try:
            yield
        except TryLater:
            self._leave(lambda circuit: circuit.after_failure(self._clock.now()))
            raise
        except BaseException:
            self._leave(Circuit.after_success)
            raise
        self._leave(Circuit.after_success)

    def _enter(self) -> None:
        with self._lock:
            now = self._clock.now()
            wait = self._circuit.asks_again_in(now)
            if wait > timedelta():
                raise TryLater(f"the CA {self.name!r} has not answered for a while and is asked again soon", after=wait)
            if self._under_way >= self._at_once:
                raise TryLater(f"{self._at_once} calls to the CA {self.name!r} are under way", after=_LANE_FREE_IN)
            self._circuit = self._circuit.before_call(now)
            self._under_way += 1

    def _leave(self, step: Callable[[Circuit], Circuit]) -> None:
        with self._lock:
            self._under_way -= 1
            before, self._circuit = self._circuit, step(self._circuit)
            after = self._circuit
        if before.state is not after.state and CircuitState.OPEN in {before.state, after.state}:
            log.warning("ca.circuit", ca=self.name, state=str(after.state), calls=after.calls, failures=after.failures)
        elif before.state is not after.state:
            log.info("ca.circuit", ca=self.name, state=str(after.state), calls=after.calls, failures=after.failures)
