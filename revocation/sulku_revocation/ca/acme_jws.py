"""Signed requests of ACME: JSON Web Signatures with a nonce and the address they are for (RFC 8555, 6.2; RFC 7515)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_CURVES: dict[str, tuple[str, str, hashes.HashAlgorithm, int]] = {
    "secp256r1": ("P-256", "ES256", hashes.SHA256(), 32),
    "secp384r1": ("P-384", "ES384", hashes.SHA384(), 48),
    "secp521r1": ("P-521", "ES512", hashes.SHA512(), 66),
}


class UnusableKeyError(ValueError):
    """A key of a kind that ACME servers take no signatures of."""


def sign_request(
    key: SigningKey, url: str, nonce: str, payload: Mapping[str, Any] | None, *, account: str | None
) -> bytes:
    """A request in flattened JSON; `payload` None asks for something (POST-as-GET, RFC 8555, 6.3).

    `account` is the account's address (`kid`); without it the public key itself goes along (`jwk`), as a new account
    and a revocation by the certificate's own key need it. Raises UnusableKeyError.
    """
    header: dict[str, Any] = {"alg": _algorithm(key), "nonce": nonce, "url": url}
    header |= {"kid": account} if account is not None else {"jwk": public_jwk(key)}
    protected = base64url(json.dumps(header).encode())
    body = "" if payload is None else base64url(json.dumps(payload).encode())
    signature = base64url(_sign(key, f"{protected}.{body}".encode()))
    return json.dumps({"protected": protected, "payload": body, "signature": signature}).encode()


def public_jwk(key: SigningKey) -> dict[str, str]:
    """The public half as a JWK (RFC 7518, 6; RFC 8037)."""
    match key:
        case rsa.RSAPrivateKey():
            rsa_numbers = key.public_key().public_numbers()
            return {"kty": "RSA", "n": _number(rsa_numbers.n), "e": _number(rsa_numbers.e)}
        case ec.EllipticCurvePrivateKey():
            name, _, _, size = _curve(key)
            point = key.public_key().public_numbers()
            return {"kty": "EC", "crv": name, "x": _number(point.x, size), "y": _number(point.y, size)}
        case ed25519.Ed25519PrivateKey():
            return {"kty": "OKP", "crv": "Ed25519", "x": base64url(key.public_key().public_bytes_raw())}


def base64url(data: bytes) -> str:
    """Without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _algorithm(key: SigningKey) -> str:
    match key:
        case rsa.RSAPrivateKey():
            return "RS256"
        case ec.EllipticCurvePrivateKey():
            return _curve(key)[1]
        case ed25519.Ed25519PrivateKey():
            return "EdDSA"


def _sign(key: SigningKey, data: bytes) -> bytes:
    match key:
        case rsa.RSAPrivateKey():
            return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        case ec.EllipticCurvePrivateKey():
            _, _, digest, size = _curve(key)
            r, s = decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        case ed25519.Ed25519PrivateKey():
            return key.sign(data)


def _curve(key: ec.EllipticCurvePrivateKey) -> tuple[str, str, hashes.HashAlgorithm, int]:
    if key.curve.name not in _CURVES:
        raise UnusableKeyError(f"a key on the curve {key.curve.name}")
    return _CURVES[key.curve.name]


def _number(value: int, size: int | None = None) -> str:
    return base64url(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))
