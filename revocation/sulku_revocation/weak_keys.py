"""Keys that anybody can compute (TLS BR 4.9.1.1 (4), 6.1.1.3), by named checks of badkeys that work offline.

Its own default set wants a block list from the net and ends the process (SystemExit) without it: never use that. The
files of known primes are read at the first look, so call `warm_up` where none can be opened later.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import rsa

from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.proofs.bounds import RefusedError
from sulku_revocation.domain.proofs.signature import load_public_key

CHECKS = ("fermat", "roca", "rsainvalid", "rsapoly", "sharedprimes", "smalld", "smallfactors")
_SIZES_WITH_FILES = (512, 768, 1024, 2048, 4096)


def weaknesses_of(spki: bytes) -> tuple[str, ...]:
    """The checks that found the key of a SubjectPublicKeyInfo weak, by badkeys' names; of RSA keys only. Total."""
    try:
        key = load_public_key(spki)
    except (RefusedError, UnreadableError):
        return ()
    if not isinstance(key, rsa.RSAPublicKey):
        return ()
    numbers = key.public_numbers()
    return _weaknesses(numbers.n, numbers.e)


def is_weak(spki: bytes) -> bool:
    """Whether anybody can compute the private key."""
    return bool(weaknesses_of(spki))


def warm_up() -> None:
    """Read every file that a later look may want."""
    for bits in _SIZES_WITH_FILES:
        _weaknesses((1 << bits) - 1, 65_537)


@lru_cache(maxsize=256)
def _weaknesses(n: int, e: int) -> tuple[str, ...]:
    from badkeys.checks import checkrsa  # 85 ms to import: only where a key is looked at

    return tuple(checkrsa(n, e=e, checks=list(CHECKS)))
