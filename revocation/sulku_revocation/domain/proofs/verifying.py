"""`verify_claims`: what the jail claims is proven here once more, from the documents alone; it is not believed.

Small documents whose sizes are bounded: a request, a certificate, a JWS, a sentence. Each costs a signature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.proofs.attestation import verify_request
from sulku_revocation.domain.proofs.bounds import RefusedError
from sulku_revocation.domain.proofs.claim import Claim, ProofKind, Refusal
from sulku_revocation.domain.proofs.json_statements import verify_acme, verify_pwnedkeys
from sulku_revocation.domain.proofs.pock import verify_pock
from sulku_revocation.domain.proofs.signature import load_public_key
from sulku_revocation.domain.proofs.signed_sentence import verify_sentence
from sulku_revocation.domain.spki import spki_digest


def _no_nonce(sentence: str) -> Refusal | None:  # noqa: ARG001  the shape of what may be given
    return Refusal.NONCE_UNKNOWN


def _no_key_is_weak(spki: bytes) -> bool:  # noqa: ARG001  likewise
    return False


@dataclass(frozen=True, slots=True)
class ProofRules:
    """What verifying needs from outside.

    `acme_addresses`: our own addresses of ACME revocation. `nonce_refusal` says why a sentence of ours does not count
    (None: it does). `is_weak` as in `finding.Tools`.
    """

    acme_addresses: frozenset[str] = frozenset()
    nonce_refusal: Callable[[str], Refusal | None] = _no_nonce
    is_weak: Callable[[bytes], bool] = _no_key_is_weak


def verify_claims(claims: Iterable[Claim], rules: ProofRules) -> tuple[Proof, ...]:
    """A proof for each claim, verified or with the reason why not. Total."""
    return tuple(_verify(claim, rules) for claim in claims)


def _verify(claim: Claim, rules: ProofRules) -> Proof:
    try:
        kind, key = _proven(claim, rules)
        spki = spki_digest(key)
    except RefusedError as error:
        return _refused(claim, error.refusal)
    except UnreadableError:
        return _refused(claim, Refusal.DAMAGED)
    document = claim.document or claim.public_key
    return Proof(kind, is_verified=True, spki=spki, where=claim.where, document=document, sealed=claim.sealed)


def _refused(claim: Claim, refusal: Refusal) -> Proof:
    return Proof(claim.kind, is_verified=False, spki="", where=claim.where, refusal=refusal.value)


def _proven(claim: Claim, rules: ProofRules) -> tuple[str, bytes]:
    """The kind of proof and the key (SubjectPublicKeyInfo) that is proven. Raises RefusedError and UnreadableError."""
    if claim.refusal is not None:
        raise RefusedError(claim.refusal)
    if claim.kind in {ProofKind.KCA_REQUEST, ProofKind.PROOF_REQUEST}:
        return verify_request(claim.document)
    return claim.kind, _key(claim, rules)


def _key(claim: Claim, rules: ProofRules) -> bytes:
    match claim.kind:
        case ProofKind.POCK:
            return verify_pock(claim.document)
        case ProofKind.PWNEDKEYS:
            return verify_pwnedkeys(claim.document, claim.public_key)
        case ProofKind.ACME:
            return verify_acme(claim.document, rules.acme_addresses)
        case ProofKind.SIGNED_NONCE:
            return _sentence(claim, rules)
        case ProofKind.WEAK_KEY:
            return _weak(claim, rules)
        case _:
            return verify_request(claim.document)[1]  # of a private key: what it signed in the jail


def _sentence(claim: Claim, rules: ProofRules) -> bytes:
    key = verify_sentence(claim.document, claim.signature, claim.public_key)
    refusal = rules.nonce_refusal(claim.document.decode("ascii", "replace"))
    if refusal is not None:
        raise RefusedError(refusal)
    return key


def _weak(claim: Claim, rules: ProofRules) -> bytes:
    load_public_key(claim.public_key)
    if not rules.is_weak(claim.public_key):
        raise RefusedError(Refusal.NO_STATEMENT)
    return claim.public_key
