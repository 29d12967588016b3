"""A campaign's receipt proves many certificates at once, over several pages, and is found out if anything is altered."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pypdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.unit import published
from typer.testing import CliRunner

from sulku_desk.cli.receipts import app
from sulku_desk.receipt_making import FACTS
from sulku_desk.receipt_verifying import verify_content, verify_receipt
from sulku_kernel.errors import InputError
from sulku_kernel.language import Language
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.receipt_evidence import EvidenceCrl
from sulku_templates.accessible_pdf import AttachedFile
from sulku_templates.campaign_receipt import campaign_receipt_text, render_campaign_receipt

SERIALS = [SerialNumber(0x0100000168F0A805C366B43B5DE968C6_0000 + 7919 * n) for n in range(30)]
LONG_NAME = "potilastietojärjestelmän-varapalvelin.järjestelmäallekirjoitus.hyvinvointialueen-keskussairaala.example"
COMPROMISED = x509.ReasonFlags.key_compromise
SINCE = published.NOW - 30 * published.HOUR


@cache
def signed() -> dict[str, bytes]:
    entries = [published.entry(serial) for serial in SERIALS[1:]]
    since = x509.InvalidityDate(SINCE.replace(tzinfo=None))
    compromised = published.entry(SERIALS[0], COMPROMISED, published.NOW - published.HOUR, since)
    return {
        "issuer-1.cer": published.certificate().public_bytes(Encoding.DER),
        "crl-1.crl": published.crl(compromised, *entries),
        "ocsp-1.ors": published.ocsp_answer(serial=SERIALS[0], reason=COMPROMISED),
    }


def content_of(language: Language = Language.FI) -> dict[str, Any]:
    files = signed()
    crl = EvidenceCrl(issuer=files["issuer-1.cer"], crl=files["crl-1.crl"])
    certificates = []
    for number, serial in enumerate(SERIALS):
        answer = "ocsp-1.ors" if number == 0 else None
        facts = crl.facts(serial, files[answer] if answer else None)
        name = f"palvelin{number}.rantala.example" if number % 7 else LONG_NAME
        certificates.append({"evidence": facts.as_text(), "common_name": name, "ocsp": answer, "history": []})
    return {
        "receipt": 1, "about": "campaign", "language": language.value, "desk": "Väestörekisterikeskus",
        "lists": [{"issuer": "issuer-1.cer", "crl": "crl-1.crl", "certificates": certificates}],
        "records": {
            "number": "C26-000007", "organisation": "Rantalan hyvinvointialue", "count": len(SERIALS),
            "confirmed_at": "2026-11-24T00:10:00.000000Z",
        },
        "checkpoint": None,
    }  # fmt: skip


def draw(content: dict[str, Any], shown: dict[str, Any] | None = None) -> bytes:
    """The PDF; `shown` is what its pages say, when that is something else than what it says for machines."""
    said = shown or content
    files = {FACTS: json.dumps(content).encode(), **signed()}
    return render_campaign_receipt(
        Language(content["language"]), desk=said["desk"], lists=said["lists"], records=said["records"],
        files=tuple(AttachedFile(name, octets, name) for name, octets in files.items()), made_at=published.NOW,
    )  # fmt: skip


@cache
def receipt(language: Language = Language.FI) -> bytes:
    return draw(content_of(language))


@pytest.mark.parametrize("language", Language)
def test_a_receipt_of_several_pages_holds_in_every_language(language: Language) -> None:
    verified = verify_receipt(receipt(language), signed()["issuer-1.cer"])
    assert [one.serial for one in verified.certificates] == [serial.hex for serial in SERIALS]
    assert (verified.number, verified.is_issuer_trusted) == ("C26-000007", True)
    first, second = verified.certificates[:2]
    assert (first.reason, first.invalidity_at, first.ocsp_made_at) == (
        "keyCompromise", SINCE, published.NOW - published.HOUR,
    )  # fmt: skip
    assert (second.reason, second.invalidity_at, second.ocsp_made_at) == ("superseded", None, None)
    assert len(pypdf.PdfReader(io.BytesIO(receipt(language))).pages) > 2


def refusal(pdf: bytes, *issuers: bytes) -> str:
    with pytest.raises(InputError) as refused:
        verify_receipt(pdf, *issuers)
    return str(refused.value)


def test_a_page_that_names_another_certificate_or_date_than_was_signed_is_refused() -> None:
    renamed, later = content_of(), content_of()
    renamed["lists"][0]["certificates"][20]["common_name"] = "other.example"
    later["lists"][0]["certificates"][20]["evidence"]["revoked_at"] = "2026-11-25T00:00:00.000000Z"
    assert "page does not say" in refusal(draw(content_of(), shown=renamed))
    assert "page does not say" in refusal(draw(content_of(), shown=later))
    assert "another revoked_at" in refusal(draw(later))


def test_a_page_that_was_taken_out_is_missed() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(receipt()))
    writer.remove_page(1)
    out = io.BytesIO()
    writer.write(out)
    assert "pages are not all there" in refusal(out.getvalue())


def test_every_issuer_must_be_trusted_when_any_is_given() -> None:
    other = published.certificate("CA", "forger").public_bytes(Encoding.PEM)
    assert "not the one that was given" in refusal(receipt(), other)
    assert verify_receipt(receipt(), other, signed()["issuer-1.cer"]).is_issuer_trusted
    assert not verify_receipt(receipt()).is_issuer_trusted


def _certificate(content: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = content["lists"][0]["certificates"][number]
    return found


FORGED: dict[str, tuple[str, Callable[[dict[str, Any], dict[str, bytes]], object]]] = {
    "never revoked": ("not_listed", lambda content, files: _certificate(content, 3)["evidence"].update(serial="77")),
    "answer of another": ("another certificate", lambda content, files: _certificate(content, 1).update(ocsp="ocsp-1.ors")),
    "answer left out": ("attachments", lambda content, files: _certificate(content, 0).update(ocsp=None)),
    "list left out": ("attachments", lambda content, files: files.pop("crl-1.crl")),
    "by a forger": ("signature", lambda content, files: files.update({"crl-1.crl": published.crl(by="forger")})),
    "counted up": ("counts other", lambda content, files: content["records"].update(count=31)),
    "listed twice": (
        "counts other", lambda content, files: content["lists"][0]["certificates"].append(_certificate(content, 2)),
    ),
    "nothing listed": ("no certificate", lambda content, files: content["lists"].clear()),
}  # fmt: skip


@pytest.mark.parametrize("forged", FORGED)
def test_what_is_forged_in_it_is_refused_however_well_its_pages_agree(forged: str) -> None:
    why, forge = FORGED[forged]
    content, files = content_of(), copy.copy(signed())
    forge(content, files)
    said = campaign_receipt_text(Language.FI, desk=content["desk"], lists=content["lists"], records=content["records"])
    with pytest.raises(InputError, match=why):
        verify_content(said, files, content)


def test_the_same_command_verifies_it(tmp_path: Path) -> None:
    file, ca = tmp_path / "receipt.pdf", tmp_path / "ca.cer"
    file.write_bytes(receipt())
    ca.write_bytes(signed()["issuer-1.cer"])
    good = CliRunner().invoke(app, ["verify", str(file), "--issuer", str(ca), "--json"])
    said = json.loads(good.stdout)
    assert (good.exit_code, said["issuer_trusted"], len(said["certificates"])) == (0, True, len(SERIALS))
    text = CliRunner().invoke(app, ["verify", str(file)]).stdout
    assert all(serial.hex in text for serial in SERIALS)
    assert (text.count("on the CRL alone"), text.count("issuer sha256")) == (len(SERIALS) - 1, 2)
