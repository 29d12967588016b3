"""Keys as JSON: JWK and sets of them (RFC 7517; RFC 7518, 6; RFC 8037, 2), public and private.

A private one is written as DER first and then loaded as any other: what is too large, forged or does not sign is
refused by the same rules.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sulku_revocation.domain.proofs.bounds import MOST_RSA_BITS, RefusedError
from sulku_revocation.domain.proofs.claim import Refusal
from sulku_revocation.domain.proofs.key_numbers import EdwardsKey, edwards_key, elliptic_key, rsa_key
from sulku_revocation.domain.proofs.private_keys import PrivateKey, load_key, require_signing

LARGEST_JWK = 20_000
_MOST_KEYS = 50
_CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
_EDWARDS: dict[str, type[EdwardsKey]] = {"Ed25519": ed25519.Ed25519PrivateKey, "Ed448": ed448.Ed448PrivateKey}
_QUOTE_MARKS = re.compile(r"(?m)^[ \t]*[>|][>| \t]*")
_BREAKS = re.compile(r"\s+")

Jwk = Mapping[str, Any]


def jwks_in(text: str) -> Iterator[Jwk]:
    """Each JWK in a text, by itself or of a set; quoted, wrapped or escaped as it may be. None of them is loaded."""
    if "kty" not in text:
        return
    plain = _QUOTE_MARKS.sub("", text.replace('\\"', '"'))
    decoder = json.JSONDecoder(strict=False)
    at = plain.find('"kty"')
    for _ in range(_MOST_KEYS):
        begin = plain.rfind("{", max(0, at - LARGEST_JWK), at)
        if at < 0 or begin < 0:
            return
        with suppress(ValueError, RecursionError):
            found = decoder.raw_decode(plain[begin : begin + LARGEST_JWK])[0]
            if isinstance(found, dict):
                yield found
        at = plain.find('"kty"', at + 1)


def is_private(jwk: Jwk) -> bool:
    """Whether it claims to be a private key that can sign; a symmetric one (`oct`) never is."""
    return "d" in jwk and jwk.get("kty") in {"RSA", "EC", "OKP"}


def load_jwk(jwk: Jwk, challenge: bytes) -> PrivateKey:
    """The private key. Raises RefusedError and UnreadableError; what does not fit together is INVALID_KEY."""
    try:
        match jwk["kty"]:
            case "RSA":
                return load_key(_pkcs1(jwk), (), challenge)
            case "EC":
                return require_signing(_elliptic(jwk), challenge)
            case _:
                return require_signing(_edwards(jwk), challenge)
    except (KeyError, TypeError, UnsupportedAlgorithm):
        raise RefusedError(Refusal.UNSUPPORTED) from None
    except ValueError:
        raise RefusedError(Refusal.INVALID_KEY) from None


def public_key_of_jwk(jwk: object) -> tuple[PublicKeyTypes, bytes]:
    """The public key of a JWK, and as SubjectPublicKeyInfo. Raises RefusedError."""
    if not isinstance(jwk, dict):
        raise RefusedError(Refusal.UNKNOWN_KEY)
    try:
        key = _load_public(jwk)
        return key, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, KeyError, TypeError, UnsupportedAlgorithm):
        raise RefusedError(Refusal.UNSUPPORTED) from None


def base64url(text: object) -> bytes:
    """base64url without padding (RFC 7515, 2). Raises ValueError."""
    if not isinstance(text, str) or not text.isascii():
        raise ValueError("base64url was expected")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("base64url was expected") from error


def _load_public(jwk: Jwk) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey:
    match jwk["kty"]:
        case "RSA":
            n, e = base64url(jwk["n"]), base64url(jwk["e"])
            if len(n) * 8 > MOST_RSA_BITS or len(e) > 8:
                raise RefusedError(Refusal.KEY_TOO_LARGE)
            return rsa.RSAPublicNumbers(int.from_bytes(e, "big"), int.from_bytes(n, "big")).public_key()
        case "EC":
            x, y = (int.from_bytes(base64url(jwk[part]), "big") for part in ("x", "y"))
            return ec.EllipticCurvePublicNumbers(x, y, _CURVES[jwk["crv"]]).public_key()
        case "OKP" if jwk["crv"] == "Ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(base64url(jwk["x"]))
    raise RefusedError(Refusal.UNSUPPORTED)


def _octets(jwk: Jwk, member: str) -> bytes:
    """A member of a private key, whose lines a mail program may have broken. Raises ValueError and KeyError."""
    octets = base64url(_BREAKS.sub("", jwk[member]).rstrip("="))
    if len(octets) * 8 > MOST_RSA_BITS + 8:
        raise RefusedError(Refusal.KEY_TOO_LARGE)
    return octets


def _number(jwk: Jwk, member: str) -> int:
    return int.from_bytes(_octets(jwk, member), "big")


def _pkcs1(jwk: Jwk) -> bytes:
    if "oth" in jwk:
        raise RefusedError(Refusal.UNSUPPORTED)
    n, e, d = (_number(jwk, member) for member in ("n", "e", "d"))
    return rsa_key(n, e, d, (_number(jwk, "p"), _number(jwk, "q")) if "p" in jwk and "q" in jwk else None)


def _elliptic(jwk: Jwk) -> ec.EllipticCurvePrivateKey:
    public = ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), _CURVES[jwk["crv"]])
    return elliptic_key(_number(jwk, "d"), public)


def _edwards(jwk: Jwk) -> EdwardsKey:
    return edwards_key(_EDWARDS[jwk["crv"]], _octets(jwk, "d"), _octets(jwk, "x"))
