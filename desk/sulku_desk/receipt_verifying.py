"""Verifies a receipt offline: the signatures in it, and that its page says what was signed and nothing else.

What is reported comes from the signed evidence alone. The receipt's own words are only compared with it; they are what
somebody would have altered. A file with anything in it that could show other words than it holds is refused.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
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
from sulku_revocation.domain.receipt_evidence import EvidenceCrl, EvidenceFacts
from sulku_templates.campaign_receipt import campaign_receipt_text, table_headings
from sulku_templates.receipt import receipt_text, without_space

LARGEST = 64 * 1_048_576
MOST_PAGES = 1_000  # of a holder with some fifteen thousand certificates
_FILES = frozenset({FACTS, CRL, OCSP, ISSUER})
# What changes a page, or is drawn over it, without being its text.
_NEVER = ("/OpenAction", "/AA", "/AcroForm")
# Operators of a page (ISO 32000-1, Annex A) that set text, and no other: a path could cover words or form letters, and
# `Tr` could hide text. Neither may a colour be lighter than this.
_TEXT_ONLY = frozenset(b"q Q cm gs rg BT ET Tf Tm TJ BDC BMC EMC".split())
_LIGHTEST = 0.3


@dataclass(frozen=True, slots=True)
class Verified:
    """A receipt that holds. `is_issuer_trusted`: every issuer is a certificate that was given.

    `certificates`: one, or all of a campaign's receipt. `checkpoint_at`: when the desk signed where its history ended,
    None without a checkpoint.
    """

    certificates: tuple[EvidenceFacts, ...]
    number: str
    is_issuer_trusted: bool
    checkpoint_at: datetime | None

    @property
    def facts(self) -> EvidenceFacts:
        """Of the certificate of a single receipt."""
        return self.certificates[0]


def verify_receipt(pdf: bytes, *issuers: bytes) -> Verified:
    """Verify a receipt, with its issuers' certificates (PEM or DER) if they are known. Raises InputError, with why."""
    if len(pdf) > LARGEST:
        raise _refused("the file is far too large for a receipt")
    try:
        pages, files = _open(pdf)
        content = json.loads(files[FACTS])
        return verify_content(_said(pages), files, content, *issuers)
    except (PyPdfError, KeyError, IndexError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _refused(f"this is not a receipt of a desk ({type(error).__name__})") from error


def verify_content(said: str, files: Mapping[str, bytes], content: Mapping[str, Any], *issuers: bytes) -> Verified:
    """Verify what was taken out of a receipt: its text without white space, its files, and what it says for machines.

    Raises InputError, and for what is no receipt's content KeyError, IndexError, ValueError and TypeError.
    """
    if content["receipt"] != VERSION:
        raise _refused(f"it is of version {content['receipt']}, which this program does not know")
    is_campaign = content["about"] == "campaign"
    if {FACTS, *files} != (_files_of_campaign(content) if is_campaign else _FILES):
        raise _refused("its attachments are not those of a receipt")
    lists = content["lists"] if is_campaign else _single_as_list(content)
    if issuers and not {files[one["issuer"]] for one in lists} <= {_der(issuer) for issuer in issuers}:
        raise _refused("its issuer's certificate is not the one that was given")
    certificates = tuple(facts for one in lists for facts in _signed(files, one))
    if not (_says_campaign if is_campaign else _says_single)(said, content):
        raise _refused("its page does not say what was signed")
    listed = [(one.issuer_sha256, one.serial) for one in certificates]
    if not len(set(listed)) == len(listed) == content["records"].get("count", 1):
        raise _refused("it counts other certificates than it lists")
    return Verified(certificates, str(content["records"]["number"]), bool(issuers), _checkpoint_at(content))


def _signed(files: Mapping[str, bytes], one: Mapping[str, Any]) -> Iterator[EvidenceFacts]:
    """What was signed about each certificate that a CRL shows; nothing else may be claimed about it."""
    crl = EvidenceCrl(issuer=files[one["issuer"]], crl=files[one["crl"]])
    for certificate in one["certificates"]:
        claimed, answer = certificate["evidence"], certificate["ocsp"]
        facts = crl.facts(SerialNumber.from_hex(claimed["serial"]), None if answer is None else files[answer])
        signed = facts.as_text()
        wrong = sorted(name for name in signed.keys() | claimed.keys() if signed.get(name) != claimed.get(name))
        if wrong:
            raise _refused(f"it claims another {wrong[0]} than was signed")
        yield facts


def _single_as_list(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A single receipt, read as the list of a campaign with one certificate, for which OCSP was asked."""
    return [{"issuer": ISSUER, "crl": CRL, "certificates": [{"evidence": content["evidence"], "ocsp": OCSP}]}]


def _files_of_campaign(content: Mapping[str, Any]) -> set[str]:
    lists = content["lists"]
    if not lists:
        raise _refused("it lists no certificate")
    answers = {certificate["ocsp"] for one in lists for certificate in one["certificates"]} - {None}
    return {FACTS, *answers, *(one[kind] for one in lists for kind in ("issuer", "crl"))}


def _says_single(said: str, content: Mapping[str, Any]) -> bool:
    language, desk = Language(content["language"]), content["desk"]
    return said == receipt_text(language, desk=desk, evidence=content["evidence"], records=content["records"])


def _says_campaign(said: str, content: Mapping[str, Any]) -> bool:
    """Where its table goes on, on a new page, the headings stand again: they tell nothing, wherever they stand."""
    language, desk = Language(content["language"]), content["desk"]
    text = campaign_receipt_text(language, desk=desk, lists=content["lists"], records=content["records"])
    headings = table_headings(language)
    return said.replace(headings, "") == text.replace(headings, "")


def _said(pages: Sequence[str]) -> str:
    """The text of the pages without their numbers."""
    said = []
    for number, text in enumerate(pages, start=1):
        foot = f"{number}/{len(pages)}"
        if not text.endswith(foot):
            raise _refused("its pages are not all there")
        said.append(text.removesuffix(foot))
    return "".join(said)


def _open(pdf: bytes) -> tuple[list[str], dict[str, bytes]]:
    """The text of each page without white space, and the files. Raises InputError and what pypdf does."""
    if pdf.count(b"startxref") != 1:
        raise _refused("something was added to the file after it was made")
    with pypdf.apply_configuration(zlib_maximum_output_length=LARGEST, maximum_declared_stream_length=LARGEST):
        reader = pypdf.PdfReader(io.BytesIO(pdf), strict=True)
        if len(reader.pages) > MOST_PAGES or any(name in reader.root_object for name in _NEVER):
            raise _refused("it holds more than a receipt does")
        for page in reader.pages:
            _require_plain(page)
        pages = [without_space(page.extract_text()) for page in reader.pages]
        attached = list(reader.attachment_list)
        files = {file.name: file.content for file in attached}
        if len(files) != len(attached):
            raise _refused("its attachments are not those of a receipt")
        return pages, files


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
