"""Whether the process lives, and whether the desk is well: for whoever watches it. Names parts, never data."""

from __future__ import annotations

from collections.abc import Mapping

import anyio
import sqlalchemy as sa
from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sulku_console.parts import ConsoleParts
from sulku_console.visitor import parts_of
from sulku_kernel.storage import Store

router = APIRouter(prefix="/health")

LONGEST_SECONDS = 5
_NO_DATABASE = {"database": "Check that it runs; mails are answered with 451 meanwhile."}


@router.get("/live")
def live() -> Response:
    """The process answers."""
    return JSONResponse({"live": True})


@router.get("/ready")
async def ready(request: Request) -> Response:
    """Which parts are unwell and the next step for each; 503 when any is. Answers also when the database hangs."""
    unwell: Mapping[str, str] = _NO_DATABASE
    with anyio.move_on_after(LONGEST_SECONDS):
        unwell = await to_thread.run_sync(_unwell, parts_of(request), abandon_on_cancel=True)
    return JSONResponse({"ready": not unwell, "unwell": dict(unwell)}, 503 if unwell else 200)


def _unwell(parts: ConsoleParts) -> Mapping[str, str]:
    return parts.unwell() if _answers(parts.storage.desk) else _NO_DATABASE


def _answers(store: Store) -> bool:
    try:
        with store.reading() as connection:
            connection.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError:
        return False
    return True
