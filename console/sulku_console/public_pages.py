"""Pages behind a signed link, for people who do not log in: acknowledging a page, and following an application.

Programs open links in mails ahead of people. So looking (GET) never acts, and who follows a link sees nothing but what
the link is for.
"""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import Response

from sulku_applications.applications import find_application, stages_of
from sulku_applications.domain.stages import VERBS
from sulku_console.form_guard import CheckedForm
from sulku_console.pages import render
from sulku_console.visitor import Anybody, parts_of
from sulku_kernel.errors import NotFoundError
from sulku_kernel.language import Language
from sulku_kernel.transaction import begin
from sulku_tickets.domain.ticket_states import EscalationState
from sulku_tickets.links import AcknowledgementLink, acknowledge_by_link, verify_link
from sulku_tickets.models import escalations, tickets

router = APIRouter()

_STAGE_OF = {verb: stage for stage, verb in VERBS.items()}


@router.get("/acknowledge/{token}")
def acknowledge_page(request: Request, visitor: Anybody, token: str) -> Response:
    """What is paged, and the button. Changes nothing."""
    link = verify_link(token, parts_of(request).link_keys, parts_of(request).clock.now())
    return _acknowledgement(request, visitor, link, done=False)


@router.post("/acknowledge/{token}")
def acknowledge(request: Request, visitor: Anybody, form: CheckedForm, token: str) -> Response:  # noqa: ARG001
    """Somebody has it: the paging ends."""
    parts = parts_of(request)
    link = verify_link(token, parts.link_keys, parts.clock.now())
    with begin(parts.storage.desk, parts.clock, link.actor) as tx:
        acknowledge_by_link(tx, link)
    return _acknowledgement(request, visitor, link, done=True)


def _acknowledgement(request: Request, visitor: Anybody, link: AcknowledgementLink, *, done: bool) -> Response:
    # Number, class and urgency, as the page mail said: nothing of the mail itself, since links are forwarded.
    query = (
        sa.select(tickets.c.number, tickets.c.case_class, tickets.c.received_at, escalations)
        .join(tickets, tickets.c.id == escalations.c.ticket_id)
        .where(escalations.c.id == link.escalation_id)
    )
    with parts_of(request).storage.desk.reading() as connection:
        paged = connection.execute(query).mappings().one_or_none()
    if paged is None:
        raise NotFoundError("this page is over", next_step="Use the newest page, or the console.")
    is_over = paged["round"] != link.round
    is_open = paged["state"] == EscalationState.OPEN and not is_over
    return render(
        request, visitor, "acknowledge.html.j2", paged=paged, is_open=is_open, is_over=is_over, done=done, link=link
    )


@router.get("/application/{token}")
def application_page(request: Request, visitor: Anybody, token: str) -> Response:
    """The stages of one application, in its own language unless the reader chose another."""
    parts = parts_of(request)
    application_id = parts.application_links.read(token)
    if application_id is None:
        raise NotFoundError("this link is not valid", next_step="Use the link in the newest mail about it.")
    with parts.storage.desk.reading() as connection:
        application = find_application(connection, str(application_id))
        stages = [(_STAGE_OF[event.action], event.at) for event in stages_of(connection, application_id)]
    language = visitor.language if "language" in request.query_params else Language(application["language"])
    return render(
        request,
        visitor,
        "application.html.j2",
        language=language,
        application=application,
        stages=stages,
        has_form=parts.revocation_form is not None,
    )
