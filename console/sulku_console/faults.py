"""What went wrong, as a page: a sentence, what to do next, the right status. Never a stack trace."""

from __future__ import annotations

from urllib.parse import quote

import sqlalchemy as sa
import structlog
from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from sulku_console.headers import ALWAYS
from sulku_console.pages import render
from sulku_console.visitor import LoginNeededError, Visitor, language_of, read_visitor
from sulku_kernel.errors import (
    ConfigurationError,
    ConflictError,
    IllegalTransitionError,
    InputError,
    NotAllowedError,
    NotFoundError,
    SulkuError,
    UnavailableError,
)

log = structlog.get_logger()

STATUS: tuple[tuple[type[SulkuError], int], ...] = (
    (NotFoundError, 404),
    (InputError, 400),
    (NotAllowedError, 403),
    (IllegalTransitionError, 409),
    (ConflictError, 409),
    (UnavailableError, 503),
    (ConfigurationError, 503),
    (SulkuError, 500),
)

_OF_HTTP = {
    404: NotFoundError("there is no such page", next_step="Go back to the queue."),
    405: NotAllowedError("this page cannot be used like that", next_step="Go back to the queue."),
}
_DATABASE = UnavailableError(
    "the database does not answer now", next_step="Try again in a moment; nothing was changed."
)
_TWICE = ConflictError("somebody else changed it at the same time", next_step="Open the page again and look.")
_OURS = UnavailableError(
    "something in the console failed",
    next_step="Try again; if it stays so, use the sulku command and tell an administrator.",
)


def status_of(error: SulkuError) -> int:
    """The HTTP status of an error: the first class of the table that fits."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def add_fault_pages(app: FastAPI) -> None:
    """Answer every error with a page."""
    app.add_exception_handler(SulkuError, _on_ours)
    app.add_exception_handler(LoginNeededError, _on_login_needed)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(sa.exc.IntegrityError, _on_integrity)
    app.add_exception_handler(sa.exc.SQLAlchemyError, _on_database)
    app.add_exception_handler(Exception, _on_anything)


async def _on_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, SulkuError)
    return await _page(request, error, status_of(error))


async def _on_login_needed(request: Request, error: Exception) -> Response:
    assert isinstance(error, LoginNeededError)
    # After a form that came too late its page is opened again, not the form's own address.
    here = request.url.path if request.method == "GET" else request.url.path.rpartition("/")[0]
    if not error.typed:
        return RedirectResponse(f"/login?then={quote(here)}", 303)
    # Ten minutes of writing are not thrown away with a session: the words are shown, to be taken along.
    visitor = await run_in_threadpool(_visitor_if_possible, request)
    page = {"then": here, "login": "", "fault": None, "typed": error.typed}
    return render(request, visitor, "login.html.j2", status=401, **page)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    fault = _OF_HTTP.get(error.status_code, InputError("this cannot be read", next_step="Open the page again."))
    return await _page(request, fault, error.status_code)


async def _on_integrity(request: Request, error: Exception) -> Response:
    log.warning("console_conflict", path=request.url.path, fault=type(error).__name__)
    return await _page(request, _TWICE, 409)


async def _on_database(request: Request, error: Exception) -> Response:
    log.error("console_database", path=request.url.path, fault=type(error).__name__)
    return await _page(request, _DATABASE, 503)


async def _on_anything(request: Request, error: Exception) -> Response:
    log.error("console_fault", path=request.url.path, fault=type(error).__name__)
    response = await _page(request, _OURS, 500)
    # This answer is made outside the middleware that sets them.
    response.headers.update(ALWAYS)
    return response


async def _page(request: Request, error: SulkuError, status: int) -> Response:
    visitor = await run_in_threadpool(_visitor_if_possible, request)
    return render(request, visitor, "fault.html.j2", status=status, fault=error)


def _visitor_if_possible(request: Request) -> Visitor:
    """The visitor, or nobody when even that cannot be read now; the language is the browser's."""
    try:
        return read_visitor(request)
    except sa.exc.SQLAlchemyError:
        return Visitor(None, "", language_of(request))
