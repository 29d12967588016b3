"""How far a campaign is, what became of each certificate, and the report for those who must answer for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from sulku_kernel.clock import to_text
from sulku_kernel.columns import json_value
from sulku_kernel.errors import NotFoundError
from sulku_kernel.events import Subject, events, read_events
from sulku_kernel.outbox import outbox
from sulku_kernel.transaction import Row
from sulku_revocation.campaign_dry_run import holders_without_contact
from sulku_revocation.campaign_models import campaign_lines, campaign_sights, campaigns
from sulku_revocation.campaign_notices import campaign_number
from sulku_revocation.domain.campaign_states import UNDER_WAY, LineState
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.serials import read_serial
from sulku_revocation.models import accounts, certificates, issuers

AT_ONCE = 2_000
# What the incident report's timeline tells of; steps of listing and telling would bury it. It is published: people
# stand there by their role.
TOLD_STEPS = {
    "CREATE": "An operator began the campaign",
    "FREEZE": "An operator closed the list",
    "DECIDE": "An operator decided to revoke everything on the list",
    "APPROVE": "An approver, another person, approved it, and revoking began",
    "DRILL": "An approver, another person, approved the drill",
    "PAUSE": "Sending was paused",
    "RESUME": "Sending went on",
    "NEXT_WAVE": "The next wave began",
    "HOLD": "An operator recorded a legal hold",
    "RELEASE": "A legal hold ended",
    "COMPLETE": "The last certificate had its result",
    "CANCEL": "The campaign was cancelled",
}
_STEP_FACTS = ("certificates", "held_by", "held_reference", "held_until")


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of certificates by state; `going` is how many the campaign revokes in the end."""

    counts: Mapping[LineState, int]
    wave: int
    waves: int

    @property
    def going(self) -> int:
        return sum(self.counts.values()) - self.counts[LineState.LEFT_OUT]

    @property
    def ended(self) -> int:
        """Revoked and seen, or refused."""
        return self.counts[LineState.REVOKED] + self.counts[LineState.REFUSED]

    @property
    def per_cent(self) -> int:
        """How much is revoked and seen."""
        return self.counts[LineState.REVOKED] * 100 // self.going if self.going else 0


def progress(connection: sa.Connection, campaign: Row) -> Progress:
    """How far it is now: one look at an index, whatever the length of the list."""
    columns = campaign_lines.c
    query = sa.select(columns.state, sa.func.count()).where(columns.campaign_id == campaign["id"])
    counts = dict.fromkeys(LineState, 0)
    counts.update({LineState(state): n for state, n in connection.execute(query.group_by(columns.state))})
    return Progress(counts, campaign["wave"], len(campaign["waves"]))


def lines_of(
    connection: sa.Connection, campaign_id: int, *, state: LineState | None = None, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """What became of each certificate, in the order of the list; read as it goes."""
    columns, on_file = campaign_lines.c, certificates.c
    query = (
        sa.select(
            campaign_lines,
            issuers.c.name.label("issuer"),
            on_file.common_name,
            on_file.not_after,
            accounts.c.organisation.label("holder"),
        )
        .join(certificates, on_file.id == columns.certificate_id)
        .join(issuers, issuers.c.id == columns.issuer_id)
        .join(accounts, accounts.c.id == columns.account_id, isouter=True)
        .where(columns.campaign_id == campaign_id)
        .order_by(columns.id)
        .limit(limit)
    )
    if state is not None:
        query = query.where(columns.state == state)
    for row in connection.execute(query.execution_options(yield_per=AT_ONCE)).mappings():
        yield dict(row)


def lines_named(connection: sa.Connection, campaign_id: int, readings: Sequence[str]) -> list[dict[str, Any]]:
    """The lines whose serial number is one of the readings."""
    columns = campaign_lines.c
    query = sa.select(campaign_lines).where(columns.campaign_id == campaign_id, columns.serial.in_(list(readings)))
    return [dict(row) for row in connection.execute(query).mappings()]


def line_named(connection: sa.Connection, campaign_id: int, text: str) -> dict[str, Any]:
    """The one line whose serial number somebody wrote, in any notation. Raises NotFoundError."""
    hits = lines_named(connection, campaign_id, read_serial(text))
    if len(hits) != 1:
        raise NotFoundError(f"{text!r} is not one certificate on the list", next_step="Copy it from the list.")
    return hits[0]


def holder_named(connection: sa.Connection, campaign_id: int, text: str) -> int:
    """The holder of the certificate on the list that has this serial number. Raises NotFoundError."""
    hits = lines_named(connection, campaign_id, read_serial(text))
    if len(hits) != 1:
        raise NotFoundError(
            "this serial number names no certificate on the list, or several", next_step="Copy it from the list."
        )
    account_id: int | None = hits[0]["account_id"]
    if account_id is None:
        raise NotFoundError(
            "no holder of this certificate is on file", next_step="Choose another one, or name the serial numbers."
        )
    return account_id


def report(connection: sa.Connection, campaign: Row) -> dict[str, Any]:
    """The final report as JSON values: who decided what, what became of it, and the evidence."""
    found = progress(connection, campaign)
    facts = {name: _json(value) for name, value in campaign.items() if name != "unmatched"}
    return {
        "number": campaign_number(campaign),
        **facts,
        "reason": None if campaign["reason"] is None else ReasonCode(campaign["reason"]).rfc_name,
        "certificates": {state.value: count for state, count in found.counts.items()},
        "unmatched": campaign["unmatched"],
        "revoked_for_another_reason": _other_reasons(connection, campaign),
        "asked_in_ocsp": _count(connection, campaign, campaign_lines.c.ocsp_digest.is_not(None)),
        "times": _times(connection, campaign["id"]),
        "crls": _sights(connection, campaign["id"]),
        "notices": _notices(connection, campaign["id"]),
        "holders_without_contact": holders_without_contact(connection, campaign["id"]),
        "history": history(connection, campaign["id"]),
    }


def history(connection: sa.Connection, campaign_id: int) -> list[dict[str, Any]]:
    """The campaign's own steps, in order: when, who, what and why. Not those of each certificate.

    A legal hold tells whose order it is, under which reference, and until when.
    """
    return [
        {
            "at": to_text(event.at),
            "by": event.actor,
            "action": event.action,
            "because": list((event.payload or {}).get("because", ())),
            **{name: (event.payload or {}).get(name) for name in _STEP_FACTS},
        }
        for event in read_events(connection, subject=Subject("campaign", campaign_id))
        if event.action in TOLD_STEPS
    ]


def incident_report(connection: sa.Connection, campaign: Row) -> str:
    """Markdown in the order of the CCADB's incident report (IRG 3.2): what the log knows, the rest left to people."""
    found = progress(connection, campaign)
    times = _times(connection, campaign["id"])
    is_over = not any(found.counts[state] for state in (*UNDER_WAY, LineState.HELD, LineState.REFUSED))
    end = times["last_confirmed_at"] if is_over else None
    reason = "not decided yet" if campaign["reason"] is None else ReasonCode(campaign["reason"]).rfc_name
    lines = [
        f"# Incident report: {campaign['name']} ({campaign_number(campaign)})",
        "",
        "## Summary",
        "",
        "- Incident description: (to be written)",
        "- Timeline summary:",
        f"  - Non-compliance start: {_said(campaign['began_at'])}",
        f"  - Non-compliance identified: {_said(campaign['identified_at'])}",
        f"  - Non-compliance end: {_said(end) if is_over else 'not yet: some are not revoked'}",
        f"- Revocation reason: {reason}",
        f"- Drill: {'yes: no certificate was revoked' if campaign['is_drill'] else 'no'}",
        "",
        "## Impact",
        "",
        f"- Total number of certificates: {campaign['total']}",
        f"- Revoked and seen so: {found.counts[LineState.REVOKED]}",
        f"- Revoked or expired before: {found.counts[LineState.LEFT_OUT]}",
        f"- Under legal hold: {found.counts[LineState.HELD]}",
        f"- Refused by the CA: {found.counts[LineState.REFUSED]}",
        f"- Not revoked yet: {sum(found.counts[state] for state in UNDER_WAY)}",
        f"- SHA-256 of the list: {campaign['list_hash'] or 'not frozen yet'}",
        "",
        "## Timeline",
        "",
        "All times are UTC.",
        "",
        *_timeline(connection, campaign, times),
        "",
        "## Root cause analysis",
        "",
        "(to be written)",
        "",
        "## Lessons learned",
        "",
        "(to be written)",
        "",
        "## Action items",
        "",
        "| Action item | Kind | Corresponding root cause | Evaluation criteria | Due date | Status |",
        "| --- | --- | --- | --- | --- | --- |",
        "",
        "## Appendix",
        "",
        "The certificates, each with its result: `sulku campaign lines` writes them as CSV.",
    ]
    return "\n".join(lines) + "\n"


def last_drill(connection: sa.Connection) -> datetime | None:
    """When the last drill was done: one is due each year (TLS BR 5.7.1.2)."""
    query = sa.select(sa.func.max(campaigns.c.ended_at, type_=campaigns.c.ended_at.type))
    at: datetime | None = connection.execute(
        query.where(campaigns.c.is_drill, campaigns.c.approved_at.is_not(None))
    ).scalar()
    return at


def _timeline(connection: sa.Connection, campaign: Row, times: Mapping[str, datetime | None]) -> list[str]:
    told = [(campaign["began_at"], "Non-compliance start."), (campaign["identified_at"], "Non-compliance identified.")]
    told += [
        (times["first_sent_at"], "First order sent to the CA."),
        (times["first_confirmed_at"], "First revocation seen on the CRL."),
        (times["last_confirmed_at"], "Last revocation seen on the CRL."),
    ]
    rows = [(to_text(at), what) for at, what in told if at is not None]
    for step in history(connection, campaign["id"]):
        because = f": {' '.join(step['because']).rstrip('.')}" if step["because"] else ""
        rows.append((step["at"], f"{TOLD_STEPS[step['action']]}{because}."))
    return [f"- {at}: {' '.join(what.split())}" for at, what in sorted(rows, key=itemgetter(0))]


def _times(connection: sa.Connection, campaign_id: int) -> dict[str, Any]:
    columns = campaign_lines.c
    named = {
        "first_sent_at": sa.func.min(columns.sent_at, type_=columns.sent_at.type),
        "last_accepted_at": sa.func.max(columns.accepted_at, type_=columns.sent_at.type),
        "first_confirmed_at": sa.func.min(columns.confirmed_at, type_=columns.sent_at.type),
        "last_confirmed_at": sa.func.max(columns.confirmed_at, type_=columns.sent_at.type),
    }
    query = sa.select(*(value.label(name) for name, value in named.items())).where(columns.campaign_id == campaign_id)
    return dict(connection.execute(query).mappings().one())


def _sights(connection: sa.Connection, campaign_id: int) -> list[dict[str, Any]]:
    query = sa.select(campaign_sights).where(campaign_sights.c.campaign_id == campaign_id)
    rows = connection.execute(query.order_by(campaign_sights.c.seen_at)).mappings()
    return [{name: _json(value) for name, value in row.items()} for row in rows]


def _notices(connection: sa.Connection, campaign_id: int) -> dict[str, dict[str, int]]:
    """Mails by step and state of the outbox."""
    found: dict[str, dict[str, int]] = {}
    for step in ("before", "after"):
        prefix = f"campaign:{campaign_id}:{step}:"
        query = sa.select(outbox.c.state, sa.func.count()).where(
            outbox.c.key >= prefix, outbox.c.key < f"{prefix}~", outbox.c.kind == "mail"
        )
        found[step] = dict(map(tuple, connection.execute(query.group_by(outbox.c.state))))
    return found


def _other_reasons(connection: sa.Connection, campaign: Row) -> int:
    if campaign["reason"] is None:
        return 0
    columns = campaign_lines.c
    is_other = sa.and_(columns.ca_reason.is_not(None), columns.ca_reason != campaign["reason"])
    return _count(connection, campaign, is_other)


def _count(connection: sa.Connection, campaign: Row, condition: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(campaign_lines)
    return int(connection.execute(query.where(campaign_lines.c.campaign_id == campaign["id"], condition)).scalar_one())


def _said(at: datetime | None) -> str:
    return "(to be written)" if at is None else to_text(at)


def _json(value: Any) -> Any:
    return json_value(value) if isinstance(value, datetime | bytes) else value


def newest_event(connection: sa.Connection, campaign_id: int) -> int:
    """The number of the campaign's newest event: an open page asks whether it is still the whole story."""
    query = sa.select(sa.func.max(events.c.seq)).where(
        events.c.subject_kind == "campaign", events.c.subject_id == campaign_id
    )
    return int(connection.execute(query).scalar() or 0)
