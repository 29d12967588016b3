"""The promises of a mass revocation, read from its rows and its history alone.

As in `invariants.py`, each check returns sentences about what is broken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sulku_kernel.events import RecordedEvent
from sulku_revocation.campaign_models import campaign_lines, campaigns
from sulku_revocation.campaign_sending import order_key
from sulku_revocation.domain.campaign_states import CampaignState, LineState

RESULTS = {"LEAVE_OUT": LineState.LEFT_OUT, "SEE": LineState.REVOKED, "REFUSE": LineState.REFUSED}


@dataclass(frozen=True)
class Campaigns:
    """The campaigns, their lines, and each line's key at the CA."""

    by_id: Mapping[int, Mapping[str, Any]]
    lines: Mapping[int, Mapping[str, Any]]
    by_key: Mapping[str, Mapping[str, Any]]

    @property
    def approved_serials(self) -> set[str]:
        """Of every certificate that an approved campaign has sent to the CA."""
        return {
            line["serial"] for line in self.lines.values() if line["sent_at"] and self.by_id[_of(line)]["approved_by"]
        }


def read_campaigns(connection: sa.Connection) -> Campaigns:
    """Everything that is looked at."""
    by_id = {row["id"]: dict(row) for row in connection.execute(sa.select(campaigns)).mappings()}
    lines = {row["id"]: dict(row) for row in connection.execute(sa.select(campaign_lines)).mappings()}
    by_key = {order_key(by_id[_of(line)], line): line for line in lines.values() if by_id[_of(line)]["list_hash"]}
    return Campaigns(by_id, lines, by_key)


def _of(line: Mapping[str, Any]) -> int:
    return int(line["campaign_id"])


def every_line_has_one_result(found: Campaigns, events: Collection[RecordedEvent]) -> Iterator[str]:
    """Of a campaign that was started and has ended, each line ends once; what a cancelled one never sent stays listed."""
    results = Counter(
        event.subject.id for event in events if event.subject.kind == "campaign_line" and event.action in RESULTS
    )
    for id_, line in found.lines.items():
        campaign = found.by_id[_of(line)]
        if results[id_] > 1:
            yield f"line {id_} has {results[id_]} results"
        has_ended = campaign["state"] in {CampaignState.COMPLETED, CampaignState.CANCELLED} and not campaign["is_drill"]
        if not has_ended or (campaign["state"] == CampaignState.CANCELLED and line["sent_at"] is None):
            continue
        if results[id_] != 1 or line["state"] not in RESULTS.values():
            yield f"campaign {campaign['id']} has ended, and line {id_} is {line['state']} with {results[id_]} results"


def every_order_had_its_approval(found: Campaigns, events: Collection[RecordedEvent]) -> Iterator[str]:
    """I4: before a line is sent stand the decision on its campaign and another person's approval, in this order."""
    first: dict[tuple[str, int, str], int] = {}
    for event in events:
        first.setdefault((event.subject.kind, event.subject.id, event.action), event.seq)
    for id_, line in found.lines.items():
        if line["sent_at"] is None:
            continue
        campaign = found.by_id[_of(line)]
        if campaign["is_drill"] or campaign["approved_by"] in (None, campaign["decided_by"]):
            yield f"line {id_} was sent and no other person than who decided had approved campaign {campaign['id']}"
        steps = [
            first.get(("campaign", campaign["id"], "DECIDE"), 0),
            first.get(("campaign", campaign["id"], "APPROVE"), 0),
            first.get(("campaign_line", id_, "SEND"), 0),
        ]
        if 0 in steps or steps != sorted(steps):
            yield f"line {id_} took its steps in another order: {steps}"
