"""The page of a ticket, what is done there, and what can be downloaded from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from sulku_console.attached_view import FIRST, MOST_AT_ONCE
from sulku_console.confirming import MOST_TYPED, field_of
from sulku_console.faults import status_of
from sulku_console.form_guard import CheckedForm, Form
from sulku_console.pages import render
from sulku_console.register_search import search_register
from sulku_console.ticket_acts import ACTS, Act
from sulku_console.ticket_view import newest_event, read_ticket
from sulku_console.visitor import Reader, Visitor, parts_of
from sulku_kernel.columns import storable_text
from sulku_kernel.errors import SulkuError
from sulku_kernel.transaction import begin
from sulku_revocation.domain.reason_code import SUBSCRIBER_REASONS
from sulku_revocation.domain.reason_wizard import GROUNDS, choose_reason
from sulku_revocation.roles import SUPERVISOR, require_role
from sulku_tickets.domain.evidence import EvidenceKind
from sulku_tickets.domain.ticket_number import parse_ticket_number

router = APIRouter()

_NOTHING_TYPED = Form({})


@router.get("/ticket/{number}")
def ticket_page(request: Request, visitor: Reader, number: str, find: str = "", done: str = "") -> Response:
    """Everything about a ticket. `find` looks a certificate up in the register."""
    said = ACTS[done].done if done in ACTS else ""
    return _page(request, visitor, parse_ticket_number(number), find=storable_text(find, 200), done=said)


@router.get("/ticket/{number}/version")
def ticket_version(request: Request, visitor: Reader, number: str) -> Response:  # noqa: ARG001  guards the route
    """The number of the newest event: an open page asks whether it is still the whole story."""
    with parts_of(request).storage.desk.reading() as connection:
        return JSONResponse({"version": newest_event(connection, parse_ticket_number(number))})


def _act_route(act: Act) -> Callable[..., Response]:
    def do(request: Request, form: CheckedForm, visitor: Reader, number: str) -> Response:
        parts = parts_of(request)
        ticket_id = parse_ticket_number(number)
        try:
            with begin(parts.storage.desk, parts.clock, visitor.person) as tx:
                require_role(tx.actor, act.roles, "do this")
                act.perform(tx, ticket_id, form, parts)
        except SulkuError as fault:
            # The page as it is now, with what went wrong on top and what was typed still in its form.
            return _page(request, visitor, ticket_id, fault=fault, failed=act.name, typed=form)
        return RedirectResponse(f"/ticket/{number}?done={act.name}#{act.anchor}", 303)

    return do


for _act in ACTS.values():
    router.add_api_route(f"/ticket/{{number}}/{_act.name}", _act_route(_act), methods=["POST"], name=_act.name)


def _page(
    request: Request,
    visitor: Visitor,
    ticket_id: int,
    *,
    find: str = "",
    done: str = "",
    fault: SulkuError | None = None,
    failed: str = "",
    typed: Form = _NOTHING_TYPED,
) -> Response:
    parts = parts_of(request)
    view = read_ticket(parts, ticket_id, visitor.person)
    found = []
    if find:
        with parts.storage.desk.reading() as connection:
            found = search_register(parts.register_factory(connection), find)
    return render(
        request,
        visitor,
        "ticket.html.j2",
        status=200 if fault is None else status_of(fault),
        view=view,
        offered={name for name, act in ACTS.items() if act.is_offered(view, visitor.person)},
        find=find,
        found=found,
        done=done,
        fault=fault,
        failed=failed,
        typed=typed,
        **_choices(visitor),
    )


def _choices(visitor: Visitor) -> dict[str, Any]:
    """What the forms offer to choose from."""
    # The CA's own reason is for a supervisor to choose.
    grounds = [
        ground
        for ground in GROUNDS.values()
        if ground.reason in SUBSCRIBER_REASONS or SUPERVISOR in visitor.person.roles
    ]
    return {
        "grounds": grounds,
        "grounds_of": lambda facts: choose_reason(facts).ground.rule,
        "hours_of": lambda facts: int(choose_reason(facts).within.total_seconds() // 3600),
        "evidence_kinds": list(EvidenceKind),
        "field_of": field_of,
        "most_typed": MOST_TYPED,
        "most_files": MOST_AT_ONCE,
        "first_files": FIRST,
    }
