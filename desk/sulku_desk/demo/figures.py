"""What came of the demo, counted in the desk's own tables."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sulku_desk import reading
from sulku_desk.checking import sign_checkpoint, verify_audit
from sulku_desk.instance import Instance
from sulku_kernel.outbox import EffectState, outbox
from sulku_mailbox.models import deliveries
from sulku_revocation.domain.order_states import OrderState
from sulku_revocation.request_models import revocation_orders
from sulku_tickets.models import tickets


def figures(instance: Instance) -> dict[str, Any]:
    """{mails, tickets, revoked, visible_median_s, pages, sent, audit_entries, audit_ok}.

    `visible_median_s`: seconds from SMTP DATA to "visible on CRL and OCSP", of the requests that were approved at once.
    """
    sign_checkpoint(instance)
    report = verify_audit(instance)
    with instance.storage.inbox.reading() as connection:
        mails = connection.execute(sa.select(sa.func.count()).select_from(deliveries)).scalar_one()
    with instance.storage.desk.reading() as connection:
        seconds = seconds_to_visible(connection)
        sent = [row.key for row in connection.execute(_sent())]
        return {
            "mails": mails,
            "tickets": connection.execute(sa.select(sa.func.count()).select_from(tickets)).scalar_one(),
            "revoked": len(seconds),
            "visible_median_s": round(statistics.median(seconds), 2) if seconds else None,
            "pages": sum(key.startswith("page:") for key in sent),
            "sent": len(sent),
            "audit_entries": report.entries,
            "audit_ok": report.is_ok,
        }


def seconds_to_visible(connection: sa.Connection) -> list[float]:
    """For each revoked certificate the seconds from the receipt of its request to the sight of both CRL and OCSP."""
    query = (
        sa.select(tickets.c.received_at, revocation_orders.c.confirmed_at)
        .join(tickets, tickets.c.id == revocation_orders.c.ticket_id)
        .where(revocation_orders.c.state == OrderState.CONFIRMED.value)
    )
    return [(row.confirmed_at - row.received_at).total_seconds() for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What the desk has still to do at this moment."""

    to_read: int
    effects: int

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is left."""
        return not self.to_read and not self.effects


def unfinished(instance: Instance) -> Unfinished:
    """Mails that wait to be read, and effects that wait to be carried out."""
    with instance.storage.inbox.reading() as connection:
        last = connection.execute(sa.select(sa.func.max(deliveries.c.id))).scalar_one() or 0
    with instance.storage.desk.reading() as connection:
        unnoted = last - reading.last_noted(connection)
        waiting = reading.waiting(connection)
        query = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.next_attempt_at.is_not(None))
        return Unfinished(unnoted + waiting, connection.execute(query).scalar_one())


def _sent() -> sa.Select[tuple[str]]:
    return sa.select(outbox.c.key).where(outbox.c.kind == "mail", outbox.c.state == EffectState.DONE.value)
