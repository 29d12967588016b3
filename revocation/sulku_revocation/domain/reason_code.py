"""CRL reason codes (RFC 5280, 5.3.1) and who may choose which (TLS BR 7.2.2)."""

from __future__ import annotations

from enum import IntEnum


class ReasonCode(IntEnum):
    """The codes this desk may write. 0 is written as no extension; 6 (hold) is never written; 9 is the CA's alone."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    PRIVILEGE_WITHDRAWN = 9

    @property
    def rfc_name(self) -> str:
        """`keyCompromise`: the name in RFC 5280."""
        first, *rest = self.name.lower().split("_")
        return first + "".join(word.capitalize() for word in rest)

    @classmethod
    def from_rfc_name(cls, name: str) -> ReasonCode:
        """The inverse of `rfc_name`. Raises ValueError; `certificateHold` is one of the refused."""
        for code in cls:
            if code.rfc_name == name:
                return code
        raise ValueError(f"{name!r} is not a reason this desk revokes for")


# What a subscriber may ask for; the first that applies wins (Mozilla RSP 6.1.1; precedence of several).
SUBSCRIBER_REASONS = frozenset(
    {
        ReasonCode.UNSPECIFIED,
        ReasonCode.KEY_COMPROMISE,
        ReasonCode.AFFILIATION_CHANGED,
        ReasonCode.SUPERSEDED,
        ReasonCode.CESSATION_OF_OPERATION,
    }
)
PRECEDENCE = (
    ReasonCode.KEY_COMPROMISE,
    ReasonCode.PRIVILEGE_WITHDRAWN,
    ReasonCode.CESSATION_OF_OPERATION,
    ReasonCode.AFFILIATION_CHANGED,
    ReasonCode.SUPERSEDED,
    ReasonCode.UNSPECIFIED,
)


def reason_name(code: int | None) -> str:
    """The RFC's name of a code, also of one that this desk never writes (`CRLReason 6`); None stands for 0."""
    return ReasonCode(code or 0).rfc_name if (code or 0) in set(ReasonCode) else f"CRLReason {code}"


def strongest(reasons: list[ReasonCode]) -> ReasonCode:
    """The one that is recorded when several apply; UNSPECIFIED when none does."""
    return next((reason for reason in PRECEDENCE if reason in reasons), ReasonCode.UNSPECIFIED)
