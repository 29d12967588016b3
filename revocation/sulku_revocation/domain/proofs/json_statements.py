"""Statements in JSON: pwnedkeys' (a JWS that says «key is pwned») and an ACME order to revoke (RFC 8555, 7.6).

Both are JWS in flattened form (RFC 7515, 7.2.2). A mere address of one is never fetched: the mail must hold it.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.proofs.bounds import MOST_RSA_BITS, RefusedError
from sulku_revocation.domain.proofs.claim import LARGEST_DOCUMENT, Refusal
from sulku_revocation.domain.proofs.signature import load_public_key, require_jws_signature
from sulku_revocation.domain.spki import spki_digest

_PWNED = b"key is pwned"
_LARGEST_PWNED = 1_024
_CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


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
        header = json.loads(_octets(protected))
        if not isinstance(header, dict):
            raise RefusedError(Refusal.DAMAGED)
        signed = f"{protected}.{payload}".encode("ascii")
        return Jws(header, _octets(payload), signed, _octets(signature))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RefusedError(Refusal.DAMAGED) from None


def says_pwned(jws: Jws) -> bool:
    """Whether it is pwnedkeys' statement; who signed it is another question."""
    return len(jws.payload) <= _LARGEST_PWNED and _PWNED in jws.payload


def verify_pwnedkeys(document: bytes, spki: bytes) -> bytes:
    """The key, when it made this statement. `spki` came along, as a certificate or by itself. Raises RefusedError."""
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
        certificate = _octets(json.loads(jws.payload)["certificate"])
        spki = read_certificate(certificate).spki
    except (ValueError, KeyError, TypeError, RecursionError, UnreadableError):
        raise RefusedError(Refusal.NO_STATEMENT) from None
    key, der = _key_of(jws.header.get("jwk"))
    if spki_digest(der) != spki:
        raise RefusedError(Refusal.UNKNOWN_KEY)
    require_jws_signature(key, jws.algorithm, jws.signed, jws.signature)
    if jws.header.get("url") not in addresses:
        raise RefusedError(Refusal.OTHER_ADDRESS)
    return der


def is_acme_order(jws: Jws) -> bool:
    """Whether it looks like an order to revoke that is signed by a certificate's key."""
    return "jwk" in jws.header and b'"certificate"' in jws.payload


def _key_of(jwk: object) -> tuple[PublicKeyTypes, bytes]:
    """The public key of a JWK (RFC 7517, RFC 8037). Raises RefusedError."""
    if not isinstance(jwk, dict):
        raise RefusedError(Refusal.UNKNOWN_KEY)
    try:
        key = _load(jwk)
        return key, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, KeyError, TypeError, UnsupportedAlgorithm):
        raise RefusedError(Refusal.UNSUPPORTED) from None


def _load(jwk: dict[str, Any]) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey:
    match jwk["kty"]:
        case "RSA":
            n, e = _octets(jwk["n"]), _octets(jwk["e"])
            if len(n) * 8 > MOST_RSA_BITS or len(e) > 8:
                raise RefusedError(Refusal.KEY_TOO_LARGE)
            return rsa.RSAPublicNumbers(int.from_bytes(e, "big"), int.from_bytes(n, "big")).public_key()
        case "EC":
            x, y = (int.from_bytes(_octets(jwk[part]), "big") for part in ("x", "y"))
            return ec.EllipticCurvePublicNumbers(x, y, _CURVES[jwk["crv"]]).public_key()
        case "OKP" if jwk["crv"] == "Ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(_octets(jwk["x"]))
    raise RefusedError(Refusal.UNSUPPORTED)


def _octets(text: object) -> bytes:
    """base64url without padding (RFC 7515, 2). Raises ValueError."""
    if not isinstance(text, str) or not text.isascii():
        raise ValueError("base64url was expected")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("base64url was expected") from error
