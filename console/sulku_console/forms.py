"""The desk's own revocation form for customers: no session, nothing but the form."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from sulku_console.visitor import parts_of
from sulku_kernel.errors import NotFoundError
from sulku_kernel.language import Language
from sulku_templates.revocation_form import file_name

router = APIRouter()

_LANGUAGES = {file_name(language): language for language in Language}


@router.get("/forms/{name}")
def download_form(request: Request, name: str) -> Response:
    """The form as a PDF to be filled in; `name` tells its language."""
    render = parts_of(request).revocation_form
    if render is None or name not in _LANGUAGES:
        raise NotFoundError("there is no such form", next_step=f"Take one of {', '.join(_LANGUAGES)}.")
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(render(_LANGUAGES[name]), media_type="application/pdf", headers=headers)
