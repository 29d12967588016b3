"""Originals and evidence, always as files to keep: nothing of a stranger's is ever opened by the browser."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import Response

from sulku_console.conversation_view import is_sealed
from sulku_console.visitor import Reader, parts_of
from sulku_kernel.errors import NotAllowedError, NotFoundError
from sulku_kernel.events import Subject
from sulku_kernel.transaction import begin
from sulku_revocation.campaign_report import holder_named
from sulku_revocation.orders import read_evidence, read_orders
from sulku_tickets.domain.ticket_number import parse_ticket_number
from sulku_tickets.models import ticket_mails
from sulku_tickets.ticket_queue import get_ticket

router = APIRouter()


@router.get("/ticket/{number}/mail/{mail_id}")
def download_original(request: Request, visitor: Reader, number: str, mail_id: int) -> Response:
    """A mail as it came, byte for byte. Who took it stands in the ticket's history.

    Raises NotAllowedError for one with a private key: that is never shown again.
    """
    parts, ticket_id = parts_of(request), parse_ticket_number(number)
    with parts.storage.desk.reading() as connection:
        ticket = get_ticket(connection, ticket_id)
        query = sa.select(ticket_mails).where(ticket_mails.c.id == mail_id, ticket_mails.c.ticket_id == ticket_id)
        mail = connection.execute(query.where(ticket_mails.c.sha256.is_not(None))).mappings().one_or_none()
    if mail is None:
        raise NotFoundError("there is no such mail on this ticket", next_step="Choose one on the ticket's page.")
    raw = parts.raw_mail(mail["sha256"])
    if is_sealed(dict(mail)) or b"PRIVATE KEY-----" in raw:
        raise NotAllowedError(
            "this mail holds a private key and stays sealed",
            next_step="Ask an administrator, if it is needed as proof.",
        )
    with begin(parts.storage.desk, parts.clock, visitor.person) as tx:
        tx.record(Subject("original", mail_id), "DOWNLOAD", {"sha256": mail["sha256"]}, ticket_id=ticket_id)
    return _file(raw, f"{ticket['number']}-{mail_id}.eml")


@router.get("/ticket/{number}/order/{order_id}/receipt")
def download_receipt(
    request: Request,
    visitor: Reader,  # noqa: ARG001  guards the route
    number: str,
    order_id: int,
) -> Response:
    """The receipt of a revocation that was seen, with the signed evidence in it."""
    parts, ticket_id = parts_of(request), parse_ticket_number(number)
    with parts.storage.desk.reading() as connection:
        is_here = order_id in {order["id"] for order in read_orders(connection, ticket_id)}
    if not is_here or parts.receipt is None:
        raise NotFoundError("there is no such evidence on this ticket", next_step="Choose one on the ticket's page.")
    name, pdf = parts.receipt(order_id)
    return _file(pdf, name)


@router.get("/campaign/{campaign_id}/receipt")
def download_campaign_receipt(
    request: Request,
    visitor: Reader,  # noqa: ARG001  guards the route
    campaign_id: int,
    serial: str = "",
) -> Response:
    """The receipt of a campaign for the holder of a certificate on its list."""
    parts = parts_of(request)
    if parts.campaign_receipt is None:
        raise NotFoundError("this desk hands out no receipts", next_step="Write it: sulku campaign receipt.")
    with parts.storage.desk.reading() as connection:
        account_id = holder_named(connection, campaign_id, serial)
    name, pdf = parts.campaign_receipt(campaign_id, account_id)
    return _file(pdf, name)


@router.get("/ticket/{number}/order/{order_id}/{kind}")
def download_evidence(
    request: Request,
    visitor: Reader,  # noqa: ARG001  guards the route
    number: str,
    order_id: int,
    kind: Literal["crl", "ocsp"],
) -> Response:
    """The signed CRL or OCSP response in which the revocation was first seen, as it was served (DER)."""
    ticket_id = parse_ticket_number(number)
    with parts_of(request).storage.desk.reading() as connection:
        ticket = get_ticket(connection, ticket_id)
        is_here = order_id in {order["id"] for order in read_orders(connection, ticket_id)}
        found = {row["kind"]: row["der"] for row in read_evidence(connection, order_id)} if is_here else {}
    if kind not in found:
        raise NotFoundError("there is no such evidence on this ticket", next_step="Choose one on the ticket's page.")
    return _file(found[kind], f"{ticket['number']}-{order_id}.{'crl' if kind == 'crl' else 'ors'}")


def _file(content: bytes, name: str) -> Response:
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "content-security-policy": "default-src 'none'; sandbox",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)
