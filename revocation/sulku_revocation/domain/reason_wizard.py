"""From the facts of a case to the rule, the reason code and the time within which it must be revoked: a table as data.

TLS BR 4.9.1.1 counts the grounds (1)-(5) for which 24 hours are left and (6)-(16) with five days; 7.2.2 says which code
each is written with. What a subscriber says of its own certificate falls under (1), with the reason it gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sulku_kernel.errors import InputError
from sulku_revocation.domain.reason_code import ReasonCode, strongest

DAY, FIVE_DAYS = timedelta(hours=24), timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Ground:
    """One fact that somebody has established. `within`: how long after that the certificate must be revoked at most.

    `clause` is its number in TLS BR 4.9.1.1. `is_ours`: it is for the CA to find, never for a subscriber to claim.
    """

    fact: str
    clause: int
    reason: ReasonCode
    within: timedelta
    is_ours: bool
    sentence: str

    @property
    def rule(self) -> str:
        """As it is cited."""
        return f"TLS BR 4.9.1.1 ({self.clause})"


def _ground(fact: str, clause: int, reason: ReasonCode, sentence: str, *, is_ours: bool = True) -> Ground:
    return Ground(fact, clause, reason, DAY if clause <= 5 else FIVE_DAYS, is_ours, sentence)


_ALL = (
    _ground("asked", 1, ReasonCode.UNSPECIFIED, "The holder asks for it and gives no reason.", is_ours=False),
    _ground("replaced", 1, ReasonCode.SUPERSEDED, "The holder has replaced it with another.", is_ours=False),
    _ground("renamed", 1, ReasonCode.AFFILIATION_CHANGED, "The holder's name or data have changed.", is_ours=False),
    _ground("not_needed", 1, ReasonCode.CESSATION_OF_OPERATION, "The holder does not need it any more.", is_ours=False),
    _ground("not_authorised", 2, ReasonCode.PRIVILEGE_WITHDRAWN, "The certificate was never rightly applied for."),
    _ground("key_compromised", 3, ReasonCode.KEY_COMPROMISE, "The key is or may be in wrong hands.", is_ours=False),
    _ground("key_computable", 4, ReasonCode.KEY_COMPROMISE, "Anybody can compute the key (Debian, ROCA, Fermat)."),
    _ground("validation_unsound", 5, ReasonCode.SUPERSEDED, "That the holder controls the name cannot be relied on."),
    _ground("key_unfit", 6, ReasonCode.SUPERSEDED, "The key is too small or of a kind that is not allowed."),
    _ground("misused", 7, ReasonCode.PRIVILEGE_WITHDRAWN, "The certificate was misused."),
    _ground("agreement_broken", 8, ReasonCode.PRIVILEGE_WITHDRAWN, "The holder broke the agreement."),
    _ground("name_not_allowed", 9, ReasonCode.CESSATION_OF_OPERATION, "The holder may not use the name any more."),
    _ground("wildcard_misled", 10, ReasonCode.PRIVILEGE_WITHDRAWN, "A wildcard was used to mislead."),
    _ground("contents_changed", 11, ReasonCode.PRIVILEGE_WITHDRAWN, "What it says has changed and is not true now."),
    _ground("wrongly_issued", 12, ReasonCode.SUPERSEDED, "It was not issued as the requirements or the CPS say."),
    _ground("contents_wrong", 13, ReasonCode.PRIVILEGE_WITHDRAWN, "What it says was never right."),
    _ground("right_to_issue_ends", 14, ReasonCode.UNSPECIFIED, "The CA's right to issue ends."),
    _ground("policy_demands", 15, ReasonCode.UNSPECIFIED, "The CA's policy or CPS demands it."),
    _ground("method_exposes_key", 16, ReasonCode.KEY_COMPROMISE, "A method is known that exposes the holder's key."),
)
GROUNDS = {ground.fact: ground for ground in _ALL}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the facts lead to: the reason that is written, the ground that gave it, and the shortest time of all."""

    reason: ReasonCode
    ground: Ground
    within: timedelta
    facts: tuple[str, ...]

    @property
    def is_ours(self) -> bool:
        """Whether the CA itself must revoke, so that no wish of the holder's puts it off."""
        return any(GROUNDS[fact].is_ours for fact in self.facts)


def choose_reason(facts: Iterable[str]) -> Choice:
    """The reason for everything that was established: the gravest, and never more time than the strictest rule leaves.

    Raises InputError for a fact that is not in the table, and without any.
    """
    named = list(dict.fromkeys(facts))
    unknown = [fact for fact in named if fact not in GROUNDS]
    if unknown or not named:
        raise InputError(
            f"{unknown[0]!r} is no ground for a revocation" if unknown else "no ground was given",
            next_step=f"Choose from {', '.join(GROUNDS)}.",
        )
    grounds = [ground for ground in _ALL if ground.fact in named]
    reason = strongest([ground.reason for ground in grounds])
    giving = next(ground for ground in grounds if ground.reason is reason)
    return Choice(reason, giving, min(ground.within for ground in grounds), tuple(ground.fact for ground in grounds))
