"""`explain_json`: a judgement as the stable JSON of `sulku explain` (docs/explain.md)."""

from __future__ import annotations

from typing import Any

from sulku_kernel.clock import to_text
from sulku_revocation.domain import explain_words
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
    "wanted_at",
    "because",
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
        "proofs": [
            {"kind": p.kind, "verified": p.is_verified, "spki": p.spki, "refusal": p.refusal} for p in judgement.proofs
        ],
        "assurance": judgement.assurance.value,
        "needs": list(judgement.needs),
        "acknowledge": judgement.acknowledge,
        "page_on_call": judgement.page_on_call,
        "wanted_at": None if judgement.wanted_at is None else to_text(judgement.wanted_at),
        "because": [{"rule": rule, "words": words} for rule, words in judgement.because],
    }


def explain_page() -> str:
    """The body of `docs/explain.md`: every key and every word that `explain_json` can hold."""
    parts = ["# What `sulku explain` says", ""]
    parts += [
        "`sulku explain MAIL.eml --json` prints one object. It changes nothing. Its keys, always all of them:",
        "",
    ]
    parts += [f"- `{key}`: {_KEY_MEANINGS[key]}" for key in KEYS]
    for title, words in _LISTS:
        parts += ["", f"## {title}", "", "| word | meaning |", "| --- | --- |"]
        parts += [f"| `{word}` | {meaning} |" for word, meaning in words.items()]
    return "\n".join(parts) + "\n"


_KEY_MEANINGS = {
    "class": "what kind of case it is.",
    "language": "the language of the answers: the holder's own where the sender is on file, else the mail's.",
    "reason": "the reason for the revocation by its name in RFC 5280, or null.",
    "urgency": "P0 to P3.",
    "references": "what in the mail points at a certificate or a holder: `kind`, `value` and `where` it stood.",
    "matches": "the certificates that may be meant, best first: `issuer` (RFC 4514), `serial` (lower-case hex without "
    "leading zeros), `score` 0 to 1, and `why`.",
    "outcome": "what matching came to.",
    "proofs": "evidence for key compromise: `kind`, whether a machine has `verified` it, and the key's `spki`, or why "
    "it proves nothing (`refusal`).",
    "assurance": "how sure it is who wrote, from the mail alone.",
    "needs": "what is missing.",
    "acknowledge": "whether an automatic receipt may go out.",
    "page_on_call": "whether the on-call contact is paged at once.",
    "wanted_at": "when the revocation is wished for (UTC), if that lies ahead; else null.",
    "because": "what led to all this: each `rule` that hit, and the `words` of the mail that made it hit.",
}
_LISTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("class", explain_words.CLASSES),
    ("language", explain_words.LANGUAGES),
    ("reason", explain_words.REASONS),
    ("urgency", explain_words.URGENCIES),
    ("references: kind", explain_words.REFERENCE_KINDS),
    ("references: where", explain_words.REFERENCE_PLACES),
    ("matches: why", explain_words.WHY),
    ("outcome", explain_words.OUTCOMES),
    ("proofs: kind", explain_words.PROOFS),
    ("proofs: refusal", explain_words.REFUSALS),
    ("assurance", explain_words.ASSURANCES),
    ("needs", explain_words.NEEDS),
)
