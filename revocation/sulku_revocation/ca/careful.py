"""Sends an order so that a repeat does no harm: look, revoke, and look again where there is doubt.

Many CAs answer a second revocation with an error, and some overwrite reason and date of the first. So nothing is sent
before looking, unless the CA itself remembers orders by their key. "Already revoked" is this order's own success only
when reason and date agree; otherwise the first revocation stands and is reported as what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from sulku_kernel.errors import SulkuError
from sulku_revocation.ca.authority import (
    Accepted,
    AlreadyRevoked,
    Capabilities,
    CertificateAuthority,
    CertificateState,
    CertificateStatus,
    Lookup,
    Lost,
    OrderToSend,
    Outcome,
    PendingApproval,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

log = structlog.get_logger()

CLOCKS_DIFFER_AT_MOST = timedelta(minutes=5)  # the CA's clock and ours


def revoke_carefully(authority: CertificateAuthority, issuer: IssuerRecord, order: OrderToSend) -> Receipt:
    """What became of the order. Safe to repeat with any CA. Raises Refused, TryLater and ConfigurationError.

    The receipt of a CA that does not tell what it recorded is completed from its records, where they can be seen.
    """
    can = authority.capabilities
    if order.reason not in can.reasons:
        raise Refused("reason", f"this CA does not take the reason {int(order.reason)}")
    if order.update_reason and not can.update_reason:
        raise Refused("reason", "this CA does not change the reason of a revocation")
    if can.is_idempotent:
        return _with_losses(authority.revoke(order), order, can)
    before = _look(authority, issuer, order)
    if before.state is CertificateState.REVOKED and not _may_change(before, order):
        return _as_found(before, order, can)
    if before.state is CertificateState.UNKNOWN and can.lookup is Lookup.RECORDS:
        raise Refused("unknown_serial", f"{order.serial} was never issued by {order.issuer_name}")
    if order.awaits_approval:
        return PendingApproval()
    return _send(authority, issuer, order)


def revoke_many_carefully(
    authority: CertificateAuthority, issuer: IssuerRecord, orders: Sequence[OrderToSend]
) -> list[Outcome]:
    """What became of each order: in one message where the CA takes many and remembers their keys, else one by one.

    Raises ConfigurationError.
    """
    can = authority.capabilities
    if not can.is_idempotent or can.batch < 2:
        return [_outcome(authority, issuer, order) for order in orders]
    outcomes: list[Outcome] = []
    for begin in range(0, len(orders), can.batch):
        some = orders[begin : begin + can.batch]
        try:
            answers = authority.revoke_many(some)
        except (Refused, TryLater) as error:
            answers = [error] * len(some)
        outcomes += [
            answer if isinstance(answer, Refused | TryLater) else _with_losses(answer, order, can)
            for order, answer in zip(some, answers, strict=True)
        ]
    return outcomes


def _outcome(authority: CertificateAuthority, issuer: IssuerRecord, order: OrderToSend) -> Outcome:
    try:
        return revoke_carefully(authority, issuer, order)
    except (Refused, TryLater) as error:
        return error


def _send(authority: CertificateAuthority, issuer: IssuerRecord, order: OrderToSend) -> Receipt:
    can = authority.capabilities
    try:
        receipt = authority.revoke(order)
    except TryLater:
        after = _look_in_doubt(authority, issuer, order)
        if after.state is CertificateState.REVOKED and not _may_change(after, order):
            return _as_found(after, order, can)
        raise
    match receipt:
        case Accepted(revoked_at, _, reason) if revoked_at is None or reason is None:
            return _with_losses(_read_back(authority, issuer, order, receipt), order, can)
        case AlreadyRevoked():
            after = _look_in_doubt(authority, issuer, order)
            return _as_found(after, order, can) if after.state is CertificateState.REVOKED else receipt
    return _with_losses(receipt, order, can)


def _look(authority: CertificateAuthority, issuer: IssuerRecord, order: OrderToSend) -> CertificateStatus:
    """What is known before. A CRL that cannot be fetched is no reason to hold a revocation up; the CA's silence is."""
    match authority.capabilities.lookup:
        case Lookup.RECORDS:
            return authority.lookup(issuer, order.serial)
        case Lookup.PUBLISHED:
            return _look_in_doubt(authority, issuer, order)
        case Lookup.NONE:
            return CertificateStatus(CertificateState.UNKNOWN)


def _look_in_doubt(authority: CertificateAuthority, issuer: IssuerRecord, order: OrderToSend) -> CertificateStatus:
    """As `_look`, and UNKNOWN when nothing can be seen."""
    if authority.capabilities.lookup is Lookup.NONE:
        return CertificateStatus(CertificateState.UNKNOWN)
    try:
        return authority.lookup(issuer, order.serial)
    except SulkuError as error:
        log.info("ca.not_looked_up", serial=order.serial.hex, error=type(error).__name__)
        return CertificateStatus(CertificateState.UNKNOWN)


def _read_back(
    authority: CertificateAuthority, issuer: IssuerRecord, order: OrderToSend, receipt: Accepted
) -> Accepted:
    if authority.capabilities.lookup is not Lookup.RECORDS:
        return receipt
    status = _look_in_doubt(authority, issuer, order)
    if status.state is not CertificateState.REVOKED:
        return receipt
    return replace(receipt, revoked_at=status.revoked_at or receipt.revoked_at, reason=status.reason)


def _may_change(status: CertificateStatus, order: OrderToSend) -> bool:
    return order.update_reason and status.reason != ReasonCode.KEY_COMPROMISE


def _as_found(status: CertificateStatus, order: OrderToSend, can: Capabilities) -> Receipt:
    """A revocation that was found: our own when its date and reason say so, else somebody else's."""
    is_since = (
        order.first_sent_at is not None
        and status.revoked_at is not None
        and status.revoked_at >= order.first_sent_at - CLOCKS_DIFFER_AT_MOST
    )
    if is_since and (status.reason in {order.reason, None} or not can.keeps_reason):
        return _with_losses(Accepted(status.revoked_at, is_repeat=True, reason=status.reason), order, can)
    return AlreadyRevoked(status.reason, status.revoked_at)


def _with_losses(receipt: Receipt, order: OrderToSend, can: Capabilities) -> Receipt:
    """The receipt with what the CA did not record. Raises nothing: the certificate is revoked all the same."""
    if not isinstance(receipt, Accepted):
        return receipt
    lost = list(receipt.lost)
    reason = receipt.reason
    if reason is None and not can.keeps_reason:
        reason = ReasonCode.UNSPECIFIED
    if reason is not None and reason != order.reason:
        lost.append(Lost.REASON)
    if order.invalidity_at is not None and not can.invalidity_date:
        lost.append(Lost.INVALIDITY_DATE)
    return replace(receipt, reason=reason, lost=tuple(dict.fromkeys(lost)))
