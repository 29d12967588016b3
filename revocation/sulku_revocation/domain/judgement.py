"""The value that understanding a mail ends in: what `sulku explain` prints and what the worker turns into a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sulku_kernel.language import Language
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.reference import Reference
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency


class Outcome(StrEnum):
    """What matching came to."""

    MATCHED = "matched"
    AMBIGUOUS = "ambiguous"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class Match:
    """A certificate that a mail may mean: `score` 0…1, `why` words of the closed list in `docs/explain.md`.

    `is_chosen` is true for those a decision would name; a near miss is shown and never chosen.
    """

    certificate: CertificateRecord
    score: float
    why: tuple[str, ...]
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """A piece of evidence for key compromise and whether the machine verified it."""

    kind: str
    is_verified: bool
    spki: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything concluded from one mail, each with its reasons in `because` (rule id → the words that made it hit)."""

    case_class: CaseClass
    language: Language
    reason: ReasonCode | None
    urgency: Urgency
    references: tuple[Reference, ...]
    matches: tuple[Match, ...]
    outcome: Outcome
    proofs: tuple[Proof, ...]
    assurance: Assurance
    needs: tuple[str, ...]
    acknowledge: bool
    page_on_call: bool
    because: tuple[tuple[str, str], ...]
    account_id: int | None = None

    @property
    def chosen(self) -> tuple[Match, ...]:
        """The matches a decision would name."""
        return tuple(match for match in self.matches if match.is_chosen)
