"""What protects a CMP message: a MAC by a shared secret, or a signature (RFC 9810, 5.1.3; algorithms of RFC 9481)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from cryptography.hazmat.primitives import hashes

from sulku_revocation.domain.certificate_der import (
    INTEGER,
    NULL,
    OCTET_STRING,
    SEQUENCE,
    UnreadableError,
    Value,
    encode,
    only_value,
)
from sulku_revocation.domain.cmp_messages import integer, oid, read_algorithm
from sulku_revocation.domain.signatures import is_signed_by

PASSWORD_BASED_MAC = "1.2.840.113533.7.66.13"  # noqa: S105  an OID
PBMAC1, _PBKDF2 = "1.2.840.113549.1.5.14", "1.2.840.113549.1.5.12"
MOST_ITERATIONS = 1_000_000  # what a server may make us count; a million take half a second

_SHA256, _HMAC_SHA256 = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.2.9"
_HASHES = {"1.3.14.3.2.26": "sha1", _SHA256: "sha256", "2.16.840.1.101.3.4.2.2": "sha384",
           "2.16.840.1.101.3.4.2.3": "sha512"}  # fmt: skip
_MACS = {"1.3.6.1.5.5.8.1.2": "sha1", "1.2.840.113549.2.7": "sha1", _HMAC_SHA256: "sha256",
         "1.2.840.113549.2.10": "sha384", "1.2.840.113549.2.11": "sha512"}  # fmt: skip
_SIGNATURES: dict[str, hashes.HashAlgorithm | None] = {
    "1.2.840.113549.1.1.11": hashes.SHA256(),
    "1.2.840.113549.1.1.12": hashes.SHA384(),
    "1.2.840.113549.1.1.13": hashes.SHA512(),
    "1.2.840.10045.4.3.2": hashes.SHA256(),
    "1.2.840.10045.4.3.3": hashes.SHA384(),
    "1.2.840.10045.4.3.4": hashes.SHA512(),
    "1.3.101.112": None,
    "1.3.101.113": None,
}


def password_based_algorithm(salt: bytes, iterations: int) -> bytes:
    """The AlgorithmIdentifier of PasswordBasedMac with SHA-256 (RFC 9481, 6.1.1), which every server knows."""
    parameters = encode(
        SEQUENCE, encode(OCTET_STRING, salt), _algorithm(_SHA256), integer(iterations), _algorithm(_HMAC_SHA256)
    )
    return encode(SEQUENCE, oid(PASSWORD_BASED_MAC), parameters)


def pbmac1_algorithm(salt: bytes, iterations: int) -> bytes:
    """The AlgorithmIdentifier of PBMAC1 with PBKDF2 and SHA-256 (RFC 9481, 6.1.2; RFC 8018, 7.1)."""
    derivation = encode(
        SEQUENCE, encode(OCTET_STRING, salt), integer(iterations), integer(32), _algorithm(_HMAC_SHA256)
    )
    parameters = encode(SEQUENCE, encode(SEQUENCE, oid(_PBKDF2), derivation), _algorithm(_HMAC_SHA256))
    return encode(SEQUENCE, oid(PBMAC1), parameters)


def mac(secret: bytes, algorithm: bytes, protected: bytes) -> bytes:
    """The MAC that `algorithm` (an AlgorithmIdentifier in DER) makes. Raises UnreadableError for one not known here."""
    name, parameters = read_algorithm(algorithm)
    if parameters is None or name not in {PASSWORD_BASED_MAC, PBMAC1}:
        raise UnreadableError(f"a protection by {name} is not known")
    parts = list(parameters.inside())
    try:
        key, mac_name = _password_based_key(secret, parts) if name == PASSWORD_BASED_MAC else _pbmac1_key(secret, parts)
        return hmac.digest(key, protected, _MACS[mac_name])
    except (KeyError, ValueError):  # an algorithm or a number of parts that is none of theirs
        raise UnreadableError("a MAC with parts that are not known") from None


def has_mac(secret: bytes, algorithm: bytes, protected: bytes, protection: bytes) -> bool:
    """Whether `protection` is the MAC by our secret. Raises UnreadableError."""
    return hmac.compare_digest(mac(secret, algorithm, protected), protection)


def is_signed(keys: Iterable[object], algorithm: bytes, protected: bytes, protection: bytes) -> bool:
    """Whether one of these public keys made the signature. Raises UnreadableError for an algorithm not known here."""
    name, _ = read_algorithm(algorithm)
    if name not in _SIGNATURES:
        raise UnreadableError(f"a protection by {name} is not known")
    return any(is_signed_by(key, protection, protected, _SIGNATURES[name]) for key in keys)


def _password_based_key(secret: bytes, parts: list[Value]) -> tuple[bytes, str]:
    """RFC 9481, 6.1.1: the hash of secret and salt, hashed again and again."""
    salt, owf, iterations, mac_algorithm = parts
    digest = getattr(hashlib, _HASHES[read_algorithm(owf.whole)[0]])
    key = secret + salt.contents
    for _ in range(_iterations(iterations)):
        key = digest(key).digest()
    return key, read_algorithm(mac_algorithm.whole)[0]


def _pbmac1_key(secret: bytes, parts: list[Value]) -> tuple[bytes, str]:
    derivation, mac_algorithm = parts
    name, parameters = read_algorithm(derivation.whole)
    if name != _PBKDF2 or parameters is None:
        raise UnreadableError(f"a key derived by {name} is not known")
    salt, iterations, *rest = parameters.inside()
    mac_name = read_algorithm(mac_algorithm.whole)[0]
    length = int.from_bytes(rest[0].contents, "big") if rest and rest[0].tag == INTEGER else 0
    prf = _MACS[read_algorithm(rest[-1].whole)[0]] if rest and rest[-1].tag == SEQUENCE else "sha1"
    length = length or hashlib.new(_MACS[mac_name]).digest_size
    if not 16 <= length <= 64:
        raise UnreadableError("a MAC key of an odd length")
    return hashlib.pbkdf2_hmac(prf, secret, salt.contents, _iterations(iterations), length), mac_name


def _iterations(value: Value) -> int:
    count = int.from_bytes(only_value(value.whole, INTEGER).contents, "big", signed=True)
    if not 1 <= count <= MOST_ITERATIONS:
        raise UnreadableError(f"a MAC of {count} iterations")
    return count


def _algorithm(name: str) -> bytes:
    return encode(SEQUENCE, oid(name), encode(NULL))
