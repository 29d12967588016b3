"""Logging in and out."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from sulku_console.faults import status_of
from sulku_console.form_guard import CheckedForm
from sulku_console.pages import render
from sulku_console.visitor import Anybody, forget_session, keep_session, parts_of, remember_language, session_token
from sulku_kernel.errors import NotAllowedError
from sulku_kernel.transaction import begin
from sulku_tickets.operators import authenticate
from sulku_tickets.sessions import SessionKind, end_session, start_session

router = APIRouter()

# Where a login may lead: pages of ours only, never an address that somebody put into a link.
_OWN_PAGE = re.compile(r"/(?:ticket/[A-Za-z0-9-]{1,40})?", re.ASCII)


@router.get("/login")
def login_page(request: Request, visitor: Anybody, then: str = "/") -> Response:
    """The form; who is logged in already goes on."""
    if visitor.actor is not None:
        response = RedirectResponse(_own_page(then), 303)
        remember_language(request, response)
        return response
    return render(request, visitor, "login.html.j2", then=_own_page(then), login="", fault=None, typed="")


@router.post("/login")
def log_in(request: Request, visitor: Anybody, form: CheckedForm) -> Response:
    """Begin a session. The answer to every wrong combination is the same."""
    parts = parts_of(request)
    peer = request.client.host if request.client else ""
    then = _own_page(form.get("then"))
    try:
        operator = authenticate(
            parts.storage.desk, parts.clock, login=form.get("login"), password=form.raw("password"), peer=peer
        )
    except NotAllowedError as fault:
        page = {"then": then, "login": form.get("login")[:100], "fault": fault, "typed": form.get("typed")}
        return render(request, visitor, "login.html.j2", status=status_of(fault), **page)
    with begin(parts.storage.desk, parts.clock, operator.actor) as tx:
        token = start_session(tx, operator, SessionKind.WEB, replaces=session_token(request))
    response = RedirectResponse(then, 303)
    keep_session(parts, response, token)
    return response


@router.post("/logout")
def log_out(request: Request, visitor: Anybody, form: CheckedForm) -> Response:  # noqa: ARG001  checked before
    """End the session here and in the browser."""
    parts = parts_of(request)
    with begin(parts.storage.desk, parts.clock, visitor.person) as tx:
        end_session(tx, visitor.token)
    response = RedirectResponse("/login", 303)
    forget_session(parts, response)
    return response


def _own_page(then: str) -> str:
    return then if _OWN_PAGE.fullmatch(then) else "/"
