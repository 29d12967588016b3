"""What every CA adapter promises: ask for a status, send an order, list what was issued.

An adapter only carries an order to the CA. That a certificate *is* revoked is never concluded from its answer: that is
`sulku_revocation.publication`'s to see, from the CRL and OCSP that relying parties see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from sulku_kernel.errors import SulkuError, UnavailableError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord


class CertificateState(StrEnum):
    """What a CA says about a serial number. `unknown` is not `good`: it never issued it."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """A CA's answer to `lookup`.

    `reason` is the CRL reason as a number (0 when none is recorded; a CA may hold codes this desk never writes) and
    `revoked_at` aware UTC; both are None unless `state` is REVOKED.
    """

    state: CertificateState
    reason: int | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderToSend:
    """An order as the CA needs it.

    `idempotency_key` names the order for ever: a repeat with the same key never acts a second time. `issuer_name` is
    the issuer's name (RFC 4514), `issuer_key_identifier` its subject key identifier in lower-case hex; the key
    identifier decides when both are given. `invalidity_at` is the suspected time of compromise (RFC 5280, 5.3.2).
    `update_reason` asks to change a revocation that exists to keyCompromise (TLS BR 7.2.2); any other change of an
    existing revocation is refused.
    """

    idempotency_key: str
    issuer_name: str
    issuer_key_identifier: str
    serial: SerialNumber
    reason: ReasonCode
    invalidity_at: datetime | None = None
    update_reason: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The CA has recorded the revocation with the order's reason, now or when the same order came before.

    `revoked_at` is the date the CA recorded (aware UTC). `is_repeat` tells that it was recorded before this call and
    that a status check confirmed reason and date.
    """

    revoked_at: datetime
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class AlreadyRevoked:
    """It was revoked before by something else, with this reason (0: none recorded) and date. Those stay as they are."""

    reason: int
    at: datetime


Receipt = Accepted | AlreadyRevoked


class Refused(SulkuError):  # noqa: N818  the word the CA uses; STYLE: the field's words
    """The CA will never do this: unknown serial, wrong issuer, reason. Stop and page somebody (never retry).

    `why` is a stable word: `unknown_serial`, `wrong_issuer`, `reason`, `not_authorised`, `malformed`.
    """

    def __init__(self, why: str, message: str, *, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.why = why


class TryLater(UnavailableError):  # noqa: N818  the word the CA uses; STYLE: the field's words
    """No answer, or none to trust: refused connection, time-out, 5xx, garbage. The order may or may not have acted.

    `after` is what the CA asked for (Retry-After), None when it did not say.
    """

    def __init__(self, message: str, *, after: timedelta | None = None, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.after = after


@runtime_checkable
class CertificateAuthority(Protocol):
    """A certificate authority as this desk sees it. Every adapter passes `tests/contract/test_authority_contract.py`.

    All calls are synchronous and bounded in time (connect 5 s, read 30 s).
    """

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """What the CA's own records say. Raises TryLater; Refused (`wrong_issuer`) when the issuer is not its own."""
        ...

    def revoke(self, order: OrderToSend) -> Receipt:
        """Send the order; safe to repeat. Raises Refused and TryLater."""
        ...

    def register(self) -> Iterator[bytes]:
        """The DER of every certificate it issued, oldest first. Raises TryLater."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...
