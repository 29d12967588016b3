"""What proofs of key compromise change about a judgement: they count whoever sent them, and whatever the words say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sulku_revocation.domain.explain_words import NEEDS
from sulku_revocation.domain.judgement import Match, Proof
from sulku_revocation.domain.proofs.claim import ProofKind, Refusal
from sulku_revocation.domain.proofs.pock import SENTENCE
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_tickets.domain.urgency import CaseClass

_REVOKING = frozenset({CaseClass.REVOCATION_REQUEST, CaseClass.PROBLEM_REPORT})
# Who proves that a key is compromised needs no second factor, and nobody has to agree (TLS BR 4.9.1.1 (3)).
_MET_BY_PROOF = frozenset({"proof", "second_factor", "confirmation", "reason"})


def proven_keys(proofs: Iterable[Proof]) -> frozenset[str]:
    """The keys (SPKI digests) that are proven to be compromised."""
    return frozenset(proof.spki for proof in proofs if proof.is_verified and proof.spki)


def has_private_key(proofs: Iterable[Proof]) -> bool:
    """Whether a private key came along, verified or not."""
    return any(proof.kind == ProofKind.PRIVATE_KEY for proof in proofs)


def with_proven_references(references: Iterable[Reference], proofs: Sequence[Proof]) -> tuple[Reference, ...]:
    """The references with each proven key as an exact one, which names every certificate of that key."""
    places = {proof.spki: proof.where for proof in reversed(list(proofs)) if proof.is_verified and proof.spki}
    others = (
        r for r in references if not (r.kind is ReferenceKind.SPKI and r.value in places) and SENTENCE not in r.shown
    )
    return (
        *others,
        *(
            Reference(ReferenceKind.SPKI, spki, "text" if where == "text" else "attachment", shown="proof")
            for spki, where in places.items()
        ),
    )


def class_with_proofs(case_class: CaseClass, keys: frozenset[str]) -> CaseClass:
    """A proof is a report at least, also in a mail that a machine wrote."""
    return CaseClass.PROBLEM_REPORT if keys and case_class not in _REVOKING else case_class


def hits_register(matches: Sequence[Match], keys: frozenset[str]) -> bool:
    """Whether a certificate of ours is to be revoked for a proof."""
    return any(match.is_chosen and match.certificate.spki in keys for match in matches)


def needs_with_proofs(needs: tuple[str, ...], matches: Sequence[Match], proofs: Sequence[Proof]) -> tuple[str, ...]:
    """What is still missing: for what is proven nothing but what the proof does not say."""
    if not proofs:
        return needs
    keys = proven_keys(proofs)
    left = set(needs)
    chosen = [match for match in matches if match.is_chosen]
    if chosen and all(match.certificate.spki in keys for match in chosen):
        left -= _MET_BY_PROOF
    elif keys and not chosen:
        left -= {"proof"}
    if any("not_proven" in match.why for match in matches):
        left.add("proof")
    if any(proof.refusal == Refusal.PASSWORD_NEEDED for proof in proofs):
        left.add("password")
    return tuple(word for word in NEEDS if word in left)


def facts_of_proofs(proofs: Iterable[Proof]) -> tuple[tuple[str, str], ...]:
    """Each proof for people: what it proves, or why it proves nothing. Never a word of a key."""
    facts: dict[tuple[str, str], None] = {}
    for proof in proofs:
        if proof.is_verified:
            facts.setdefault(("proof_verified", f"{proof.kind} of the key {proof.spki[:16]}… ({proof.where})"))
        else:
            facts.setdefault(("proof_refused", f"{proof.kind}: {proof.refusal} ({proof.where})"))
    return tuple(facts)[:40]
