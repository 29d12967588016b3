"""What every CA adapter promises: ask for a status, send an order, list what was issued, and say what it can.

An adapter only carries an order to the CA, once for each call, and says honestly what came of it. Looking before and
after, so that a repeat does no harm, is `careful.py`'s; giving a silent CA a rest is `guarding.py`'s.

That a certificate *is* revoked is never concluded from an answer: that is `sulku_revocation.publication`'s to see, from
the CRL and OCSP that relying parties see.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

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
    `revoked_at` aware UTC. Both are None unless `state` is REVOKED, and then too when the CA does not tell them.
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
    existing revocation is refused. `first_sent_at` is when the order was first sent: a revocation of that date or later
    with the order's reason is this order's own. `awaits_approval`: the CA has it and somebody there must agree, so that
    it is only looked for. `certificate` is the DER on file, given to adapters that need it where it is there.
    """

    idempotency_key: str
    issuer_name: str
    issuer_key_identifier: str
    serial: SerialNumber
    reason: ReasonCode
    invalidity_at: datetime | None = None
    update_reason: bool = False
    first_sent_at: datetime | None = None
    awaits_approval: bool = False
    certificate: bytes | None = field(default=None, repr=False)


class Lost(StrEnum):
    """What an order said and a CA did not record."""

    REASON = "reason"
    INVALIDITY_DATE = "invalidity_date"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The CA has recorded the revocation with the order's reason, now or when the same order came before.

    `revoked_at` is the date the CA recorded (aware UTC), None when its answer does not tell. `is_repeat` tells that it
    was recorded before this call and that a status check confirmed reason and date. `reason` is what the CA recorded
    (None: its answer does not tell) and `lost` what it is known to have dropped.
    """

    revoked_at: datetime | None
    is_repeat: bool = False
    reason: int | None = None
    lost: tuple[Lost, ...] = ()


@dataclass(frozen=True, slots=True)
class AlreadyRevoked:
    """It was revoked before by something else, with this reason (0: none recorded) and date. Those stay as they are.

    None where the CA's answer does not tell; then its records or what is published must.
    """

    reason: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PendingApproval:
    """The CA has the order and somebody there must agree. `reference` is the CA's own name for the matter, if any."""

    reference: str = ""


Receipt = Accepted | AlreadyRevoked | PendingApproval


class Refused(SulkuError):  # noqa: N818  the word the CA uses; STYLE: the field's words
    """The CA will never do this: unknown serial, wrong issuer, reason. Stop and page somebody (never retry).

    `why` is a stable word: `unknown_serial`, `wrong_issuer`, `reason`, `not_authorised`, `malformed`.
    """

    def __init__(self, why: str, message: str, *, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.why = why


class KeyWanted(Refused):
    """Our account may not revoke it, and whoever has the certificate's own key may (`revoke_with_key`).

    An order waits for that, or for the account to be given the right; for everything else it is a refusal.
    """

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__("not_authorised", message, next_step=next_step)


class TryLater(UnavailableError):  # noqa: N818  the word the CA uses; STYLE: the field's words
    """No answer, or none to trust: refused connection, time-out, 5xx, garbage. The order may or may not have acted.

    `after` is what the CA asked for (Retry-After), None when it did not say.
    """

    def __init__(self, message: str, *, after: timedelta | None = None, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.after = after


class NotSupported(SulkuError):  # noqa: N818  a word beside Refused and TryLater
    """This CA or its adapter has no such call: its `capabilities` say so."""


class Lookup(StrEnum):
    """What an answer to `lookup` is worth."""

    RECORDS = "records"  # the CA's own records, true at this moment
    PUBLISHED = "published"  # from the CRL: "revoked" is sure, anything else may be old
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a CA can do through its adapter; with other words for a CA than its usual ones, its settings say so.

    `reasons`: those it takes; any other order is refused before it is sent. `keeps_reason`: it records the reason it is
    given. `is_idempotent`: it remembers the order's key itself, so that a repeat acts once without our looking first.
    `marks`: it lists what was issued behind a mark. `batch`: how many orders `revoke_many` may be given at once.
    `crl_trigger`: `publish_crl` makes a new CRL at once. `by_key`: it takes a revocation signed with the certificate's
    own key. `by_certificate`: it wants the whole certificate of an order.
    """

    reasons: frozenset[ReasonCode] = frozenset(ReasonCode)
    keeps_reason: bool = True
    invalidity_date: bool = False
    update_reason: bool = False
    is_idempotent: bool = False
    lookup: Lookup = Lookup.RECORDS
    register: bool = False
    marks: bool = False
    crl_trigger: bool = False
    by_key: bool = False
    by_certificate: bool = False
    batch: int = 1


Outcome = Receipt | Refused | TryLater

# Of some serial numbers of a CA those whose certificates the register has not whole: where a CA lists numbers, only
# these need be fetched.
Lacking = Callable[[Sequence[SerialNumber]], Collection[SerialNumber]]


@dataclass(slots=True)
class Mark:
    """How far what a CA has issued was read: a word of its adapter, empty before the first time.

    `register_since` moves it on; it counts when everything that was given out has been kept.
    """

    value: str = ""


@runtime_checkable
class CertificateAuthority(Protocol):
    """A certificate authority as this desk sees it. Every adapter passes `tests/contract/test_authority_contract.py`.

    All calls are synchronous, bounded in time (connect 5 s, read 30 s) and safe for several threads at once. Any of
    them raises TryLater, ConfigurationError when the address or the credential is wrong (it waits until that is put
    right), and NotSupported when `capabilities` do not have it.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What it can do. Known without asking the CA."""
        ...

    def probe(self) -> None:
        """Ask the CA something harmless that needs the credential; its answer is verified and thrown away."""
        ...

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """What is known of a serial number. Raises Refused (`wrong_issuer`) when the issuer is not its own."""
        ...

    def revoke(self, order: OrderToSend) -> Receipt:
        """Send the order, once. Raises Refused; TryLater also means "sent, perhaps, and no answer"."""
        ...

    def revoke_with_key(self, order: OrderToSend, key: PrivateKeyTypes) -> Receipt:
        """As `revoke`, by the right of the certificate's own private key."""
        ...

    def revoke_many(self, orders: Sequence[OrderToSend]) -> list[Outcome]:
        """Send up to `capabilities.batch` orders; what came of each, in the same order."""
        ...

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:
        """The DER of every certificate it issued, oldest first; of what `lacking` does not name it may be left out."""
        ...

    def register_since(self, mark: Mark, lacking: Lacking | None = None) -> Iterator[bytes]:
        """As `register`, of what was issued behind the mark, which moves on: everything with an empty one."""
        ...

    def publish_crl(self, issuer: IssuerRecord) -> None:
        """Make the CA publish a CRL with what was revoked until now."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


class Adapter:
    """What an adapter has that overrides nothing: one order at a time, and no call beside `revoke`."""

    capabilities = Capabilities(lookup=Lookup.NONE)

    def probe(self) -> None:
        """See `CertificateAuthority.probe`."""
        raise NotSupported("this adapter can ask the CA nothing harmless")

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """See `CertificateAuthority.lookup`."""
        raise NotSupported(f"this CA does not tell the status of {serial} of {issuer.name}")

    def revoke(self, order: OrderToSend) -> Receipt:
        """See `CertificateAuthority.revoke`."""
        raise NotImplementedError

    def revoke_with_key(self, order: OrderToSend, key: PrivateKeyTypes) -> Receipt:  # noqa: ARG002  as others have it
        """See `CertificateAuthority.revoke_with_key`."""
        raise NotSupported("this CA takes no revocation by the certificate's own key")

    def revoke_many(self, orders: Sequence[OrderToSend]) -> list[Outcome]:
        """See `CertificateAuthority.revoke_many`."""
        return [self._outcome(order) for order in orders]

    def _outcome(self, order: OrderToSend) -> Outcome:
        try:
            return self.revoke(order)
        except (Refused, TryLater) as error:
            return error

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:  # noqa: ARG002  as others have it
        """See `CertificateAuthority.register`."""
        raise NotSupported("this CA does not list what it issued")

    def register_since(self, mark: Mark, lacking: Lacking | None = None) -> Iterator[bytes]:  # noqa: ARG002  as others
        """See `CertificateAuthority.register_since`."""
        raise NotSupported("this CA lists what it issued only as a whole")

    def publish_crl(self, issuer: IssuerRecord) -> None:
        """See `CertificateAuthority.publish_crl`."""
        raise NotSupported(f"this CA publishes the CRL of {issuer.name} in its own time")

    def close(self) -> None:
        """See `CertificateAuthority.close`."""
