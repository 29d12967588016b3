"""Whether the two stores tell the same story: what must hold between them at every moment, in a copy above all."""

from __future__ import annotations

import json
from collections.abc import Iterable

import sqlalchemy as sa

from sulku_desk.reading import readings
from sulku_kernel.events import event_payloads, events
from sulku_mailbox.batches import in_batches
from sulku_mailbox.models import deliveries, raw_chunks
from sulku_tickets.models import ticket_mails

_AT_ONCE = 500


def disagreements(inbox: sa.Connection, desk: sa.Connection) -> list[str]:
    """A sentence for each thing that does not hold. Reads both stores once, in pieces."""
    return [*_inbox_is_whole(inbox), *_desk_knows_no_more(inbox, desk), *_every_read_mail_has_its_event(desk)]


def _inbox_is_whole(inbox: sa.Connection) -> Iterable[str]:
    count, last = inbox.execute(sa.select(sa.func.count(), sa.func.max(deliveries.c.id))).one()
    if count != (last or 0):
        yield f"the inbox has {count} deliveries, but the last one is number {last}"
    has_raw = sa.exists().where(raw_chunks.c.raw_id == deliveries.c.raw_id, raw_chunks.c.chunk == 0)
    bare = inbox.execute(sa.select(sa.func.count()).select_from(deliveries).where(~has_raw)).scalar_one()
    if bare:
        yield f"{bare} deliveries in the inbox have no mail"


def _desk_knows_no_more(inbox: sa.Connection, desk: sa.Connection) -> Iterable[str]:
    last = inbox.execute(sa.select(sa.func.max(deliveries.c.id))).scalar_one() or 0
    known = desk.execute(sa.select(sa.func.max(readings.c.id))).scalar_one() or 0
    if known > last:
        yield f"the desk knows delivery {known}, the inbox only {last}"
    query = sa.select(ticket_mails.c.delivery_id, ticket_mails.c.sha256).where(ticket_mails.c.delivery_id.is_not(None))
    others = 0
    for some in in_batches(desk.execution_options(yield_per=_AT_ONCE).execute(query), _AT_ONCE):
        wanted = {row.delivery_id: row.sha256 for row in some}
        found = inbox.execute(sa.select(deliveries.c.id, deliveries.c.sha256).where(deliveries.c.id.in_(wanted)))
        others += len(wanted.items() - {row.id: row.sha256 for row in found}.items())
    if others:
        yield f"{others} mails of tickets are not in the inbox, or are other mails there"


def _every_read_mail_has_its_event(desk: sa.Connection) -> Iterable[str]:
    """I1: what was read stands on a ticket, or is noted there as seen again."""
    on_ticket = sa.exists().where(ticket_mails.c.delivery_id == readings.c.id)
    query = sa.select(readings.c.id).where(readings.c.state == "done", ~on_ticket)
    without = set(desk.execute(query).scalars())
    seen_again = (
        sa.select(event_payloads.c.payload)
        .join(events, events.c.seq == event_payloads.c.seq)
        .where(events.c.action == "MAIL_SEEN_AGAIN")
    )
    for payload in desk.execution_options(yield_per=_AT_ONCE).execute(seen_again).scalars():
        without.discard(json.loads(payload).get("delivery_id"))
    if without:
        yield f"{len(without)} deliveries were read but stand on no ticket (the first is {min(without)})"
