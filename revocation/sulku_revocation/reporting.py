"""Who must get a preliminary report: the holder of each certificate on the ticket, and the one who wrote.

TLS BR 4.9.5: within 24 hours to the subscriber *and* the reporter. A report to one of them is half of it.
"""

from __future__ import annotations

from collections.abc import Collection

from sulku_kernel.address import normalise_address
from sulku_kernel.transaction import Transaction
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.requests import certificates_on
from sulku_revocation.telling import contacts_to_tell
from sulku_tickets.conversation import told
from sulku_tickets.domain.clock_rules import ClockKind, rule_of
from sulku_tickets.models import TICKETS

# What counts as one: also the news that it was rejected or is revoked.
REPORTS = rule_of(ClockKind.PRELIMINARY_REPORT).stopped_by_mail


def untold(tx: Transaction, ticket_id: int, *, besides: Collection[str] = ()) -> list[str]:
    """An address for each party that no report has reached; `besides` counts as reached.

    One contact stands for a holder. Whoever cannot be answered, and a holder without a contact on file, is no party.
    """
    reached = told(tx, ticket_id, REPORTS) | {normalise_address(address) or address for address in besides}
    return [party[0] for party in _parties(tx, ticket_id) if reached.isdisjoint(party)]


def _parties(tx: Transaction, ticket_id: int) -> list[tuple[str, ...]]:
    register = DatabaseRegister(tx.connection)
    certificates = (register.certificate(id_) for id_ in sorted(certificates_on(tx, ticket_id)))
    holders = dict.fromkeys(one.account_id for one in certificates if one is not None and one.account_id is not None)
    contacts = [contacts_to_tell(register.account(account_id)) for account_id in holders]
    requester = normalise_address(tx.get(TICKETS, ticket_id)["requester"])
    return [party for party in [(requester,) if requester else (), *contacts] if party]
