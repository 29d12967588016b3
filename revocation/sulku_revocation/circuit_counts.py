"""What the circuit breakers count, where whoever watches the desk can read it (`/metrics`).

A breaker lives in the memory of the dispatcher that asks the CA. Every few seconds what it has counted since is added
to the row of its CA, so that the counts of all nodes stand together and outlast a restart; the state is the last one
that was told of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sulku_kernel.bulk import insert_rows
from sulku_kernel.storage import Store
from sulku_revocation.domain.circuit import Circuit, CircuitState
from sulku_revocation.watch_models import ca_circuits


@dataclass(frozen=True, slots=True)
class CaCounts:
    """A CA of the settings by its name: calls, how many got no answer, and how often it was left alone for that."""

    ca: str
    state: CircuitState
    calls: int
    failures: int
    opened: int


class CircuitCounts:
    """Carries the counts of one process over. `circuits`: of the CAs that were opened, by name."""

    def __init__(self, store: Store, circuits: Callable[[], Mapping[str, Circuit]]) -> None:
        self._store = store
        self._circuits = circuits
        self._told: dict[str, Circuit] = {}

    def tell(self, now: datetime) -> None:
        """Add what was counted since the last time."""
        changed = {ca: one for ca, one in self._circuits().items() if one != self._told.get(ca, Circuit())}
        if not changed:
            return
        with self._store.writing(synced=False) as connection:
            for ca, circuit in changed.items():
                _add(connection, ca, circuit, self._told.get(ca, Circuit()), now)
        self._told |= changed


def read_counts(connection: sa.Connection) -> list[CaCounts]:
    """Of every CA that was ever asked, by name."""
    columns = ca_circuits.c
    chosen = (columns.ca, columns.state, columns.calls, columns.failures, columns.opened)
    return [
        CaCounts(row.ca, CircuitState(row.state), row.calls, row.failures, row.opened)
        for row in connection.execute(sa.select(*chosen).order_by(columns.ca))
    ]


def _add(connection: sa.Connection, ca: str, circuit: Circuit, told: Circuit, now: datetime) -> None:
    row = {"ca": ca, "state": str(circuit.state), "calls": 0, "failures": 0, "opened": 0, "changed_at": now}
    insert_rows(connection, ca_circuits, [row], unless_there=("ca",))
    columns = ca_circuits.c
    connection.execute(
        ca_circuits.update()
        .where(columns.ca == ca)
        .values(
            state=str(circuit.state),
            calls=columns.calls + circuit.calls - told.calls,
            failures=columns.failures + circuit.failures - told.failures,
            opened=columns.opened + circuit.opened - told.opened,
            changed_at=now,
        )
    )
