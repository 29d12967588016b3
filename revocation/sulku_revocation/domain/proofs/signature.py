"""Signatures by a public key whose kind is only known when it is there."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sulku_revocation.domain.proofs.bounds import RefusedError, require_loadable
from sulku_revocation.domain.proofs.claim import Refusal

# RFC 7518, 3.1, and RFC 8037: the JWS algorithm → hash and, for ECDSA, the octets of each half.
_RSA = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
_ECDSA: dict[str, tuple[hashes.HashAlgorithm, int, str]] = {
    "ES256": (hashes.SHA256(), 32, "secp256r1"),
    "ES384": (hashes.SHA384(), 48, "secp384r1"),
    "ES512": (hashes.SHA512(), 66, "secp521r1"),
}
_STRONG = (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())


def load_public_key(spki: bytes) -> PublicKeyTypes:
    """Raises RefusedError and UnreadableError."""
    require_loadable(spki)
    try:
        return load_der_public_key(spki)
    except UnsupportedAlgorithm:
        raise RefusedError(Refusal.UNSUPPORTED) from None
    except ValueError:
        raise RefusedError(Refusal.DAMAGED) from None


def require_jws_signature(key: PublicKeyTypes, algorithm: str, message: bytes, signature: bytes) -> None:
    """The algorithm must be the one of the key's kind (RFC 7518, 3.1; RFC 8037, 3.1). Raises RefusedError."""
    try:
        match key:
            case rsa.RSAPublicKey() if algorithm in _RSA:
                key.verify(signature, message, padding.PKCS1v15(), _RSA[algorithm])
            case ec.EllipticCurvePublicKey() if algorithm in _ECDSA:
                hash_, half, curve = _ECDSA[algorithm]
                if key.curve.name != curve or len(signature) != 2 * half:
                    raise RefusedError(Refusal.BAD_SIGNATURE)
                r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
                key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hash_))
            case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey() if algorithm == "EdDSA":
                key.verify(signature, message)
            case _:
                raise RefusedError(Refusal.UNSUPPORTED)
    except (InvalidSignature, ValueError):
        raise RefusedError(Refusal.BAD_SIGNATURE) from None


def is_signed_by(key: PublicKeyTypes, message: bytes, signature: bytes) -> bool:
    """Whether the key signed the message with a strong hash, as `openssl dgst -sign` or `openssl pkeyutl` do it."""
    return any(_is_signed(key, message, signature, hash_) for hash_ in _STRONG)


def _is_signed(key: PublicKeyTypes, message: bytes, signature: bytes, hash_: hashes.HashAlgorithm) -> bool:
    try:
        match key:
            case rsa.RSAPublicKey():
                key.verify(signature, message, padding.PKCS1v15(), hash_)
            case ec.EllipticCurvePublicKey():
                key.verify(signature, message, ec.ECDSA(hash_))
            case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
                key.verify(signature, message)
            case _:
                return False
    except (InvalidSignature, ValueError):
        return False
    return True
