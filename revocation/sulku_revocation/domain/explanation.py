"""`explain_json`: a judgement as the stable JSON of `sulku explain` (docs/explain.md)."""

from __future__ import annotations

from typing import Any

from sulku_revocation.domain.judgement import Judgement

KEYS = (
    "class",
    "language",
    "reason",
    "urgency",
    "references",
    "matches",
    "outcome",
    "proofs",
    "assurance",
    "needs",
    "acknowledge",
    "page_on_call",
)


def explain_json(judgement: Judgement) -> dict[str, Any]:
    """JSON values only, the keys of `KEYS` in that order; serials in lower-case hex without leading zeros."""
    return {
        "class": judgement.case_class.value,
        "language": judgement.language.value,
        "reason": None if judgement.reason is None else judgement.reason.rfc_name,
        "urgency": judgement.urgency.value,
        "references": [{"kind": r.kind.value, "value": r.value, "where": r.where} for r in judgement.references],
        "matches": [
            {
                "issuer": match.certificate.issuer,
                "serial": match.certificate.serial.hex,
                "score": match.score,
                "why": list(match.why),
            }
            for match in judgement.matches
        ],
        "outcome": judgement.outcome.value,
        "proofs": [{"kind": p.kind, "verified": p.is_verified, "spki": p.spki} for p in judgement.proofs],
        "assurance": judgement.assurance.value,
        "needs": list(judgement.needs),
        "acknowledge": judgement.acknowledge,
        "page_on_call": judgement.page_on_call,
    }
