"""Is this signature by this public key? For what a CA signs: RSA PKCS#1 v1.5, ECDSA, EdDSA."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

WEAK_HASHES = ("md5", "sha1")


def is_signed_by(
    public_key: object, signature: bytes, signed: bytes, hash_algorithm: hashes.HashAlgorithm | None
) -> bool:
    """Whether `signature` over `signed` verifies. False, too, for MD5 and SHA-1 and for kinds of key not known here."""
    if hash_algorithm is not None and hash_algorithm.name in WEAK_HASHES:
        return False
    try:
        match public_key:
            case rsa.RSAPublicKey() if hash_algorithm is not None:
                public_key.verify(signature, signed, padding.PKCS1v15(), hash_algorithm)
            case ec.EllipticCurvePublicKey() if hash_algorithm is not None:
                public_key.verify(signature, signed, ec.ECDSA(hash_algorithm))
            case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
                public_key.verify(signature, signed)
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
