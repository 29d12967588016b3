"""What two judgements of one mail differ in: the one that is on file and the one this version comes to.

Both as `explain_json` writes them, with the certificates that were chosen beside it (`stored_judgement`), so that what
an earlier version stored can be compared whatever its classes were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sulku_revocation.domain.explanation import explain_json
from sulku_revocation.domain.judgement import Judgement
from sulku_revocation.domain.policy import Facts
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_tickets.domain.masking import mask
from sulku_tickets.domain.urgency import Assurance, Urgency

# What somebody would notice, the weightiest first. The scores and words that led there may differ freely.
COMPARED = (
    "class", "outcome", "chosen", "proven", "reason", "urgency", "page_on_call", "assurance", "wanted_at", "needs",
    "acknowledge", "language",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why they differ: the rules, with the words of the mail, that hit in one of the two only."""

    gained: tuple[tuple[str, str], ...] = ()
    lost: tuple[tuple[str, str], ...] = ()


def stored_judgement(judgement: Judgement) -> dict[str, Any]:
    """As it is kept beside the mail: the explanation, and the register's ids of the chosen certificates."""
    return {**explain_json(judgement), "chosen": sorted(match.certificate.id for match in judgement.chosen)}


def outcome_of(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What of a stored judgement is compared. What an earlier version did not keep is left out."""
    verified = {f"{proof['kind']} {proof['spki']}" for proof in stored.get("proofs", ()) if proof["verified"]}
    whole = {**stored, "proven": sorted(verified)}
    return {key: whole[key] for key in COMPARED if key in whole}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """By key of `COMPARED` the two values, where both are known and differ."""
    old, new = outcome_of(before), outcome_of(after)
    return {key: (old[key], new[key]) for key in old if key in new and old[key] != new[key]}


def grounds(before: Mapping[str, Any], after: Mapping[str, Any]) -> Grounds:
    """The rules that hit in one of the two only; masked, since an earlier version may have kept what this one hides."""
    old, new = _hits(before), _hits(after)
    return Grounds(_masked(hit for hit in new if hit not in old), _masked(hit for hit in old if hit not in new))


def facts_at_receipt(stored: Mapping[str, Any], spki: str, *, is_holder: bool) -> Facts:
    """What a policy looks at for a certificate with that key when the mail has just come and nobody did anything."""
    named = (code for code in ReasonCode if code.rfc_name == stored["reason"])
    return Facts(
        urgency=Urgency(stored["urgency"]),
        reason=next(named, ReasonCode.UNSPECIFIED),
        is_proven=any(proof["verified"] and proof["spki"] == spki for proof in stored["proofs"]),
        assurance=Assurance(stored["assurance"]),
        is_holder=is_holder,
    )


def _masked(hits: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((rule, mask(words)) for rule, words in hits)


def _hits(stored: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(one["rule"], one["words"]) for one in stored.get("because", ())]
