"""Mass revocation: one list, one reason, two people once, then wave after wave (DOMAIN.md, "Mass events").

Every step is a change of the campaign's row under its lock. Whoever approves names the digest of the frozen list and
its reason; the certificates' lines, their orders and what was seen of them stand in `campaign_sending.py` and
`campaign_looking.py`. Nobody can approve what they decided themselves, and there is no breaking of glass: a campaign
that cannot wait for a second person is begun with single tickets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel import numbers
from sulku_kernel.clock import require_utc, to_text
from sulku_kernel.crash_points import crossing
from sulku_kernel.errors import ConflictError, InputError, NotAllowedError
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.campaign_models import CAMPAIGN_LINES, CAMPAIGNS, campaign_lines, campaigns
from sulku_revocation.campaign_notices import tell_finished_holders
from sulku_revocation.campaign_plan import check_turns, hash_list, lay_turns
from sulku_revocation.campaign_running import begin_sending, notices_effect, release_lines
from sulku_revocation.decisions import as_reason
from sulku_revocation.domain.campaign_rules import (
    OCSP_PART_PER_MILLE,
    WaveOrder,
    approval_digest,
    wave_sizes,
)
from sulku_revocation.domain.campaign_states import LineState, require_step
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.requests import require_reason
from sulku_revocation.roles import APPROVERS, DECIDERS, SUPERVISOR, require_role

SLOWEST, FASTEST = 1, 100_000  # orders a minute to one CA
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """What a campaign begins with.

    `began_at` and `identified_at`: since when something is wrong and since when we know, for the incident report.
    `due_at`: by when everything must be revoked. `is_drill`: nothing is ordered and nobody is written to.
    `ocsp_per_mille`: of how many in a thousand OCSP is asked too; the others count as revoked on the CRL's word while
    every one that was asked agrees. `is_told_before`: holders read of it when it is approved, not only afterwards.
    """

    name: str
    is_drill: bool = False
    ticket_id: int | None = None
    began_at: datetime | None = None
    identified_at: datetime | None = None
    due_at: datetime | None = None
    ocsp_per_mille: int = OCSP_PART_PER_MILLE
    is_told_before: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """How a list goes out. `sizes`: of the waves, the last takes the rest. `is_stepwise`: pauses after each wave.

    `per_minute`: orders to one CA, whose issuers share them; 0 as fast as it answers.
    """

    order: WaveOrder = WaveOrder.REPLACED_FIRST
    sizes: tuple[int, ...] = ()
    is_stepwise: bool = False
    per_minute: int = 0


def create_campaign(tx: Transaction, new: NewCampaign) -> dict[str, Any]:
    """An empty campaign. Raises InputError and NotAllowedError."""
    require_role(tx.actor, DECIDERS, "begin a campaign")
    name = new.name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise InputError("a campaign needs a name", next_step=f"Give one of at most {LONGEST_NAME} characters.")
    if not 1 <= new.ocsp_per_mille <= 1_000:
        raise InputError("OCSP is asked of 1 to 1,000 in a thousand", next_step="Correct it; 10 is one in a hundred.")
    times = {"began_at": new.began_at, "identified_at": new.identified_at, "due_at": new.due_at}
    plan = Plan()
    tx.flush()
    (campaign_id,) = numbers.reserve(tx.connection, CAMPAIGNS.kind)
    return tx.create(
        CAMPAIGNS,
        campaign_id,
        "CREATE",
        {
            "name": name,
            "ticket_id": new.ticket_id,
            "is_drill": new.is_drill,
            "created_by": tx.actor.name,
            "created_at": tx.now,
            **{key: None if at is None else require_utc(at) for key, at in times.items()},
            "total": 0,
            "unmatched": [],
            "wave_order": str(plan.order),
            "waves": [],
            "is_stepwise": plan.is_stepwise,
            "per_minute": plan.per_minute,
            "ocsp_per_mille": new.ocsp_per_mille,
            "is_told_before": new.is_told_before,
            "wave": 0,
            "run": 0,
        },
    )


def freeze(tx: Transaction, campaign_id: int) -> dict[str, Any]:
    """Close the list for ever and take its hash. Raises InputError when nothing on it can be revoked."""
    require_role(tx.actor, DECIDERS, "freeze a list")
    campaign = tx.get(CAMPAIGNS, campaign_id)
    require_step(campaign["state"], "FREEZE")
    count = lay_turns(tx, campaign_id, WaveOrder(campaign["wave_order"]), tx.now)
    if count == 0:
        raise InputError(
            "no certificate on the list can be revoked", next_step="Add some: sulku campaign add, or cancel it."
        )
    changes = {"list_hash": hash_list(tx, campaign_id), "frozen_at": tx.now, "waves": wave_sizes((), count)}
    return tx.change(CAMPAIGNS, campaign, "FREEZE", changes)


def plan(tx: Transaction, campaign_id: int, given: Plan) -> dict[str, Any]:
    """Choose the order, the waves and the pace; until it is approved as often as wanted. Raises InputError."""
    require_role(tx.actor, DECIDERS, "plan a campaign")
    campaign = tx.get(CAMPAIGNS, campaign_id)
    require_step(campaign["state"], "PLAN")
    count = lay_turns(tx, campaign_id, given.order, campaign["frozen_at"])
    changes = {
        "wave_order": str(given.order),
        "waves": wave_sizes(given.sizes, count),
        "is_stepwise": given.is_stepwise,
        "per_minute": checked_pace(given.per_minute),
    }
    return tx.change(CAMPAIGNS, campaign, "PLAN", changes)


def checked_pace(per_minute: int) -> int:
    """Orders a minute, 0 for no limit. Raises InputError."""
    if per_minute != 0 and not SLOWEST <= per_minute <= FASTEST:
        raise InputError(
            f"{per_minute} orders a minute is no pace", next_step=f"Give {SLOWEST} to {FASTEST}, or 0 for no limit."
        )
    return per_minute


@crossing("request_decided")
def decide_campaign(
    tx: Transaction, campaign_id: int, *, reason: ReasonCode | int, because: str, invalidity_at: datetime | None = None
) -> dict[str, Any]:
    """Decide the one reason for the whole frozen list; another person must approve. Raises as `decisions.decide`."""
    require_role(tx.actor, DECIDERS, "decide on a campaign")
    require_reason(because)
    code = as_reason(reason)
    if code is ReasonCode.PRIVILEGE_WITHDRAWN and SUPERVISOR not in tx.actor.roles:
        raise NotAllowedError(
            "privilegeWithdrawn is the CA's own ground (TLS BR 7.2.2)", next_step="Ask a supervisor to decide."
        )
    if invalidity_at is not None and (code is not ReasonCode.KEY_COMPROMISE or invalidity_at > tx.now):
        raise InputError(
            "an invalidity date says since when keys are compromised, and lies in the past (RFC 5280, 5.3.2)",
            next_step="Leave it out, or correct it.",
        )
    campaign = tx.get(CAMPAIGNS, campaign_id)
    require_step(campaign["state"], "DECIDE")
    invalidity = None if invalidity_at is None else require_utc(invalidity_at)
    digest = _digest(campaign, code, invalidity)
    changes = {
        "reason": int(code),
        "invalidity_at": invalidity,
        "because": because,
        "decided_by": tx.actor.name,
        "decided_at": tx.now,
        "approval_digest": digest,
    }
    return tx.change(CAMPAIGNS, campaign, "DECIDE", changes)


@crossing("request_approved")
def approve_campaign(tx: Transaction, campaign_id: int, *, shown_digest: str) -> dict[str, Any]:
    """Approve the list and the reason that were shown, once for all of it. Sending begins; a drill ends here.

    Raises NotAllowedError (role, four eyes), ConflictError (another list or reason than shown) and
    IllegalTransitionError.
    """
    require_role(tx.actor, APPROVERS, "approve a campaign")
    campaign = dict(tx.get(CAMPAIGNS, campaign_id))
    verb = "DRILL" if campaign["is_drill"] else "APPROVE"
    require_step(campaign["state"], verb)
    if tx.actor.name in {campaign["decided_by"], ""}:
        raise NotAllowedError(
            "who decided may not approve: four eyes", next_step="Ask another approver; a campaign has no other way."
        )
    digest = _digest(campaign, ReasonCode(campaign["reason"]), campaign["invalidity_at"])
    if shown_digest != digest or hash_list(tx, campaign_id) != campaign["list_hash"]:
        raise ConflictError(
            "the list or its reason has changed since it was shown", next_step="Look at it again: sulku campaign show."
        )
    check_turns(tx, campaign)
    changes: dict[str, Any] = {"approved_by": tx.actor.name, "approved_at": tx.now}
    if campaign["is_drill"]:
        return tx.change(CAMPAIGNS, campaign, "DRILL", {**changes, "ended_at": tx.now})
    campaign = tx.change(CAMPAIGNS, campaign, "APPROVE", {**changes, "wave": 1, "run": 1})
    begin_sending(tx, campaign, is_first=True)
    return campaign


def pause(tx: Transaction, campaign_id: int, *, because: str) -> dict[str, Any]:
    """Send nothing more. What was sent is still looked for and told of."""
    require_role(tx.actor, DECIDERS | APPROVERS, "pause a campaign")
    require_reason(because)
    campaign = tx.get(CAMPAIGNS, campaign_id)
    require_step(campaign["state"], "PAUSE")
    return tx.change(CAMPAIGNS, campaign, "PAUSE", None, because=[because])


def resume(tx: Transaction, campaign_id: int, *, per_minute: int | None = None) -> dict[str, Any]:
    """Go on; where a wave had ended, with the next one. `per_minute` changes the pace."""
    require_role(tx.actor, DECIDERS | APPROVERS, "resume a campaign")
    campaign = tx.get(CAMPAIGNS, campaign_id)
    require_step(campaign["state"], "RESUME")
    changes: dict[str, Any] = {"run": campaign["run"] + 1}
    if per_minute is not None:
        changes["per_minute"] = checked_pace(per_minute)
    campaign = tx.change(CAMPAIGNS, campaign, "RESUME", changes)
    begin_sending(tx, campaign)
    return campaign


def cancel(tx: Transaction, campaign_id: int, *, because: str) -> dict[str, Any]:
    """End it for good. What was sent cannot be taken back; a running one is paused first."""
    require_role(tx.actor, DECIDERS | APPROVERS, "cancel a campaign")
    require_reason(because)
    campaign = tx.get(CAMPAIGNS, campaign_id)
    require_step(campaign["state"], "CANCEL")
    campaign = tx.change(CAMPAIGNS, campaign, "CANCEL", {"ended_at": tx.now}, because=[because])
    if campaign["approved_at"] is not None:
        tx.enqueue(notices_effect(campaign, "after"))  # of some holders a part is revoked
    return campaign


@dataclass(frozen=True, slots=True)
class LegalHold:
    """An order of an authority that certificates must not be revoked for now: whose, under which number, until when."""

    authority: str
    reference: str
    until: datetime


def hold(
    tx: Transaction,
    campaign_id: int,
    order: LegalHold,
    *,
    lines: Sequence[int] = (),
    account_id: int | None = None,
    because: str = "",
) -> int:
    """Take certificates out while a legal hold lasts: some lines, or all of a holder. Returns how many.

    They stay on the list; when the hold ends they are revoked like the others. `because`: what the order itself does
    not tell, for the history. Raises InputError when none can be held: what was sent to the CA is beyond it.
    """
    require_role(tx.actor, DECIDERS, "record a legal hold")
    if not order.authority.strip() or not order.reference.strip() or order.until <= tx.now:
        raise InputError(
            "a legal hold has an authority, a reference and an end that lies ahead", next_step="Copy them from it."
        )
    campaign = tx.get(CAMPAIGNS, campaign_id)
    require_step(campaign["state"], "HOLD")
    held = _lines(tx, campaign_id, {LineState.LISTED, LineState.HELD}, lines, account_id)
    if not held:
        raise InputError("nothing there can still be held", next_step="Look at the lines: sulku campaign lines.")
    values = {"held_by": order.authority, "held_reference": order.reference, "held_until": require_utc(order.until)}
    tx.change_many(CAMPAIGN_LINES, held, "HOLD", [values] * len(held))
    campaign = tx.change(
        CAMPAIGNS,
        campaign,
        "HOLD",
        None,
        because=[because] if because else [],
        certificates=len(held),
        **{k: _json(v) for k, v in values.items()},
    )
    if campaign["approved_at"] is not None:
        tell_finished_holders(tx, campaign, {line["account_id"] for line in held} - {None})
    return len(held)


def release(
    tx: Transaction, campaign_id: int, *, because: str, lines: Sequence[int] = (), account_id: int | None = None
) -> int:
    """End a legal hold before its time. Returns how many certificates go out with the others again."""
    require_role(tx.actor, DECIDERS, "release a legal hold")
    require_reason(because)
    campaign = tx.get(CAMPAIGNS, campaign_id)
    require_step(campaign["state"], "RELEASE")
    held = _lines(tx, campaign_id, {LineState.HELD}, lines, account_id)
    if not held:
        raise InputError("nothing there is held", next_step="Look at the lines: sulku campaign lines.")
    release_lines(tx, campaign, held, because)
    return len(held)


def get_campaign(connection: sa.Connection, campaign_id: int) -> dict[str, Any] | None:
    """The campaign's row, for showing."""
    row = connection.execute(sa.select(campaigns).where(campaigns.c.id == campaign_id)).mappings().one_or_none()
    return None if row is None else dict(row)


def list_campaigns(connection: sa.Connection, limit: int = 200) -> list[dict[str, Any]]:
    """Campaigns, newest first."""
    query = sa.select(campaigns).order_by(campaigns.c.id.desc()).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def _digest(campaign: Row, reason: ReasonCode, invalidity_at: datetime | None) -> str:
    since = "" if invalidity_at is None else to_text(invalidity_at)
    return approval_digest(campaign["id"], campaign["list_hash"], int(reason), since, is_drill=campaign["is_drill"])


def _lines(
    tx: Transaction, campaign_id: int, states: set[LineState], lines: Sequence[int], account_id: int | None
) -> list[dict[str, Any]]:
    """Lines chosen by id or by holder, in these states. Raises InputError when neither is given."""
    columns = campaign_lines.c
    if not lines and account_id is None:
        raise InputError("it is open which certificates are meant", next_step="Give serial numbers or a holder.")
    chosen = columns.account_id == account_id if account_id is not None else columns.id.in_(list(lines))
    query = sa.select(campaign_lines).where(
        columns.campaign_id == campaign_id, columns.state.in_(sorted(states)), chosen
    )
    return [dict(row) for row in tx.execute(query.order_by(columns.id)).mappings()]


def _json(value: Any) -> Any:
    return to_text(value) if isinstance(value, datetime) else value
