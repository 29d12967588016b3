"""Puts the console together: `create_app(parts)` is what uvicorn serves."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import Response

from sulku_console import (
    campaign_holds,
    campaign_pages,
    campaign_reports,
    campaign_results_page,
    downloads,
    forms,
    health,
    key_api,
    login,
    metrics,
    public_pages,
    queue_page,
    ticket_pages,
)
from sulku_console.faults import add_fault_pages
from sulku_console.form_guard import LARGEST_BODY
from sulku_console.headers import SecurityHeaders
from sulku_console.pages import STATIC, static_content
from sulku_console.parts import ConsoleParts
from sulku_kernel.errors import NotFoundError

_FOR_A_YEAR = {"cache-control": "public, max-age=31536000, immutable"}


def create_app(parts: ConsoleParts) -> FastAPI:
    """The console. No documentation pages, no schema: it is for people."""
    app = FastAPI(title="Sulku", docs_url=None, redoc_url=None, openapi_url=None, max_body_size=LARGEST_BODY)
    app.state.parts = parts
    app.state.touched = {}
    app.add_middleware(SecurityHeaders, is_https=parts.is_https)
    add_fault_pages(app)
    for part in (
        login,
        queue_page,
        ticket_pages,
        campaign_pages,
        campaign_results_page,
        campaign_holds,
        campaign_reports,
        downloads,
        public_pages,
        forms,
        health,
        metrics,
        key_api,
    ):
        app.include_router(part.router)
    contents = {name: static_content(name) for name in STATIC}

    @app.get("/static/{version}/{name}")
    def static_file(version: str, name: str) -> Response:  # noqa: ARG001  only makes the address new
        if name not in contents:
            raise NotFoundError("there is no such file", next_step="Go back to the queue.")
        return Response(contents[name], media_type=STATIC[name], headers=_FOR_A_YEAR)

    return app
