"""Legal holds on a campaign's certificates: put on with the order's facts and a reason, taken off with a reason.

The certificates are ticked on the list and looked at once more here. What is taken off goes to the CA with the others,
at once where the campaign is under way, so the end of each serial number is typed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from sulku_console.campaign_results_page import CAN_BE_HELD
from sulku_console.campaign_view import campaign_row
from sulku_console.confirming import MOST_TYPED, require_number, require_tail
from sulku_console.faults import status_of
from sulku_console.form_guard import CheckedForm, Form
from sulku_console.pages import render
from sulku_console.times import typed_time
from sulku_console.visitor import Reader, Visitor, parts_of
from sulku_kernel.errors import InputError, SulkuError
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.transaction import Row, Transaction, begin
from sulku_mailbox.batches import in_batches
from sulku_revocation import campaigns
from sulku_revocation.campaign_notices import campaign_number
from sulku_revocation.campaign_report import newest_event
from sulku_revocation.campaign_results import AT_ONCE, lines_chosen, lines_of_holders
from sulku_revocation.domain.campaign_states import LineState
from sulku_revocation.requests import require_reason
from sulku_revocation.roles import DECIDERS, require_role

router = APIRouter()

_NOTHING_TYPED = Form({})
_LONGEST_ID = 18  # digits


@dataclass(frozen=True)
class ChosenView:
    """The certificates that were ticked. `others`: how many more of the same holders could be held with them."""

    row: Row
    number: str
    lines: list[dict[str, Any]]
    others: int
    version: int

    @property
    def is_typed_by_number(self) -> bool:
        """Whether there are too many to compare one by one."""
        return len(self.lines) > MOST_TYPED


@router.get("/campaign/{campaign_id}/hold")
def hold_page(
    request: Request, visitor: Reader, campaign_id: int, line: Annotated[Sequence[int] | None, Query()] = None
) -> Response:
    """The form that puts a legal hold on what was ticked, or gives a lasting one another end."""
    return _page(request, visitor, campaign_id, line or (), is_release=False)


@router.get("/campaign/{campaign_id}/release")
def release_page(
    request: Request, visitor: Reader, campaign_id: int, line: Annotated[Sequence[int] | None, Query()] = None
) -> Response:
    """The form that takes a legal hold off what was ticked."""
    return _page(request, visitor, campaign_id, line or (), is_release=True)


@router.post("/campaign/{campaign_id}/hold")
def hold(request: Request, form: CheckedForm, visitor: Reader, campaign_id: int) -> Response:
    """Hold them."""
    parts, ids = parts_of(request), _ids(form)
    try:
        with begin(parts.storage.desk, parts.clock, visitor.person) as tx:
            count = _hold(tx, campaign_id, ids, form)
    except SulkuError as fault:
        return _page(request, visitor, campaign_id, ids, is_release=False, fault=fault, typed=form)
    return RedirectResponse(f"/campaign/{campaign_id}/certificates?state=HELD&held={count}", 303)


@router.post("/campaign/{campaign_id}/release")
def release(request: Request, form: CheckedForm, visitor: Reader, campaign_id: int) -> Response:
    """Let them go out with the others."""
    parts, ids = parts_of(request), _ids(form)
    try:
        with begin(parts.storage.desk, parts.clock, visitor.person) as tx:
            require_role(tx.actor, DECIDERS, "release a legal hold")
            _require_typed(lines_chosen(tx.connection, campaign_id, ids), form)
            count = campaigns.release(tx, campaign_id, because=form.get("because"), lines=ids)
    except SulkuError as fault:
        return _page(request, visitor, campaign_id, ids, is_release=True, fault=fault, typed=form)
    return RedirectResponse(f"/campaign/{campaign_id}/certificates?released={count}", 303)


def _hold(tx: Transaction, campaign_id: int, ids: Sequence[int], form: Form) -> int:
    require_role(tx.actor, DECIDERS, "record a legal hold")
    until = typed_time(form.get("until"))
    if until is None:
        raise InputError("it is open until when it is held", next_step="Copy the end from the order.")
    require_reason(form.get("because"))
    order = campaigns.LegalHold(form.get("authority"), form.get("reference"), until)
    chosen = lines_chosen(tx.connection, campaign_id, ids)
    meant = {line["id"] for line in chosen}
    if form.has("whole_holder"):
        meant |= set(_others(tx.connection, campaign_id, chosen))
    if not meant:
        raise InputError("no certificate was chosen", next_step="Tick a certificate.")
    return sum(
        campaigns.hold(tx, campaign_id, order, lines=some, because=form.get("because"))
        for some in in_batches(sorted(meant), AT_ONCE)
    )


def _others(connection: sa.Connection, campaign_id: int, chosen: Sequence[Row]) -> list[int]:
    """What the same holders have that nobody has held and the CA has not been asked for."""
    holders = {line["account_id"] for line in chosen} - {None}
    found = lines_of_holders(connection, campaign_id, holders, LineState.LISTED)
    return sorted(set(found) - {line["id"] for line in chosen})


def _require_typed(lines: Sequence[Row], form: Form) -> None:
    """Each certificate has been looked at. Raises InputError."""
    if len(lines) > MOST_TYPED:
        require_number(len(lines), form)
        return
    for line in lines:
        require_tail(SerialNumber.from_hex(line["serial"]), line["common_name"], form.get(f"code_{line['id']}"))


def _ids(form: Form) -> list[int]:
    return [int(value) for value in form.all("line") if value.isdecimal() and len(value) <= _LONGEST_ID]


def _page(
    request: Request,
    visitor: Visitor,
    campaign_id: int,
    ids: Sequence[int],
    *,
    is_release: bool,
    fault: SulkuError | None = None,
    typed: Form = _NOTHING_TYPED,
) -> Response:
    require_role(visitor.person, DECIDERS, "release a legal hold" if is_release else "record a legal hold")
    return render(
        request,
        visitor,
        "campaign_hold.html.j2",
        status=200 if fault is None else status_of(fault),
        view=_read(request, campaign_id, ids, is_release=is_release),
        is_release=is_release,
        fault=fault,
        typed=typed,
    )


def _read(request: Request, campaign_id: int, ids: Sequence[int], *, is_release: bool) -> ChosenView:
    wanted = {LineState.HELD} if is_release else CAN_BE_HELD
    with parts_of(request).storage.desk.reading() as connection:
        row = campaign_row(connection, campaign_id)
        chosen = [line for line in lines_chosen(connection, campaign_id, ids) if line["state"] in wanted]
        return ChosenView(
            row=row,
            number=campaign_number(row),
            lines=chosen,
            others=0 if is_release else len(_others(connection, campaign_id, chosen)),
            version=newest_event(connection, campaign_id),
        )
