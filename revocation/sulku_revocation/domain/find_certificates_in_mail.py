"""Certificates, requests and public keys in a mail: attached or pasted, in PEM, DER or PKCS#7."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from itertools import islice

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sulku_mailbox.domain.mail import Mail
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.certificate_reading import identify_certificate
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.proofs.blocks import hex_values
from sulku_revocation.domain.proofs.shapes import Shape, may_be_der, shape_of
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.spki import spki_digest, spki_of
from sulku_tickets.domain.hex_dump import undump
from sulku_tickets.domain.masking import beside_keys
from sulku_tickets.domain.wrapped_pem import SIGN as WRAPPED
from sulku_tickets.domain.wrapped_pem import unwrap

_BEGIN = "BEGIN "
# Word processors make dashes of hyphens.
_MARK = r"[-–—]{2,}"
_BLOCK = re.compile(
    rf"(?<![-–—]){_MARK}\s?BEGIN ([A-Z0-9 #]{{1,40}}?)\s?{_MARK}([^–—-]{{0,200000}})"
    rf"(?:{_MARK}\s?END [A-Z0-9 #]{{1,40}}?\s?{_MARK}|$)"
)
# The head of a text signed with PGP (RFC 9580, 7.1), whose «Hash: SHA256» is no label of a number below it.
_SIGNED_HEAD = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n(?:[A-Za-z-]{1,40}:[^\n]{0,200}\n){0,20}")
# DER of 128 octets and more, in base64 without armour.
_BARE = re.compile(r"(?<![A-Za-z0-9+/_-])MI[IG][A-Za-z0-9+/]{37,}")
_ROW, _BETWEEN_ROWS = re.compile(r"[A-Za-z0-9+/]+"), re.compile(r"[ \t]*\r?\n[ \t>|]*")
_MOST_BARE = 50
_LABELS = {
    Shape.CERTIFICATE: "CERTIFICATE",
    Shape.REQUEST: "CERTIFICATE REQUEST",
    Shape.CONTENT_INFO: "PKCS7",
    Shape.PUBLIC_KEY: "PUBLIC KEY",
}
_REQUESTS = frozenset({"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"})
_CERTIFICATES = frozenset(
    {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PKCS7", "CMS", "PKCS #7 SIGNED DATA"}
)
# DER of 128 octets and more, in hex.
_HEX_BEGINS = re.compile(r"30(?:[ :]|,? ?0[xX]|\\x)?8[12]")
_HEX_SIGN = re.compile(rb"30[\s:,]{0,2}(?:0x|\\x)?8[12]")
_SIGNS = (_BEGIN.encode(), WRAPPED.encode(), b"\nMI")
_UTF16 = frozenset({b"\xff\xfe", b"\xfe\xff"})
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_LONGEST = 200_000
MOST_CERTIFICATES = 500
Blocks = tuple[tuple[str, bytes], ...]  # label, DER
OwnText = tuple[str, Blocks]


def take_blocks(text: str) -> tuple[str, Blocks]:
    """The text without its PEM blocks, and each block as (label, DER). Broken lines and stray blanks are mended.

    What stands there as base64 without armour or as hex, also as a listing, is a block as well. A block that is not
    base64 comes with empty bytes; so does a private key, whose bytes nobody here needs.
    """
    text = undump(unwrap(text))
    blocks: list[tuple[str, bytes]] = []
    if _BEGIN in text:
        text = _take_armoured(text, blocks)
    if "MI" in text:
        text = _take_bare(text, blocks)
    if _HEX_BEGINS.search(text):
        text = _take_hex(text, blocks)
    return text, tuple(blocks)


def _take_armoured(text: str, blocks: list[tuple[str, bytes]]) -> str:
    text = text.replace("\\r", "").replace("\\n", "\n")  # as it stands in JSON and in programs
    if "BEGIN PGP" in text:
        text = _SIGNED_HEAD.sub("\n", text)
    for match in _BLOCK.finditer(text):
        label = match[1]
        blocks.append((label, b"" if "PRIVATE KEY" in label else _decode(match[2])))
    return _BLOCK.sub("\n", text)


def _take_bare(text: str, blocks: list[tuple[str, bytes]]) -> str:
    kept, at = [], 0
    for begin in islice(_BARE.finditer(text), _MOST_BARE):
        if begin.start() < at:
            continue
        der, end = _read_bare(text, begin.start())
        label = _LABELS.get(shape_of(der)) if der else None
        if label is not None:
            blocks.append((label, der))
            kept.append(text[at : begin.start()])
            at = end
    return "\n".join([*kept, text[at:]])


def _take_hex(text: str, blocks: list[tuple[str, bytes]]) -> str:
    kept, at = [], 0
    for start, end, der in islice(hex_values(text), _MOST_BARE):
        label = _LABELS.get(shape_of(der))
        if label is not None:
            blocks.append((label, der))
            kept.append(text[at:start])
            at = end
    return "\n".join([*kept, text[at:]])


def _read_bare(text: str, start: int) -> tuple[bytes, int]:
    """The DER value that begins at `start`, however its rows are broken, and where it ends. Empty when it is cut off.

    Its own length tells how many characters are of it, so that no word below is.
    """
    head = base64.b64decode(text[start : start + 8])
    size = 4 + int.from_bytes(head[2:4]) if head[1] == 0x82 else 3 + head[2]  # X.690, 8.1.3.5
    wanted, rows, at = -(-size * 4 // 3), "", start
    while row := _ROW.match(text, at):
        rows += row[0]
        if len(rows) >= wanted:
            end = row.end() - (len(rows) - wanted)
            padding = len(text[end : end + 2]) - len(text[end : end + 2].lstrip("="))
            return base64.b64decode(rows[:wanted] + "=" * (-wanted % 4)), end + padding
        gap = _BETWEEN_ROWS.match(text, row.end())
        if gap is None:
            break
        at = gap.end()
    return b"", start


def own_text(mail: Mail) -> OwnText:
    """What the sender says beside what was pasted into it, and the PEM blocks that were; private keys in neither."""
    return take_blocks(beside_keys(mail.own_words))


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
    if content[:2] in _UTF16:
        content = content.decode("utf-16", "replace").encode("latin-1", "replace")
    is_der = may_be_der(content)
    if not is_der and (any(map(content[:_LONGEST].__contains__, _SIGNS)) or _looks_like_hex(content)):
        for label, der in take_blocks(content.decode("latin-1"))[1]:
            yield from references_of_block(label, der, where)
        return
    if not is_der and not _looks_like_base64(content):
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
    if not found and is_der:
        yield from _of_request(content, where)
        yield from _of_public_key(content, where)


def _looks_like_base64(content: bytes) -> bool:
    return content[:2] == b"MI"


def _looks_like_hex(content: bytes) -> bool:
    return content[:100].isascii() and _HEX_SIGN.search(content[:_LONGEST]) is not None


def _of_certificate(der: bytes, where: str) -> Iterator[Reference]:
    try:
        read = identify_certificate(der)
    except UnreadableError:
        return
    if read.is_ca:
        return  # a chain came along: only the end entity is meant, never a CA
    shown = f"{read.name} {read.serial.hex}"[:120]
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
