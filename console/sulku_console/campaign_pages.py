"""Mass revocations: all of them, and one with its progress and what can be done with it.

A page of a running campaign brings itself up to date; while somebody writes into a form it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from sulku_console.campaign_view import TAIL, CampaignView, campaign_row
from sulku_console.confirming import is_typed
from sulku_console.faults import status_of
from sulku_console.form_guard import CheckedForm, Form
from sulku_console.pages import render
from sulku_console.parts import ConsoleParts
from sulku_console.times import typed_time
from sulku_console.visitor import Reader, Visitor, parts_of
from sulku_kernel.actor import Actor
from sulku_kernel.clock import from_text
from sulku_kernel.errors import InputError, SulkuError
from sulku_kernel.transaction import Transaction, begin
from sulku_revocation import campaigns
from sulku_revocation.campaign_dry_run import dry_run
from sulku_revocation.campaign_listing import Lister
from sulku_revocation.campaign_notices import campaign_number, send_receipt
from sulku_revocation.campaign_report import history, holder_named, last_drill, newest_event, progress
from sulku_revocation.domain.campaign_rules import WaveOrder
from sulku_revocation.domain.campaign_states import APPROVED, BEFORE_APPROVAL, CampaignState
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.roles import APPROVERS, DECIDERS, SUPERVISOR

router = APIRouter()

_NOTHING_TYPED = Form({})
_ALL_PEOPLE = DECIDERS | APPROVERS


@dataclass(frozen=True, slots=True)
class CampaignAct:
    """`roles` may do it in one of `states`; `done` is said afterwards."""

    name: str
    roles: frozenset[str]
    states: frozenset[CampaignState]
    perform: Callable[[Transaction, int, Form], object]
    done: str

    def is_offered(self, view: CampaignView, actor: Actor) -> bool:
        """Whether the page shows its form to this person."""
        return not self.roles.isdisjoint(actor.roles) and view.state in self.states


def _freeze(tx: Transaction, id_: int, form: Form) -> None:  # noqa: ARG001  one shape
    campaigns.freeze(tx, id_)


def _plan(tx: Transaction, id_: int, form: Form) -> None:
    sizes = [part.strip() for part in form.get("waves").split(",") if part.strip()]
    pace = form.get("per_minute") or "0"
    if not all(part.isdecimal() and len(part) < 9 for part in [*sizes, pace]):
        raise InputError("sizes and pace are whole numbers", next_step="Write sizes like 100,1000.")
    order = form.get("order")
    chosen = WaveOrder(order) if order in set(WaveOrder) else WaveOrder.REPLACED_FIRST
    campaigns.plan(
        tx,
        id_,
        campaigns.Plan(chosen, tuple(map(int, sizes)), is_stepwise=form.has("stepwise"), per_minute=int(pace)),
    )


def _decide(tx: Transaction, id_: int, form: Form) -> None:
    reason = form.get("reason")
    if not reason.isdecimal():
        raise InputError("no reason was chosen", next_step="Choose the one reason for the whole list.")
    campaigns.decide_campaign(
        tx,
        id_,
        reason=int(reason[:3]),
        because=form.get("because"),
        invalidity_at=typed_time(form.get("invalidity")),
    )


def _approve(tx: Transaction, id_: int, form: Form) -> None:
    shown = form.get("digest")
    row = campaigns.get_campaign(tx.connection, id_)
    count = 0 if row is None else sum(row["waves"])
    # Of a list that has changed since nothing need be typed right: `approve_campaign` refuses it.
    if row is not None and shown == row["approval_digest"]:
        if form.get("tail").lower() != shown[-TAIL:]:
            raise InputError("that is not the end of the hash", next_step="Compare it and type its last 8 characters.")
        if not is_typed(count, form):
            raise InputError("that is not the number of certificates", next_step="Read it from the dry run.")
    campaigns.approve_campaign(tx, id_, shown_digest=shown)


def _pause(tx: Transaction, id_: int, form: Form) -> None:
    campaigns.pause(tx, id_, because=form.get("because"))


def _resume(tx: Transaction, id_: int, form: Form) -> None:  # noqa: ARG001  one shape
    campaigns.resume(tx, id_)


def _cancel(tx: Transaction, id_: int, form: Form) -> None:
    campaigns.cancel(tx, id_, because=form.get("because"))


def _send_receipt(tx: Transaction, id_: int, form: Form) -> None:
    send_receipt(tx, id_, holder_named(tx.connection, id_, form.get("serial")))


_CANCELLABLE = frozenset({CampaignState.DRAFT, CampaignState.PAUSED}) | BEFORE_APPROVAL

_TOLD = APPROVED | {CampaignState.CANCELLED}

ACTS: dict[str, CampaignAct] = {
    act.name: act
    for act in (
        CampaignAct("freeze", DECIDERS, frozenset({CampaignState.DRAFT}), _freeze, "The list is frozen."),
        CampaignAct("plan", DECIDERS, BEFORE_APPROVAL, _plan, "The plan is changed."),
        CampaignAct("decide", DECIDERS, BEFORE_APPROVAL, _decide, "Decided. Now another person approves."),
        CampaignAct("approve", APPROVERS, frozenset({CampaignState.DECIDED}), _approve, "Approved."),
        CampaignAct("pause", _ALL_PEOPLE, frozenset({CampaignState.RUNNING}), _pause, "Paused."),
        CampaignAct("resume", _ALL_PEOPLE, frozenset({CampaignState.PAUSED}), _resume, "Revoking goes on."),
        CampaignAct("cancel", _ALL_PEOPLE, _CANCELLABLE, _cancel, "The campaign is cancelled."),
        CampaignAct("send_receipt", _ALL_PEOPLE, _TOLD, _send_receipt, "The receipt goes to the holder's contacts."),
    )
}


@router.get("/campaigns")
def campaigns_page(request: Request, visitor: Reader) -> Response:
    """Every campaign, newest first, and the form that begins one."""
    return _list(request, visitor)


@router.post("/campaigns/begin")
def begin_campaign(request: Request, form: CheckedForm, visitor: Reader) -> Response:
    """A new campaign, with the list that was pasted; a longer list is put in at the command line."""
    parts = parts_of(request)
    try:
        new = campaigns.NewCampaign(
            form.get("name"),
            is_drill=form.has("drill"),
            began_at=typed_time(form.get("began")),
            identified_at=typed_time(form.get("identified")),
            due_at=typed_time(form.get("due")),
        )
        with begin(parts.storage.desk, parts.clock, visitor.person) as tx:
            id_ = campaigns.create_campaign(tx, new)["id"]
        if form.get("list"):
            _add(parts, visitor.person, id_, form)
    except SulkuError as fault:
        return _list(request, visitor, fault=fault, typed=form)
    return RedirectResponse(f"/campaign/{id_}", 303)


@router.get("/campaign/{campaign_id}")
def campaign_page(request: Request, visitor: Reader, campaign_id: int, act: str = "", done: str = "") -> Response:
    """One campaign. `act`: the form that is open, so that the page stands still."""
    said = ACTS[done].done if done in ACTS else ""
    return _page(request, visitor, campaign_id, act=act if act in ACTS else "", done=said)


@router.get("/campaign/{campaign_id}/version")
def campaign_version(request: Request, visitor: Reader, campaign_id: int) -> Response:  # noqa: ARG001  guards it
    """The number of the newest event: an open page asks whether it is still the whole story."""
    with parts_of(request).storage.desk.reading() as connection:
        return JSONResponse({"version": newest_event(connection, campaign_id)})


@router.post("/campaign/{campaign_id}/add")
def add_lines(request: Request, form: CheckedForm, visitor: Reader, campaign_id: int) -> Response:
    """More lines for the list."""
    try:
        _add(parts_of(request), visitor.person, campaign_id, form)
    except SulkuError as fault:
        return _page(request, visitor, campaign_id, fault=fault, act="add", typed=form)
    return RedirectResponse(f"/campaign/{campaign_id}", 303)


def _add(parts: ConsoleParts, actor: Actor, campaign_id: int, form: Form) -> None:
    lister = Lister(parts.storage.desk, parts.clock, actor, campaign_id)
    lister.from_file("console", form.raw("list").encode("utf-8", "replace"))


def _act_route(act: CampaignAct) -> Callable[..., Response]:
    def do(request: Request, form: CheckedForm, visitor: Reader, campaign_id: int) -> Response:
        parts = parts_of(request)
        try:
            with begin(parts.storage.desk, parts.clock, visitor.person) as tx:
                act.perform(tx, campaign_id, form)
        except SulkuError as fault:
            return _page(request, visitor, campaign_id, fault=fault, act=act.name, typed=form)
        return RedirectResponse(f"/campaign/{campaign_id}?done={act.name}", 303)

    return do


for _one in ACTS.values():
    router.add_api_route(
        f"/campaign/{{campaign_id}}/{_one.name}", _act_route(_one), methods=["POST"], name=f"campaign_{_one.name}"
    )


def _list(
    request: Request, visitor: Visitor, *, fault: SulkuError | None = None, typed: Form = _NOTHING_TYPED
) -> Response:
    with parts_of(request).storage.desk.reading() as connection:
        rows = campaigns.list_campaigns(connection)
        drilled = last_drill(connection)
    return render(
        request,
        visitor,
        "campaigns.html.j2",
        status=200 if fault is None else status_of(fault),
        campaigns=[(row, campaign_number(row)) for row in rows],
        drilled=drilled,
        may_begin=not DECIDERS.isdisjoint(visitor.person.roles),
        fault=fault,
        typed=typed,
    )


def _page(
    request: Request,
    visitor: Visitor,
    campaign_id: int,
    *,
    act: str = "",
    done: str = "",
    fault: SulkuError | None = None,
    typed: Form = _NOTHING_TYPED,
) -> Response:
    view = _read(parts_of(request), campaign_id)
    return render(
        request,
        visitor,
        "campaign.html.j2",
        status=200 if fault is None else status_of(fault),
        view=view,
        offered={name for name, one in ACTS.items() if one.is_offered(view, visitor.person)},
        has_receipts=view.row["approved_at"] is not None and not view.row["is_drill"],
        may_list=view.state is CampaignState.DRAFT and not DECIDERS.isdisjoint(visitor.person.roles),
        act=act,
        done=done,
        fault=fault,
        typed=typed,
        reasons=[
            r for r in ReasonCode if r is not ReasonCode.PRIVILEGE_WITHDRAWN or SUPERVISOR in visitor.person.roles
        ],
        orders=list(WaveOrder),
    )


def _read(parts: ConsoleParts, campaign_id: int) -> CampaignView:
    with parts.storage.desk.reading() as connection:
        row = campaign_row(connection, campaign_id)
        is_open = row["state"] in BEFORE_APPROVAL | {CampaignState.DRAFT}
        return CampaignView(
            row=row,
            number=campaign_number(row),
            progress=progress(connection, row),
            forecast=dry_run(connection, row, parts.clock.now()) if is_open or row["is_drill"] else None,
            history=told_history(connection, campaign_id),
            version=newest_event(connection, campaign_id),
        )


def told_history(connection: sa.Connection, campaign_id: int) -> list[dict[str, Any]]:
    """The campaign's steps with times as times."""
    return [
        {**step, **{name: from_text(step[name]) for name in ("at", "held_until") if step[name]}}
        for step in history(connection, campaign_id)
    ]
