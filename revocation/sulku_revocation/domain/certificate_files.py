"""The certificates in a file or an attachment: PEM (one or a bundle), DER, PKCS#7 in either."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from sulku_revocation.domain import certificate_der as der
from sulku_revocation.domain.certificate_der import UnreadableError

MAXIMUM_BYTES = 10_000_000
MOST_CERTIFICATES = 20_000

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 #]{1,40})-----")
_CERTIFICATE_LABELS = frozenset({b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"})
_PKCS7_LABELS = frozenset({b"PKCS7", b"PKCS #7 SIGNED DATA", b"CMS"})
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]{64,}")


def find_certificates(data: bytes, *, limit: int = MOST_CERTIFICATES) -> tuple[bytes, ...]:
    """The DER of every certificate in `data`, in its order. Not yet read: give each to `read_certificate`.

    Keys and requests beside them are passed over. Raises UnreadableError when there is none, when more than `limit`,
    when `data` exceeds 10 MB, or when it is cut off.
    """
    if len(data) > MAXIMUM_BYTES:
        raise UnreadableError(f"more than {MAXIMUM_BYTES // 1_000_000} MB: no certificate file is that large")
    found: list[bytes] = []
    for certificate in _certificates(data.removeprefix(b"\xef\xbb\xbf")):
        if len(found) >= limit:
            raise UnreadableError(f"more than {limit} certificates in one file")
        found.append(certificate)
    if not found:
        raise UnreadableError("there is no certificate in it (PEM, DER or PKCS#7)")
    return tuple(found)


def _certificates(data: bytes) -> Iterator[bytes]:
    if b"-----BEGIN " in data:
        yield from _in_pem(data)
    elif data[:1] == b"\x30":
        yield from _in_der(data)
    elif _BASE64.fullmatch(data.strip()):
        # PEM that lost its first and last line, as some consoles hand it out.
        yield from _in_der(_decode(data))


def _in_pem(data: bytes) -> Iterator[bytes]:
    at = 0
    while begin := _BEGIN.search(data, at):
        label = begin[1]
        end = data.find(b"-----END " + label + b"-----", begin.end())
        if end < 0:
            raise UnreadableError("a PEM block that has no end: the file is cut off")
        at = end + len(label) + 14
        contents = data[begin.end() : end]
        if label in _CERTIFICATE_LABELS:
            decoded = _decode(contents)
            # OpenSSL's TRUSTED CERTIFICATE has settings of its own behind the certificate.
            yield der.read_value(decoded)[0].whole if label.startswith(b"TRUSTED") else decoded
        elif label in _PKCS7_LABELS:
            yield from _in_der(_decode(contents))


def _decode(text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error as error:
        raise UnreadableError("a PEM block that is not base64") from error


def _in_der(data: bytes) -> Iterator[bytes]:
    """A certificate, several one after another, or PKCS#7 SignedData (RFC 2315, 9.1)."""
    for value in der.values(data):
        if value.tag != der.SEQUENCE:
            raise UnreadableError("this is not a certificate")
        first, end = der.read_value(value.contents)
        if first.tag == der.OID:
            yield from _in_content_info(der.read_oid(first.contents), value.contents[end:])
        else:
            yield value.whole


def _in_content_info(kind: str, wrapped: bytes) -> Iterator[bytes]:
    if kind != _SIGNED_DATA:
        raise UnreadableError("a PKCS#7 file that is not SignedData holds no certificates that can be read")
    signed = der.only_value(der.only_value(wrapped, 0xA0).contents, der.SEQUENCE)
    for part in signed.inside():
        if part.tag == 0xA0:
            yield from (value.whole for value in part.inside() if value.tag == der.SEQUENCE)
