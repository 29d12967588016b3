"""Faults of our own in campaigns and planned revocations, planted like those of `seeded_bugs.py`, into whose table they go."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from tests.fault.seeded_bugs import BUGS, replace

from sulku_desk import duties
from sulku_kernel.transaction import begin
from sulku_revocation import (
    campaign_notices,
    campaign_running,
    campaign_sending,
    campaigns,
    planned,
    register,
)
from sulku_revocation.campaign_models import CAMPAIGN_LINES, CAMPAIGNS, campaign_lines
from sulku_revocation.domain.campaign_states import LineState

# The words by which the check that is there for it speaks of it.
FOUND_BY = {
    "who_decided_on_a_campaign_approves_it": "was sent and no other person than who decided had approved campaign",
    "a_legal_hold_does_not_last": "was not listed and is revoked",
    "a_line_is_sent_before_it_is_recorded": "reached the CA before it was recorded as sent",
    "every_try_of_a_batch_has_new_keys": "orders at the CA",
    "the_cas_word_on_a_batch_is_taken_for_evidence": "no kept CRL shows line",
    "holders_are_told_of_each_part": "times by campaign_after",
    "a_planned_revocation_looks_at_no_other_ticket": "was ordered under 2 keys",
}


def bug(plant: Any) -> Any:
    """Enter a fault into the one table under its function's name."""
    BUGS[plant.__name__] = plant
    return plant


@bug
def who_decided_on_a_campaign_approves_it() -> None:
    def approve(tx: Any, campaign_id: int, *, shown_digest: str) -> Any:
        changes = {"approved_by": tx.actor.name, "approved_at": tx.now, "wave": 1, "run": 1}
        campaign = tx.change(CAMPAIGNS, tx.get(CAMPAIGNS, campaign_id), "APPROVE", changes)
        campaigns.begin_sending(tx, campaign, is_first=True)
        return campaign

    replace(campaigns, "approve_campaign", approve)


@bug
def a_legal_hold_does_not_last() -> None:
    def end_holds(store: Any, clock: Any) -> int:
        """Compares the wrong way round."""
        with begin(store, clock, campaign_running.ACTOR) as tx:
            query = sa.select(campaign_lines).where(
                campaign_lines.c.state == LineState.HELD, campaign_lines.c.held_until > tx.now
            )
            held = [dict(row) for row in tx.execute(query).mappings()]
            if held:
                campaign = tx.get(CAMPAIGNS, held[0]["campaign_id"])
                campaign_running.release_lines(tx, campaign, held, "The legal hold has run out.")
        return len(held)

    replace(duties, "end_holds", end_holds)


@bug
def a_line_is_sent_before_it_is_recorded() -> None:
    def mark_sent(tx: Any, given: Any, most: int) -> Any:
        """Says that they are sent and records it only with the answers."""
        campaign = dict(tx.get(CAMPAIGNS, given["campaign_id"]))
        goes_on = campaign_sending._goes_on(campaign, given)
        lines = campaign_running.lines_to_send(tx, campaign, given["issuer_id"], most) if goes_on else []
        return campaign, [{**line, "sent_at": tx.now} for line in lines]

    def record(tx: Any, campaign: Any, batch: int, answers: Any) -> int:
        of_batch = campaign_lines.c.id.in_([*answers.accepted, *answers.refused])
        query = sa.select(campaign_lines).where(of_batch, campaign_lines.c.state == LineState.LISTED)
        lines = [dict(row) for row in tx.execute(query).mappings()]
        if lines:
            tx.change_many(CAMPAIGN_LINES, lines, "SEND", [{"batch": batch, "sent_at": tx.now}] * len(lines))
        return int(before(tx, campaign, batch, answers))

    replace(campaign_sending, "_mark_sent", mark_sent)
    before = replace(campaign_sending, "_record", record)


@bug
def every_try_of_a_batch_has_new_keys() -> None:
    before = replace(campaign_sending, "order_key", lambda *given: f"{before(*given)}:{uuid.uuid4().hex}")


@bug
def the_cas_word_on_a_batch_is_taken_for_evidence() -> None:
    def record(tx: Any, campaign: Any, batch: int, answers: Any) -> int:
        found = before(tx, campaign, batch, answers)
        query = sa.select(campaign_lines).where(
            campaign_lines.c.batch == batch, campaign_lines.c.state == LineState.ACCEPTED
        )
        lines = [dict(row) for row in tx.execute(query).mappings()]
        if lines:
            tx.change_many(CAMPAIGN_LINES, lines, "SEE", [{"confirmed_at": tx.now}] * len(lines))
            told = {line["certificate_id"]: (line["ca_revoked_at"], line["ca_reason"]) for line in lines}
            register.mark_many_revoked(tx, told)
        return int(found)

    before = replace(campaign_sending, "_record", record)


@bug
def holders_are_told_of_each_part() -> None:
    replace(campaign_notices, "_with_lines_under_way", lambda tx, campaign, account_ids: set())


@bug
def a_planned_revocation_looks_at_no_other_ticket() -> None:
    replace(planned, "is_at_the_ca", lambda connection, certificate_id: False)
