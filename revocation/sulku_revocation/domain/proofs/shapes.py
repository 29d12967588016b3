"""What a SEQUENCE in DER is, told from the tags at its beginning, before anything is loaded."""

from __future__ import annotations

from enum import StrEnum
from itertools import islice

from sulku_revocation.domain import certificate_der as der
from sulku_revocation.domain.certificate_der import UnreadableError, Value

_HEX_TEXT = frozenset({b"0000", b"0x30", b"0X30"})


class Shape(StrEnum):
    """What it looks like."""

    PRIVATE_KEY = "private_key"
    ENCRYPTED_KEY = "encrypted_key"
    PKCS12 = "pkcs12"
    REQUEST = "request"
    CERTIFICATE = "certificate"
    PUBLIC_KEY = "public_key"
    CONTENT_INFO = "content_info"
    OTHER = "other"


def may_be_der(content: bytes) -> bool:
    """Whether it begins as a SEQUENCE, and not as a text of hex does, which as tags and lengths makes no sense."""
    return content[:1] == b"\x30" and content[:4] not in _HEX_TEXT


def shape_of(data: bytes) -> Shape:
    """Never raises."""
    try:
        inside = list(islice(der.read_value(data)[0].inside(), 4))
    except UnreadableError:
        return Shape.OTHER
    tags = [value.tag for value in inside]
    if tags[:1] == [der.INTEGER]:
        return _by_version(inside[0], tags)
    if tags == [der.SEQUENCE, der.OCTET_STRING]:
        return Shape.ENCRYPTED_KEY
    if tags == [der.SEQUENCE, der.BIT_STRING]:
        return Shape.PUBLIC_KEY
    if tags == [der.SEQUENCE, der.SEQUENCE, der.BIT_STRING]:
        return _signed(inside[0])
    return Shape.CONTENT_INFO if tags[:1] == [der.OID] else Shape.OTHER


def _by_version(version: Value, tags: list[int]) -> Shape:
    """PKCS#1 is 0 and numbers, PKCS#8 0 or 1 and an algorithm, SEC 1 is 1 and octets, PKCS#12 is 3."""
    if version.contents == b"\3" and tags[1:2] == [der.SEQUENCE]:
        return Shape.PKCS12
    is_key = version.contents in {b"\0", b"\1"} and tags[1:2] and tags[1] in {
        der.INTEGER, der.SEQUENCE, der.OCTET_STRING,
    }  # fmt: skip
    return Shape.PRIVATE_KEY if is_key else Shape.OTHER


def _signed(information: Value) -> Shape:
    """A request (RFC 2986, 4.1) begins with version 0 and a name, a certificate with [0] or a serial number."""
    try:
        inside = list(islice(information.inside(), 5))
    except UnreadableError:
        return Shape.OTHER
    tags = [value.tag for value in inside]
    is_request = tags[:3] == [der.INTEGER, der.SEQUENCE, der.SEQUENCE] and len(inside) <= 4
    return Shape.REQUEST if is_request and inside[0].contents == b"\0" else Shape.CERTIFICATE
