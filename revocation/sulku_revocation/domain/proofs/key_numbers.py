"""Private keys from their numbers, as JSON, PuTTY and `openssl -text` give them: the two halves must belong together.

A forger writes the victim's public half beside a secret of their own; none of that comes through here as a key.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from sulku_revocation.domain.certificate_der import INTEGER, SEQUENCE, encode
from sulku_revocation.domain.proofs.bounds import MOST_RSA_BITS, RefusedError
from sulku_revocation.domain.proofs.claim import Refusal

EdwardsKey = ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
# Above this it takes seconds to find the primes when only the exponent is given.
_MOST_BITS_WITHOUT_PRIMES = 4_096


def rsa_key(n: int, e: int, d: int, primes: tuple[int, int] | None) -> bytes:
    """RSAPrivateKey (RFC 8017, A.1.2), to be loaded as any other. Raises RefusedError and ValueError."""
    if max(number.bit_length() for number in (n, e, d, *(primes or ()))) > MOST_RSA_BITS:
        raise RefusedError(Refusal.KEY_TOO_LARGE)
    p, q = primes or _primes(n, e, d)
    if min(p, q) < 3:
        raise RefusedError(Refusal.INVALID_KEY)
    numbers = (0, n, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    return encode(SEQUENCE, *(encode(INTEGER, one.to_bytes(one.bit_length() // 8 + 1, "big")) for one in numbers))


def elliptic_key(secret: int, public: ec.EllipticCurvePublicNumbers) -> ec.EllipticCurvePrivateKey:
    """The secret together with the point beside it: one that is another key's is an error.

    Raises RefusedError and ValueError.
    """
    key = ec.EllipticCurvePrivateNumbers(secret, public).private_key()
    if key.public_key().public_numbers() != public:
        raise RefusedError(Refusal.INVALID_KEY)
    return key


def edwards_key(kind: type[EdwardsKey], secret: bytes, public: bytes) -> EdwardsKey:
    """The same for Ed25519 and Ed448 (RFC 8032). Raises RefusedError and ValueError."""
    key = kind.from_private_bytes(secret)
    if key.public_key().public_bytes_raw() != public:
        raise RefusedError(Refusal.INVALID_KEY)
    return key


def _primes(n: int, e: int, d: int) -> tuple[int, int]:
    """The primes from the exponents, which is quick only for exponents that belong together: that is tried first."""
    if n.bit_length() > _MOST_BITS_WITHOUT_PRIMES or e.bit_length() > 64 or d > n:
        raise RefusedError(Refusal.TOO_COSTLY)
    if n < 3 or min(e, d) < 3 or pow(pow(2, e, n), d, n) != 2:
        raise RefusedError(Refusal.INVALID_KEY)
    return rsa.rsa_recover_prime_factors(n, e, d)
