"""Whether the process lives, and whether the desk is well: for whoever watches it. Names parts, never data."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sulku_console.visitor import parts_of
from sulku_kernel.storage import Store

router = APIRouter(prefix="/health")


@router.get("/live")
def live() -> Response:
    """The process answers."""
    return JSONResponse({"live": True})


@router.get("/ready")
def ready(request: Request) -> Response:
    """Which parts are unwell and the next step for each; 503 when any is."""
    parts = parts_of(request)
    if not _answers(parts.storage.desk):
        unwell = {"database": "Check that it runs; mails are answered with 451 meanwhile."}
    else:
        unwell = dict(parts.unwell())
    return JSONResponse({"ready": not unwell, "unwell": unwell}, 503 if unwell else 200)


def _answers(store: Store) -> bool:
    try:
        with store.reading() as connection:
            connection.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError:
        return False
    return True
