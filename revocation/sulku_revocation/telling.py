"""The mails that decisions and seen revocations cause, as effects: one for each recipient, each with a key for ever.

The text is the templates'; this only gathers the facts. What a reporter reads is public; what is said to be visible
was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sulku_kernel.address import normalise_address
from sulku_kernel.clock import to_text
from sulku_kernel.crash_points import crossing
from sulku_kernel.events import Subject
from sulku_kernel.outbox import Effect
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.domain.reason_code import ReasonCode, reason_name
from sulku_revocation.domain.record import Account, CertificateRecord, ContactRole, IssuerRecord
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.request_states import NOT_ORDERED
from sulku_tickets.models import ticket_mails

TOLD_ROLES = frozenset({ContactRole.REVOCATION, ContactRole.TECHNICAL})
DATES_DIFFER_AT_MOST = timedelta(seconds=1)  # a CRL has whole seconds
# To the holder and to the reporter, by whether only the reason of a revocation was changed.
_NEWS = {
    False: ("revoked_holder", "revoked_reporter"),
    True: ("reason_changed_holder", "reason_changed_reporter"),
}


def tell_requester(
    tx: Transaction, ticket: Row, template: str, requests: Sequence[Row], *, because: str, register: Register
) -> None:
    """Tell the requester that the requests were rejected or withdrawn. Nothing when nobody can be answered."""
    if not ticket["requester"]:
        return
    certificates = [register.certificate(row["certificate_id"]) for row in requests]
    context = {
        "number": ticket["number"],
        "because": because,
        "certificates": [
            certificate_context(certificate, register.issuer(certificate.issuer_id))
            for certificate in certificates
            if certificate is not None
        ],
    }
    tx.enqueue(
        mail_effect(
            f"{template}:request:{requests[0]['id']}",
            template,
            ticket["language"],
            ticket["requester"],
            "requester",
            context,
            ticket_id=ticket["id"],
            thread=thread_of(tx, ticket["id"]),
        )
    )


def tell_planned(tx: Transaction, ticket: Row, requests: Sequence[Row], *, register: Register, step: str) -> None:
    """Tell the requester and the holder's contacts on file when it will be revoked, while "not yet" can still be said.

    `step`: `approved`, or `reminder` a day before.
    """
    key = f"planned:request:{requests[0]['id']}:{step}:{to_text(requests[0]['approved_at'])}"
    _tell_of_dates(tx, ticket, "planned", requests, key=key, register=register)


def tell_put_off(tx: Transaction, ticket: Row, requests: Sequence[Row], *, register: Register) -> None:
    """Tell those who were promised a date that it stands no more, since a legal hold forbids it.

    Who forbids it, why and until when is the authority's to tell, not ours.
    """
    key = f"put_off:request:{requests[0]['id']}:{to_text(requests[0]['approved_at'])}"
    _tell_of_dates(tx, ticket, "put_off", requests, key=key, register=register)


def tell_already_revoked(
    tx: Transaction, ticket: Row, request: Row, certificate: CertificateRecord, *, register: Register
) -> None:
    """Tell those who were promised a date that something else has revoked the certificate before it."""
    context = {
        **certificate_context(certificate, register.issuer(certificate.issuer_id)),
        "revoked_at": _text(certificate.revoked_at),
        "reason": reason_name(certificate.reason),
    }
    key = f"already_revoked:request:{request['id']}"
    _tell_each(tx, ticket, "already_revoked", [(certificate, context)], key=key, register=register)


def is_promised(request: Row) -> bool:
    """Whether a date was announced for it that has not come: it was approved, and is not ordered but by that plan."""
    if request["approved_at"] is None:
        return False
    planned_for = request["wanted_at"]
    was_planned = planned_for is not None and planned_for > request["approved_at"]
    return was_planned or request["state"] in NOT_ORDERED  # decided anew since, perhaps for another time


def tell_called_off(
    tx: Transaction, ticket: Row, promised: Sequence[Row], *, register: Register, to_requester: bool = False
) -> None:
    """Tell those who were promised a date that the revocation is called off; without the reason given to the requester.

    The requester too (`to_requester`), when no other mail says so. Not of what something else has revoked meanwhile.
    """
    found = [register.certificate(row["certificate_id"]) for row in promised]
    named = [
        (one, certificate_context(one, register.issuer(one.issuer_id)))
        for one in found
        if one is not None and one.revoked_at is None
    ]
    if named:
        key = f"called_off:request:{promised[0]['id']}:{to_text(promised[0]['approved_at'])}"
        _tell_each(tx, ticket, "called_off", named, key=key, register=register, to_requester=to_requester)


def _tell_of_dates(
    tx: Transaction, ticket: Row, template: str, requests: Sequence[Row], *, key: str, register: Register
) -> None:
    """Of each certificate its own date, the earliest first."""
    wanted: dict[int, datetime] = {row["certificate_id"]: row["wanted_at"] for row in requests}
    by_date = sorted(wanted, key=lambda id_: wanted[id_])
    named = [
        (one, {**certificate_context(one, register.issuer(one.issuer_id)), "wanted_at": to_text(wanted[one.id])})
        for id_ in by_date
        if (one := register.certificate(id_)) is not None
    ]
    _tell_each(tx, ticket, template, named, key=key, register=register)


def _tell_each(
    tx: Transaction,
    ticket: Row,
    template: str,
    named: Sequence[tuple[CertificateRecord, dict[str, Any]]],
    *,
    key: str,
    register: Register,
    to_requester: bool = True,
) -> None:
    """One mail for each recipient. Each holder reads of its own certificates, in its language."""

    def tell(address: str, language: str, theirs: Sequence[dict[str, Any]]) -> None:
        context = {"number": ticket["number"], "certificates": list(theirs)}
        told = mail_effect(
            f"{key}:{address}", template, language, address, "requester", context, ticket_id=ticket["id"]
        )
        tx.enqueue(told)

    certificates = [one for one, _ in named]
    requester = normalise_address(ticket["requester"])
    if requester and to_requester:
        tell(requester, ticket["language"], [context for _, context in named])
    for account_id in dict.fromkeys(one.account_id for one in certificates if one.account_id is not None):
        account = register.account(account_id)
        theirs = [context for one, context in named if one.account_id == account_id]
        for address in contacts_to_tell(account):
            if account is not None and address != requester:
                tell(address, str(account.language), theirs)


@crossing("everybody_told")
def tell_revoked(
    tx: Transaction, ticket: Row, order: Row, register: Register, *, before: CertificateRecord | None = None
) -> None:
    """Tell the holder's contacts on file, and the requester when not one of them, that it is revoked and visible.

    Of an order that changed the reason only that is told; `before` is the certificate as it was until then.
    """
    certificate = register.certificate(order["certificate_id"])
    if certificate is None:
        raise LookupError(f"certificate {order['certificate_id']} has left the register")  # a fault of ours: retried
    account = None if certificate.account_id is None else register.account(certificate.account_id)
    context = revoked_context(ticket, order, certificate, register.issuer(certificate.issuer_id))
    if order["is_update"]:
        context |= _changed_context(order, certificate if before is None else before)
    to_holder, to_reporter = _NEWS[order["is_update"]]
    holders = contacts_to_tell(account)
    for address in holders:
        key = f"revoked:order:{order['id']}:holder:{address}"
        language = str(account.language) if account else ticket["language"]
        # Whether a receipt could be made is known when the mail is sent.
        said = {**context, "has_receipt": False}
        told = mail_effect(key, to_holder, language, address, "holder", said, ticket_id=ticket["id"])
        tx.enqueue(replace(told, payload={**told.payload, "receipt_of": order["id"]}))
    if not holders:
        because = ["No contact with the role revocation or technical is on file for the holder."]
        tx.record(Subject("decision", ticket["id"]), "HOLDER_NOT_TOLD", {"because": because}, ticket_id=ticket["id"])
    requester = ticket["requester"]
    if requester and (normalise_address(requester) or requester) not in holders:
        tx.enqueue(
            mail_effect(
                f"revoked:order:{order['id']}:reporter",
                to_reporter,
                ticket["language"],
                requester,
                "reporter",
                context,
                ticket_id=ticket["id"],
                thread=thread_of(tx, ticket["id"]),
            )
        )


def contacts_to_tell(account: Account | None) -> tuple[str, ...]:
    """The addresses on file that are told about a revocation, each once."""
    if account is None:
        return ()
    addresses = (
        normalise_address(contact.email) for contact in account.contacts if not TOLD_ROLES.isdisjoint(contact.roles)
    )
    return tuple(dict.fromkeys(address for address in addresses if address is not None))


def revoked_context(
    ticket: Row, order: Row, certificate: CertificateRecord, issuer: IssuerRecord | None
) -> dict[str, Any]:
    """What the two "revoked" templates need. Times as text in UTC."""
    return {
        "number": ticket["number"],
        "certificate": certificate_context(certificate, issuer),
        "reason": ReasonCode(order["ca_reason"]).rfc_name,
        "revoked_at": to_text(order["ca_revoked_at"]),
        "crl_visible_at": to_text(order["crl_visible_at"]),
        "ocsp_visible_at": to_text(order["ocsp_visible_at"]),
        "crl_number": order["crl_number"] or "",
    }


def _changed_context(order: Row, before: CertificateRecord) -> dict[str, Any]:
    """What the two "reason changed" templates need besides. `date_stands`: the CA left the date of revocation alone."""
    first = before.revoked_at
    return {
        "former_reason": reason_name(before.reason),
        "date_stands": first is not None and abs(order["ca_revoked_at"] - first) <= DATES_DIFFER_AT_MOST,
    }


def certificate_context(certificate: CertificateRecord, issuer: IssuerRecord | None) -> dict[str, Any]:
    """A certificate's public facts as a template needs them."""
    return {
        "issuer_name": certificate.issuer if issuer is None else issuer.name,
        "common_name": certificate.common_name,
        "host_names": list(certificate.host_names),
        "serial": certificate.serial.hex,
        "serial_tail": certificate.serial.tail,
        "not_before": _text(certificate.not_before),
        "not_after": _text(certificate.not_after),
        "organisation": certificate.organisation,
    }


def mail_effect(
    key: str,
    template: str,
    language: str,
    to: str,
    audience: str,
    context: dict[str, Any],
    *,
    ticket_id: int,
    thread: tuple[str, ...] = (),
) -> Effect:
    """A mail to one recipient that a person's decision caused."""
    return Effect(
        "mail",
        key=key,
        payload={
            "template": template,
            "language": language,
            "context": context,
            "to": to,
            "audience": audience,
            "automatic": False,
            "in_reply_to": thread[-1] if thread else None,
            "references": list(thread),
        },
        ticket_id=ticket_id,
    )


def thread_of(tx: Transaction, ticket_id: int) -> tuple[str, ...]:
    """The Message-IDs of the newest ten mails that came in, oldest first: what our answer refers to."""
    query = (
        sa.select(ticket_mails.c.message_id)
        .where(
            ticket_mails.c.ticket_id == ticket_id,
            ticket_mails.c.direction == "in",
            ticket_mails.c.message_id.is_not(None),
            ticket_mails.c.message_id != "",
        )
        .order_by(ticket_mails.c.id.desc())
        .limit(10)
    )
    return tuple(reversed(tx.execute(query).scalars().all()))


def _text(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)
