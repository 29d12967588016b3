"""The final report of a campaign: a page for people, and files for auditors, spreadsheets and the CCADB."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import Response

from sulku_console.campaign_view import campaign_row
from sulku_console.pages import render
from sulku_console.parts import ConsoleParts
from sulku_console.visitor import Reader, parts_of
from sulku_kernel.clock import from_text
from sulku_kernel.columns import json_value
from sulku_kernel.transaction import Row
from sulku_revocation.campaign_notices import campaign_number
from sulku_revocation.campaign_plan import count_replaced
from sulku_revocation.campaign_report import incident_report, newest_event, progress, report
from sulku_revocation.domain.campaign_states import LineState

router = APIRouter()

MOST_NAMES = 200


@router.get("/campaign/{campaign_id}/report")
def report_page(request: Request, visitor: Reader, campaign_id: int) -> Response:
    """What came of it: numbers, times, evidence, whom nobody could write to."""
    parts = parts_of(request)
    with parts.storage.desk.reading() as connection:
        row = campaign_row(connection, campaign_id)
        found = _report(parts, connection, row)
        done, version = progress(connection, row), newest_event(connection, campaign_id)
    return render(
        request,
        visitor,
        "campaign_report.html.j2",
        row=row,
        number=campaign_number(row),
        version=version,
        progress=done,
        report=found,
        crls=[{**crl, **{name: from_text(crl[name]) for name in ("this_update", "seen_at")}} for crl in found["crls"]],
        states=list(LineState),
        most_names=MOST_NAMES,
    )


@router.get("/campaign/{campaign_id}/report.json")
def download_report(request: Request, visitor: Reader, campaign_id: int) -> Response:  # noqa: ARG001  guards the route
    """The same for machines, as the command gives it: sulku campaign report --json."""
    parts = parts_of(request)
    with parts.storage.desk.reading() as connection:
        row = campaign_row(connection, campaign_id)
        found = _report(parts, connection, row)
    text = json.dumps(found, ensure_ascii=False, indent=2, default=json_value) + "\n"
    return _file(text, f"{campaign_number(row)}-report.json", "application/json")


@router.get("/campaign/{campaign_id}/incident.md")
def download_incident_report(
    request: Request,
    visitor: Reader,  # noqa: ARG001  guards the route
    campaign_id: int,
) -> Response:
    """What the log knows, in the order of the CCADB's incident report; in English, since it is published there."""
    with parts_of(request).storage.desk.reading() as connection:
        row = campaign_row(connection, campaign_id)
        text = incident_report(connection, row)
    return _file(text, f"{campaign_number(row)}-incident.md", "text/markdown; charset=utf-8")


def _report(parts: ConsoleParts, connection: sa.Connection, row: Row) -> dict[str, Any]:
    replaced = count_replaced(connection, row["id"], parts.clock.now())
    found = {**report(connection, row), "replaced": replaced}
    if row["is_drill"] and parts.drill_mails is not None:
        found["notices_rendered"] = parts.drill_mails(connection, row)
    return found


def _file(text: str, name: str, media_type: str) -> Response:
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "content-security-policy": "default-src 'none'; sandbox",
    }
    return Response(text, media_type=media_type, headers=headers)
