"""What came of the demo, counted in the desk's own tables."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import timedelta
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

# A person at the console takes longer; what is measured is the desk.
APPROVED_AT_ONCE = timedelta(seconds=60)


def figures(instance: Instance) -> dict[str, Any]:
    """{mails, tickets, revoked, visible_median_s, pages, sent, audit_entries, audit_ok}.

    `visible_median_s`: seconds from SMTP DATA to "visible on CRL and OCSP", of the requests that were approved at once.
    """
    sign_checkpoint(instance)
    report = verify_audit(instance)
    with instance.storage.inbox.reading() as connection:
        mails = connection.execute(sa.select(sa.func.count()).select_from(deliveries)).scalar_one()
    with instance.storage.desk.reading() as connection:
        waits = waits_to_visible(connection)
        at_once = [each.total_seconds() for each, waited in waits if waited <= APPROVED_AT_ONCE]
        sent = [row.key for row in connection.execute(_sent())]
        return {
            "mails": mails,
            "tickets": connection.execute(sa.select(sa.func.count()).select_from(tickets)).scalar_one(),
            "revoked": len(waits),
            "visible_median_s": round(statistics.median(at_once), 2) if at_once else None,
            "pages": sum(key.startswith("page:") for key in sent),
            "sent": len(sent),
            "audit_entries": report.entries,
            "audit_ok": report.is_ok,
        }


def waits_to_visible(connection: sa.Connection) -> list[tuple[timedelta, timedelta]]:
    """For each revoked certificate the time from the receipt of its request to the sight of both CRL and OCSP.

    Beside it, how long the request had waited for its approval, on which the order is stored.
    """
    query = (
        sa.select(tickets.c.received_at, revocation_orders.c.stored_at, revocation_orders.c.confirmed_at)
        .join(tickets, tickets.c.id == revocation_orders.c.ticket_id)
        .where(revocation_orders.c.state == OrderState.CONFIRMED.value)
    )
    return [(row.confirmed_at - row.received_at, row.stored_at - row.received_at) for row in connection.execute(query)]


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
