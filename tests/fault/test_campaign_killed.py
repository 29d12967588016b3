"""A campaign whose dispatcher is killed at every step of it: nothing twice, nothing missing, first reason and date kept."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from tests.fault.campaign_invariants import (
    a_campaign_does_what_was_asked,
    every_line_has_one_result,
    every_line_is_at_the_ca_once,
    every_line_was_seen,
    every_order_had_its_approval,
    holders_hear_of_it_once,
    read_campaigns,
)
from tests.story.campaign_world import CampaignWorld, campaign_world

from sulku_kernel import crash_points
from sulku_kernel.clock import SetClock, SystemClock
from sulku_kernel.events import read_events
from sulku_kernel.outbox import outbox
from sulku_kernel.storage import Storage
from sulku_revocation import campaign_looking, campaign_running, campaign_sending
from sulku_revocation.campaign_models import campaign_lines, campaigns

# In the order of the road; each child dies at its first visit, the next one goes on from there.
CROSSINGS = (
    "effects_claimed",
    "order_marked_sent",
    "ca_called",
    "answer_recorded",
    "effect_completed",
    "publication_looked_at",
    "sight_recorded",
    "revocation_confirmed",
    "everybody_told",
    "events_chained",
    "effects_stored",
)
POINTS = [f"{side}_{name}" for name in CROSSINGS for side in ("before", "after")]
POINTS += [f"{side}_committed:{n}" for n in (2, 3, 5, 7) for side in ("before", "after")]


@pytest.fixture
def world(storage: Storage, tmp_path: Path) -> Iterator[CampaignWorld]:
    now = SetClock(SystemClock().now().replace(microsecond=0))
    with campaign_world(storage, now, tmp_path, holders=12, each=25) as made:
        yield made


@contextmanager
def hurried() -> Iterator[None]:
    """Small batches and no waiting, so that there is much to die in."""
    changed = (
        (campaign_sending, "batch_size", lambda per_minute: 8),
        (campaign_running, "FIRST_LOOK_AFTER", timedelta()),
        (campaign_looking, "WHILE_SENDING", timedelta()),
        (campaign_looking, "SOON", timedelta()),
        (campaign_looking, "AT_ONCE", 40),
    )
    before = [(module, name, getattr(module, name)) for module, name, _ in changed]
    for module, name, value in changed:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def work(world: CampaignWorld, campaign_id: int) -> None:
    """Carry out what is due until the campaign has ended; what a dead one had leased is free again after its lease."""
    while world.row(campaign_id)["state"] != "COMPLETED" or _unfinished(world):
        world.clock.advance(timedelta(seconds=91) if not world.dispatcher.run_due(limit=2) else timedelta(seconds=1))


def in_a_child_that_dies(world: CampaignWorld, storage: Storage, campaign_id: int, point: str) -> bool:
    """Whether it died there; False when the campaign ended without a visit."""
    storage.close()
    pid = os.fork()
    if pid == 0:
        crash_points.arm(point)
        code = 1
        try:
            work(world, campaign_id)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, point
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def at_ca(tmp_path: Path) -> dict[str, tuple[int, str]]:
    with closing(sqlite3.connect(tmp_path / "ca" / "ca.sqlite")) as records:
        rows = records.execute("SELECT serial, reason, revoked_at FROM revocation").fetchall()
    return {serial: (reason, at) for serial, reason, at in rows}


def orders_at_ca(tmp_path: Path) -> list[str]:
    with closing(sqlite3.connect(tmp_path / "ca" / "ca.sqlite")) as records:
        return [row[0] for row in records.execute("SELECT serial FROM revocation_order")]


def test_a_campaign_that_dies_at_every_step_revokes_each_certificate_once(
    world: CampaignWorld, storage: Storage, tmp_path: Path
) -> None:
    serials = world.serials()
    campaign_id = world.decided(serials)
    with hurried():
        world.approve(campaign_id)
        first: dict[str, tuple[int, str]] = {}
        died = []
        for point in POINTS:
            if in_a_child_that_dies(world, storage, campaign_id, point):
                died.append(point)
            # The clock of a child ends with it; what it had leased must be free for the next one.
            world.clock.advance(timedelta(minutes=10))
            first = {**at_ca(tmp_path), **first}
        work(world, campaign_id)

    assert len(died) >= 26, died
    assert world.states(campaign_id) == {"REVOKED": len(serials)}
    assert sorted(orders_at_ca(tmp_path)) == sorted(serials)
    now = at_ca(tmp_path)
    assert set(now) == set(serials)
    assert all(now[serial] == kept for serial, kept in first.items())
    assert {reason for reason, _ in now.values()} == {4}
    for template in ("campaign_before", "campaign_after"):
        assert len({mail["to"] for mail in world.mails(template)}) == len(world.mails(template)) == 12
    assert _unfinished(world) == []
    assert world.audit_faults() == []
    assert broken_promises(world) == []


def broken_promises(world: CampaignWorld) -> list[str]:
    with world.store.reading() as connection:
        found, events = read_campaigns(connection), read_events(connection)
    return [*every_line_has_one_result(found, events), *every_order_had_its_approval(found, events)]


def test_what_breaks_a_promise_of_a_campaign_is_found(world: CampaignWorld) -> None:
    campaign_id = world.decided(world.serials()[:3])
    world.approve(campaign_id)
    world.run()
    assert broken_promises(world) == []
    line = world.lines(campaign_id)[0]["id"]
    with world.store.writing() as connection:
        connection.execute(campaign_lines.update().where(campaign_lines.c.id == line).values(state="ACCEPTED"))
        connection.execute(campaigns.update().values(approved_by="user:olli"))
    said = broken_promises(world)
    assert f"campaign {campaign_id} has ended, and line {line} is ACCEPTED with 1 results" in said
    assert len([one for one in said if "no other person" in one]) == 3


def test_what_is_outside_the_list_at_the_ca_twice_unseen_or_told_twice_is_found(world: CampaignWorld) -> None:
    serials = world.serials()[:3]
    campaign_id = world.decided(serials)
    world.approve(campaign_id)
    world.run()
    with world.store.reading() as connection:
        found = read_campaigns(connection)
        effects = [dict(row) for row in connection.execute(outbox.select()).mappings()]
    holders = {mail["to"] for mail in world.mails("campaign_after")}
    issuer = x509.load_der_x509_certificate(world.issuer.certificate_der or b"")
    at_ca = {key: line["serial"] for key, line in found.by_key.items()}
    whole = [
        *every_line_is_at_the_ca_once(found, at_ca),
        *every_line_was_seen(found, issuer),
        *a_campaign_does_what_was_asked(found, serials),
        *holders_hear_of_it_once(effects, holders),
    ]
    assert whole == []
    again = {**at_ca, "campaign:1:1:another": serials[0]}
    assert len(list(every_line_is_at_the_ca_once(found, again))) == 1
    assert len(list(every_line_was_seen(replace(found, crls={}), issuer))) == 3
    assert list(a_campaign_does_what_was_asked(found, serials[1:])) == [f"{serials[0]} was not listed and is revoked"]
    assert list(a_campaign_does_what_was_asked(found, [*serials, "7"])) == ["7 was listed and is not revoked"]
    twice = [one for one in effects if one["kind"] == "mail" and one["payload"]["template"] == "campaign_after"][:1]
    assert list(holders_hear_of_it_once([*effects, *twice], holders)) == [
        f"{twice[0]['payload']['to']} was told 2 times by campaign_after"
    ]
    assert len(list(holders_hear_of_it_once(effects, {*holders, "nobody@holder.example"}))) == 2


def _unfinished(world: CampaignWorld) -> list[dict[str, Any]]:
    with world.store.reading() as connection:
        query = outbox.select().where(outbox.c.kind != "mail", outbox.c.state != "done")
        return [dict(row) for row in connection.execute(query).mappings()]
