"""Archives and documents made by a few lines, for tests of what is inside attached files."""

from __future__ import annotations

import base64
import gzip
import io
import lzma
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import py7zr
import pyzipper

from sulku_mailbox.domain.mail import Attachment, Mail

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Files = Mapping[str, bytes]
WORD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'
OPEN_DOCUMENT = (
    '<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><o:body>%s</o:body></o:document-content>'
)


def zipped(files: Files, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def encrypted_zip(files: Files, password: str) -> bytes:
    packed = io.BytesIO()
    with pyzipper.AESZipFile(packed, "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(password.encode())
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def seven_zipped(files: Files, password: str | None = None, *, hides_names: bool = False) -> bytes:
    filters: list[dict[str, Any]] = [{"id": py7zr.FILTER_LZMA2, "preset": 1}]
    if password:
        filters.append({"id": py7zr.FILTER_CRYPTO_AES256_SHA256})
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w", filters=filters, password=password, header_encryption=hides_names) as archive:
        for name, content in files.items():
            archive.writestr(content, name)
    return packed.getvalue()


def tarred(files: Files, compression: str = "") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{compression}") as archive:  # type: ignore[call-overload]  # gz, bz2, xz
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def word(*paragraphs: str, **more: bytes) -> bytes:
    text = "".join(f"<w:p><w:r><w:t>{paragraph}</w:t></w:r></w:p>" for paragraph in paragraphs)
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": (WORD % text).encode(), **more})


def open_document(*paragraphs: str) -> bytes:
    text = "".join(f"<text:p>{paragraph}</text:p>" for paragraph in paragraphs)
    return zipped(
        {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": (OPEN_DOCUMENT % text).encode()}
    )


def pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, the first being the catalogue, with its table of references."""
    parts = [b"%PDF-1.7\n"]
    offsets: list[int] = []
    for number, one in enumerate(objects, 1):
        offsets.append(sum(map(len, parts)) if number < 100 else offsets[-1] + len(parts[-1]))
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, one))
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = sum(map(len, parts))
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table))
    parts.append(b"trailer <</Root 1 0 R /Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return b"".join(parts)


def stream(content: bytes, *, filters: bytes = b"", more: bytes = b"") -> bytes:
    return b"<</Length %d%s%s>>\nstream\n%s\nendstream" % (
        len(content), b" /Filter " + filters if filters else b"", more, content
    )  # fmt: skip


def pdf_page(content: bytes, *more: bytes, filters: bytes = b"", resources: bytes = b"", font: bytes = b"") -> bytes:
    """One page with this content stream and Helvetica as /F; `more` are objects 6 and following."""
    return pdf(
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
        b"/Resources <</Font <</F 5 0 R>> " + resources + b">>>>",
        stream(content, filters=filters),
        b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding" + font + b">>",
        *more,
    )


def pdf_saying(text: str) -> bytes:
    lines = b"".join(b"(%s) Tj 0 -14 Td " % line.encode("cp1252") for line in text.split("\n"))
    return pdf_page(zlib.compress(b"BT /F 12 Tf 50 700 Td " + lines + b"ET"), filters=b"/FlateDecode")


def deflated_zeros(size: int) -> bytes:
    """A gzip file of so many zeros, made without holding them."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    piece = bytes(1_048_576)
    return b"".join([packer.compress(piece) for _ in range(size // len(piece))]) + packer.flush()


def xz_zeros(size: int) -> bytes:
    packer = lzma.LZMACompressor(preset=0)
    piece = bytes(1_048_576)
    return b"".join([packer.compress(piece) for _ in range(size // len(piece))]) + packer.flush()


def zstandard(content: bytes, level: int = 3, window_log: int = 0) -> bytes:
    options = {zstd.CompressionParameter.compression_level: level}
    if window_log:
        options |= {zstd.CompressionParameter.window_log: window_log, zstd.CompressionParameter.content_size_flag: 0}
    packer = zstd.ZstdCompressor(options=options)
    return packer.compress(content) + packer.flush()


def zstandard_zeros(size: int) -> bytes:
    packer, piece = zstd.ZstdCompressor(1), bytes(1_048_576)
    return b"".join([packer.compress(piece) for _ in range(size // len(piece))]) + packer.flush()


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, 1)


def nested(content: bytes, levels: int, name: str = "inner.zip") -> bytes:
    for _ in range(levels):
        content = zipped({name: content}, method=zipfile.ZIP_STORED)
    return content


def attached(name: str, content: bytes, content_type: str = "application/octet-stream", where: str = "2") -> Attachment:
    return Attachment(name, content_type, content, "", where)


def mail_with(files: Sequence[Attachment], text: str = "") -> Mail:
    return Mail("", 0, "Sulkupyyntö", "a@b.example", "a@b.example", text=text, new_text=text, attachments=tuple(files))


def raw_mail(name: str, content: bytes, text: str = "Hei") -> bytes:
    head = (
        "From: a@b.example\r\nSubject: hostile\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(content).replace(b"\n", b"\r\n") + b"--b--\r\n"
