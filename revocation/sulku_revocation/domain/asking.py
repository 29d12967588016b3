"""What the desk asks back, or tells, at once: which certificate is meant, where cards are revoked, what is too late.

Candidates are shown only to contacts on file, and only those of their own holder. To everybody else the answer depends
on nothing but the mail itself, so that it tells nobody whether a serial number or a holder is on file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sulku_revocation.domain.decision_list import is_live
from sulku_revocation.domain.judgement import Judgement, Outcome
from sulku_revocation.domain.matching import EXACT
from sulku_revocation.domain.record import CertificateRecord, CertificateType
from sulku_revocation.domain.reference import ReferenceKind
from sulku_tickets.domain.urgency import CaseClass

ASKING_CLASSES = frozenset({CaseClass.REVOCATION_REQUEST, CaseClass.PROBLEM_REPORT})
MOST_CANDIDATES = 20
_NAMING = EXACT | {ReferenceKind.HOST_NAME, ReferenceKind.COMMON_NAME}
NEED_PROOF = "need_proof"
CANNOT_BE_OPENED, OTHER_FORMAT = "cannot_be_opened", "other_format"
CARD_REVOCATION, CANNOT_BE_RESTORED = "card_revocation", "cannot_be_restored"


@dataclass(frozen=True, slots=True)
class Question:
    """The template that asks, and the candidates it lists (none when it asks for the serial number)."""

    template: str
    candidates: tuple[CertificateRecord, ...] = ()


def needs_question(judgement: Judgement) -> bool:
    """Whether a question may be due at all: a request or a report, an answerable sender, no clear match or no proof."""
    if not judgement.acknowledge:
        return False
    is_open = judgement.outcome is not Outcome.MATCHED or _lacks_proof(judgement)
    if is_open and judgement.case_class in ASKING_CLASSES:
        return True
    return judgement.case_class is CaseClass.MISDIRECTED or _is_hidden(judgement) or _is_too_late(judgement)


def question_for(judgement: Judgement, accounts: frozenset[int], now: datetime) -> Question | None:
    """The question to ask, None when a person had better look. `accounts`: those that have the sender on file."""
    if not needs_question(judgement):
        return None
    if same_for_everybody := _same_for_everybody(judgement):
        return Question(same_for_everybody)
    if not accounts:
        names_one = any(reference.kind in EXACT for reference in judgement.references)
        return None if names_one else Question("need_more_information")
    candidates = tuple(
        match.certificate for match in judgement.matches if _may_be_shown(match.certificate, accounts, now)
    )
    if not candidates:
        return Question("need_more_information")
    return Question("several_candidates", candidates[:MOST_CANDIDATES])


def _same_for_everybody(judgement: Judgement) -> str:
    """The template of an answer that depends on nothing but the mail and what CRL and OCSP tell; empty when none is."""
    if judgement.case_class is CaseClass.MISDIRECTED:
        return CARD_REVOCATION
    if _is_hidden(judgement):
        return CANNOT_BE_OPENED
    if _is_too_late(judgement):
        return CANNOT_BE_RESTORED
    if _is_in_other_format(judgement):
        return OTHER_FORMAT
    return NEED_PROOF if _lacks_proof(judgement) else ""


def _is_hidden(judgement: Judgement) -> bool:
    """The mail is encrypted, and nothing of it could be read: only its sender can help."""
    return judgement.outcome is not Outcome.MATCHED and any(word == "encrypted" for word, _ in judgement.because)


def _is_in_other_format(judgement: Judgement) -> bool:
    """The mail names nothing itself, and what it may name stands in a file that the desk does not open."""
    names_one = any(reference.is_labelled and reference.kind in _NAMING for reference in judgement.references)
    return not names_one and any(word == "other_format" for word, _ in judgement.because)


def _lacks_proof(judgement: Judgement) -> bool:
    """A third party reports a compromise: with a proof the desk can act at once. It asks whatever is on file."""
    return judgement.case_class is CaseClass.PROBLEM_REPORT and "proof" in judgement.needs


def _is_too_late(judgement: Judgement) -> bool:
    """Taken back when all that is meant is revoked already, which CRL and OCSP tell everybody anyway."""
    if not judgement.is_withdrawal or judgement.case_class in ASKING_CLASSES:
        return False
    return bool(judgement.chosen) and all(m.certificate.revoked_at is not None for m in judgement.chosen)


def _may_be_shown(certificate: CertificateRecord, accounts: frozenset[int], now: datetime) -> bool:
    is_own = certificate.account_id in accounts and certificate.certificate_type is not CertificateType.CA
    return is_own and is_live(certificate, now)
