"""Writes to the holders of a campaign's certificates: one mail to each contact of a holder, not one per certificate.

A drill writes to nobody: what would be written stands in its report.

"Before" goes out when the campaign is approved, some hundreds of holders at a time. "After" goes out in the transaction
in which the last certificate of a holder is seen revoked, since what it says must have been seen. With it goes the
holder's receipt in a small campaign; in a large one, whose CRL alone is too much for many mailboxes and which has
thousands of holders, whoever wants theirs asks for it (`send_receipt`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel.address import normalise_address
from sulku_kernel.clock import to_text
from sulku_kernel.crash_points import crossing
from sulku_kernel.effects import Done, EffectOutcome
from sulku_kernel.errors import NotFoundError
from sulku_kernel.outbox import ClaimedEffect, Effect, outbox
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.campaign_models import CAMPAIGNS, campaign_lines
from sulku_revocation.campaign_running import notices_effect
from sulku_revocation.domain.campaign_states import AT_THE_CA, UNDER_WAY, CampaignState, LineState
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import ContactRole
from sulku_revocation.models import accounts, certificates, contacts
from sulku_revocation.roles import APPROVERS, DECIDERS, require_role
from sulku_revocation.telling import TOLD_ROLES

HOLDERS_AT_ONCE = 300
MOST_LISTED = 200  # certificates in one mail; a holder with more reads how many there are and asks for the list
RECEIPTS_UP_TO = 200  # certificates of a campaign: to draw a receipt takes a third of a second
BEFORE, AFTER, CANCELLED = "campaign_before", "campaign_after", "campaign_cancelled"
_NOT_SENT = frozenset({LineState.LISTED, LineState.HELD})


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail of a campaign to one contact of a holder."""

    account_id: int
    to: str
    language: str
    template: str
    context: Mapping[str, Any]


def campaign_number(campaign: Row) -> str:
    """How people call a campaign: C26-000007."""
    return f"C{campaign['created_at']:%y}-{campaign['id']:06d}"


def carry_out_notices(effect: ClaimedEffect) -> EffectOutcome:
    """Carry out `campaign_notices`: the next holders, and the effect for those behind them.

    "After" is told this way when a campaign is cancelled: to holders of whom some, and no more, is revoked; and whoever
    was told before reads of what is not revoked.
    """

    def commit(tx: Transaction) -> None:
        campaign = dict(tx.get(CAMPAIGNS, effect.payload["campaign_id"]))
        holders = holders_of(tx.connection, campaign["id"], effect.payload["after"], HOLDERS_AT_ONCE)
        if effect.payload["step"] == "after":
            tell_finished_holders(tx, campaign, holders)
            _tell_cancelled(tx, campaign, holders)
        elif campaign["state"] != CampaignState.CANCELLED:
            _enqueue(tx, campaign, notices(tx.connection, campaign, holders, BEFORE), holders, "before")
        if len(holders) == HOLDERS_AT_ONCE:
            tx.enqueue(notices_effect(campaign, effect.payload["step"], holders[-1]))

    return Done(commit)


@crossing("everybody_told")
def tell_finished_holders(tx: Transaction, campaign: Row, account_ids: Collection[int]) -> None:
    """Tell the holders of whose certificates none is under way any more."""
    finished = sorted(set(account_ids) - _with_lines_under_way(tx, campaign, account_ids))
    for begin in range(0, len(finished), HOLDERS_AT_ONCE):
        holders = finished[begin : begin + HOLDERS_AT_ONCE]
        _enqueue(tx, campaign, notices(tx.connection, campaign, holders, AFTER), holders, "after")


def _tell_cancelled(tx: Transaction, campaign: Row, holders: Sequence[int]) -> None:
    """What was announced and is never sent now: to exactly those to whom it was announced."""
    if campaign["state"] != CampaignState.CANCELLED:
        return
    made = notices(tx.connection, campaign, holders, CANCELLED)
    announced = {_key(campaign, one, f"before:{one.account_id}:"): one for one in made}
    told = tx.execute(sa.select(outbox.c.key).where(outbox.c.key.in_(list(announced)))).scalars()
    for key in sorted(told):
        notice = announced[key]
        tx.enqueue(_mail(campaign, notice, f"cancelled:{notice.account_id}:"))


def send_receipt(tx: Transaction, campaign_id: int, account_id: int) -> int:
    """Write to a holder's contacts on file what is revoked, with the receipt; returns to how many.

    Raises NotAllowedError, and NotFoundError when nobody is on file or nothing of theirs was seen revoked.
    """
    require_role(tx.actor, DECIDERS | APPROVERS, "send a receipt")
    campaign = dict(tx.get(CAMPAIGNS, campaign_id))
    made = notices(tx.connection, campaign, [account_id], AFTER) if campaign["approved_at"] else []
    if not made:
        raise NotFoundError(
            "no contact of this holder is on file, or none of their certificates was seen revoked in this campaign",
            next_step="Look at the holder's contacts, and at the campaign's progress.",
        )
    for notice in made:
        about = f"receipt:{account_id}:{to_text(tx.now)}"
        tx.enqueue(_mail(campaign, notice, about, receipt_of_campaign=[campaign_id, account_id], is_requested=True))
    tx.change(CAMPAIGNS, campaign, "NOTIFY", None, step="receipt", holders=1, untold=[])
    return len(made)


def holders_of(connection: sa.Connection, campaign_id: int, after: int, limit: int) -> list[int]:
    """The next holders with certificates that the campaign revokes."""
    columns = campaign_lines.c
    query = (
        sa.select(columns.account_id)
        .where(columns.campaign_id == campaign_id, columns.account_id > after, columns.state != LineState.LEFT_OUT)
        .distinct()
        .order_by(columns.account_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def notices(connection: sa.Connection, campaign: Row, holders: Sequence[int], template: str) -> list[Notice]:
    """The mails to these holders' contacts on file, with the facts as they are now."""
    lines = _lines_of(connection, campaign["id"], holders)
    made = []
    for account_id, language, addresses in _addresses(connection, holders):
        context = _context(campaign, lines[account_id], template)
        if not context["certificates"]:
            continue  # everything of theirs is held or refused: nothing to tell yet
        made += [Notice(account_id, to, language, template, context) for to in addresses]
    return made


def _enqueue(tx: Transaction, campaign: Row, made: Iterable[Notice], holders: Sequence[int], step: str) -> None:
    """An "after" names in its key how much is revoked: what follows a hold is told anew."""
    reached = set()
    has_receipt = step == "after" and campaign["total"] <= RECEIPTS_UP_TO
    for notice in made:
        reached.add(notice.account_id)
        about = notice.context.get("revoked", "")
        receipt = {"receipt_of_campaign": [campaign["id"], notice.account_id]} if has_receipt else {}
        tx.enqueue(_mail(campaign, notice, f"{step}:{notice.account_id}:{about}", **receipt))
    untold = [account_id for account_id in holders if account_id not in reached]
    tx.change(CAMPAIGNS, campaign, "NOTIFY", None, step=step, holders=len(reached), untold=untold)


def _mail(campaign: Row, notice: Notice, about: str, **more: Any) -> Effect:
    """The effect that sends it, once for ever for what it is about; `more` says which receipt goes with it."""
    return Effect(
        "mail",
        key=_key(campaign, notice, about),
        payload={
            "template": notice.template,
            "language": notice.language,
            "context": dict(notice.context),
            "to": notice.to,
            "audience": "holder",
            "automatic": False,
            "in_reply_to": None,
            "references": [],
            **more,
        },
    )


def _key(campaign: Row, notice: Notice, about: str) -> str:
    return f"campaign:{campaign['id']}:{about}:{notice.to}"


def _with_lines_under_way(tx: Transaction, campaign: Row, account_ids: Collection[int]) -> set[int]:
    """Of a cancelled campaign what was not sent never will be."""
    columns = campaign_lines.c
    states = AT_THE_CA if campaign["state"] == CampaignState.CANCELLED else UNDER_WAY
    query = sa.select(columns.account_id).where(
        columns.campaign_id == campaign["id"],
        columns.account_id.in_(sorted(account_ids)),
        columns.state.in_(sorted(states)),
    )
    return set(tx.execute(query.distinct()).scalars())


def _lines_of(connection: sa.Connection, campaign_id: int, holders: Sequence[int]) -> dict[int, list[Row]]:
    columns, on_file = campaign_lines.c, certificates.c
    chosen = (columns.account_id, columns.serial, columns.state, on_file.common_name)
    query = (
        sa.select(*chosen)
        .join(certificates, on_file.id == columns.certificate_id)
        .where(columns.campaign_id == campaign_id, columns.account_id.in_(list(holders)))
        .where(columns.state != LineState.LEFT_OUT)
        .order_by(columns.account_id, columns.id)
    )
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        found[row["account_id"]].append(dict(row))
    return found


def _addresses(connection: sa.Connection, holders: Sequence[int]) -> Iterator[tuple[int, str, list[str]]]:
    """(holder, language, addresses to tell) of each that has any."""
    joined = sa.select(accounts.c.id, accounts.c.language, contacts.c.email, contacts.c.roles).join(
        contacts, contacts.c.account_id == accounts.c.id
    )
    query = joined.where(accounts.c.id.in_(list(holders))).order_by(accounts.c.id, contacts.c.position)
    of_holder: defaultdict[tuple[int, str], dict[str, None]] = defaultdict(dict)
    for account_id, language, email, roles in connection.execute(query):
        address = normalise_address(email)
        if address and not TOLD_ROLES.isdisjoint(map(ContactRole, roles.split())):
            of_holder[account_id, language][address] = None
    for (account_id, language), addresses in of_holder.items():
        yield account_id, language, list(addresses)


_TOLD_OF = {BEFORE: UNDER_WAY | {LineState.REVOKED}, AFTER: frozenset({LineState.REVOKED}), CANCELLED: _NOT_SENT}


def _context(campaign: Row, lines: Sequence[Row], template: str) -> dict[str, Any]:
    """What the three templates need; times as text in UTC."""
    about = [line for line in lines if line["state"] in _TOLD_OF[template]]
    listed = [{"serial": line["serial"], "common_name": line["common_name"]} for line in about[:MOST_LISTED]]
    context = {
        "number": campaign_number(campaign),
        "reason": ReasonCode(campaign["reason"]).rfc_name,
        "certificates": listed,
        "more": len(about) - len(listed),
    }
    states = [line["state"] for line in lines]
    if template == CANCELLED:
        return {**context, "count": len(about)}
    if template == BEFORE:
        return {**context, "count": len(about), "due_at": _text(campaign["due_at"])}
    return {
        **context,
        "revoked": states.count(LineState.REVOKED),
        "held": states.count(LineState.HELD),
        "refused": states.count(LineState.REFUSED),
        "has_receipt": False,
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)
