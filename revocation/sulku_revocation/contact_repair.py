"""A mail of ours came back: the holder's other contacts get the same one, and a person repairs the contact.

Three customers once heard of a revocation too late because a bounce was nobody's task (Sectigo, Mozilla bug 1818073).
No clock starts or stops for it: that a server said no is no report to anybody, and none taken back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from sulku_kernel.address import normalise_address
from sulku_kernel.outbox import Effect, outbox
from sulku_kernel.transaction import Row, Transaction
from sulku_mailbox.domain.delivery_status import status_in, trouble_of
from sulku_mailbox.domain.mail import Bounce, FailedRecipient
from sulku_revocation.domain.record import Account
from sulku_revocation.domain.register_port import Register
from sulku_revocation.reporting import REPORTS
from sulku_revocation.requests import certificates_on
from sulku_revocation.telling import contacts_to_tell
from sulku_tickets.conversation import bounced, find_sent_mail, record_bounce
from sulku_tickets.models import TICKETS

# Whom a holder must hear through in time; what a reporter is told is nobody else's.
_NOTICES = REPORTS - {"revoked_reporter", "reason_changed_reporter"}
# It may still arrive, or has (RFC 3464, 2.3.3).
_NO_FAILURE = frozenset({"delayed", "delivered", "relayed", "expanded"})
_COMPLAINT = "complained"


@dataclass(frozen=True, slots=True)
class _Notice:
    """A mail of ours that did not arrive, as the outbox has it."""

    key: str
    payload: Row
    priority: int
    to: str


def repair_contact(tx: Transaction, ticket: Row, bounce: Bounce, register: Register) -> str:
    """Record what came back, and send a holder's notice to the contacts that have not had it.

    Returns why somebody must be woken: no contact of the holder on file has it. Empty when nobody must be.
    """
    failed = [one for one in bounce.recipients if one.action not in _NO_FAILURE]
    if not failed:
        return ""
    sent, recipient = _what_came_back(tx, ticket["id"], bounce.original_message_id, failed)
    address = recipient.address if sent is None else sent["to_addresses"][0]
    instead: tuple[str, ...] = ()
    why = ""
    if sent is not None and recipient.action != _COMPLAINT and sent["template"] in _NOTICES:
        instead, why = _tell_others(tx, ticket, _notice(tx, sent["effect_key"]), register)
    record_bounce(
        tx,
        ticket_id=ticket["id"],
        address=address,
        status=recipient.status,
        trouble=_COMPLAINT if recipient.action == _COMPLAINT else trouble_of(recipient.status).value,
        message_id=bounce.original_message_id,
        template="" if sent is None else sent["template"],
        told_instead=instead,
    )
    return why


def repair_refused(tx: Transaction, ticket_id: int, effect_key: str, error: str, register: Register) -> None:
    """A holder's notice was refused at once, or for days, so that no report will come back: the same is done.

    That somebody must be woken is known already: such a mail must arrive. Any other mail is left alone.
    """
    notice = _notice(tx, effect_key)
    if notice is None or notice.payload["template"] not in _NOTICES:
        return
    instead, _ = _tell_others(tx, tx.get(TICKETS, ticket_id), notice, register)
    status = status_in(error)
    record_bounce(
        tx,
        ticket_id=ticket_id,
        address=notice.to,
        status=status,
        trouble=trouble_of(status).value,
        message_id=None,
        template=notice.payload["template"],
        told_instead=instead,
    )


def _what_came_back(
    tx: Transaction, ticket_id: int, message_id: str | None, failed: list[FailedRecipient]
) -> tuple[Row | None, FailedRecipient]:
    """The mail of ours, and what is said of its recipient. Each of our mails has one; it may have been passed on."""
    sent = find_sent_mail(tx, ticket_id, message_id=message_id)
    if sent is not None:
        return sent, next((one for one in failed if one.address in sent["to_addresses"]), failed[0])
    for one in failed:
        if (sent := find_sent_mail(tx, ticket_id, to=one.address)) is not None:
            return sent, one
    return None, failed[0]


def _notice(tx: Transaction, effect_key: str) -> _Notice | None:
    row = tx.execute(sa.select(outbox).where(outbox.c.key == effect_key)).mappings().one_or_none()
    if row is None:
        return None
    to = normalise_address(row["payload"]["to"] or "") or ""
    return _Notice(row["key"], row["payload"], row["priority"], to)


def _tell_others(
    tx: Transaction, ticket: Row, notice: _Notice | None, register: Register
) -> tuple[tuple[str, ...], str]:
    account = None if notice is None else _account_of(tx, ticket, notice.to, register)
    if notice is None or account is None:
        return (), ""
    have = _have(tx, ticket["id"], notice)
    instead = tuple(address for address in contacts_to_tell(account) if address not in have)
    for address in instead:
        payload = {**notice.payload, "to": address, "language": str(account.language), "audience": "holder"}
        payload |= {"in_reply_to": None, "references": []}
        tx.enqueue(
            Effect("mail", f"{notice.key}:instead:{address}", payload, ticket_id=ticket["id"], priority=notice.priority)
        )
    reached = have - bounced(tx, ticket["id"]) - {notice.to}
    if instead or not reached.isdisjoint(_addresses(account)):
        return instead, ""
    return (), f"no contact of {account.organisation} can be reached by mail: call"


def _account_of(tx: Transaction, ticket: Row, address: str, register: Register) -> Account | None:
    """The holder on this ticket whose contact it is."""
    certificates = (register.certificate(id_) for id_ in sorted(certificates_on(tx, ticket["id"])))
    ids = dict.fromkeys([one.account_id for one in certificates if one is not None] + [ticket["account_id"]])
    accounts = (register.account(id_) for id_ in ids if id_ is not None)
    return next((one for one in accounts if one is not None and address in _addresses(one)), None)


def _addresses(account: Account) -> frozenset[str]:
    found: Iterable[str | None] = (normalise_address(contact.email) for contact in account.contacts)
    return frozenset(address for address in found if address is not None)


def _have(tx: Transaction, ticket_id: int, notice: _Notice) -> frozenset[str]:
    """Whom the same mail went to, or will: the same template with the same facts."""
    query = sa.select(outbox.c.payload).where(outbox.c.ticket_id == ticket_id, outbox.c.kind == "mail")
    same = (
        payload
        for payload in tx.execute(query).scalars()
        if all(payload.get(part) == notice.payload.get(part) for part in ("template", "context"))
    )
    return frozenset(normalise_address(payload["to"]) or payload["to"] for payload in same)
