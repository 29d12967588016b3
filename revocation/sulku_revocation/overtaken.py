"""A planned revocation whose certificate something else has revoked first: it ends by itself, and nothing is ordered.

It is woken as soon as the other revocation was seen on CRL and OCSP, and looks once more on its own day. A stronger
reason is not lost with it: of a key that is proven to be compromised on-call is told, and people then change the
reason (`reason_update.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sulku_kernel.clock import to_text
from sulku_kernel.events import Subject
from sulku_kernel.outbox import Effect
from sulku_kernel.serial_number import whole_octets
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.alarms import Alarm, Page
from sulku_revocation.campaign_models import campaign_lines, campaigns
from sulku_revocation.campaign_notices import campaign_number
from sulku_revocation.domain import campaign_states
from sulku_revocation.domain.order_states import OrderAlarm, OrderState
from sulku_revocation.domain.reason_code import ReasonCode, reason_name
from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.request_states import AT_THE_CA, RequestState
from sulku_revocation.publication_clocks import stop_served_clocks
from sulku_revocation.request_models import REQUESTS, revocation_orders, revocation_requests
from sulku_revocation.requests import proofs_on
from sulku_revocation.telling import tell_already_revoked
from sulku_tickets.models import tickets

PLANNED_REVOCATION = "planned_revocation"


@dataclass(frozen=True, slots=True)
class _Revoker:
    """What revoked a certificate, in words; and the ticket, when it was one."""

    by: str
    ticket_id: int | None = None
    ticket_number: str = ""


def wake(request: Row, step: str, at: datetime | None = None) -> Effect:
    """Look at a planned request then: `remind`, `order`, or that it was `overtaken`."""
    # With the moment of approval in it: what was taken back and approved anew is woken anew.
    return Effect(
        PLANNED_REVOCATION,
        key=f"planned:{request['id']}:{step}:{to_text(request['approved_at'])}",
        payload={"request_id": request["id"], "step": step},
        ticket_id=request["ticket_id"],
        priority=1,
        not_before=at,
    )


def wake_overtaken(tx: Transaction, certificate_ids: Collection[int]) -> None:
    """These certificates count as revoked now: let what is planned for them on other tickets look."""
    columns = revocation_requests.c
    query = sa.select(columns.id, columns.ticket_id, columns.approved_at).where(
        columns.certificate_id.in_(sorted(certificate_ids)), columns.state == RequestState.APPROVED
    )
    for row in tx.execute(query).mappings():
        tx.enqueue(wake(dict(row), "overtaken"))


def is_at_the_ca(connection: sa.Connection, certificate_id: int) -> bool:
    """Whether another ticket or a campaign has ordered its revocation, and it is not known yet what comes of that."""
    request, line = revocation_requests.c, campaign_lines.c
    ordered = sa.exists().where(request.certificate_id == certificate_id, request.state.in_(sorted(AT_THE_CA)))
    sent = sa.exists().where(line.certificate_id == certificate_id, line.state.in_(sorted(campaign_states.AT_THE_CA)))
    return bool(connection.execute(sa.select(sa.or_(ordered, sent))).scalar_one())


def end_overtaken(tx: Transaction, ticket: Row, request: Row, *, register: Register, page: Page) -> bool:
    """End an approved request of a certificate that counts as revoked, and say so. Returns whether it does.

    Whoever was promised a date is told, and both tickets have it in their history.
    """
    certificate = register.certificate(request["certificate_id"])
    if certificate is None or certificate.revoked_at is None:
        return False
    revoker = _revoker_of(tx, certificate.id)
    serial, since = whole_octets(request["serial"]), f"{certificate.revoked_at:%Y-%m-%d %H:%M} UTC"
    found = f"Certificate {serial} has been revoked since {since} ({reason_name(certificate.reason)})"
    weaker = _weaker_reason(tx, request, certificate)
    because = [f"{found}: nothing is ordered.", f"That was {revoker.by}.", *weaker]
    tx.change(REQUESTS, request, "FIND_REVOKED", because=because, number=revoker.ticket_number)
    if revoker.ticket_id is not None:
        said = f"Certificate {serial} was planned to be revoked on {request['wanted_at']:%Y-%m-%d %H:%M} UTC there."
        payload = {"because": [said], "number": ticket["number"]}
        tx.record(Subject("decision", revoker.ticket_id), "OVERTAKE", payload, ticket_id=revoker.ticket_id)
    stop_served_clocks(tx, ticket["id"])
    tell_already_revoked(tx, ticket, request, certificate, register=register)
    alarm = str(OrderAlarm.REVOKED_FOR_ANOTHER_REASON)
    for sentence in weaker:
        page(tx, Alarm(ticket["id"], f"planned:{request['id']}:{alarm}", alarm, sentence))
    return True


def _revoker_of(tx: Transaction, certificate_id: int) -> _Revoker:
    """The first order that was confirmed; else the campaign; else somebody at the CA."""
    order, line = revocation_orders.c, campaign_lines.c
    confirmed = (
        sa.select(order.ticket_id, tickets.c.number)
        .join(tickets, tickets.c.id == order.ticket_id)
        .where(order.certificate_id == certificate_id, order.state == OrderState.CONFIRMED)
        .order_by(order.id)
    )
    if found := tx.execute(confirmed.limit(1)).one_or_none():
        return _Revoker(f"ordered on ticket {found.number}", found.ticket_id, found.number)
    of_campaign = (
        sa.select(campaigns)
        .join(campaign_lines, line.campaign_id == campaigns.c.id)
        .where(line.certificate_id == certificate_id, line.state == campaign_states.LineState.REVOKED)
    )
    if campaign := tx.execute(of_campaign.limit(1)).mappings().one_or_none():
        return _Revoker(f"ordered by campaign {campaign_number(dict(campaign))}")
    return _Revoker("not ordered from here")


def _weaker_reason(tx: Transaction, request: Row, certificate: CertificateRecord) -> list[str]:
    """A sentence, when a key that a machine has proven to be compromised was revoked for less (TLS BR 7.2.2)."""
    proof = request["proof"] or proofs_on(tx, request["ticket_id"]).get(request["spki"], "")
    if not proof or certificate.reason == ReasonCode.KEY_COMPROMISE:
        return []
    return [f"Its key is proven to be compromised ({proof}): change the reason of the revocation."]
