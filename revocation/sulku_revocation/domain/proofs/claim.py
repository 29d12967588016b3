"""`Claim`: what the jailed reader found of proofs of key compromise, on its way to the process that verifies it.

The jail reads hostile bytes and may be hijacked by them, so it is not believed: it only hands on small documents, each
of which the other side verifies by itself. Of a private key it hands on a statement that it let the key sign, and the
key itself sealed to the recovery key.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_CLAIMS = 100
LARGEST_DOCUMENT = 16_384


class ProofKind(StrEnum):
    """The kinds of proof (docs/proofs.md)."""

    PRIVATE_KEY = "private_key"
    KCA_REQUEST = "kca_request"
    PROOF_REQUEST = "proof_request"
    POCK = "pock"
    PWNEDKEYS = "pwnedkeys"
    SIGNED_NONCE = "signed_nonce"
    ACME = "acme"
    WEAK_KEY = "weak_key"


class Refusal(StrEnum):
    """Why something that looks like a proof is none."""

    INVALID_KEY = "invalid_key"
    BAD_SIGNATURE = "bad_signature"
    WEAK_HASH = "weak_hash"
    NO_STATEMENT = "no_statement"
    KEY_TOO_LARGE = "key_too_large"
    EXPLICIT_PARAMETERS = "explicit_parameters"
    UNSUPPORTED = "unsupported"
    PASSWORD_NEEDED = "password_needed"  # noqa: S105  a word of the list
    TOO_COSTLY = "too_costly"
    UNKNOWN_KEY = "unknown_key"
    OTHER_ADDRESS = "other_address"
    OTHER_TICKET = "other_ticket"
    NONCE_UNKNOWN = "nonce_unknown"
    NONCE_EXPIRED = "nonce_expired"
    NONCE_USED = "nonce_used"
    CONTROL_ONLY = "control_only"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Claim:
    """One candidate.

    `document` is what is to be verified: DER of a request or a certificate, JSON of a JWS, the sentence that was
    signed. `public_key` (SubjectPublicKeyInfo, DER) and `signature` stand beside a document that does not hold them.
    `sealed` is a private key in its seal. `refusal` is set where nothing could be made of it.
    """

    kind: ProofKind
    where: str = ""
    document: bytes = b""
    public_key: bytes = b""
    signature: bytes = b""
    sealed: bytes = b""
    refusal: Refusal | None = None


_OCTETS = ("document", "public_key", "signature", "sealed")


def write_claims(claims: tuple[Claim, ...]) -> str:
    """The claims as a text that may stand in `Mail.examination`."""
    return json.dumps([_to_plain(claim) for claim in claims[:MOST_CLAIMS]]) if claims else ""


def read_claims(text: str) -> tuple[Claim, ...]:
    """The claims of such a text. Total: what is none of ours reads as no claims, since it came out of the jail."""
    try:
        plain = json.loads(text) if text else []
        return tuple(_from_plain(one) for one in plain[:MOST_CLAIMS])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error):
        return ()


def _to_plain(claim: Claim) -> dict[str, Any]:
    octets = {name: base64.b64encode(getattr(claim, name)).decode() for name in _OCTETS}
    return {"kind": claim.kind, "where": claim.where, "refusal": claim.refusal, **octets}


def _from_plain(plain: dict[str, Any]) -> Claim:
    octets = {name: base64.b64decode(plain[name], validate=True) for name in _OCTETS}
    if any(len(value) > LARGEST_DOCUMENT for value in octets.values()):
        raise ValueError("a document that is too large")
    refusal = plain["refusal"]
    return Claim(
        ProofKind(plain["kind"]),
        str(plain["where"])[:200],
        refusal=None if refusal is None else Refusal(refusal),
        **octets,
    )
