"""Attached files made to hurt whoever opens them, each by a few lines: small ones that become large, deep or slow."""

from __future__ import annotations

import base64
import bz2
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

from tests.unit.packed_files import (
    OPEN_DOCUMENT,
    WORD,
    deflated_zeros,
    encrypted_zip,
    gzipped,
    nested,
    open_document,
    pdf,
    pdf_page,
    seven_zipped,
    stream,
    tarred,
    word,
    xz_zeros,
    zipped,
    zstandard,
    zstandard_zeros,
)

MB = 1_048_576
CATALOGUE, PAGES = b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [3 0 R] /Count 1>>"
TEN_TIMES = "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9))
ENTITIES = f"<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>{TEN_TIMES}]>"


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


def zip_of_zeros(size: int, files: int = 1) -> bytes:
    return zipped({f"{number}.txt": bytes(size) for number in range(files)})


def lying_zip() -> bytes:
    """The directory says one octet; the data goes on."""
    packed = bytearray(zip_of_zeros(20 * MB))
    at = packed.rfind(b"PK\x01\x02")
    struct.pack_into("<I", packed, at + 24, 1)
    return bytes(packed)


def overlapping_zip(files: int = 5_000) -> bytes:
    """Every entry of the directory points at the same data (as in a zip quine)."""
    one = bytearray(zip_of_zeros(7 * MB))
    at = one.rfind(b"PK\x01\x02")
    end = one.rfind(b"PK\x05\x06")
    directory = bytes(one[at:end]) * files
    tail = bytearray(one[end:])
    struct.pack_into("<HHII", tail, 8, files, files, len(directory), at)
    return bytes(one[:at]) + directory + bytes(tail)


def huge_tar_header(kind: bytes, size: int) -> bytes:
    head = bytearray(tarred({"a": b"a"})[:512])
    head[156:157] = kind
    head[124:136] = b"%011o\0" % size
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + b"x" * 1_024


def seven_zip_with(cycles: int) -> bytes:
    """An encrypted 7z whose key needs 2**cycles rounds."""
    packed = bytearray(seven_zipped({"a.pem": b"a"}, "secret"))
    at = packed.find(b"\x06\xf1\x07\x01") + 5
    packed[at] = packed[at] & 0xC0 | cycles
    header = struct.unpack_from("<QQ", packed, 12)
    start = 32 + header[0]
    struct.pack_into("<I", packed, 28, zlib.crc32(packed[start : start + header[1]]))
    struct.pack_into("<I", packed, 8, zlib.crc32(packed[12:32]))
    return bytes(packed)


def deep_array(depth: int) -> bytes:
    return pdf(CATALOGUE, PAGES, b"[" * depth + b"]" * depth)


def looping_pages() -> bytes:
    return pdf(CATALOGUE, b"<</Type /Pages /Kids [2 0 R 2 0 R] /Count 9999999>>")


def wide_pages(levels: int = 12) -> bytes:
    """A tree of pages in which each node has the next one ten times."""
    nodes = [b"<</Type /Pages /Count 1 /Kids [%s]>>" % (b"%d 0 R " % (n + 3) * 10) for n in range(levels)]
    return pdf(CATALOGUE, *nodes, b"<</Type /Page /MediaBox [0 0 9 9]>>")


def calling_forms(levels: int = 20) -> bytes:
    """A page that draws a form ten times, which draws another ten times …"""
    forms = [
        stream(b"/X Do " * 10, more=b" /Type /XObject /Subtype /Form /Resources <</XObject <</X %d 0 R>>>>" % (n + 7))
        for n in range(levels)
    ]
    return pdf_page(b"/X Do " * 10, *forms, resources=b"/XObject <</X 6 0 R>>")


def many_fields(count: int) -> bytes:
    fields = b" ".join(b"<</FT /Tx /T (f%d) /V (%s)>>" % (n, b"x" * 100) for n in range(count))
    return pdf(b"<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [%s]>>>>" % fields, PAGES, b"<</Type /Page>>")


def field_parents(depth: int) -> bytes:
    chain = [b"<</T (a) /Kids [%d 0 R]>>" % (n + 4) for n in range(depth)]
    return pdf(b"<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [3 0 R]>>>>", b"<</Type /Pages /Kids []>>", *chain)


def filtered(content: bytes, times: int) -> bytes:
    for _ in range(times):
        content = zlib.compress(content, 1)
    return pdf_page(content, filters=b"[" + b"/FlateDecode " * times + b"]")


def wild_to_unicode() -> bytes:
    """A character map that maps everything, again and again."""
    text = b"begincmap " + b"1 beginbfrange <0000> <ffff> <0000> endbfrange " * 400 + b"endcmap"
    return pdf_page(b"BT /F 9 Tf (a) Tj ET", stream(text), font=b" /ToUnicode 6 0 R")


def deep_xml(levels: int) -> bytes:
    return (OPEN_DOCUMENT % ("<text:p>" * levels + "</text:p>" * levels)).encode()


def mails_in_mails(levels: int) -> bytes:
    raw = b"Subject: a\r\n\r\nbottom"
    for _ in range(levels):
        raw = (
            b"Subject: a\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.encodebytes(raw)
        )
    return raw


HOSTILE_FILES: Mapping[str, Callable[[], tuple[str, bytes]]] = {
    "zip of 100 MB of zeros": lambda: ("a.zip", nested(deflated_zeros(100 * MB), 1, "a.gz")),
    "zip with a file too large": lambda: ("a.zip", zip_of_zeros(40 * MB)),
    "zip with many middling files": lambda: ("a.zip", zip_of_zeros(2 * MB, 40)),
    "zip whose directory lies": lambda: ("a.zip", lying_zip()),
    "zip whose entries overlap": lambda: ("a.zip", overlapping_zip()),
    "zip with 12,000 entries": lambda: ("a.zip", zip_of_zeros(0, 12_000)),
    "zip with 9,000 entries": lambda: ("a.zip", zip_of_zeros(0, 9_000)),
    "zip in zip in zip": lambda: ("a.zip", nested(zip_of_zeros(30 * MB), 60)),
    "zip of zips of zips": lambda: (
        "a.zip",
        zipped({f"{n}.zip": zipped({f"{m}.zip": zip_of_zeros(MB, 4) for m in range(10)}) for n in range(10)}),
    ),
    "zip packed by bzip2": lambda: ("a.zip", zipped({"a": bytes(60 * MB)}, method=zipfile.ZIP_BZIP2)),
    "zip packed by LZMA": lambda: ("a.zip", zipped({"a": bytes(30 * MB)}, method=zipfile.ZIP_LZMA)),
    "zip with names full of folders": lambda: ("a.zip", zipped({"../" * 10_000 + f"{n}": b"" for n in range(3)})),
    "zip cut off": lambda: ("a.zip", zip_of_zeros(MB)[:-30]),
    "zip of noise": lambda: ("a.zip", b"PK\x03\x04" + noise(500_000) + b"PK\x05\x06" + noise(18)),
    "encrypted zip and many words": lambda: (
        "a.zip",
        encrypted_zip({f"{n}.txt": b"a" * 9_000 for n in range(100)}, "x"),
    ),
    "gzip of 100 MB": lambda: ("a.gz", deflated_zeros(100 * MB)),
    "gzip of a gzip of zeros": lambda: ("a.gz", gzipped(deflated_zeros(100 * MB))),
    "gzip in gzip in gzip": lambda: ("a.gz", gzipped(gzipped(gzipped(gzipped(gzipped(gzipped(b"a"))))))),
    "compressed tar of zeros": lambda: ("a.tgz", gzipped(tarred({f"{n}": bytes(7 * MB) for n in range(8)}))),
    "xz of 80 MB": lambda: ("a.xz", xz_zeros(80 * MB)),
    "zst of 400 MB": lambda: ("a.zst", zstandard_zeros(400 * MB)),
    "zst that looks back 128 MB": lambda: ("a.zst", zstandard(bytes(MB), window_log=27)),
    "bzip2 of 120 MB": lambda: ("a.bz2", bz2.compress(bytes(20 * MB), 1) * 6),
    "tar with a long name without end": lambda: ("a.tar", huge_tar_header(b"L", 8_000_000_000)),
    "tar with an extended header without end": lambda: ("a.tar", huge_tar_header(b"x", 8_000_000_000)),
    "compressed tar with a header without end": lambda: (
        "a.tgz",
        gzipped(huge_tar_header(b"x", 8_000_000_000) + bytes(60 * MB)),
    ),
    "sparse tar": lambda: ("a.tar", huge_tar_header(b"S", 8_000_000_000)),
    "tar of 20,000 files": lambda: ("a.tar", tarred({"a": b""})[:512] * 20_000),
    "7z of zeros": lambda: ("a.7z", seven_zipped({"a.txt": bytes(40 * MB)})),
    "7z of many middling files": lambda: ("a.7z", seven_zipped({f"{n}.txt": bytes(2 * MB) for n in range(40)})),
    "7z whose key takes 2^24 rounds": lambda: ("a.7z", seven_zip_with(24)),
    "7z of noise": lambda: ("a.7z", b"7z\xbc\xaf\x27\x1c\0\4" + noise(100_000)),
    "7z with its header broken": lambda: ("a.7z", seven_zipped({"a": b"a"})[:-5] + noise(5)),
    "PDF with much text": lambda: (
        "a.pdf",
        filtered(b"BT /F 9 Tf " + b"(aaaaaaaaaaaaaaaa) Tj " * 80_000 + b"ET", 1),
    ),
    "PDF packed four times": lambda: ("a.pdf", filtered(bytes(60 * MB), 4)),
    "PDF packed forty times": lambda: ("a.pdf", filtered(b"a" * 1_000, 40)),
    "PDF of arrays in arrays": lambda: ("a.pdf", deep_array(100_000)),
    "PDF whose pages contain themselves": lambda: ("a.pdf", looping_pages()),
    "PDF with a tree of 10^12 pages": lambda: ("a.pdf", wide_pages()),
    "PDF whose drawings call each other": lambda: ("a.pdf", calling_forms()),
    "PDF with 9,000 fields": lambda: ("a.pdf", many_fields(9_000)),
    "PDF with fields in fields": lambda: ("a.pdf", field_parents(5_000)),
    "PDF with a wild character map": lambda: ("a.pdf", wild_to_unicode()),
    "PDF of unbalanced operators": lambda: ("a.pdf", pdf_page(b"q " * 2_000_000)),
    "PDF of ten million operands": lambda: ("a.pdf", filtered(b"1 " * 10_000_000, 1)),
    "PDF with an endless word": lambda: ("a.pdf", b"%PDF-1.7\n1 0 obj\n/" + b"a" * 5_000_000),
    "PDF with an endless string": lambda: ("a.pdf", pdf(b"<</A (" + b"(" * 3_000_000)),
    "PDF with 50,000 objects": lambda: ("a.pdf", pdf(CATALOGUE, PAGES, *[b"<<>>"] * 50_000)),
    "PDF of noise": lambda: ("a.pdf", b"%PDF-1.7\n" + noise(2_000_000)),
    "PDF with an LZW bomb": lambda: ("a.pdf", pdf_page(b"\x80\x0b\x60\x50" * 100_000, filters=b"/LZWDecode")),
    "PDF with a run-length bomb": lambda: ("a.pdf", pdf_page(b"\x81a" * 2_000_000, filters=b"/RunLengthDecode")),
    "PDF with an ASCII85 bomb": lambda: ("a.pdf", pdf_page(b"z" * 3_000_000, filters=b"[/ASCII85Decode /FlateDecode]")),
    "office file with entities in entities": lambda: (
        "a.odt",
        zipped({"mimetype": b"a", "content.xml": (ENTITIES + OPEN_DOCUMENT % "<text:p>&j;</text:p>").encode()}),
    ),
    "office file with an outer entity": lambda: (
        "a.docx",
        zipped(
            {
                "[Content_Types].xml": b"",
                "word/document.xml": b"<!DOCTYPE a [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
                + (WORD % "<w:t>&a;</w:t>").encode(),
            }
        ),
    ),
    "office file of 8 MB of text": lambda: ("a.docx", word("a" * 8_000_000)),
    "office file of 100,000 paragraphs": lambda: ("a.odt", open_document(*["a"] * 100_000)),
    "office file of elements in elements": lambda: (
        "a.odt",
        zipped({"mimetype": b"a", "content.xml": deep_xml(400_000)}),
    ),
    "office file of attributes": lambda: (
        "a.odt",
        zipped(
            {"mimetype": b"a", "content.xml": ("<a " + " ".join(f"b{n}=''" for n in range(300_000)) + "/>").encode()}
        ),
    ),
    "mails in mails": lambda: ("a.eml", mails_in_mails(20)),
    "picture that is said to be 65,535 pixels wide": lambda: (
        "a.png",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\6" + noise(100),
    ),
}
