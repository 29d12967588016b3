"""What looking at a CRL or an OCSP answer came to, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sulku_revocation.domain.reason_code import ReasonCode

PASSING_REASONS = frozenset({6, 8})  # certificateHold and removeFromCRL: what they revoke may come back
CONFLICT_GRACE = timedelta(minutes=5)  # the two services are rebuilt one after the other; longer apart is a fault


@dataclass(frozen=True, slots=True)
class Seen:
    """The revocation stands in a signed, fresh answer of the right issuer, with the right reason.

    `number` is the CRL number (None for OCSP), `reason` the CRL reason as a number (0: no extension), `sha256` the
    lower-case hex digest of `signed`, the DER exactly as it was served: the evidence to keep. Times are aware UTC.
    """

    number: int | None
    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime
    reason: int
    sha256: str
    signed: bytes


@dataclass(frozen=True, slots=True)
class NotYet:
    """Nothing wrong, and not revoked there yet: look again later.

    `why`: `not_listed`, `good`, `unknown`, `unreachable`, `no_address`. `is_statement` is true when a verified answer
    says that the certificate is not revoked (as opposed to no answer at all). `number` is the CRL number seen.
    """

    why: str
    detail: str = ""
    is_statement: bool = False
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """An answer that must not count, and that somebody must look at.

    `why` is a word of the closed list in `docs/ca-local.md`: `garbage`, `signature`, `issuer`, `signer`, `scope`,
    `delta`, `not_fresh`, `expired`, `replayed`, `reason`, `certificate`, `nonce`, `status`, `too_large`,
    `no_issuer_certificate`.
    """

    why: str
    detail: str = ""


Finding = Seen | NotYet | Wrong


def is_as_expected(reason: int, expected: ReasonCode | None) -> bool:
    """Whether a published reason is the one that was ordered; with None any that is for good."""
    return reason not in PASSING_REASONS if expected is None else reason == expected


@dataclass(frozen=True, slots=True)
class Publication:
    """What the CRL and OCSP of the issuer said about one certificate at `looked_at`."""

    crl: Finding
    ocsp: Finding
    looked_at: datetime

    @property
    def is_visible(self) -> bool:
        """Both say revoked, with the order's reason: only now is it `REVOKED`."""
        return isinstance(self.crl, Seen) and isinstance(self.ocsp, Seen)

    @property
    def disagrees(self) -> bool:
        """One verified answer says revoked, the other that it is not."""
        return any(
            isinstance(one, Seen) and isinstance(other, NotYet) and other.is_statement
            for one, other in ((self.crl, self.ocsp), (self.ocsp, self.crl))
        )

    def is_conflict(self, since: datetime, grace: timedelta = CONFLICT_GRACE) -> bool:
        """The two have disagreed for longer than `grace`; `since`: when one first said revoked. Page somebody."""
        return self.disagrees and self.looked_at - since > grace
