"""Verifies a receipt offline: the signatures in it, and that its page says what was signed and nothing else.

What is reported comes from the signed evidence alone. The receipt's own words are only compared with it; they are what
somebody would have altered. A file with anything in it that could show other words than it holds is refused.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pypdf
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from pypdf.errors import PyPdfError
from pypdf.generic import ContentStream

from sulku_desk.receipt_making import CRL, FACTS, ISSUER, OCSP, VERSION
from sulku_kernel.checkpoints import Checkpoint
from sulku_kernel.clock import from_text
from sulku_kernel.errors import InputError
from sulku_kernel.language import Language
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.receipt_evidence import EvidenceFacts, read_evidence_facts
from sulku_templates.receipt import receipt_text, without_space

LARGEST = 64 * 1_048_576
MOST_PAGES = 10
_FILES = frozenset({FACTS, CRL, OCSP, ISSUER})
# What changes a page, or is drawn over it, without being its text.
_NEVER = ("/OpenAction", "/AA", "/AcroForm")
# Operators of a page (ISO 32000-1, Annex A) that set text, and no other: a path could cover words or form letters, and
# `Tr` could hide text. Neither may a colour be lighter than this.
_TEXT_ONLY = frozenset(b"q Q cm gs rg BT ET Tf Tm TJ BDC BMC EMC".split())
_LIGHTEST = 0.3


@dataclass(frozen=True, slots=True)
class Verified:
    """A receipt that holds. `is_issuer_trusted`: its issuer is the certificate that was given.

    `checkpoint_at`: when the desk signed where its history ended, None without a checkpoint.
    """

    facts: EvidenceFacts
    number: str
    is_issuer_trusted: bool
    checkpoint_at: datetime | None


def verify_receipt(pdf: bytes, issuer: bytes | None = None) -> Verified:
    """Verify a receipt, with the issuer's certificate (PEM or DER) where there is one. Raises InputError, with why."""
    if len(pdf) > LARGEST:
        raise _refused("the file is far too large for a receipt")
    try:
        page, files = _open(pdf)
        content = json.loads(files[FACTS])
        return verify_content(page, files, content, issuer)
    except (PyPdfError, KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _refused(f"this is not a receipt of a desk ({type(error).__name__})") from error


def verify_content(
    page: str, files: Mapping[str, bytes], content: Mapping[str, Any], issuer: bytes | None = None
) -> Verified:
    """Verify what was taken out of a receipt: its text without white space, its files, and what it says for machines.

    Raises InputError, and for what is no receipt's content KeyError, ValueError and TypeError.
    """
    if content["receipt"] != VERSION:
        raise _refused(f"it is of version {content['receipt']}, which this program does not know")
    if issuer is not None and _der(issuer) != files[ISSUER]:
        raise _refused("its issuer's certificate is not the one that was given")
    serial = SerialNumber.from_hex(content["evidence"]["serial"])
    facts = read_evidence_facts(serial, issuer=files[ISSUER], crl=files[CRL], ocsp_answer=files[OCSP])
    signed = facts.as_text()
    wrong = sorted(name for name in signed.keys() | content["evidence"].keys() if _differs(name, signed, content))
    if wrong:
        raise _refused(f"it claims another {wrong[0]} than was signed")
    said = receipt_text(
        Language(content["language"]), desk=content["desk"], evidence=signed, records=content["records"]
    )
    if page != said:
        raise _refused("its page does not say what was signed")
    return Verified(facts, str(content["records"]["number"]), issuer is not None, _checkpoint_at(content))


def _differs(name: str, signed: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    return bool(signed.get(name) != content["evidence"].get(name))


def _open(pdf: bytes) -> tuple[str, dict[str, bytes]]:
    """The text of the pages without white space, and the files. Raises InputError and what pypdf does."""
    if pdf.count(b"startxref") != 1:
        raise _refused("something was added to the file after it was made")
    with pypdf.apply_configuration(zlib_maximum_output_length=LARGEST, maximum_declared_stream_length=LARGEST):
        reader = pypdf.PdfReader(io.BytesIO(pdf), strict=True)
        if len(reader.pages) > MOST_PAGES or any(name in reader.root_object for name in _NEVER):
            raise _refused("it holds more than a receipt does")
        for page in reader.pages:
            _require_plain(page)
        text = "".join(page.extract_text() for page in reader.pages)
        attached = list(reader.attachment_list)
        if len(attached) != len(_FILES) or {file.name for file in attached} != _FILES:
            raise _refused("its attachments are not those of a receipt")
        return without_space(text), {file.name: file.content for file in attached}


def _require_plain(page: pypdf.PageObject) -> None:
    """Dark text alone: an image, an annotation, a path or a white word could make the page show other words."""
    resources: Any = page["/Resources"].get_object()
    drawn = resources.get("/XObject", {})
    if "/Annots" in page or "/AA" in page or len(drawn) or not _is_dark_text(page):
        raise _refused("something is drawn over its page")


def _is_dark_text(page: pypdf.PageObject) -> bool:
    operations = ContentStream(page["/Contents"].get_object(), page.pdf).operations
    return all(
        operator in _TEXT_ONLY and (operator != b"rg" or max(operands) <= _LIGHTEST)
        for operands, operator in operations
    )


def _checkpoint_at(content: Mapping[str, Any]) -> datetime | None:
    given = content["checkpoint"]
    if given is None:
        return None
    checkpoint = Checkpoint(int(given["seq"]), str(given["digest"]), from_text(given["at"]))
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(given["public_key"]))
    try:
        key.verify(bytes.fromhex(given["signature"]), checkpoint.signed_bytes())
    except InvalidSignature:
        raise _refused("the desk's checkpoint in it is not signed by the key beside it") from None
    return checkpoint.at


def _der(certificate: bytes) -> bytes:
    is_pem = certificate.lstrip().startswith(b"-----BEGIN")
    try:
        read = x509.load_pem_x509_certificate if is_pem else x509.load_der_x509_certificate
        return read(certificate).public_bytes(Encoding.DER)
    except ValueError as error:
        raise InputError(
            "the issuer's certificate cannot be read", next_step="Give one certificate, PEM or DER."
        ) from error


def _refused(why: str) -> InputError:
    return InputError(why, next_step="Do not rely on this receipt; ask the desk for a new one.")
