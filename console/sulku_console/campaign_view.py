"""What the pages of a campaign have in common: its row, how it stands, and what a person should do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sulku_kernel.errors import NotFoundError
from sulku_kernel.transaction import Row
from sulku_revocation.campaign_dry_run import DryRun
from sulku_revocation.campaign_report import Progress
from sulku_revocation.campaigns import get_campaign
from sulku_revocation.domain.campaign_states import UNDER_WAY, CampaignState, LineState
from sulku_revocation.domain.reason_code import ReasonCode

TAIL = 8
_LARGEST_ID = 1 << 62


@dataclass(frozen=True)
class CampaignView:
    """A campaign as its page shows it; `forecast` until it is approved. `version`: the number of its newest event."""

    row: Mapping[str, Any]
    number: str
    progress: Progress
    forecast: DryRun | None
    history: list[dict[str, Any]]
    version: int

    @property
    def state(self) -> CampaignState:
        return CampaignState(self.row["state"])

    @property
    def reason(self) -> ReasonCode | None:
        """The one reason for all, once it is decided."""
        return None if self.row["reason"] is None else ReasonCode(self.row["reason"])

    @property
    def tail(self) -> str:
        """What is typed to approve it."""
        return str(self.row["approval_digest"] or "")[-TAIL:]

    @property
    def refused(self) -> int:
        """How many the CA refused."""
        return self.progress.counts[LineState.REFUSED]

    @property
    def held(self) -> int:
        """How many a legal hold keeps from being revoked."""
        return self.progress.counts[LineState.HELD]

    @property
    def pause(self) -> Mapping[str, Any] | None:
        """The step of the history by which it stands still now."""
        pauses = [step for step in self.history if step["action"] == "PAUSE"]
        return pauses[-1] if pauses and self.state is CampaignState.PAUSED else None

    @property
    def next_step(self) -> str:
        """What a person should do now, in a sentence of the catalogue."""
        return next(sentence for fits, sentence in _next_steps(self) if fits)


def _next_steps(view: CampaignView) -> Iterator[tuple[bool, str]]:
    """The first that fits is shown."""
    counts = view.progress.counts
    match view.state:
        case CampaignState.DRAFT:
            yield bool(view.row["total"]), "Look at the list and at what it leaves aside, then freeze it."
            yield True, "Put certificates on the list."
        case CampaignState.FROZEN:
            yield True, "Look at the dry run, then decide the one reason."
        case CampaignState.DECIDED:
            yield True, "It is decided. Another person looks at the list and approves it."
        case CampaignState.PAUSED:
            yield True, "It is paused: nothing more is sent. Go on, or cancel it."
        case CampaignState.RUNNING:
            yield bool(view.refused), "The CA refused some. Read why, and call the CA; the others go on."
            yield bool(view.held) and not sum(counts[state] for state in UNDER_WAY), _ONLY_HELD
            yield True, "Nothing: orders are sent, and CRL and OCSP are watched."
        case CampaignState.COMPLETED:
            yield bool(view.row["is_drill"]), "The drill is over. Read its report, and write down what was learned."
            yield bool(view.refused), "The CA refused some. Read why, and revoke those on a ticket."
            yield True, "It is completed. Read the report, and write what only people know."
        case CampaignState.CANCELLED:
            yield True, "It is cancelled. What had been sent before is still watched."


_ONLY_HELD = "Only certificates under a legal hold are left. They are revoked when the hold ends."


def campaign_row(connection: sa.Connection, campaign_id: int) -> Row:
    """The campaign's row. Raises NotFoundError."""
    row = get_campaign(connection, campaign_id) if campaign_id < _LARGEST_ID else None
    if row is None:
        raise NotFoundError("there is no such campaign", next_step="Go back to the campaigns.")
    return row
