"""What keeps a campaign going: batches begin, waves follow one another, holds end, and at last it is complete.

Sending is a chain of effects for each issuer, each of which stores the next one in the transaction that completes it,
so that exactly one batch of an issuer is under way, whatever dies. A second effect for each issuer looks at CRL and
OCSP as long as something of it is under way. Both know the campaign's `run`: those of an earlier one end.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sulku_kernel import numbers
from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock
from sulku_kernel.outbox import Effect
from sulku_kernel.storage import Store, for_update
from sulku_kernel.transaction import Row, Transaction, begin
from sulku_revocation.campaign_models import (
    CAMPAIGN_LINES,
    CAMPAIGNS,
    campaign_lines,
    campaign_turns,
    campaigns,
)
from sulku_revocation.domain.campaign_rules import batch_lasts, last_position
from sulku_revocation.domain.campaign_states import UNDER_WAY, CampaignState, LineState

CAMPAIGN_BATCH, CAMPAIGN_LOOK, CAMPAIGN_NOTICES = "campaign_batch", "campaign_look", "campaign_notices"
ACTOR = Actor.desk("campaigns")
# Holders read of it before the orders go; all of it stands behind single orders (1) and before mails to people (5).
NOTICE_PRIORITY, BATCH_PRIORITY, LOOK_PRIORITY = 2, 3, 3
FIRST_LOOK_AFTER = timedelta(seconds=2)


def begin_sending(tx: Transaction, campaign: Row, *, is_first: bool = False) -> None:
    """Start a chain for each issuer that has something to send, and a look for each that has something under way."""
    tx.flush()
    if is_first and campaign["is_told_before"]:
        tx.enqueue(notices_effect(campaign, "before"))
    for place, issuer_id in enumerate(_issuers(tx, campaign, {LineState.LISTED})):
        # One after the other, at the chosen pace: they may be of one CA.
        at = tx.now + batch_lasts(place, campaign["per_minute"])
        tx.enqueue(batch_effect(tx, campaign, issuer_id, 1, not_before=at))
    for issuer_id in _issuers(tx, campaign, UNDER_WAY):
        tx.enqueue(
            Effect(
                CAMPAIGN_LOOK,
                key=f"campaign_look:{campaign['id']}:{campaign['run']}:{issuer_id}",
                payload={"campaign_id": campaign["id"], "issuer_id": issuer_id, "run": campaign["run"]},
                ticket_id=campaign["ticket_id"],
                priority=LOOK_PRIORITY,
                not_before=tx.now + FIRST_LOOK_AFTER,
            )
        )


def batch_effect(
    tx: Transaction, campaign: Row, issuer_id: int, turn: int, *, not_before: datetime | None = None
) -> Effect:
    """The batch of an issuer's `turn` (1 is the first). Stored twice it is one: the chain never forks."""
    tx.flush()
    (batch,) = numbers.reserve(tx.connection, CAMPAIGN_BATCH)
    return Effect(
        CAMPAIGN_BATCH,
        key=f"campaign_batch:{campaign['id']}:{campaign['run']}:{issuer_id}:{turn}",
        payload={
            "campaign_id": campaign["id"],
            "issuer_id": issuer_id,
            "run": campaign["run"],
            "turn": turn,
            "batch": batch,
        },
        ticket_id=campaign["ticket_id"],
        priority=BATCH_PRIORITY,
        not_before=not_before,
    )


def notices_effect(campaign: Row, step: str, after: int = 0) -> Effect:
    """Writes to holders, some hundreds at a time; `after`: the last holder of the step before."""
    return Effect(
        CAMPAIGN_NOTICES,
        key=f"campaign_notices:{campaign['id']}:{campaign['run']}:{step}:{after}",
        payload={"campaign_id": campaign["id"], "step": step, "after": after},
        ticket_id=campaign["ticket_id"],
        priority=NOTICE_PRIORITY,
    )


def lines_to_send(tx: Transaction, campaign: Row, issuer_id: int, limit: int) -> list[dict[str, Any]]:
    """The next lines of an issuer that may go out with the present wave, locked."""
    lines, turns = campaign_lines.c, campaign_turns.c
    query = (
        sa.select(campaign_lines)
        .join(campaign_turns, turns.line_id == lines.id)
        .where(turns.campaign_id == campaign["id"], turns.position <= _until(campaign))
        .where(lines.campaign_id == campaign["id"], lines.issuer_id == issuer_id, lines.state == LineState.LISTED)
        .order_by(turns.position)
        .limit(limit)
    )
    return [dict(row) for row in tx.execute(for_update(tx.is_sqlite, query)).mappings()]


def move_on(tx: Transaction, campaign_id: int) -> None:
    """When the wave is over: begin the next one, or pause before it, or complete the campaign."""
    campaign = dict(tx.get(CAMPAIGNS, campaign_id))
    if campaign["state"] != CampaignState.RUNNING or _issuers(tx, campaign, UNDER_WAY):
        return
    if campaign["wave"] < len(campaign["waves"]):
        _next_wave(tx, campaign)
    elif not _count(tx, campaign_id, LineState.HELD):
        tx.change(CAMPAIGNS, campaign, "COMPLETE", {"ended_at": tx.now})


def _next_wave(tx: Transaction, campaign: Row) -> None:
    wave = campaign["wave"] + 1
    campaign = tx.change(CAMPAIGNS, campaign, "NEXT_WAVE", {"wave": wave, "run": campaign["run"] + 1})
    if campaign["is_stepwise"]:
        because = ["The wave is revoked and seen. Look at it, then go on with the next one."]
        tx.change(CAMPAIGNS, campaign, "PAUSE", None, because=because)
        return
    begin_sending(tx, campaign)
    move_on(tx, campaign["id"])  # a wave of which everything is held has nothing to wait for


def end_holds(store: Store, clock: Clock, limit: int = 1_000) -> int:
    """Put lines back whose legal hold has run out; returns how many. The leader does this every minute."""
    with begin(store, clock, ACTOR) as tx:
        due = sa.and_(campaign_lines.c.state == LineState.HELD, campaign_lines.c.held_until <= tx.now)
        of_campaign = tx.execute(sa.select(campaign_lines.c.campaign_id).where(due).limit(1)).scalar()
        if of_campaign is None:
            return 0
        campaign = tx.get(CAMPAIGNS, of_campaign)
        query = sa.select(campaign_lines).where(due, campaign_lines.c.campaign_id == of_campaign).limit(limit)
        held = [dict(row) for row in tx.execute(query).mappings()]
        if campaign["state"] in {CampaignState.CANCELLED, CampaignState.COMPLETED}:
            tx.change_many(CAMPAIGN_LINES, held, "RELEASE", [{"held_until": None}] * len(held))
            return len(held)
        release_lines(tx, campaign, held, "The legal hold has run out.")
        return len(held)


def release_lines(tx: Transaction, campaign: Row, held: list[dict[str, Any]], because: str) -> None:
    """Put held lines back; a running campaign sends them at once."""
    tx.change_many(CAMPAIGN_LINES, held, "RELEASE", [{"held_until": None}] * len(held))
    is_running = campaign["state"] == CampaignState.RUNNING
    changes = {"run": campaign["run"] + 1} if is_running else None
    campaign = tx.change(CAMPAIGNS, campaign, "RELEASE", changes, because=[because], certificates=len(held))
    if is_running:
        begin_sending(tx, campaign)


def read_running(connection: sa.Connection) -> list[int]:
    """The campaigns that are under way."""
    return list(
        connection.execute(sa.select(campaigns.c.id).where(campaigns.c.state == CampaignState.RUNNING)).scalars()
    )


def _until(campaign: Row) -> int:
    return last_position(campaign["waves"], campaign["wave"])


def issuers_with(connection: sa.Connection, campaign: Row, states: frozenset[LineState] | set[LineState]) -> list[int]:
    """The issuers with lines of the present wave, or earlier ones, in one of the states."""
    lines, turns = campaign_lines.c, campaign_turns.c
    query = (
        sa.select(lines.issuer_id)
        .join(campaign_turns, turns.line_id == lines.id)
        .where(lines.campaign_id == campaign["id"], lines.state.in_(sorted(states)), turns.position <= _until(campaign))
        .distinct()
        .order_by(lines.issuer_id)
    )
    return list(connection.execute(query).scalars())


def _issuers(tx: Transaction, campaign: Row, states: frozenset[LineState] | set[LineState]) -> list[int]:
    tx.flush()
    return issuers_with(tx.connection, campaign, states)


def _count(tx: Transaction, campaign_id: int, state: LineState) -> int:
    lines = campaign_lines.c
    counted = sa.select(sa.func.count()).select_from(campaign_lines)
    return int(tx.execute(counted.where(lines.campaign_id == campaign_id, lines.state == state)).scalar_one())
