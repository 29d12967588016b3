"""`verify_claims`: what the jail claims is proven here once more, from the documents alone; it is not believed.

Small documents whose sizes are bounded: a request, a certificate, a JWS, a sentence. Each costs a signature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.proofs.attestation import verify_request
from sulku_revocation.domain.proofs.bounds import RefusedError
from sulku_revocation.domain.proofs.claim import Claim, ProofKind, Refusal
from sulku_revocation.domain.proofs.json_statements import named_key, verify_acme, verify_pwnedkeys
from sulku_revocation.domain.proofs.pock import verify_pock
from sulku_revocation.domain.proofs.signature import load_public_key
from sulku_revocation.domain.proofs.signed_sentence import verify_sentence
from sulku_revocation.domain.spki import spki_digest


def _no_nonce(sentence: str) -> Refusal | None:  # noqa: ARG001  the shape of what may be given
    return Refusal.NONCE_UNKNOWN


def _no_key_is_weak(spki: bytes) -> bool:  # noqa: ARG001  likewise
    return False


def _no_key(digest: str) -> bytes:  # noqa: ARG001  likewise
    return b""


@dataclass(frozen=True, slots=True)
class ProofRules:
    """What verifying needs from outside.

    `acme_addresses`: our own addresses of ACME revocation. `nonce_refusal` says why a sentence of ours does not count
    (None: it does). `is_weak` as in `finding.Tools`. `key_on_file` is the key with a digest (SHA-256 in hex), b"" when
    no certificate on file has it; `ticket_keys` are those of the certificates on the mail's tickets: for statements
    that came without their key.
    """

    acme_addresses: frozenset[str] = frozenset()
    nonce_refusal: Callable[[str], Refusal | None] = _no_nonce
    is_weak: Callable[[bytes], bool] = _no_key_is_weak
    key_on_file: Callable[[str], bytes] = _no_key
    ticket_keys: Callable[[], Iterable[bytes]] = tuple


def verify_claims(claims: Iterable[Claim], rules: ProofRules) -> tuple[Proof, ...]:
    """A proof for each claim, verified or with the reason why not. Total.

    What else was tried as the signature of a sentence that is proven is left out.
    """
    proofs = [_verify(claim, rules) for claim in claims]
    signed = {proof.where for proof in proofs if proof.is_verified and proof.kind == ProofKind.SIGNED_NONCE}
    return tuple(
        dict.fromkeys(
            proof
            for proof in proofs
            if proof.is_verified or proof.kind != ProofKind.SIGNED_NONCE or proof.where not in signed
        )
    )


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
    if claim.kind is ProofKind.SIGNED_NONCE and claim.signature and not claim.public_key:
        return claim.kind, _sentence(_with_ticket_key(claim, rules), rules)
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
            return verify_pwnedkeys(claim.document, claim.public_key or rules.key_on_file(named_key(claim.document)))
        case ProofKind.ACME:
            return verify_acme(claim.document, rules.acme_addresses)
        case ProofKind.SIGNED_NONCE:
            return _sentence(claim, rules)
        case ProofKind.WEAK_KEY:
            return _weak(claim, rules)
        case _:
            return verify_request(claim.document)[1]  # of a private key: what it signed in the jail


def _with_ticket_key(claim: Claim, rules: ProofRules) -> Claim:
    """With the key on the mail's tickets that made the signature. Raises RefusedError when none of them did."""
    refusal = claim.refusal or Refusal.UNKNOWN_KEY
    for spki in rules.ticket_keys():
        try:
            verify_sentence(claim.document, claim.signature, spki)
        except RefusedError as error:
            refusal = Refusal.CONTROL_ONLY if error.refusal is Refusal.CONTROL_ONLY else refusal
        except UnreadableError:
            continue
        else:
            return replace(claim, public_key=spki)
    raise RefusedError(refusal)


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
