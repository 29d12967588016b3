"""Orders, receipts and statuses as JSON: what the embedded CA's admin API and its adapter say to each other.

Reading is strict: a missing or odd value raises MessageError, never half an order. `docs/ca-local.md` shows them all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sulku_kernel.clock import from_text, to_text
from sulku_kernel.errors import InputError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import (
    Accepted,
    AlreadyRevoked,
    CertificateState,
    CertificateStatus,
    OrderToSend,
    Outcome,
    PendingApproval,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.domain.reason_code import ReasonCode

LARGEST_MESSAGE = 64 * 1024
MOST_ORDERS = 500  # in one message
LARGEST_ORDERS = 1024 * 1024
LARGEST_REGISTER_PAGE = 64 * 1024 * 1024

_STATUS_OF_REFUSAL = {"unknown_serial": 404, "wrong_issuer": 404, "reason": 422, "not_authorised": 403}


class MessageError(InputError):
    """The bytes are not the message that belongs here."""


def status_of_refusal(why: str) -> int:
    """The HTTP status that goes with a refusal; 400 for what is malformed."""
    return _STATUS_OF_REFUSAL.get(why, 400)


def write_order(order: OrderToSend) -> bytes:
    """An order as the body of `POST /admin/revoke`."""
    return _write(
        {
            "idempotency_key": order.idempotency_key,
            "issuer_name": order.issuer_name,
            "issuer_key_identifier": order.issuer_key_identifier,
            "serial": order.serial.hex,
            "reason": int(order.reason),
            "invalidity_at": _time_or_none(order.invalidity_at),
            "update_reason": order.update_reason,
        }
    )


def write_orders(orders: Sequence[OrderToSend]) -> bytes:
    """Orders as the body of `POST /admin/revoke-many`."""
    return _write({"orders": [json.loads(write_order(order)) for order in orders]})


def read_orders(body: bytes) -> list[OrderToSend | Refused]:
    """The orders, at most MOST_ORDERS; one with a reason that is never written as its refusal. Raises MessageError."""
    orders = _read(body).get("orders")
    if not isinstance(orders, list) or not all(isinstance(one, dict) for one in orders) or len(orders) > MOST_ORDERS:
        raise MessageError(f"this is no list of at most {MOST_ORDERS} orders")
    return [_order_or_refusal(one) for one in orders]


def _order_or_refusal(message: dict[str, Any]) -> OrderToSend | Refused:
    try:
        return _as_order(message)
    except Refused as error:
        return error


def read_order(body: bytes) -> OrderToSend:
    """Raises MessageError, and Refused (`reason`) for a reason that is never written."""
    return _as_order(_read(body))


def _as_order(message: dict[str, Any]) -> OrderToSend:
    try:
        reason = _whole_number(message["reason"])
        if reason not in set(ReasonCode):
            raise Refused("reason", f"reason {reason} is never written: there is no hold and no way back")
        return OrderToSend(
            idempotency_key=_text(message["idempotency_key"]),
            issuer_name=_text(message["issuer_name"]),
            issuer_key_identifier=_text(message["issuer_key_identifier"]),
            serial=SerialNumber.from_hex(_text(message["serial"])),
            reason=ReasonCode(reason),
            invalidity_at=_read_time_or_none(message.get("invalidity_at")),
            update_reason=message.get("update_reason", False) is True,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise MessageError(f"this is no order: {type(error).__name__}: {error}") from error


def write_outcomes(outcomes: Sequence[Outcome]) -> bytes:
    """What came of each of many orders, in their order."""
    told = [
        {"why": one.why, "message": str(one)} if isinstance(one, Refused) else json.loads(write_receipt(one))
        for one in outcomes
        if not isinstance(one, TryLater)  # the embedded CA answers for all or for none
    ]
    return _write({"outcomes": told})


def read_outcomes(body: bytes, count: int) -> list[Receipt | Refused]:
    """Raises MessageError, also when there are not `count`."""
    outcomes = _read(body).get("outcomes")
    if not isinstance(outcomes, list) or len(outcomes) != count:
        raise MessageError(f"these are not {count} outcomes")
    return [_outcome(one) for one in outcomes]


def _outcome(message: Any) -> Receipt | Refused:
    if isinstance(message, dict) and "why" in message:
        return Refused(*read_refusal(_write(message)))
    if not isinstance(message, dict):
        raise MessageError("an outcome is no JSON object")
    return _as_receipt(message)


def write_receipt(receipt: Receipt) -> bytes:
    """What came of an order."""
    match receipt:
        case Accepted(revoked_at, is_repeat):
            return _write({"result": "accepted", "revoked_at": _time_or_none(revoked_at), "is_repeat": is_repeat})
        case AlreadyRevoked(reason, at):
            return _write({"result": "already_revoked", "reason": reason, "at": _time_or_none(at)})
        case PendingApproval(reference):
            return _write({"result": "pending_approval", "reference": reference})


def read_receipt(body: bytes) -> Receipt:
    """Raises MessageError."""
    return _as_receipt(_read(body))


def _as_receipt(message: dict[str, Any]) -> Receipt:
    try:
        match message["result"]:
            case "accepted":
                return Accepted(from_text(message["revoked_at"]), is_repeat=message["is_repeat"] is True)
            case "already_revoked":
                return AlreadyRevoked(_whole_number(message["reason"]), from_text(message["at"]))
            case "pending_approval":
                return PendingApproval(_text(message.get("reference", ""))[:100])
            case other:
                raise MessageError(f"a CA's answer is not {str(other)[:40]!r}")
    except (KeyError, ValueError, TypeError) as error:
        raise MessageError(f"this is no receipt: {type(error).__name__}: {error}") from error


def write_status(status: CertificateStatus) -> bytes:
    """What the CA's records say of a serial number."""
    revoked_at = _time_or_none(status.revoked_at)
    return _write({"state": status.state.value, "reason": status.reason, "revoked_at": revoked_at})


def read_status(body: bytes) -> CertificateStatus:
    """Raises MessageError."""
    message = _read(body)
    try:
        state = CertificateState(message["state"])
        if state is not CertificateState.REVOKED:
            return CertificateStatus(state)
        return CertificateStatus(state, _whole_number(message["reason"]), from_text(message["revoked_at"]))
    except (KeyError, ValueError, TypeError) as error:
        raise MessageError(f"this is no status: {type(error).__name__}: {error}") from error


def write_refusal(why: str, message: str) -> bytes:
    """Why something was not done: a stable word and a sentence."""
    return _write({"why": why, "message": message})


def read_refusal(body: bytes) -> tuple[str, str]:
    """(why, message). Raises MessageError."""
    message = _read(body)
    try:
        return _text(message["why"])[:40], _text(message["message"])[:500]
    except (KeyError, TypeError) as error:
        raise MessageError("this is no refusal") from error


def write_register_page(rows: list[tuple[int, bytes]]) -> bytes:
    """Certificates as hex, and the number behind which the next page begins (null: there is none)."""
    return _write({"certificates": [der.hex() for _, der in rows], "next": rows[-1][0] if rows else None})


def read_register_page(body: bytes) -> tuple[list[bytes], int | None]:
    """(certificates as DER, where the next page begins). Raises MessageError."""
    message = _read(body)
    try:
        after = message["next"]
        return [bytes.fromhex(der) for der in message["certificates"]], None if after is None else _whole_number(after)
    except (KeyError, ValueError, TypeError) as error:
        raise MessageError(f"this is no page of a register: {type(error).__name__}") from error


def _write(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


def _read(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MessageError("this is no JSON") from error
    if not isinstance(message, dict):
        raise MessageError("this is no JSON object")
    return message


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text is missing")
    return value


def _whole_number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a whole number is missing")
    return value


def _time_or_none(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)


def _read_time_or_none(value: object) -> datetime | None:
    return None if value is None else from_text(_text(value))
