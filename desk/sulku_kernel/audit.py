"""Is the history whole, and does it explain every row?

`verify` finds an entry that was altered, removed, added or moved, a tail that was cut off (by the checkpoints), a
payload that is not the recorded one, and a row of a projection that its events do not explain.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from sulku_kernel import events as chain
from sulku_kernel.checkpoints import Checkpoint
from sulku_kernel.columns import canonical_json
from sulku_kernel.errors import IllegalTransitionError
from sulku_kernel.events import GENESIS, Subject, digest_entry, digest_payload
from sulku_kernel.transaction import Projection

MOST_FAULTS = 100


@dataclass
class AuditReport:
    """What a verification found. No faults = everything holds."""

    entries: int = 0
    rows: int = 0
    checkpoints: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_ok(self) -> bool:
        """Whether the history is whole and explains every row."""
        return not self.faults

    def add(self, fault: str) -> None:
        """Note a fault; beyond a hundred only that there are more."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
        elif len(self.faults) == MOST_FAULTS:
            self.faults.append("and more")


def verify(
    connection: sa.Connection, projections: Iterable[Projection], checkpoints: Iterable[Checkpoint] = ()
) -> AuditReport:
    """Walk the whole chain once, fold the projections on the way, and compare."""
    report = AuditReport()
    by_kind = {projection.kind: projection for projection in projections}
    folded: dict[Subject, dict[str, Any]] = {}
    expected = {checkpoint.seq: checkpoint.digest for checkpoint in checkpoints}
    report.checkpoints = len(expected)
    seq, previous = 0, GENESIS
    for row in _walk(connection):
        seq += 1
        report.entries += 1
        if row.seq != seq:
            report.add(f"entry {seq} is missing (the next one is {row.seq})")
            seq = row.seq
        subject = Subject(row.subject_kind, row.subject_id)
        digest = digest_entry(
            row.seq, row.at, row.actor, subject, row.ticket_id, row.action, row.payload_digest, row.previous_digest
        )
        if row.previous_digest != previous:
            report.add(f"entry {seq} does not follow the one before it")
        if digest != row.digest:
            report.add(f"entry {seq} was altered")
        if row.payload is None:
            report.add(f"the payload of entry {seq} is missing")
        elif digest_payload(row.payload) != row.payload_digest:
            report.add(f"the payload of entry {seq} was altered")
        elif subject.kind in by_kind:
            _fold(report, by_kind[subject.kind], folded, subject, row, seq)
        if expected.get(seq, row.digest) != row.digest:
            report.add(f"entry {seq} is not the one that was there when its checkpoint was signed")
        previous = row.digest
    _compare_head(report, connection, seq, previous, max(expected, default=0))
    for projection in by_kind.values():
        _compare_rows(report, connection, projection, folded)
    return report


def fold(changes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A row as its events tell it: their `changes`, merged in order."""
    row: dict[str, Any] = {}
    for change in changes:
        row.update(change)
    return row


def _walk(connection: sa.Connection) -> Iterable[sa.Row[Any]]:
    query = (
        sa.select(chain.events, chain.event_payloads.c.payload)
        .join(chain.event_payloads, chain.event_payloads.c.seq == chain.events.c.seq, isouter=True)
        .order_by(chain.events.c.seq)
    )
    return connection.execution_options(yield_per=2_000).execute(query)


def _fold(
    report: AuditReport,
    projection: Projection,
    folded: dict[Subject, dict[str, Any]],
    subject: Subject,
    row: sa.Row[Any],
    seq: int,
) -> None:
    changes = json.loads(row.payload).get("changes", {})
    known = folded.setdefault(subject, {})
    if projection.machine is not None:
        try:
            state = (
                projection.machine.next(known["state"], row.action) if known else projection.machine.begin(row.action)
            )
        except (IllegalTransitionError, KeyError):
            report.add(f"entry {seq}: {row.action} was not possible for {subject.kind} {subject.id}")
        else:
            if changes.get("state", known.get("state")) != state:
                report.add(f"entry {seq}: {row.action} leads {subject.kind} {subject.id} to another state")
    known.update(changes)


def _compare_head(report: AuditReport, connection: sa.Connection, seq: int, digest: str, last_signed: int) -> None:
    head = connection.execute(sa.select(chain.chain_head)).one_or_none()
    if (head.seq, head.digest) != (seq, digest) if head is not None else seq != 0:
        report.add("the recorded end of the chain is not its last entry")
    if last_signed > seq:
        report.add(f"entries {seq + 1} to {last_signed} were cut off: a checkpoint was signed over them")


def _compare_rows(
    report: AuditReport, connection: sa.Connection, projection: Projection, folded: dict[Subject, dict[str, Any]]
) -> None:
    unseen = {subject.id for subject in folded if subject.kind == projection.kind}
    for row in connection.execution_options(yield_per=2_000).execute(sa.select(projection.table)).mappings():
        report.rows += 1
        unseen.discard(row["id"])
        told = folded.get(Subject(projection.kind, row["id"]))
        if told is None:
            report.add(f"no event explains {projection.kind} {row['id']}")
            continue
        actual = json.loads(canonical_json(projection.told(dict(row))))
        for column, value in actual.items():
            if column != "id" and told.get(column) != value:
                report.add(f"the events do not explain {column} of {projection.kind} {row['id']}")
    for missing in sorted(unseen):
        report.add(f"{projection.kind} {missing} has events but no row")
