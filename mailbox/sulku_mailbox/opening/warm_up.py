"""Whatever opening files may load late, loaded: for a process that can open no file of its own afterwards."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import sys
import tarfile
import zipfile
from functools import cache

import brotli  # noqa: F401  # pypdf loads it when it meets such a stream
import py7zr
import pyzipper

from sulku_mailbox.domain.mail import Attachment, Mail
from sulku_mailbox.opening.attachments import open_attachments

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_PASSWORD = "secret"  # noqa: S105  # of the files made here
_FILES = {"a.txt": b"a" * 100}
_DOCUMENT = {
    "[Content_Types].xml": b"<Types/>",
    "word/document.xml": b'<w:document xmlns:w="urn:w"><w:p><w:t>a</w:t></w:p></w:document>',
}
_CODECS_OF_PDF = (
    "charmap", "utf-16", "utf-16-be", "utf-16-le", "gbk", "gb2312", "big5", "shift_jis", "euc_kr", "cp437"
)  # fmt: skip
_PDF = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [6 0 R]>>>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>> endobj
4 0 obj <</Length 37>>
stream
BT /F 9 Tf 9 9 Td (a secret) Tj ET  \x20
endstream endobj
5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>> endobj
6 0 obj <</FT /Tx /T (a) /V (a)>> endobj
xref
0 7
0000000000 65535 f\x20
0000000009 00000 n\x20
0000000086 00000 n\x20
0000000141 00000 n\x20
0000000258 00000 n\x20
0000000343 00000 n\x20
0000000438 00000 n\x20
trailer <</Root 1 0 R /Size 7>>
startxref
479
%%EOF
"""


@cache
def warm_up() -> None:
    """Open one file of each kind, once."""
    for name in _CODECS_OF_PDF:
        codecs.lookup(name)
    contents = {
        "a.zip": _zip(_FILES, _PASSWORD),
        "b.zip": _zip(_DOCUMENT),
        "c.7z": _seven_zip(None),
        "d.7z": _seven_zip(_PASSWORD),
        "e.tar": _tar(),
        "f.gz": gzip.compress(b"a"),
        "g.bz2": bz2.compress(b"a"),
        "h.tar.xz": lzma.compress(_tar(), preset=0),
        "i.pdf": _PDF,
        "j.tar.zst": zstd.compress(_tar(), 1),
        "j.zip": b"PK\x03\x04",
        "k.pdf": b"%PDF-1.4",
        "l.eml": b"Subject: a\n\na",
    }
    files = [Attachment(name, "", content, "", name) for name, content in contents.items()]
    open_attachments(Mail("", 0, "", None, "", text=f"password: {_PASSWORD}", attachments=tuple(files)), seconds=30)


def _zip(files: dict[str, bytes], password: str | None = None) -> bytes:
    packed = io.BytesIO()
    with pyzipper.AESZipFile(packed, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        if password:
            archive.setpassword(password.encode())
            archive.setencryption(pyzipper.WZ_AES)
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _seven_zip(password: str | None) -> bytes:
    packed = io.BytesIO()
    filters = [{"id": py7zr.FILTER_LZMA2, "preset": 0}]  # a small dictionary: the peak of this process's memory counts
    if password:
        filters.append({"id": py7zr.FILTER_CRYPTO_AES256_SHA256})
    with py7zr.SevenZipFile(packed, "w", password=password, filters=filters) as archive:
        archive.writestr(b"a" * 100, "a.txt")
    return packed.getvalue()


def _tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("a.txt")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"a"))
    return packed.getvalue()
