"""The certificates of a campaign, each with its result: found by state, by serial number, by holder or name.

While the campaign is under way the results change on the open page by themselves; what was ticked stays ticked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from sulku_console.campaign_view import campaign_row
from sulku_console.pages import render
from sulku_console.visitor import Reader, Visitor, parts_of
from sulku_kernel.columns import storable_text
from sulku_kernel.transaction import Row
from sulku_revocation.campaign_notices import campaign_number
from sulku_revocation.campaign_report import Progress, newest_event, progress
from sulku_revocation.campaign_results import Sought, count_results, read_results, results_csv
from sulku_revocation.domain.campaign_states import CAMPAIGN_STATES, CampaignState, LineState
from sulku_revocation.roles import DECIDERS

router = APIRouter()

PAGE = 100
_LAST_PAGE = 10_000
_LONGEST_SEARCH = 200
CAN_BE_HELD = frozenset({LineState.LISTED, LineState.HELD})


@dataclass(frozen=True)
class ResultsView:
    """A page of the list: `lines` of `count` that fit what is sought."""

    row: Row
    progress: Progress
    sought: Sought
    page: int
    count: int
    lines: list[dict[str, Any]]
    version: int

    @property
    def number(self) -> str:
        return campaign_number(self.row)

    @property
    def state(self) -> CampaignState:
        return CampaignState(self.row["state"])

    @property
    def first(self) -> int:
        """The place of the first line among those that fit, from 1."""
        return (self.page - 1) * PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1


def may_hold(row: Row, visitor: Visitor) -> bool:
    """Whether this person can put a legal hold on, or take one off, as the campaign stands."""
    return not DECIDERS.isdisjoint(visitor.person.roles) and "HOLD" in CAMPAIGN_STATES.transitions[row["state"]]


@router.get("/campaign/{campaign_id}/certificates")
def certificates_page(
    request: Request,
    visitor: Reader,
    campaign_id: int,
    state: str = "",
    find: str = "",
    page: int = 1,
    held: int = 0,
    released: int = 0,
) -> Response:
    """The list, a hundred at a time. `held`, `released`: how many somebody has just held or released."""
    sought = Sought(LineState(state) if state in set(LineState) else None, storable_text(find, _LONGEST_SEARCH).strip())
    with parts_of(request).storage.desk.reading() as connection:
        row = campaign_row(connection, campaign_id)
        view = _read(connection, row, sought, min(max(page, 1), _LAST_PAGE))
    offered = may_hold(row, visitor)
    return render(
        request,
        visitor,
        "campaign_certificates.html.j2",
        view=view,
        states=list(LineState),
        can_be_held=CAN_BE_HELD if offered else frozenset(),
        has_more=view.last < view.count,
        held=held,
        released=released,
    )


def _read(connection: sa.Connection, row: Row, sought: Sought, page: int) -> ResultsView:
    found = progress(connection, row)
    count = count_results(connection, row["id"], sought) if sought.text else _in_state(found, sought.state)
    lines = read_results(connection, row["id"], sought, offset=(page - 1) * PAGE, limit=PAGE)
    return ResultsView(row, found, sought, page, count, lines, newest_event(connection, row["id"]))


def _in_state(found: Progress, state: LineState | None) -> int:
    return sum(found.counts.values()) if state is None else found.counts[state]


@router.get("/campaign/{campaign_id}/certificates.csv")
def download_results(
    request: Request,
    visitor: Reader,  # noqa: ARG001  guards the route
    campaign_id: int,
) -> Response:
    """Every certificate with its result and evidence, as the command writes it: sulku campaign lines."""
    store = parts_of(request).storage.desk
    with store.reading() as connection:
        name = f"{campaign_number(campaign_row(connection, campaign_id))}-certificates.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(results_csv(store, campaign_id), media_type="text/csv; charset=utf-8", headers=headers)
