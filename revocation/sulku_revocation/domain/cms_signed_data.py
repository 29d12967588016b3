"""CMS SignedData (RFC 5652, 5) as a value: who signed what with which algorithms. Nothing is verified here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sulku_revocation.domain.ber import with_definite_lengths
from sulku_revocation.domain.certificate_der import (
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    UnreadableError,
    Value,
    only_value,
    read_oid,
    read_time,
    values,
)

MOST_OCTETS = 64 * 1024 * 1024
MOST_CERTIFICATES, LARGEST_CERTIFICATE = 12, 16_384
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.5"
_CONTEXT_0, _CONTEXT_1, _KEY_IDENTIFIER = 0xA0, 0xA1, 0x80


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An AlgorithmIdentifier: its OID, and its parameters as DER (empty when there are none)."""

    oid: str
    parameters: bytes


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """One signature. The signer is named by issuer and serial number, or by the identifier of its key.

    `signed_attributes` as they were signed: a SET in DER; empty when there are none and the content itself was signed.
    """

    issuer: bytes
    serial: int
    key_identifier: bytes
    digest: Algorithm
    algorithm: Algorithm
    signature: bytes
    signed_attributes: bytes
    content_type: str
    message_digest: bytes
    signing_time: datetime | None


@dataclass(frozen=True, slots=True)
class SignedData:
    """`content` is None when what was signed lies beside it."""

    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...]
    signers: tuple[SignerInfo, ...]


def read_signed_data(cms: bytes) -> SignedData:
    """The SignedData in a ContentInfo, DER or BER. Raises UnreadableError."""
    if len(cms) > MOST_OCTETS:
        raise UnreadableError("too large for a signature")
    outer = _Parts(only_value(with_definite_lengths(cms), SEQUENCE).inside())
    if read_oid(outer.take(OID).contents) != _SIGNED_DATA:
        raise UnreadableError("not signed data")
    parts = _Parts(only_value(outer.take(_CONTEXT_0).contents, SEQUENCE).inside())
    parts.take(INTEGER)
    parts.take(SET)
    content_type, content = _encapsulated(parts.take(SEQUENCE))
    certificates = parts.find(_CONTEXT_0)
    parts.find(_CONTEXT_1)  # revocation lists of the sender's choice: never believed
    signers = tuple(_signer(value) for value in parts.take(SET).inside())
    return SignedData(content_type, content, _certificates(certificates), signers)


class _Parts:
    """Values in their order; the optional ones may be missing."""

    def __init__(self, found: Iterator[Value]) -> None:
        self._left = list(found)

    def take(self, tag: int) -> Value:
        value = self.find(tag)
        if value is None:
            raise UnreadableError("a part of the signature is missing")
        return value

    def find(self, tag: int) -> Value | None:
        return self._left.pop(0) if self._left and self._left[0].tag == tag else None


def _encapsulated(value: Value) -> tuple[str, bytes | None]:
    parts = _Parts(value.inside())
    content_type = read_oid(parts.take(OID).contents)
    explicit = parts.find(_CONTEXT_0)
    return content_type, None if explicit is None else only_value(explicit.contents, OCTET_STRING).contents


def _certificates(value: Value | None) -> tuple[bytes, ...]:
    found = [one.whole for one in value.inside() if one.tag == SEQUENCE] if value else []
    if len(found) > MOST_CERTIFICATES or any(len(one) > LARGEST_CERTIFICATE for one in found):
        raise UnreadableError("more certificates than a signature needs")
    return tuple(found)


def _signer(value: Value) -> SignerInfo:
    parts = _Parts(value.inside())
    parts.take(INTEGER)
    issuer, serial, key_identifier = _identifier(parts)
    digest = _algorithm(parts.take(SEQUENCE))
    attributes = parts.find(_CONTEXT_0)
    algorithm = _algorithm(parts.take(SEQUENCE))
    signature = parts.take(OCTET_STRING).contents
    known = {} if attributes is None else _attributes(attributes)
    content_type, message_digest, signing_time = (
        known.get(oid) for oid in (_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME)
    )
    return SignerInfo(
        issuer=issuer,
        serial=serial,
        key_identifier=key_identifier,
        digest=digest,
        algorithm=algorithm,
        signature=signature,
        # RFC 5652, 5.4: signed as a SET, though written as [0] IMPLICIT
        signed_attributes=b"" if attributes is None else bytes([SET]) + attributes.whole[1:],
        content_type=read_oid(content_type.contents) if content_type and content_type.tag == OID else "",
        message_digest=message_digest.contents if message_digest else b"",
        signing_time=read_time(signing_time) if signing_time else None,
    )


def _identifier(parts: _Parts) -> tuple[bytes, int, bytes]:
    key_identifier = parts.find(_KEY_IDENTIFIER)
    if key_identifier is not None:
        return b"", 0, key_identifier.contents
    named = _Parts(parts.take(SEQUENCE).inside())
    issuer, serial = named.take(SEQUENCE), named.take(INTEGER)
    return issuer.whole, int.from_bytes(serial.contents, "big", signed=True), b""


def _algorithm(value: Value) -> Algorithm:
    oid, *parameters = values(value.contents)
    if oid.tag != OID:
        raise UnreadableError("the signature names no algorithm")
    return Algorithm(read_oid(oid.contents), parameters[0].whole if parameters else b"")


def _attributes(value: Value) -> dict[str, Value]:
    """Each attribute's one value. One that stands twice, or has several values, leaves open what was signed (5.3)."""
    found: dict[str, Value] = {}
    for attribute in value.inside():
        parts = _Parts(attribute.inside())
        oid, several = read_oid(parts.take(OID).contents), list(parts.take(SET).inside())
        if oid in {_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME} and (oid in found or len(several) != 1):
            raise UnreadableError("a signed attribute stands twice")
        if several:
            found[oid] = several[0]
    return found
