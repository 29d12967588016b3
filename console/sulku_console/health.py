"""Whether the process lives, and whether it can serve: for whoever watches it. Says no more than yes and no."""

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
    """The database answers, and so does what else was named; 503 otherwise."""
    parts = parts_of(request)
    states = {"database": _answers(parts.storage.desk), **parts.is_well()}
    return JSONResponse(states, 200 if all(states.values()) else 503)


def _answers(store: Store) -> bool:
    try:
        with store.reading() as connection:
            connection.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError:
        return False
    return True
