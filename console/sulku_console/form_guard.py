"""What is sent must come from a page of ours: a token in the form, and what the browser says about its origin.

The token is an HMAC of a secret that only this browser has: its session, its login token, or the signed link that it
opened. Beside that the cookies are SameSite=Strict. Our pages send no referrer, so that browsers say `Origin: null`;
where they also say `Sec-Fetch-Site`, that decides.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from sulku_console.visitor import LoginNeededError, parts_of, read_visitor
from sulku_kernel.columns import storable_text
from sulku_kernel.errors import NotAllowedError

FIELD = "form_token"
# An approval may confirm many certificates, each with a field of its own.
MOST_FIELDS = 2_000
LARGEST_BODY = 400_000


class Form:
    """The fields of a checked form, as text."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def get(self, name: str) -> str:
        """The value of a field as it can be stored, stripped, with plain line ends; empty when it was not sent."""
        return storable_text(self.raw(name).replace("\r\n", "\n").strip())

    def raw(self, name: str) -> str:
        """The value exactly as it was typed: a password may end in a blank."""
        return self._fields.get(name, [""])[-1]

    def all(self, name: str) -> list[str]:
        """Every value of a field."""
        return [storable_text(value.strip()) for value in self._fields.get(name, [])]

    def has(self, name: str) -> bool:
        """Whether a field was sent: a ticked box."""
        return bool(self._fields.get(name))


def form_token(secret: str) -> str:
    """The token of the forms that are bound to `secret`."""
    return hmac.new(secret.encode(), b"sulku form", hashlib.sha256).hexdigest()


def secret_of(request: Request, visitor_token: str) -> str:
    """What the forms of this page are bound to: the signed link it was opened by, or the browser's own token."""
    return str(request.path_params.get("token") or visitor_token)


async def read_checked_form(request: Request) -> Form:
    """The form that was sent. Raises NotAllowedError when it was not made by a page of ours in this browser,
    and LoginNeededError."""  # noqa: D205, D209
    _require_our_origin(request)
    sent = await request.form(max_files=0, max_fields=MOST_FIELDS)
    fields: dict[str, list[str]] = {}
    for name, value in sent.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
    form = Form(fields)
    visitor = await run_in_threadpool(read_visitor, request)
    secret = secret_of(request, visitor.token)
    if visitor.actor is None and "token" not in request.path_params and request.url.path != "/login":
        raise LoginNeededError(form.get("text") or form.get("because"))
    if not secret or not hmac.compare_digest(form_token(secret).encode(), form.get(FIELD).encode()):
        raise NotAllowedError(
            "this form is not from a page that is open for you now",
            next_step="Open the page again, check what has happened since, and send it once more.",
        )
    return form


CheckedForm = Annotated[Form, Depends(read_checked_form)]


def _require_our_origin(request: Request) -> None:
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        is_ours = site in {"same-origin", "none"}
    elif origin in {None, "null"}:
        is_ours = True  # an old browser, or no TLS: the token and the cookie decide
    else:
        ours = {urlsplit(parts_of(request).base_url).netloc, request.headers.get("host", "")}
        is_ours = urlsplit(origin or "").netloc in ours
    if not is_ours:
        raise NotAllowedError("this form was sent by another site", next_step="Open the console itself.")
