"""The hostile set: more than five hundred fixed mails, each by its name. A family is a way to hurt times a way to come in.

What is large stands in `hostile_mails.py` and `hostile_files.py`; here are the many, which are small, so that all of them
go through everything (`test_hostile_set.py`).
"""

from __future__ import annotations

import base64
import encodings
import encodings.aliases
import pkgutil
import quopri
from collections.abc import Callable, Iterator
from random import Random

from tests.unit.hostile_mails import HEAD, html, mail, multipart
from tests.unit.hostile_seeds import SEEDS
from tests.unit.packed_files import open_document, pdf_saying, raw_mail, tarred, word, zipped

SIZE = 12_000

Make = Callable[[], bytes]

# How a text may come in.
CARRIERS: dict[str, Callable[[str], bytes]] = {
    "as text": lambda text: mail(text.encode()),
    "in base64": lambda text: mail(base64.encodebytes(text.encode()), b"Content-Transfer-Encoding: base64"),
    "quoted-printable": lambda text: mail(quopri.encodestring(text.encode()), b"Content-Transfer-Encoding: quoted-printable"),
    "as HTML": lambda text: html(b"<div>" + text.encode() + b"</div>"),
    "as flowed text": lambda text: mail(text.encode(), b"Content-Type: text/plain; format=flowed; delsp=yes"),
    "in a subject": lambda text: b"From: a@b.example\r\nSubject: " + " ".join(text[:3_000].split()).encode() + b"\r\n\r\nx",
    "quoted": lambda text: mail(b"Kiitos.\r\n\r\na@b.example kirjoitti:\r\n> " + text.encode().replace(b"\n", b"\r\n> ")),
    "as an attached file": lambda text: raw_mail("a.txt", text.encode()),
    "in a zip": lambda text: raw_mail("a.zip", zipped({"a.txt": text.encode()})),
    "in a compressed tar": lambda text: raw_mail("a.tgz", tarred({"a.pem": text.encode()}, "gz")),
    "in a forwarded mail": lambda text: multipart(b"Content-Type: message/rfc822\r\n\r\n" + HEAD + b"\r\n" + text.encode()),
}  # fmt: skip
_DOCUMENTS: dict[str, Callable[[str], bytes]] = {
    "in a PDF": lambda text: raw_mail("a.pdf", pdf_saying(text.encode("cp1252", "replace").decode("cp1252"))),
    "in a docx": lambda text: raw_mail("a.docx", word(text)),
    "in an odt": lambda text: raw_mail("a.odt", open_document(text)),
}
_FEW = ("hex_pairs", "labelled", "words", "pem", "addresses")


def hostile_set() -> dict[str, Make]:
    """Every mail of the set by its name, made when it is called."""
    return dict([*_texts(), *_documents(), *_charsets(), *_headers()])


def _texts() -> Iterator[tuple[str, Make]]:
    for seed, unit in SEEDS.items():
        for carrier, carry in CARRIERS.items():
            yield f"{seed} {carrier}", lambda carry=carry, unit=unit: carry(unit * (SIZE // len(unit)))


def _documents() -> Iterator[tuple[str, Make]]:
    for carrier, carry in _DOCUMENTS.items():
        for seed in _FEW:
            text = SEEDS[seed].replace("<", "").replace("(", "").replace(")", "")
            yield f"{seed} {carrier}", lambda carry=carry, text=text: carry(text * (SIZE // len(text)))


def _charsets() -> Iterator[tuple[str, Make]]:
    """Every codec that Python has, whether or not it is one of text, over noise that it may choke on."""
    names = {module.name for module in pkgutil.iter_modules(encodings.__path__)} | set(
        encodings.aliases.aliases.values()
    )
    for name in sorted(names):
        kind = f"Content-Type: text/plain; charset={name}".encode()
        yield f"charset {name}", lambda kind=kind, name=name: mail(Random(name).randbytes(4_000), kind)


def _headers() -> Iterator[tuple[str, Make]]:
    """Every field that is read, full of what its reader splits at."""
    for field in ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Content-Type",
                  "Content-Disposition", "Content-Transfer-Encoding", "Authentication-Results", "Auto-Submitted",
                  "DKIM-Signature", "ARC-Seal", "List-Id", "X-Failed-Recipients"):  # fmt: skip
        for unit in (b'"', b"(", b"<a@", b"=?utf-8?q?", b"; a*0*=", b" =\t"):
            yield f"{field} of {unit.decode()}", lambda field=field, unit=unit: _with_field(field, unit)


def _with_field(field: str, unit: bytes) -> bytes:
    return field.encode() + b": " + unit * (30_000 // len(unit)) + b"\r\n" + HEAD + b"\r\nx"
