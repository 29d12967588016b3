"""One digest for one public key, however it is written: the key under which certificates with the same key are found.

An EC point may be compressed (RFC 5480, 2.2), an RSA key may carry PSS parameters (RFC 4055, 1.2) or none at all.
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sulku_revocation.domain.certificate_der import (
    BIT_STRING,
    INTEGER,
    OID,
    SEQUENCE,
    UnreadableError,
    encode,
    only_value,
    read_oid,
    read_value,
)

MAXIMUM_RSA_BITS = 16_384

_RSA_ENCRYPTION = encode(SEQUENCE, bytes.fromhex("06092a864886f70d010101"), b"\x05\x00")
_RSA_OIDS = frozenset({"1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.7"})
_EC_OID = "1.2.840.10045.2.1"
_CURVES: dict[str, ec.EllipticCurve] = {
    "1.2.840.10045.3.1.7": ec.SECP256R1(),
    "1.3.132.0.34": ec.SECP384R1(),
    "1.3.132.0.35": ec.SECP521R1(),
    "1.3.132.0.10": ec.SECP256K1(),
    "1.3.36.3.3.2.8.1.1.7": ec.BrainpoolP256R1(),
    "1.3.36.3.3.2.8.1.1.11": ec.BrainpoolP384R1(),
    "1.3.36.3.3.2.8.1.1.13": ec.BrainpoolP512R1(),
}


def normalise_spki(der: bytes) -> bytes:
    """A SubjectPublicKeyInfo in its one form: RSA as rsaEncryption with NULL, EC points uncompressed.

    Kinds of key it does not know come back as they are. Raises UnreadableError for what is no SubjectPublicKeyInfo and
    for RSA moduli over 16,384 bits, which exist to burn a processor.
    """
    parts = list(only_value(der, SEQUENCE).inside())
    if [part.tag for part in parts] != [SEQUENCE, BIT_STRING] or not parts[1].contents:
        raise UnreadableError("this is no public key")
    algorithm, key = parts
    kind, end = read_value(algorithm.contents)
    if kind.tag != OID:
        raise UnreadableError("this public key names no algorithm")
    oid = read_oid(kind.contents)
    if oid in _RSA_OIDS:
        _refuse_huge_modulus(key.contents[1:])
        return encode(SEQUENCE, _RSA_ENCRYPTION, key.whole)
    if oid == _EC_OID and key.contents[1:2] in {b"\x02", b"\x03"}:
        return _with_whole_point(algorithm.whole, algorithm.contents[end:], key.contents[1:]) or der
    return der


def _refuse_huge_modulus(key: bytes) -> None:
    modulus, _ = read_value(only_value(key, SEQUENCE).contents)
    if modulus.tag != INTEGER or len(modulus.contents.lstrip(b"\0")) * 8 > MAXIMUM_RSA_BITS:
        raise UnreadableError(f"an RSA modulus of more than {MAXIMUM_RSA_BITS} bits")


def _with_whole_point(algorithm: bytes, parameters: bytes, point: bytes) -> bytes | None:
    named, _ = read_value(parameters) if parameters else (None, 0)
    curve = _CURVES.get(read_oid(named.contents)) if named is not None and named.tag == OID else None
    if curve is None:
        return None
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    except ValueError as error:
        raise UnreadableError("an EC point that does not lie on its curve") from error
    whole = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return encode(SEQUENCE, algorithm, encode(BIT_STRING, b"\0", whole))


def spki_digest(der: bytes) -> str:
    """SHA-256 of the normalised SubjectPublicKeyInfo, lower-case hex. Raises UnreadableError."""
    return hashlib.sha256(normalise_spki(der)).hexdigest()


def spki_of(key: PublicKeyTypes) -> str:
    """`spki_digest` of a key that `cryptography` has loaded."""
    return spki_digest(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
