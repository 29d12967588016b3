"""Private keys from every container people send: PEM and DER, PKCS#1, PKCS#8, SEC 1, OpenSSH, PKCS#12, Java key stores.

Loading validates: a forged key with somebody else's modulus passes `openssl rsa -modulus`, and a CA once revoked a
certificate over one. What was loaded then signs a challenge, and its own public key must verify that.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
    load_ssh_private_key,
    pkcs12,
)

from sulku_revocation.domain.proofs import java_key_store
from sulku_revocation.domain.proofs.bounds import LARGEST_CONTAINER, LARGEST_KEY, RefusedError, require_loadable
from sulku_revocation.domain.proofs.claim import Refusal

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
KINDS = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)
# Above this the library's test of the primes takes seconds (RSA-8192: 4 s); there arithmetic and a signature must do.
_SLOW_RSA_BITS = 4_096
# What the library raises over a wrong password, or over what a wrong password made of the file.
_WRONG_PASSWORD = (ValueError, UnsupportedAlgorithm, TypeError, NotImplementedError)
_OPENSSH = "OPENSSH PRIVATE KEY"
_OF_OTHERS = ("PGP ", "SSH2 ")  # of OpenPGP and of ssh.com
_MOST_SSH_ROUNDS = 64  # of bcrypt; ssh-keygen takes 16 to 24


def load_key(data: bytes, passwords: Iterable[str], challenge: bytes) -> PrivateKey:
    """The key in DER (PKCS#1, PKCS#8, SEC 1; encrypted PKCS#8 too). Raises RefusedError and UnreadableError."""
    require_loadable(data)
    load = partial(load_der_private_key, data)
    return require_signing(_validated(load, passwords), challenge)


def load_block(label: str, block: bytes, passwords: Iterable[str], challenge: bytes) -> PrivateKey:
    """The key in a PEM block, given whole with its lines. Raises RefusedError and UnreadableError."""
    if label.startswith(_OF_OTHERS):
        raise RefusedError(Refusal.UNSUPPORTED)
    contents = _contents(block)
    if len(contents) > LARGEST_KEY:
        raise RefusedError(Refusal.KEY_TOO_LARGE)
    if label == _OPENSSH:
        _require_few_rounds(contents)
        return require_signing(_validated(partial(load_ssh_private_key, block), passwords), challenge)
    if b"Proc-Type" in block:
        # The old encryption of PEM (RFC 1421) has one round of MD5: what is inside shows only afterwards.
        return require_signing(_validated(partial(load_pem_private_key, block), passwords), challenge)
    return load_key(contents, passwords, challenge)


def load_pkcs12(data: bytes, passwords: Iterable[str], challenge: bytes) -> PrivateKey:
    """The key in a PKCS#12 file (RFC 7292). Raises RefusedError and UnreadableError."""
    require_loadable(data, largest=LARGEST_CONTAINER)
    for password in ("", *passwords):
        for octets in {password.encode(), None if not password else password.encode()}:
            with suppress(*_WRONG_PASSWORD):
                key = pkcs12.load_key_and_certificates(data, octets)[0]
                return require_signing(key, challenge)
    raise RefusedError(Refusal.PASSWORD_NEEDED)


def load_java_keys(data: bytes, passwords: Iterable[str], challenge: bytes) -> Iterator[PrivateKey]:
    """Each key of a Java key store that a password opens. Raises RefusedError and UnreadableError."""
    words = tuple(passwords)
    for protected in java_key_store.encrypted_keys(data[:LARGEST_CONTAINER]):
        plain = java_key_store.decrypt_key(protected, (*words, "changeit"))
        if plain is None:
            raise RefusedError(Refusal.PASSWORD_NEEDED)
        yield load_key(plain, (), challenge)


def require_signing(key: object, challenge: bytes) -> PrivateKey:
    """The key, when it signs so that its own public key verifies. Raises RefusedError."""
    if not isinstance(key, KINDS):
        raise RefusedError(Refusal.UNSUPPORTED)
    if isinstance(key, rsa.RSAPrivateKey):
        _require_consistent(key)
    try:
        if isinstance(key, rsa.RSAPrivateKey):
            signature = key.sign(challenge, padding.PKCS1v15(), hashes.SHA256())
            key.public_key().verify(signature, challenge, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePrivateKey):
            signature = key.sign(challenge, ec.ECDSA(hashes.SHA256()))
            key.public_key().verify(signature, challenge, ec.ECDSA(hashes.SHA256()))
        else:
            key.public_key().verify(key.sign(challenge), challenge)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        raise RefusedError(Refusal.INVALID_KEY) from None
    return key


def public_key_of(key: PrivateKey) -> bytes:
    """Its SubjectPublicKeyInfo, DER."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _require_consistent(key: rsa.RSAPrivateKey) -> None:
    """The modulus is pq and ed = 1 for both primes (RFC 8017, 3.2), whatever else the loading has looked at."""
    numbers = key.private_numbers()
    n, e = numbers.public_numbers.n, numbers.public_numbers.e
    p, q, d = numbers.p, numbers.q, numbers.d
    if n != p * q or min(p, q) < 3 or e * d % (p - 1) != 1 or e * d % (q - 1) != 1:
        raise RefusedError(Refusal.INVALID_KEY)


def _validated(load: Callable[..., object], passwords: Iterable[str]) -> object:
    """The key, its primes tested too unless that would take seconds."""
    password, key = _opened(load, passwords)
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size <= _SLOW_RSA_BITS:
        with _refusing():
            return load(password)
    return key


def _opened(load: Callable[..., object], passwords: Iterable[str]) -> tuple[bytes | None, object]:
    """The password that fits (None: none is needed) and the key as it stands there."""
    with suppress(TypeError), _refusing():  # TypeError is the library's way to say that it is encrypted
        return None, load(None, unsafe_skip_rsa_key_validation=True)
    for password in passwords:
        with suppress(*_WRONG_PASSWORD):
            octets = password.encode()
            return octets, load(octets, unsafe_skip_rsa_key_validation=True)
    raise RefusedError(Refusal.PASSWORD_NEEDED)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (UnsupportedAlgorithm, NotImplementedError):  # an OpenSSH key whose point is compressed
        raise RefusedError(Refusal.UNSUPPORTED) from None
    except ValueError:
        raise RefusedError(Refusal.INVALID_KEY) from None


def _contents(block: bytes) -> bytes:
    lines = [line for line in block.splitlines() if line.strip() and not line.startswith(b"-----") and b":" not in line]
    try:
        return base64.b64decode(b"".join(b"".join(lines).split()))
    except binascii.Error:
        raise RefusedError(Refusal.DAMAGED) from None


def _require_few_rounds(contents: bytes) -> None:
    """The rounds of bcrypt stand behind the salt, which begins the options (PROTOCOL.key of OpenSSH)."""
    at = contents.find(b"bcrypt")
    if at < 0:
        return
    options = contents[at + 6 + 4 :]
    salt = int.from_bytes(options[:4], "big")
    if salt > 64 or int.from_bytes(options[4 + salt : 8 + salt], "big") > _MOST_SSH_ROUNDS:
        raise RefusedError(Refusal.TOO_COSTLY)
