"""Does a signature of CMS hold (RFC 5652, 5.4 and 5.6)? RSA with PKCS#1 v1.5 or PSS, ECDSA, Ed25519; SHA-2 only."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from sulku_revocation.domain.certificate_der import (
    INTEGER,
    OID,
    SEQUENCE,
    UnreadableError,
    only_value,
    read_oid,
    read_value,
)
from sulku_revocation.domain.cms_signed_data import Algorithm, SignedData, SignerInfo

_LEAST_RSA_BITS, _MOST_RSA_BITS = 2048, 8192
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
_PKCS1_V1_5 = {
    "1.2.840.113549.1.1.1": None,
    "1.2.840.113549.1.1.11": hashes.SHA256(),
    "1.2.840.113549.1.1.12": hashes.SHA384(),
    "1.2.840.113549.1.1.13": hashes.SHA512(),
}
_ECDSA = {
    "1.2.840.10045.4.3.2": hashes.SHA256(),
    "1.2.840.10045.4.3.3": hashes.SHA384(),
    "1.2.840.10045.4.3.4": hashes.SHA512(),
}
_PSS, _MGF1, _ED25519 = "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.8", "1.3.101.112"


class UnsupportedSignatureError(ValueError):
    """An algorithm or a key that is not accepted; the message is the word that says why."""


def is_intact(data: SignedData, signer: SignerInfo, key: object, beside: bytes | None) -> bool:
    """Whether the signer's key signed the content: that in `data`, or else what lies `beside` it.

    Raises UnsupportedSignatureError.
    """
    content = data.content if data.content is not None else beside
    hash_ = _HASHES.get(signer.digest.oid)
    if hash_ is None:
        raise UnsupportedSignatureError("weak_or_unknown_algorithm")
    if content is None:
        return False
    signed = content
    if signer.signed_attributes:
        digest = hashlib.new(hash_.name, content).digest()
        if signer.content_type != data.content_type or not hmac.compare_digest(digest, signer.message_digest):
            return False
        signed = signer.signed_attributes
    elif data.content_type != "1.2.840.113549.1.7.1":
        return False  # RFC 5652, 5.3: anything but plain data must be signed by way of attributes
    return _holds(key, signer.algorithm, hash_, signer.signature, signed)


def _holds(key: object, algorithm: Algorithm, hash_: hashes.HashAlgorithm, signature: bytes, signed: bytes) -> bool:
    try:
        match key:
            case rsa.RSAPublicKey():
                _require_size(key)
                if algorithm.oid == _PSS:
                    used, pss = _pss(algorithm.parameters)
                    key.verify(signature, signed, pss, used)
                elif algorithm.oid in _PKCS1_V1_5:
                    key.verify(signature, signed, padding.PKCS1v15(), _PKCS1_V1_5[algorithm.oid] or hash_)
                else:
                    raise UnsupportedSignatureError("weak_or_unknown_algorithm")
            case ec.EllipticCurvePublicKey() if algorithm.oid in _ECDSA:
                key.verify(signature, signed, ec.ECDSA(_ECDSA[algorithm.oid]))
            case ed25519.Ed25519PublicKey() if algorithm.oid == _ED25519:
                key.verify(signature, signed)
            case _:
                raise UnsupportedSignatureError("weak_or_unknown_algorithm")
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm:
        raise UnsupportedSignatureError("weak_or_unknown_algorithm") from None
    return True


def _require_size(key: rsa.RSAPublicKey) -> None:
    if not _LEAST_RSA_BITS <= key.key_size <= _MOST_RSA_BITS:
        raise UnsupportedSignatureError("key_too_small" if key.key_size < _LEAST_RSA_BITS else "key_too_large")


def _pss(parameters: bytes) -> tuple[hashes.HashAlgorithm, padding.PSS]:
    """RSASSA-PSS-params (RFC 4055, 3.1). The defaults of that time are SHA-1, so every part must be there."""
    try:
        parts = {value.tag: value.contents for value in only_value(parameters, SEQUENCE).inside()}
        used = _hash_in(parts[0xA0])
        mask = list(only_value(parts[0xA1], SEQUENCE).inside())
        salt = only_value(parts[0xA2], INTEGER).contents if 0xA2 in parts else b"\x14"
        if mask[0].tag != OID or read_oid(mask[0].contents) != _MGF1:
            raise UnsupportedSignatureError("weak_or_unknown_algorithm")
        return used, padding.PSS(padding.MGF1(_hash_in(mask[1].whole)), int.from_bytes(salt[:4], "big"))
    except (UnreadableError, KeyError, IndexError):
        raise UnsupportedSignatureError("weak_or_unknown_algorithm") from None


def _hash_in(algorithm: bytes) -> hashes.HashAlgorithm:
    oid, _ = read_value(only_value(algorithm, SEQUENCE).contents)
    found = _HASHES.get(read_oid(oid.contents)) if oid.tag == OID else None
    if found is None:
        raise UnsupportedSignatureError("weak_or_unknown_algorithm")
    return found
