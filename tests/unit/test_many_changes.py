"""Many rows of a projection changed at once: each explained by its own event, all or none."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sulku_kernel import audit
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import IllegalTransitionError
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation.campaign_models import CAMPAIGN_LINES, campaign_lines

ACTOR = Actor.desk("test")


def listed(storage: Storage, clock: SetClock, count: int) -> list[dict]:
    with begin(storage.desk, clock, ACTOR) as tx:
        for n in range(1, count + 1):
            values = {"campaign_id": 1, "certificate_id": n, "issuer_id": 1, "serial": f"{n:x}"}
            tx.create(CAMPAIGN_LINES, n, "LIST", values)
    with storage.desk.reading() as connection:
        return [dict(row) for row in connection.execute(sa.select(campaign_lines)).mappings()]


def test_each_row_changes_as_its_own_mapping_says_and_has_its_event(storage: Storage, clock: SetClock) -> None:
    rows = listed(storage, clock, 3)
    with begin(storage.desk, clock, ACTOR) as tx:
        tx.change_many(CAMPAIGN_LINES, rows, "SEND", [{"batch": n, "sent_at": tx.now} for n in (7, 8, 9)])
    with storage.desk.reading() as connection:
        found = connection.execute(sa.select(campaign_lines).order_by(campaign_lines.c.id)).mappings().all()
        assert [(row["state"], row["batch"], row["sent_at"]) for row in found] == [
            ("SENT", n, clock.now()) for n in (7, 8, 9)
        ]
        assert audit.verify(connection, [CAMPAIGN_LINES]).faults == []


def test_one_that_cannot_change_stops_all(storage: Storage, clock: SetClock) -> None:
    rows = listed(storage, clock, 2)
    with begin(storage.desk, clock, ACTOR) as tx:
        tx.change_many(CAMPAIGN_LINES, rows[:1], "SEND", [{"batch": 1}])
    rows = [{**rows[0], "state": "SENT"}, rows[1]]
    with pytest.raises(IllegalTransitionError), begin(storage.desk, clock, ACTOR) as tx:
        tx.change_many(CAMPAIGN_LINES, rows, "SEND", [{"batch": 2}] * 2)
    with storage.desk.reading() as connection:
        query = sa.select(campaign_lines.c.batch).order_by(campaign_lines.c.id)
        assert list(connection.execute(query).scalars()) == [1, None]


def test_no_rows_are_no_statement(storage: Storage, clock: SetClock) -> None:
    with begin(storage.desk, clock, ACTOR) as tx:
        assert tx.change_many(CAMPAIGN_LINES, [], "SEND", []) == []
