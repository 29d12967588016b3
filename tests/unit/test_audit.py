"""Whatever is done to the history or to a row behind its back is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sulku_kernel import audit, events
from sulku_kernel.actor import Actor
from sulku_kernel.checkpoints import Checkpoint, load_signing_key, read_checkpoints, write_checkpoint
from sulku_kernel.clock import SetClock
from sulku_kernel.state_machine import StateMachine
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import Projection, begin

METADATA = sa.MetaData(schema="desk")
LAMPS = sa.Table(
    "lamp",
    METADATA,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("state", sa.Text),
    sa.Column("colour", sa.Text),
)
LAMP = Projection(
    "lamp", LAMPS, StateMachine("lamp", {"HANG": "off"}, {"off": {"LIGHT": "on"}, "on": {"PUT_OUT": "off"}})
)


@pytest.fixture
def history(storage: Storage, clock: SetClock) -> Storage:
    """Three lamps, hung and lit in six transactions."""
    with storage.desk.engine.begin() as connection:
        METADATA.create_all(connection)
    for id_ in (1, 2, 3):
        with begin(storage.desk, clock, Actor.desk("test")) as tx:
            tx.create(LAMP, id_, "HANG", {"colour": "red"})
        clock.advance(timedelta(seconds=1))
        with begin(storage.desk, clock, Actor.user("anna")) as tx:
            tx.change(LAMP, tx.get(LAMP, id_), "LIGHT", {"colour": "blå"}, because=["dark"])
    return storage


def verify(storage: Storage, *checkpoints: Checkpoint) -> audit.AuditReport:
    with storage.desk.reading() as connection:
        return audit.verify(connection, [LAMP], checkpoints)


def tamper(storage: Storage, statement: str) -> None:
    schema = "" if storage.desk.is_sqlite else "desk."
    with storage.desk.writing() as connection:
        connection.execute(sa.text(statement.replace("{}", schema)))


def test_an_untouched_history_explains_every_row(history: Storage) -> None:
    report = verify(history)
    assert report.is_ok, report.faults
    assert (report.entries, report.rows) == (6, 3)


TAMPERING = (
    "UPDATE {}event SET actor = 'user:eve' WHERE seq = 2",
    "UPDATE {}event SET at = at + 1 WHERE seq = 4",
    "UPDATE {}event SET action = 'PUT_OUT' WHERE seq = 2",
    "UPDATE {}event SET subject_id = 2 WHERE seq = 1",
    "UPDATE {}event SET ticket_id = 7 WHERE seq = 3",
    "UPDATE {}event SET payload_digest = digest WHERE seq = 3",
    "UPDATE {}event SET previous_digest = digest WHERE seq = 3",
    "UPDATE {}event SET digest = previous_digest WHERE seq = 3",
    "UPDATE {}event_payload SET payload = '[]' WHERE seq = 3",
    "DELETE FROM {}event_payload WHERE seq = 3",
    "DELETE FROM {}event WHERE seq = 3",
    "DELETE FROM {}event WHERE seq = 6",
    "UPDATE {}event SET seq = 9 WHERE seq = 6",
    "UPDATE {}lamp SET colour = 'green' WHERE id = 2",
    "UPDATE {}lamp SET state = 'off' WHERE id = 2",
    "DELETE FROM {}lamp WHERE id = 3",
    "INSERT INTO {}lamp (id, state, colour) VALUES (4, 'on', 'red')",
    "UPDATE {}chain_head SET seq = 5",
)


def test_whatever_is_changed_behind_its_back_is_found(history: Storage) -> None:
    schema = "" if history.desk.is_sqlite else "desk."
    unseen = []
    for statement in TAMPERING:
        with history.desk.engine.connect() as connection:  # rolled back at the end
            connection.execute(sa.text("BEGIN IMMEDIATE" if history.desk.is_sqlite else "SELECT 1"))
            assert connection.execute(sa.text(statement.replace("{}", schema))).rowcount == 1
            if audit.verify(connection, [LAMP]).is_ok:
                unseen.append(statement)
            connection.rollback()
    assert unseen == []
    assert verify(history).is_ok


def test_a_history_that_grows_while_it_is_verified_is_whole(
    history: Storage, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = audit._walk

    def walk_while_somebody_writes(connection: sa.Connection) -> Iterator[sa.Row[Any]]:
        yield from walk(connection)
        with begin(history.desk, clock, Actor.user("anna")) as tx:
            tx.change(LAMP, tx.get(LAMP, 1), "PUT_OUT", {})

    monkeypatch.setattr(audit, "_walk", walk_while_somebody_writes)
    with history.desk.snapshot() as connection:
        assert audit.verify(connection, [LAMP]).faults == []


def test_a_tail_cut_off_cleanly_is_found_by_the_checkpoint(history: Storage, clock: SetClock) -> None:
    with history.desk.reading() as connection:
        last = events.read_events(connection)[-1]
    checkpoint = Checkpoint(last.seq, last.digest, clock.now())
    tamper(history, "DELETE FROM {}event WHERE seq >= 5")
    tamper(history, "DELETE FROM {}event_payload WHERE seq >= 5")
    tamper(history, "DELETE FROM {}lamp WHERE id = 3")
    tamper(history, "UPDATE {}chain_head SET seq = 4, digest = (SELECT digest FROM {}event WHERE seq = 4)")
    assert verify(history).is_ok
    assert verify(history, checkpoint).faults == ["entries 5 to 6 were cut off: a checkpoint was signed over them"]


def test_a_rewritten_chain_is_found_by_the_checkpoint(history: Storage, clock: SetClock) -> None:
    assert not verify(history, Checkpoint(6, "f" * 64, clock.now())).is_ok


def test_checkpoints_are_read_back_and_forged_lines_reported(tmp_path: Path, clock: SetClock) -> None:
    key = load_signing_key(tmp_path / "keys" / "audit.pem")
    assert load_signing_key(tmp_path / "keys" / "audit.pem").private_bytes_raw() == key.private_bytes_raw()
    written = [Checkpoint(seq, f"{seq:064x}", clock.now()) for seq in (1, 2)]
    for checkpoint in written:
        write_checkpoint(tmp_path, checkpoint, key)
    path = tmp_path / "checkpoints.jsonl"
    path.write_text(path.read_text() + path.read_text().splitlines()[0].replace('"seq":1', '"seq":3') + "\nnonsense\n")
    found, faults = read_checkpoints(tmp_path, key.public_key())
    assert found == written
    assert len(faults) == 2


def test_a_history_full_of_faults_is_reported_and_not_without_end(history: Storage) -> None:
    tamper(history, "UPDATE {}event_payload SET payload = '[0]'")
    report = audit.AuditReport()
    for number in range(1_000):
        report.add(f"fault {number}")
    assert (len(report.faults), report.faults[-1], report.is_ok) == (101, "and more", False)
    assert len(verify(history).faults) == 9, "each payload, and what it no longer explains"
