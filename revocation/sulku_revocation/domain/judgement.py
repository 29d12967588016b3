"""The value that understanding a mail ends in: what `sulku explain` prints and what the worker turns into a ticket."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
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
    """A piece of evidence for key compromise and whether the machine verified it (`domain/proofs/`).

    `spki` is the key proven, empty when nothing is. `where` it stood in the mail; `refusal` says why it is no proof
    (a word of `proofs.claim.Refusal`). `document` is what can be verified again at any time, of a private key the
    statement that it signed; `sealed` that key, which only the recovery key opens.
    """

    kind: str
    is_verified: bool
    spki: str
    where: str = ""
    refusal: str = ""
    document: bytes = field(default=b"", repr=False)
    sealed: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything concluded from one mail, each with its reasons in `because` (rule id → the words that made it hit).

    `wanted_at`: when the mail wants the revocation, if that lies ahead and no compromised key has to wait for it.
    `is_withdrawal`: it takes a request back, whatever else it says.
    """

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
    wanted_at: datetime | None = None
    is_withdrawal: bool = False

    @property
    def chosen(self) -> tuple[Match, ...]:
        """The matches a decision would name."""
        return tuple(match for match in self.matches if match.is_chosen)
