"""Statements in JSON: pwnedkeys' (a JWS that says «key is pwned») and an ACME order to revoke (RFC 8555, 7.6).

Both are JWS in flattened form (RFC 7515, 7.2.2). A mere address of one is never fetched: the mail must hold it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.proofs.bounds import RefusedError
from sulku_revocation.domain.proofs.claim import LARGEST_DOCUMENT, Refusal
from sulku_revocation.domain.proofs.json_keys import base64url, public_key_of_jwk
from sulku_revocation.domain.proofs.signature import load_public_key, require_jws_signature
from sulku_revocation.domain.spki import spki_digest

_PWNED = b"key is pwned"
_LARGEST_PWNED = 1_024
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Jws:
    """A flattened JWS: its protected header and payload as they were signed, and the signature."""

    header: dict[str, Any]
    payload: bytes
    signed: bytes
    signature: bytes

    @property
    def algorithm(self) -> str:
        return str(self.header.get("alg", ""))


def read_jws(document: bytes) -> Jws:
    """Raises RefusedError when it is none."""
    try:
        plain = json.loads(document[:LARGEST_DOCUMENT])
        protected, payload, signature = (plain[name] for name in ("protected", "payload", "signature"))
        header = json.loads(base64url(protected))
        if not isinstance(header, dict):
            raise RefusedError(Refusal.DAMAGED)
        signed = f"{protected}.{payload}".encode("ascii")
        return Jws(header, base64url(payload), signed, base64url(signature))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RefusedError(Refusal.DAMAGED) from None


def says_pwned(jws: Jws) -> bool:
    """Whether it is pwnedkeys' statement; who signed it is another question."""
    return len(jws.payload) <= _LARGEST_PWNED and _PWNED in jws.payload


def named_key(document: bytes) -> str:
    """The SHA-256 (hex) of the key that a statement is said to be of (`kid`), or ''. Raises RefusedError."""
    kid = str(read_jws(document).header.get("kid", "")).lower()
    return kid if _DIGEST.fullmatch(kid) else ""


def verify_pwnedkeys(document: bytes, spki: bytes) -> bytes:
    """The key, when it made this statement. `spki` came along, or is on file. Raises RefusedError."""
    jws = read_jws(document)
    if not says_pwned(jws):
        raise RefusedError(Refusal.NO_STATEMENT)
    if not spki:
        raise RefusedError(Refusal.UNKNOWN_KEY)
    require_jws_signature(load_public_key(spki), jws.algorithm, jws.signed, jws.signature)
    return spki


def verify_acme(document: bytes, addresses: frozenset[str]) -> bytes:
    """The key of the certificate that the order names and that signed the order. Raises RefusedError.

    `addresses`: our own revocation addresses. The signed `url` keeps an order to another CA away (RFC 8555, 6.4).
    """
    jws = read_jws(document)
    try:
        certificate = base64url(json.loads(jws.payload)["certificate"])
        spki = read_certificate(certificate).spki
    except (ValueError, KeyError, TypeError, RecursionError, UnreadableError):
        raise RefusedError(Refusal.NO_STATEMENT) from None
    key, der = public_key_of_jwk(jws.header.get("jwk"))
    if spki_digest(der) != spki:
        raise RefusedError(Refusal.UNKNOWN_KEY)
    require_jws_signature(key, jws.algorithm, jws.signed, jws.signature)
    if jws.header.get("url") not in addresses:
        raise RefusedError(Refusal.OTHER_ADDRESS)
    return der


def is_acme_order(jws: Jws) -> bool:
    """Whether it looks like an order to revoke that is signed by a certificate's key."""
    return "jwk" in jws.header and b'"certificate"' in jws.payload
