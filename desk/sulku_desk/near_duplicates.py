"""Two mails about the same certificate within a day: sent again in other words, or by supplier and holder both.

Each gets its ticket and its answer; the tickets name each other, so that a person sees one matter. (The same bytes are
one mail: `road.settle`. An answer joins the ticket it answers.) One revocation comes of it, since a certificate that is
revoked already is never ordered again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.domain.judgement import Judgement
from sulku_revocation.request_models import revocation_requests
from sulku_revocation.requests import PROPOSING_CLASSES
from sulku_tickets.models import tickets
from sulku_tickets.opening import record_possible_duplicate

WITHIN = timedelta(days=1)
_requests = revocation_requests.c
_NAMING = (
    sa.select(_requests.certificate_id, tickets.c.id, tickets.c.number)
    .join(tickets, tickets.c.id == _requests.ticket_id)
    .where(
        _requests.certificate_id.in_(sa.bindparam("certificates", expanding=True)),
        tickets.c.received_at > sa.bindparam("since"),
    )
    .order_by(tickets.c.id)
)


@dataclass(slots=True)
class NamedLately:
    """By certificate the first ticket of the last day that asks for it; grows while a batch opens tickets."""

    _first: dict[int, Row] = field(default_factory=dict)

    @classmethod
    def of(cls, tx: Transaction, judgements: Sequence[Judgement], received_at: datetime) -> NamedLately:
        """What is on file about the certificates of a batch: one question for all of them, none when there are none."""
        found = cls()
        certificates = set().union(*map(_named, judgements))
        if certificates:
            asked = {"certificates": sorted(certificates), "since": received_at - WITHIN}
            for row in tx.execute(_NAMING, asked).mappings():
                found._first.setdefault(row["certificate_id"], dict(row))
        return found

    def link(self, tx: Transaction, ticket: Row, judgement: Judgement) -> None:
        """Let a ticket that was just opened and the earlier ones about its certificates name each other."""
        named = _named(judgement)
        earlier = {self._first[one]["id"]: self._first[one] for one in sorted(named) if one in self._first}
        for other in earlier.values():
            if other["id"] != ticket["id"]:
                record_possible_duplicate(tx, ticket, other)
        for one in named:
            self._first.setdefault(one, {"id": ticket["id"], "number": ticket["number"]})


def _named(judgement: Judgement) -> Collection[int]:
    if judgement.case_class not in PROPOSING_CLASSES:
        return frozenset()
    return frozenset(match.certificate.id for match in judgement.chosen)
