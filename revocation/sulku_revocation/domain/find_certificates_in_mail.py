"""Certificates, requests and public keys in a mail: attached or pasted, in PEM, DER or PKCS#7."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.spki import spki_digest, spki_of
from sulku_tickets.domain.masking import beside_keys

_BEGIN = "-----BEGIN "
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 #]{1,40})-----([^-]{0,200000})(?:-----END [A-Z0-9 #]{1,40}-----|$)")
_REQUESTS = frozenset({"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"})
_CERTIFICATES = frozenset(
    {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PKCS7", "CMS", "PKCS #7 SIGNED DATA"}
)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_LONGEST = 200_000
MOST_CERTIFICATES = 500


def take_blocks(text: str) -> tuple[str, tuple[tuple[str, bytes], ...]]:
    """The text without its PEM blocks, and each block as (label, DER). Broken lines and stray blanks are mended.

    A block that is not base64 comes with empty bytes; so does a private key, whose bytes nobody here needs.
    """
    if _BEGIN not in text:
        return text, ()
    blocks = []
    for match in _BLOCK.finditer(text):
        label = match[1]
        blocks.append((label, b"" if "PRIVATE KEY" in label else _decode(match[2])))
    return _BLOCK.sub("\n", text), tuple(blocks)


def said_beside_blocks(text: str) -> str:
    """What a text says beside what was pasted into it: PEM blocks and private keys, in whatever spelling."""
    return take_blocks(beside_keys(text))[0]


def _decode(text: str) -> bytes:
    bare = _NOT_BASE64.sub("", text.partition("\n\n")[2] if ":" in text[:200] else text).rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return b""


def references_of_block(label: str, der: bytes, where: str) -> Iterator[Reference]:
    """What one PEM block points at."""
    if label in _CERTIFICATES:
        yield from references_of_file(der, where)
    elif label in _REQUESTS:
        yield from _of_request(der, where)
    elif label == "PUBLIC KEY":
        yield from _of_public_key(der, where)


def references_of_file(content: bytes, where: str) -> Iterator[Reference]:
    """What an attached file points at; nothing when it is no certificate, request or public key."""
    if not content or len(content) > _LONGEST * 10:
        return
    if _BEGIN.encode() in content[:_LONGEST]:
        for label, der in take_blocks(content.decode("latin-1"))[1]:
            yield from references_of_block(label, der, where)
        return
    if content[:1] != b"\x30" and not _looks_like_base64(content):
        return
    try:
        certificates = find_certificates(content, limit=MOST_CERTIFICATES)
    except UnreadableError:
        certificates = ()
    found = False
    for certificate in certificates:
        for reference in _of_certificate(certificate, where):
            found = True
            yield reference
    if not found and content[:1] == b"\x30":
        yield from _of_request(content, where)
        yield from _of_public_key(content, where)


def _looks_like_base64(content: bytes) -> bool:
    return content[:2] == b"MI"


def _of_certificate(der: bytes, where: str) -> Iterator[Reference]:
    try:
        read = read_certificate(der)
    except UnreadableError:
        return
    if read.is_ca:
        return  # a chain came along: only the end entity is meant, never a CA
    shown = f"{read.common_name or read.subject} {read.serial.hex}"[:120]
    yield Reference(ReferenceKind.CERTIFICATE, read.fingerprint, where, (read.serial.hex,), shown)
    # These two count only when the register does not know this very certificate: it may know it from a list, by its
    # serial, or know another one with the same key.
    yield Reference(ReferenceKind.SERIAL, read.serial.hex, where, (read.serial.hex,), shown, is_labelled=False)
    yield Reference(ReferenceKind.SPKI, read.spki, where, shown=shown, is_labelled=False)


def _of_request(der: bytes, where: str) -> Iterator[Reference]:
    try:
        key = x509.load_der_x509_csr(der).public_key()
        yield Reference(ReferenceKind.SPKI, spki_of(key), where, shown="CSR")
    except (*UNREADABLE, UnreadableError):
        return


def _of_public_key(der: bytes, where: str) -> Iterator[Reference]:
    try:
        load_der_public_key(der)
        yield Reference(ReferenceKind.SPKI, spki_digest(der), where, shown="PUBLIC KEY")
    except (*UNREADABLE, UnreadableError):
        return
