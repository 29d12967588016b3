"""The API of compromised keys, for issuance: ask before a certificate is made, or keep a copy of the list.

GET  /api/keys            the block list as JSON, with an ETag: unchanged, the answer is 304
GET  /api/keys/{spki}     what is known about one key, by the SHA-256 of its normalised SubjectPublicKeyInfo
POST /api/keys/check      a request, certificate or public key as the body (PEM or DER): on the list, or weak?

The token stands in a file that only the desk and issuance can read; it is sent as bearer (RFC 6750, 2.1).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from sulku_console.faults import status_of
from sulku_console.parts import ConsoleParts
from sulku_console.visitor import parts_of
from sulku_kernel.columns import json_value
from sulku_kernel.errors import InputError, SulkuError
from sulku_revocation.block_list import list_blocked, read_spki
from sulku_revocation.key_checking import KeyFinding, check_digest, check_keys

router = APIRouter(prefix="/api/keys")

LARGEST_BODY = 262_144
BODY_SECONDS = 10


@router.get("")
def export(request: Request) -> Response:
    """The whole list."""
    return _answered(request, _export)


@router.get("/{spki}")
def one(request: Request, spki: str) -> Response:
    """One key by its digest. 200 whether or not it is on the list: `fine` says so."""

    def answer(parts: ConsoleParts) -> Response:
        with parts.storage.desk.reading() as connection:
            return _json(_as_json(check_digest(connection, read_spki(spki))))

    return _answered(request, answer)


@router.post("/check")
async def check(request: Request) -> Response:
    """The keys in a file."""
    if not is_known(request):
        return _refusal(401, "the token is missing or wrong", "Send the issuance token as bearer.")
    body = await _body(request)

    def answer(parts: ConsoleParts) -> Response:
        if body is None:
            raise InputError("the body is too large or did not come in time", next_step="Send the request alone.")
        with parts.storage.desk.reading() as connection:
            found = check_keys(connection, body)
        keys = [_as_json(finding) for finding in found]
        return _json({"fine": all(finding.is_fine for finding in found), "keys": keys})

    return await run_in_threadpool(_answered, request, answer)


def is_known(request: Request) -> bool:
    """Whether the request carries the token; compared in constant time. Without a token nobody is known."""
    token = parts_of(request).issuance_token
    given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
    return bool(token) and hmac.compare_digest(given, f"Bearer {token}".encode())


def _answered(request: Request, answer: Callable[[ConsoleParts], Response]) -> Response:
    """The answer for who has the token; what is wrong as JSON with its next step."""
    if not is_known(request):
        return _refusal(401, "the token is missing or wrong", "Send the issuance token as bearer.")
    try:
        response = answer(parts_of(request))
    except SulkuError as error:
        return _refusal(status_of(error), str(error), error.next_step)
    if response.headers.get("etag") and response.headers["etag"] == request.headers.get("if-none-match"):
        return Response(status_code=304, headers={"etag": response.headers["etag"]})
    return response


def _export(parts: ConsoleParts) -> Response:
    with parts.storage.desk.reading() as connection:
        entries = [asdict(entry) for entry in list_blocked(connection)]
    return _json({"keys": entries}, with_etag=True)


def _as_json(finding: KeyFinding) -> dict[str, Any]:
    return {"fine": finding.is_fine, **asdict(finding)}


def _json(value: Any, *, with_etag: bool = False) -> Response:
    body = json.dumps(value, default=json_value).encode()
    headers = {"etag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'} if with_etag else {}
    return Response(body, media_type="application/json", headers=headers)


def _refusal(status: int, error: str, next_step: str) -> Response:
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse({"error": error, "next_step": next_step}, status, headers=headers)


async def _body(request: Request) -> bytes | None:
    """The body; None when it is too large or too slow."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > LARGEST_BODY:
                    return None
    except TimeoutError:
        return None
    return bytes(body)
