"""One unit of work: rows, events and effects that become true together or not at all.

    with begin(storage.desk, clock, actor) as tx:
        ticket = tx.get(TICKETS, 12)
        tx.change(TICKETS, ticket, "CLAIM", {"assignee": "mikko"})
        tx.enqueue(Effect("mail", key="…", payload={…}))

A projection's row is written only through `create` and `change`, each of which records the event that explains it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel import events, outbox
from sulku_kernel.actor import Actor
from sulku_kernel.bulk import insert_rows, update_rows
from sulku_kernel.clock import Clock
from sulku_kernel.errors import NotFoundError
from sulku_kernel.events import Event, Subject
from sulku_kernel.state_machine import StateMachine
from sulku_kernel.storage import Store


@dataclass(frozen=True)
class Projection:
    """A table whose rows are explained by events: `fold(events of a row) == row`.

    The table has an integer primary key `id` and, with a state machine, a text column `state`. `ticket_column` names
    the column that holds the ticket whose timeline the events belong to (`id` for tickets themselves). Of the `sealed`
    columns (text) the events hold only the SHA-256: they tell that one was altered, and tell nobody what it says.
    """

    kind: str
    table: sa.Table
    machine: StateMachine | None = None
    ticket_column: str | None = None
    sealed: frozenset[str] = frozenset()

    def told(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A row's values as its events hold them."""
        return {name: _digest(value) if name in self.sealed else value for name, value in values.items()}


Row = Mapping[str, Any]


class Transaction:
    """See the module. Make one with `begin`."""

    def __init__(self, connection: sa.Connection, *, now: datetime, actor: Actor, is_sqlite: bool) -> None:
        self.connection = connection
        self.now = now
        self.actor = actor
        self.is_sqlite = is_sqlite
        self._inserts: defaultdict[sa.Table, list[dict[str, Any]]] = defaultdict(list)
        self._events: list[Event] = []
        self._effects: list[outbox.Effect] = []

    # --- projections -------------------------------------------------------------------------------------------

    def get(self, projection: Projection, id_: int) -> Row:
        """The row, locked until the end. Raises NotFoundError."""
        row = self.find(projection, projection.table.c.id == id_)
        if row is None:
            raise NotFoundError(f"there is no {projection.kind} {id_}", next_step="Check the number.")
        return row

    def find(self, projection: Projection, *conditions: sa.ColumnElement[bool]) -> Row | None:
        """The only row that fits, locked until the end, or None."""
        query = sa.select(projection.table).where(*conditions)
        row = self.execute(query if self.is_sqlite else query.with_for_update()).mappings().one_or_none()
        return None if row is None else dict(row)

    def create(
        self, projection: Projection, id_: int, verb: str, values: Mapping[str, Any], **detail: Any
    ) -> dict[str, Any]:
        """A new row and the event `verb` that explains it. Returns the row as written."""
        row = dict(values)
        if projection.machine is not None:
            row["state"] = projection.machine.begin(verb)
        self.insert(projection.table, {"id": id_, **row})
        self._record_change(projection, {"id": id_, **row}, verb, row, detail)
        return {"id": id_, **row}

    def change(
        self, projection: Projection, row: Row, verb: str, changes: Mapping[str, Any] | None = None, **detail: Any
    ) -> dict[str, Any]:
        """Apply `verb` to a row that `get` or `find` returned, and record it. Returns the row as it is now.

        Raises IllegalTransitionError when the state machine has no such step.
        """
        new = dict(changes or {})
        if projection.machine is not None:
            target = projection.machine.next(row["state"], verb)
            if target != row["state"]:
                new["state"] = target
        if new:
            self.execute(projection.table.update().where(projection.table.c.id == row["id"]).values(new))
        changed = {**row, **new}
        self._record_change(projection, changed, verb, new, detail)
        return changed

    def change_many(
        self, projection: Projection, rows: Sequence[Row], verb: str, changes: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """`change` for many rows in one statement, an event for each; all `changes` have the same columns.

        Of the rows, which must be locked, only `id`, `state` and the ticket's column are needed. Raises
        IllegalTransitionError, and then none was changed.
        """
        new = [dict(change) for change in changes]
        if projection.machine is not None:
            for row, change in zip(rows, new, strict=True):
                change["state"] = projection.machine.next(row["state"], verb)
        self.flush()
        update_rows(self.connection, projection.table, [row["id"] for row in rows], new)
        changed = [{**row, **change} for row, change in zip(rows, new, strict=True)]
        for row, change in zip(changed, new, strict=True):
            self._record_change(projection, row, verb, change, {})
        return changed

    def _record_change(
        self, projection: Projection, row: Row, verb: str, changes: Mapping[str, Any], detail: Mapping[str, Any]
    ) -> None:
        ticket_id = row[projection.ticket_column] if projection.ticket_column else None
        payload = {"changes": projection.told(changes), **detail} if changes else dict(detail)
        self.record(Subject(projection.kind, row["id"]), verb, payload, ticket_id=ticket_id)

    # --- events, effects, rows ---------------------------------------------------------------------------------

    def record(
        self, subject: Subject, action: str, payload: Mapping[str, Any] | None = None, *, ticket_id: int | None = None
    ) -> None:
        """Record what happened without changing a projection: a page was sent, a mail was seen again."""
        self._events.append(Event(self.now, self.actor.name, subject, action, payload or {}, ticket_id))

    def enqueue(self, effect: outbox.Effect) -> None:
        """Store an effect to be carried out after the commit."""
        self._effects.append(effect)

    def insert(self, table: sa.Table, *rows: Mapping[str, Any]) -> None:
        """Buffer rows; they are written in few statements, before the next read or at the end."""
        self._inserts[table].extend(dict(row) for row in rows)

    def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        """Run a statement behind everything that was buffered."""
        self.flush()
        return self.connection.execute(statement, parameters)

    def flush(self) -> None:
        """Write the buffered rows."""
        if self._inserts:
            pending, self._inserts = self._inserts, defaultdict(list)
            for table, rows in pending.items():
                for same_columns in _by_columns(rows):
                    insert_rows(self.connection, table, same_columns)

    def finish(self) -> None:
        """Write what is left; the chain's head is locked last. Called by `begin`."""
        self.flush()
        if self._effects:
            outbox.store(self.connection, self._effects, now=self.now)
        if self._events:
            events.append(self.connection, self._events)


def _digest(value: Any) -> str | None:
    return None if value is None else hashlib.sha256(str(value).encode()).hexdigest()


def _by_columns(rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    return groups.values()


@contextmanager
def begin(store: Store, clock: Clock, actor: Actor) -> Iterator[Transaction]:
    """Begin a unit of work in the desk's store; commit at the end of the block, roll back when it raises."""
    with store.writing() as connection:
        tx = Transaction(connection, now=clock.now(), actor=actor, is_sqlite=store.is_sqlite)
        yield tx
        tx.finish()
