"""Who looks at a page: the session behind the cookie, and the language they read.

A cookie holds the session's token (256 random bits) and nothing else. Before the login a browser gets a token of its
own for the login form; it is worth nothing afterwards, since a login always makes a new one.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, Request
from starlette.responses import Response

from sulku_console.parts import ConsoleParts
from sulku_kernel.actor import Actor
from sulku_kernel.errors import NotAllowedError, UnavailableError
from sulku_kernel.language import Language
from sulku_tickets.domain.roles import READS_TICKETS
from sulku_tickets.sessions import LIMITS, SessionKind, resolve_session, touch_session

LANGUAGE_COOKIE = "sulku_language"
_YEAR = 365 * 24 * 3600
# A page that refreshes itself says so, so that an empty chair does not keep its session alive.
BACKGROUND_HEADER = "sulku-background"
_TOUCH_EVERY = timedelta(minutes=1)
_LONGEST_TOKEN = 100
_WHO_READS = "Log in as an operator, approver, supervisor or auditor; accounts are kept with the command: sulku user."


class LoginNeededError(Exception):
    """Nobody is logged in, or the session has ended. `typed` is what was written into a form meanwhile."""

    def __init__(self, typed: str = "") -> None:
        super().__init__("nobody is logged in")
        self.typed = typed


@dataclass(frozen=True, slots=True)
class Visitor:
    """`actor` is None when nobody is logged in; `token` is the session's or, before the login, the browser's."""

    actor: Actor | None
    token: str
    language: Language

    @property
    def person(self) -> Actor:
        """The person who is logged in. Raises LoginNeededError."""
        if self.actor is None:
            raise LoginNeededError
        return self.actor

    @property
    def may_read(self) -> bool:
        """Whether the queue is open to them: not to an applicant behind a link, nor to somebody who keeps accounts."""
        return self.actor is not None and bool(self.actor.roles & {role.value for role in READS_TICKETS})

    @property
    def login(self) -> str:
        """How the person is called in tickets; empty when nobody is logged in."""
        return "" if self.actor is None else self.actor.name.removeprefix("user:")


def parts_of(request: Request) -> ConsoleParts:
    """What the console was built from."""
    parts: ConsoleParts = request.app.state.parts
    return parts


def read_visitor(request: Request) -> Visitor:
    """The visitor of a request. A session in use is kept from going idle, at most once a minute."""
    parts = parts_of(request)
    language = language_of(request)
    token = _cookie(request, _session_cookie(parts))
    if not token:
        return Visitor(None, _cookie(request, _browser_cookie(parts)), language)
    now = parts.clock.now()
    with parts.storage.desk.reading() as connection:
        actor = resolve_session(connection, token, now)
    if actor is None:
        return Visitor(None, _cookie(request, _browser_cookie(parts)), language)
    if BACKGROUND_HEADER not in request.headers:
        _touch(request, parts, token, now)
    return Visitor(actor, token, language)


Anybody = Annotated[Visitor, Depends(read_visitor)]


def read_reader(visitor: Anybody) -> Visitor:
    """Somebody who may read tickets. Raises LoginNeededError and NotAllowedError."""
    if visitor.actor is None:
        raise LoginNeededError
    if not visitor.may_read:
        raise NotAllowedError("your account has no role that may read tickets", next_step=_WHO_READS)
    return visitor


Reader = Annotated[Visitor, Depends(read_reader)]


def _touch(request: Request, parts: ConsoleParts, token: str, now: datetime) -> None:
    touched: dict[str, datetime] = request.app.state.touched
    last = touched.get(token)
    if last is not None and now - last < _TOUCH_EVERY:
        return
    for old in [known for known, at in touched.items() if now - at > _TOUCH_EVERY]:
        touched.pop(old, None)
    touched[token] = now
    # Who looks at a desk whose disk is full, or fails, still sees what is there.
    with suppress(sa.exc.SQLAlchemyError, UnavailableError), parts.storage.desk.writing() as connection:
        touch_session(connection, token, now)


def language_of(request: Request) -> Language:
    """Chosen on a page, else remembered, else the first of the browser's that we have."""
    for chosen in (request.query_params.get("language"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in set(Language):
            return Language(chosen)
    for wanted in request.headers.get("accept-language", "")[:200].split(","):
        code = wanted.split(";")[0].strip().lower()[:2]
        if code in set(Language):
            return Language(code)
    return Language.FI


def remember_language(request: Request, response: Response) -> None:
    """Keep a language that was chosen on this page."""
    chosen = request.query_params.get("language")
    if chosen in set(Language):
        secure = parts_of(request).is_https
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="strict", secure=secure)


def new_browser_token() -> str:
    """The token that the login form of a browser is bound to."""
    return secrets.token_urlsafe(32)


def keep_browser_token(parts: ConsoleParts, response: Response, token: str) -> None:
    """Put it into the browser."""
    response.set_cookie(_browser_cookie(parts), token, httponly=True, samesite="strict", secure=parts.is_https)


def keep_session(parts: ConsoleParts, response: Response, token: str) -> None:
    """Put a session into the browser; scripts and other sites never see it."""
    seconds = LIMITS[SessionKind.WEB].absolute // timedelta(seconds=1)
    name = _session_cookie(parts)
    response.set_cookie(name, token, max_age=seconds, httponly=True, samesite="strict", secure=parts.is_https)
    response.delete_cookie(_browser_cookie(parts), httponly=True, samesite="strict", secure=parts.is_https)


def forget_session(parts: ConsoleParts, response: Response) -> None:
    """Take the session out of the browser."""
    response.delete_cookie(_session_cookie(parts), httponly=True, samesite="strict", secure=parts.is_https)


def session_token(request: Request) -> str | None:
    """The session token a browser brought, valid or not."""
    return _cookie(request, _session_cookie(parts_of(request))) or None


def _cookie(request: Request, name: str) -> str:
    value = request.cookies.get(name, "")
    return value if len(value) <= _LONGEST_TOKEN else ""


def _session_cookie(parts: ConsoleParts) -> str:
    # `__Host-` binds it to this very host and to TLS (RFC 6265bis, 4.1.3.2).
    return "__Host-sulku_session" if parts.is_https else "sulku_session"


def _browser_cookie(parts: ConsoleParts) -> str:
    return "__Host-sulku_browser" if parts.is_https else "sulku_browser"
