"""Public keys as DKIM and ARC publish them (RFC 6376, 3.6.1; RFC 8463; RFC 8301), and signatures by them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sulku_mailbox.domain.tag_list import TagListError, read_tags, without_blanks

_LEAST_BITS, _MOST_BITS = 1024, 8192
_LONGEST_KEY = 2_048

Key = rsa.RSAPublicKey | ed25519.Ed25519PublicKey


class KeyRecordError(ValueError):
    """There is no usable key in the record; the message is the word that says why."""


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key with what its record says about its use."""

    key: Key
    bits: int
    is_test: bool
    wants_same_domain: bool
    hashes: frozenset[str]


@lru_cache(maxsize=512)
def read_key_record(record: str, kind: str) -> PublishedKey:
    """The key of a TXT record for signatures of `kind` (`rsa` or `ed25519`). Raises KeyRecordError."""
    try:
        tags = read_tags(record)
    except TagListError:
        raise KeyRecordError("key_record_broken") from None
    if tags.get("v", "DKIM1") != "DKIM1" or ("v" in tags and next(iter(tags)) != "v"):
        raise KeyRecordError("key_record_broken")
    if tags.get("k", "rsa") != kind:
        raise KeyRecordError("key_of_another_kind")
    if not {"*", "email"}.intersection(without_blanks(tags.get("s", "*")).split(":")):
        raise KeyRecordError("key_not_for_mail")
    flags = without_blanks(tags.get("t", "")).split(":")
    accepted = without_blanks(tags.get("h", "sha256")).split(":")
    key, bits = _read_key(tags.get("p"), kind)
    return PublishedKey(key, bits, "y" in flags, "s" in flags, frozenset(accepted))


def _read_key(value: str | None, kind: str) -> tuple[Key, int]:
    if value is None:
        raise KeyRecordError("key_record_broken")
    letters = without_blanks(value)
    if not letters:
        raise KeyRecordError("key_withdrawn")
    if len(letters) > _LONGEST_KEY * 4 // 3:
        raise KeyRecordError("key_too_large")
    try:
        octets = base64.b64decode(letters, validate=True)
        if kind == "ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(octets), 256
        return _sized(load_der_public_key(octets))
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm) as error:
        if isinstance(error, KeyRecordError):
            raise
        raise KeyRecordError("key_record_broken") from None


def _sized(key: object) -> tuple[rsa.RSAPublicKey, int]:
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyRecordError("key_of_another_kind")
    if key.key_size < _LEAST_BITS:
        raise KeyRecordError("key_too_small")
    if key.key_size > _MOST_BITS:
        raise KeyRecordError("key_too_large")
    return key, key.key_size


def is_signed_with(key: Key, signature: bytes, digest: bytes) -> bool:
    """Whether `signature` is the key's over what has this SHA-256 digest (RFC 6376, 3.3.3; RFC 8463, 3)."""
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
        else:
            key.verify(signature, digest)
    except InvalidSignature:
        return False
    return True
