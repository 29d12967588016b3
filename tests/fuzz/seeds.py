"""What the fuzzer begins with: the mails of the corpus, and small mails and files of every shape that hurts when large."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.unit import hostile_files as files
from tests.unit import hostile_mails as mails
from tests.unit.packed_files import (
    encrypted_zip,
    gzipped,
    open_document,
    pdf_saying,
    raw_mail,
    seven_zipped,
    tarred,
    word,
    xz_zeros,
    zipped,
    zstandard,
)

_CORPUS = Path(__file__).parents[1] / "corpus"
_LARGEST = 60_000
_INSIDE = {
    "key.pem": b"-----BEGIN PRIVATE KEY-----\n",
    "b/kirje.txt": "Sarjanumero 0bf4eab0, avain päätyi vääriin käsiin.".encode(),
}
_TEXT = "Sarjanumero 0bf4eab0, avain on vuotanut."


def seed_mails() -> list[bytes]:
    """In a fixed order, each as it comes over SMTP."""
    corpus = (file.read_bytes().replace(b"\n", b"\r\n") for file in sorted(_CORPUS.glob("*/mail.eml")))
    return [raw for raw in (*corpus, *_mails(), *_with_files()) if len(raw) <= _LARGEST]


def _mails() -> Iterator[bytes]:
    yield mails.nested_multiparts(6)
    yield mails.same_boundary_nested(6)
    yield mails.nested_messages(6)
    yield mails.nested_base64_messages(4)
    yield mails.multipart(*[b"\r\n" + mails.HEAD + b"\r\nx"] * 4, kind=b"digest")
    yield mails.mail(b"begin 644 a.pem\r\n#86%A\r\n`\r\nend\r\n" * 3)
    yield mails.mail(b"> a\r\n" * 9, b"X-Failed-Recipients: a@b.example", b"References: " + b"<a@b>" * 9)
    yield mails.html(b"<table><tr><td>0bf4eab0<blockquote type=cite>" * 9)


def _with_files() -> Iterator[bytes]:
    for name, content in {
        "a.zip": zipped(_INSIDE),
        "b.zip": encrypted_zip(_INSIDE, "Kissa77"),
        "c.zip": zipped({"d.zip": zipped(_INSIDE), "e.tgz": tarred(_INSIDE, "gz")}),
        "d.7z": seven_zipped(_INSIDE),
        "e.7z": seven_zipped(_INSIDE, "Kissa77", hides_names=True),
        "f.tar.xz": tarred(_INSIDE, "xz"),
        "g.tar.bz2": tarred(_INSIDE, "bz2"),
        "h.gz": gzipped(b"key"),
        "i.xz": xz_zeros(1_048_576),
        "i.tar.zst": zstandard(tarred(_INSIDE)),
        "j.docx": word(_TEXT),
        "k.odt": open_document(_TEXT),
        "l.pdf": pdf_saying(_TEXT),
        "m.pdf": files.many_fields(5),
        "n.pdf": files.wide_pages(3),
        "o.pdf": files.calling_forms(3),
        "p.eml": files.mails_in_mails(3),
    }.items():
        yield raw_mail(name, content, "Sulkekaa. salasana: Kissa77")
