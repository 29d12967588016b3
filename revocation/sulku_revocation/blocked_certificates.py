"""Valid certificates on blocked keys become cases at once: a ticket for each key, its certificates on the list, a page.

They were issued after the key was blocked, or the key was found weak when the register was looked through. That a
machine verified the compromise stands on the block list, so the requests carry it and the policy may act on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sulku_kernel.language import Language
from sulku_kernel.transaction import Transaction
from sulku_revocation.alarms import CERTIFICATE_ON_BLOCKED_KEY
from sulku_revocation.automatic import automatic_decision
from sulku_revocation.block_list import DEMONSTRATED, find_blocked
from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.register_port import Register
from sulku_revocation.key_sweep import unattended
from sulku_revocation.requests import create_requests
from sulku_tickets.domain.escalation_policy import EscalationPolicy
from sulku_tickets.domain.urgency import Urgency
from sulku_tickets.opening import OwnTicket, open_own_ticket

# More than that is no mistake of one issuance but an event: the doctor tells of the others, a campaign revokes them.
MOST_AT_ONCE = 20


def open_cases(
    tx: Transaction, register: Register, on_call: Callable[[], EscalationPolicy], most: int = MOST_AT_ONCE
) -> list[dict[str, Any]]:
    """A ticket for every blocked key with valid certificates that are on no open ticket. Returns the tickets.

    `on_call` is asked only when there is one.
    """
    found: dict[str, set[int]] = {}
    for one in unattended(tx, tx.now):
        found.setdefault(one.spki, set()).add(one.certificate_id)
    return [
        _open_case(tx, register, spki, [one for one in register.with_spki(spki) if one.id in ids], on_call())
        for spki, ids in list(found.items())[:most]
    ]


def _open_case(
    tx: Transaction, register: Register, spki: str, certificates: list[CertificateRecord], policy: EscalationPolicy
) -> dict[str, Any]:
    blocked = find_blocked(tx.connection, [spki])[spki]
    is_proven = blocked.basis == DEMONSTRATED and bool(blocked.kinds)
    holder = next((one.account_id for one in certificates if one.account_id is not None), None)
    account = None if holder is None else register.account(holder)
    named = ", ".join(one.common_name or str(one.serial) for one in certificates[:3])
    sentence = f"{len(certificates)} valid certificates have a blocked key ({blocked.basis}): {named}."
    ticket = open_own_ticket(
        tx,
        OwnTicket(
            subject=f"{CERTIFICATE_ON_BLOCKED_KEY}: {named}",
            urgency=Urgency.P0 if is_proven else Urgency.P1,
            language=Language.FI if account is None else account.language,
            account_id=holder,
            because=sentence,
        ),
        policy=policy,
    )
    proofs = {spki: " ".join(blocked.kinds)} if is_proven else {}
    create_requests(tx, ticket["id"], "PROPOSE", certificates, proofs=proofs, because=sentence)
    if is_proven:
        tx.enqueue(automatic_decision(ticket["id"], 0))
    return ticket
