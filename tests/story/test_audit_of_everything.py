"""Whatever is changed behind the desk's back, in any column of the chain or of what it explains, is found.

One case is played to its end; then each column of each row is altered by itself, each row removed and each pair of
neighbours swapped, verified, and rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.conftest import NIGHT
from tests.story.decisions_world import BOTH, OPERATOR, World

from sulku_applications.applications import NewApplication, move, receive
from sulku_applications.domain.stages import Stage
from sulku_applications.links import ApplicationLinks
from sulku_desk.projections import PROJECTIONS
from sulku_kernel import audit, events
from sulku_kernel.actor import Actor
from sulku_kernel.checkpoints import Checkpoint
from sulku_kernel.clock import SetClock
from sulku_kernel.columns import JsonText, UtcDateTime
from sulku_kernel.language import Language
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation.campaign_listing import Lister
from sulku_revocation.campaigns import NewCampaign, create_campaign
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.legal_holds import HoldOrder, place_holds
from sulku_tickets import actions
from sulku_tickets.domain.urgency import Assurance, Urgency
from sulku_tickets.models import operators
from sulku_tickets.operators import add_operator

CHAIN = (events.events, events.event_payloads, events.chain_head)
PROJECTED = tuple(projection.table for projection in PROJECTIONS)


@pytest.fixture
def world(storage: Storage, clock: SetClock) -> World:
    return played_to_its_end(storage, clock)


@pytest.fixture
def lite(sqlite_storage: Storage, clock: SetClock) -> World:
    return played_to_its_end(sqlite_storage, clock)


def played_to_its_end(storage: Storage, clock: SetClock) -> World:
    """A case with everything in it: a page, a decision, broken glass, a revocation that was seen.

    Beside it an application, a certificate that a court holds, and a campaign.
    """
    world = World(storage, clock)
    ticket_id = world.ticket(1, 2, assurance=Assurance.L3, urgency=Urgency.P1)
    world.decide(ticket_id, ReasonCode.KEY_COMPROMISE, actor=BOTH, invalidity_at=clock.now() - timedelta(days=1))
    world.approve(ticket_id, actor=BOTH, break_glass_reason="Yöllä yksin.")
    world.run(timedelta(minutes=1))
    with begin(world.store, clock, OPERATOR) as tx:
        actions.claim(tx, ticket_id)
    with begin(world.store, clock, Actor.desk("init")) as tx:
        password = "three words of it"
        add_operator(tx, login="anna", name="", email="a@desk.example", password=password, roles=["approver"])
    held = world.ticket(3)
    with begin(world.store, clock, OPERATOR) as tx:
        place_holds(tx, held, HoldOrder("Käräjäoikeus", "L 26/1", clock.now() + timedelta(days=9)), because="It came.")
    with begin(world.store, clock, OPERATOR) as tx:
        campaign = create_campaign(tx, NewCampaign("Weak keys"))
    Lister(world.store, clock, OPERATOR, campaign["id"]).by_key(f"{1004:064x}")
    links = ApplicationLinks(b"k" * 32, "https://desk.example")
    new = NewApplication("E-1", "Kunta", "0204819-8", "server", "a.example", "a@a.example", "b@a.example", Language.FI)
    with begin(world.store, clock, OPERATOR) as tx:
        row = receive(tx, new, links)
    with begin(world.store, clock, OPERATOR) as tx:
        move(tx, row["id"], Stage.IN_REVIEW, "", links)
    return world


def faults_after(world: World, change: Callable[[sa.Connection], object], *checkpoints: Checkpoint) -> list[str]:
    with world.store.engine.connect() as connection:
        connection.begin()
        if world.store.is_sqlite:
            connection.execute(sa.text("BEGIN IMMEDIATE"))
        try:
            change(connection)
            return audit.verify(connection, PROJECTIONS, checkpoints).faults
        finally:
            connection.rollback()


def key_of(table: sa.Table, row: sa.RowMapping) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == row[column.name] for column in table.primary_key.columns))


def altered(column: sa.Column, value: object) -> object:
    """Another value of the column's kind."""
    if isinstance(column.type, UtcDateTime):
        return NIGHT if value is None else value + timedelta(microseconds=1)
    if isinstance(column.type, JsonText):
        return ["altered"]
    if isinstance(column.type, sa.Boolean):
        return not value
    if isinstance(column.type, sa.Integer):
        return 1 if value is None else value + 1_000
    return f"{value or ''}x"


def every_alteration(world: World) -> Iterator[tuple[str, Callable[[sa.Connection], object]]]:
    for table in (*CHAIN, *PROJECTED):
        with world.store.reading() as connection:
            rows = list(connection.execute(sa.select(table)).mappings())
        assert rows, f"the case has no {table.name}"
        for row in rows if table in PROJECTED else [*rows[:2], rows[len(rows) // 2], rows[-1]]:
            for column in table.columns:
                if table is events.chain_head and column.name == "id":
                    continue  # the one row has one name
                statement = (
                    table.update().where(key_of(table, row)).values({column.name: altered(column, row[column.name])})
                )
                yield f"{table.name}.{column.name} of {dict(row)}", lambda c, s=statement: c.execute(s)
            if table is not events.chain_head:
                gone = table.delete().where(key_of(table, row))
                yield f"{table.name} without {dict(row)}", lambda c, s=gone: c.execute(s)


def test_every_column_of_every_table_of_the_chain_and_its_projections(world: World) -> None:
    assert faults_after(world, lambda _: None) == []
    assert {projection.kind for projection in PROJECTIONS} == {
        "ticket",
        "escalation",
        "operator",
        "request",
        "order",
        "application",
        "key",
        "legal_hold",
        "campaign",
        "campaign_line",
    }
    tried, unseen = 0, []
    for what, change in every_alteration(world):
        tried += 1
        if not faults_after(world, change):
            unseen.append(what)
    assert unseen == []
    assert tried > 200


def test_an_account_that_nobody_made_is_found(lite: World) -> None:
    def give_oneself_a_second_pair_of_eyes(connection: sa.Connection) -> None:
        row = connection.execute(sa.select(operators)).mappings().one()
        connection.execute(operators.insert().values({**row, "id": 99, "login": "mallory"}))

    assert faults_after(lite, give_oneself_a_second_pair_of_eyes) == ["no event explains operator 99"]


def test_every_pair_of_neighbours_that_changes_places_is_found(lite: World) -> None:
    with lite.store.reading() as connection:
        last = events.read_events(connection)[-1].seq

    def swap(connection: sa.Connection, first: int) -> None:
        for table in (events.events, events.event_payloads):
            for old, new in ((first, -1), (first + 1, first), (-1, first + 1)):
                connection.execute(table.update().where(table.c.seq == old).values(seq=new))

    assert [seq for seq in range(1, last) if not faults_after(lite, lambda c, s=seq: swap(c, s))] == []


def test_a_payload_altered_together_with_its_digest_is_found(lite: World) -> None:
    def rewrite(connection: sa.Connection) -> None:
        text = '{"because":["forged"]}'
        connection.execute(events.event_payloads.update().where(events.event_payloads.c.seq == 3).values(payload=text))
        digest = events.digest_payload(text)
        connection.execute(events.events.update().where(events.events.c.seq == 3).values(payload_digest=digest))

    assert "entry 3 was altered" in faults_after(lite, rewrite)


def test_a_tail_cut_off_with_its_rows_is_found_by_the_checkpoint_alone(lite: World, clock: SetClock) -> None:
    """Whoever owns the database can make any tail vanish; only the second place tells."""
    with lite.store.reading() as connection:
        history = events.read_events(connection)
    checkpoint = Checkpoint(history[-1].seq, history[-1].digest, clock.now())
    kept = history[-3]  # what follows is the application alone

    def cut(connection: sa.Connection) -> None:
        for table in (events.events, events.event_payloads):
            connection.execute(table.delete().where(table.c.seq > kept.seq))
        connection.execute(events.chain_head.update().values(seq=kept.seq, digest=kept.digest))
        connection.execute(PROJECTED[[p.kind for p in PROJECTIONS].index("application")].delete())

    assert faults_after(lite, cut) == []
    assert faults_after(lite, cut, checkpoint) == [
        f"entries {kept.seq + 1} to {checkpoint.seq} were cut off: a checkpoint was signed over them"
    ]


def test_a_chain_rewritten_from_its_beginning_is_found_by_the_checkpoint_alone(lite: World, clock: SetClock) -> None:
    with lite.store.reading() as connection:
        history = events.read_events(connection)
    checkpoint = Checkpoint(history[1].seq, history[1].digest, clock.now())

    def rewrite(connection: sa.Connection) -> None:
        previous = events.GENESIS
        for old in history:
            actor = "user:eve" if old.seq == 1 else old.actor
            digest = events.digest_entry(
                old.seq, old.at, actor, old.subject, old.ticket_id, old.action, old.payload_digest, previous
            )
            values = {"actor": actor, "previous_digest": previous, "digest": digest}
            connection.execute(events.events.update().where(events.events.c.seq == old.seq).values(values))
            previous = digest
        connection.execute(events.chain_head.update().values(digest=previous))

    assert faults_after(lite, rewrite) == []
    assert faults_after(lite, rewrite, checkpoint) == [
        f"entry {checkpoint.seq} is not the one that was there when its checkpoint was signed"
    ]
