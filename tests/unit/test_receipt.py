"""A receipt proves by itself, offline, what was signed; and whoever alters anything in it is found out."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pypdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf.annotations import FreeText
from tests.unit import published
from tests.unit.accessible_pdf import faults_of
from typer.testing import CliRunner

from sulku_desk.cli.receipts import app
from sulku_desk.receipt_making import CRL, FACTS, ISSUER, OCSP
from sulku_desk.receipt_verifying import verify_content, verify_receipt
from sulku_kernel.errors import InputError
from sulku_kernel.language import Language
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.receipt_evidence import read_evidence_facts
from sulku_templates.accessible_pdf import AttachedFile
from sulku_templates.receipt import receipt_text, render_receipt

RECORDS = {
    "number": "S26-000123", "common_name": "kanta.rantala.example",
    "host_names": ["kanta.rantala.example", "www.rantala.example"], "organisation": "Rantalan keskussairaala",
    "sent_at": "2026-11-24T00:00:00.000000Z", "crl_visible_at": "2026-11-24T00:00:10.000000Z",
    "ocsp_visible_at": "2026-11-24T00:00:11.000000Z",
}  # fmt: skip


@cache
def signed() -> dict[str, bytes]:
    issuer = published.certificate().public_bytes(Encoding.DER)
    return {ISSUER: issuer, CRL: published.crl(published.entry()), OCSP: published.ocsp_answer()}


def facts_of(files: dict[str, bytes]):
    return read_evidence_facts(published.SERIAL, issuer=files[ISSUER], crl=files[CRL], ocsp_answer=files[OCSP])


def content_of(language: Language = Language.FI, **evidence: Any) -> dict[str, Any]:
    return {
        "receipt": 1, "about": "certificate", "language": language.value, "desk": "Väestörekisterikeskus",
        "evidence": {**facts_of(signed()).as_text(), **evidence}, "records": RECORDS, "history": [],
        "checkpoint": None,
    }  # fmt: skip


def page_of(content: dict[str, Any]) -> str:
    return receipt_text(
        Language(content["language"]), desk=content["desk"], evidence=content["evidence"], records=content["records"]
    )


def draw(content: dict[str, Any], files: dict[str, bytes], *, shown: dict[str, Any] | None = None) -> bytes:
    """The PDF; `shown` is what its page says, when that is something else than what it says for machines."""
    attached = {FACTS: json.dumps(content).encode(), **files}
    said = shown or content
    return render_receipt(
        Language(content["language"]), desk=said["desk"], evidence=said["evidence"], records=said["records"],
        files=tuple(AttachedFile(name, octets, name) for name, octets in attached.items()), made_at=published.NOW,
    )  # fmt: skip


@cache
def receipt(language: Language = Language.FI) -> bytes:
    return draw(content_of(language), signed())


@pytest.mark.parametrize("language", Language)
def test_a_receipt_holds_in_every_language_and_can_be_read_aloud(language: Language) -> None:
    verified = verify_receipt(receipt(language), signed()[ISSUER])
    assert (verified.facts.serial, verified.facts.reason) == (published.SERIAL.hex, "superseded")
    assert verified.facts.revoked_at == published.NOW - published.HOUR
    assert verified.is_issuer_trusted
    root: Any = pypdf.PdfReader(io.BytesIO(receipt(language))).root_object
    assert root["/Lang"] == language.value
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in root["/Metadata"].get_data()


def test_a_receipt_whose_names_fill_several_pages_holds_and_can_be_read_aloud() -> None:
    name = "potilastietojärjestelmän-varapalvelin-{}.järjestelmäallekirjoitus.keskussairaala.rantala.example"
    records = {**RECORDS, "host_names": [name.format(number) for number in range(60)]}
    pdf = draw({**content_of(), "records": records}, signed())
    assert verify_receipt(pdf).number == RECORDS["number"]
    assert faults_of(pdf) == []


def test_a_name_with_signs_that_no_font_draws_or_nobody_sees_is_shown_by_their_numbers_and_holds() -> None:
    records = {**RECORDS, "organisation": "A\u030abo & \u65e5\u202e\u00ad\U0001f3e5 \u201cŠiauliai\u201d <ffi>\ttab"}
    pdf = draw({**content_of(), "records": records}, signed())
    assert verify_receipt(pdf).number == RECORDS["number"]
    said = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert "Åbo & [U+65E5][U+202E][U+00AD][U+1F3E5]" in said
    assert faults_of(pdf) == []


def refusal(pdf: bytes, *issuers: bytes) -> str:
    with pytest.raises(InputError) as refused:
        verify_receipt(pdf, *issuers)
    assert "Do not rely on this receipt" in refused.value.next_step
    return str(refused.value)


def test_a_page_that_says_another_date_or_name_than_was_signed_is_refused() -> None:
    true = content_of()
    later = content_of(revoked_at="2026-11-25T00:00:00.000000Z")
    assert "page does not say" in refusal(draw(true, signed(), shown=later))
    assert "another revoked_at" in refusal(draw(later, signed()))
    other = {**true, "records": {**RECORDS, "common_name": "other.example"}}
    assert "page does not say" in refusal(draw(true, signed(), shown=other))


def test_evidence_of_another_ca_another_certificate_or_that_says_good_is_refused() -> None:
    forged = {
        "the CRL": {CRL: published.crl(published.entry(), by="forger")},
        "the OCSP answer": {OCSP: published.ocsp_answer(by="forger", signer=published.certificate("Forger", "forger"))},
        "not_listed": {CRL: published.crl(published.entry(serial=SerialNumber(5)))},
        "good": {OCSP: published.ocsp_answer(state=ocsp.OCSPCertStatus.GOOD)},
        "another certificate": {OCSP: published.ocsp_answer(serial=SerialNumber(5))},
        "reason": {OCSP: published.ocsp_answer(reason=x509.ReasonFlags.key_compromise)},
        "different dates": {OCSP: published.ocsp_answer(at=published.NOW - 2 * published.HOUR)},
    }
    for why, changed in forged.items():
        with pytest.raises(InputError, match=why):
            verify_content(page_of(content_of()), {**signed(), **changed}, content_of())


def test_another_issuers_certificate_than_the_trusted_one_is_refused() -> None:
    other = published.certificate("CA", "forger").public_bytes(Encoding.PEM)
    assert "not the one that was given" in refusal(receipt(), other)
    assert not verify_receipt(receipt()).is_issuer_trusted


def _with_annotation() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(receipt()))
    writer.add_annotation(0, FreeText(text="Not revoked", rect=(50, 550, 200, 650)))
    return _written(writer)


def _with_operators(added: bytes) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(receipt()))
    drawn = pypdf.generic.DecodedStreamObject()
    drawn.set_data(writer.pages[0].get_contents().get_data() + b"\n" + added)
    writer.pages[0][pypdf.generic.NameObject("/Contents")] = writer._add_object(drawn)  # pypdf names no other way
    return _written(writer)


def _with_another_file() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(receipt()))
    writer.add_attachment(FACTS, b"{}")
    return _written(writer)


def _written(writer: pypdf.PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_what_is_drawn_over_added_to_or_cut_from_the_file_is_refused() -> None:
    assert "drawn over" in refusal(_with_annotation())
    assert "drawn over" in refusal(_with_operators(b"q 1 1 1 rg 0 700 600 100 re f Q"))
    assert "drawn over" in refusal(_with_operators(b"q 0 0 m 9 9 l 9 0 l f Q"))
    assert "drawn over" in refusal(_with_operators(b"1 1 1 rg"))
    assert "drawn over" in refusal(_with_operators(b"BT 3 Tr ET"))
    assert "attachments" in refusal(_with_another_file())
    assert "added to the file" in refusal(receipt() + receipt())
    assert "not a receipt" in refusal(receipt()[:-2000] + b"\nstartxref\n0\n%%EOF")
    assert refusal(b"%PDF-1.7 startxref") != ""


_FIELDS = sorted(content_of()["evidence"])


@settings(max_examples=40, deadline=timedelta(seconds=5))
@given(st.sampled_from(_FIELDS), st.text(min_size=1, max_size=30) | st.just("2026-11-25T00:00:00.000000Z"))
def test_no_receipt_can_claim_anything_but_what_was_signed_however_well_its_page_agrees(field: str, value: str) -> None:
    content = content_of(**{field: value})
    if content == content_of():
        return
    try:
        page = page_of(content)
    except (ValueError, IndexError):
        page = page_of(content_of())
    with pytest.raises((InputError, ValueError)):
        verify_content(page, signed(), content)


def test_a_receipt_says_since_when_the_key_is_compromised_where_the_crl_says_so() -> None:
    since = published.NOW - 3 * published.HOUR
    compromised, at = x509.ReasonFlags.key_compromise, published.NOW - published.HOUR
    entry = published.entry(published.SERIAL, compromised, at, x509.InvalidityDate(since.replace(tzinfo=None)))
    files = {**signed(), CRL: published.crl(entry), OCSP: published.ocsp_answer(reason=compromised)}
    facts = facts_of(files)
    assert facts.invalidity_at == since
    content = {**content_of(), "evidence": facts.as_text()}
    assert "Milloinavainpaljastui" in page_of(content)
    assert verify_content(page_of(content), files, content).facts.invalidity_at == since
    assert "Milloinavainpaljastui" not in page_of(content_of())
    moved = {**content, "evidence": {**facts.as_text(), "invalidity_at": None}}
    with pytest.raises(InputError, match="another invalidity_at"):
        verify_content(page_of(moved), files, moved)


def test_a_serial_number_is_written_in_whole_octets_as_other_programs_write_it() -> None:
    assert "07bdd0e9" in page_of(content_of(serial="7bdd0e9"))


def test_what_is_reported_comes_from_the_evidence_alone() -> None:
    facts = verify_content(page_of(content_of()), signed(), content_of()).facts
    assert facts == facts_of(signed())
    assert {field.name for field in dataclasses.fields(facts)} == set(content_of()["evidence"])


def test_the_command_verifies_without_a_desk_and_says_why_not_by_its_exit_code(tmp_path: Path) -> None:
    file, ca = tmp_path / "receipt.pdf", tmp_path / "ca.pem"
    file.write_bytes(receipt(Language.EN))
    ca.write_bytes(published.certificate().public_bytes(Encoding.PEM))
    good = CliRunner().invoke(app, ["verify", str(file), "--issuer", str(ca), "--json"])
    assert (good.exit_code, json.loads(good.stdout)["serial"]) == (0, published.SERIAL.hex)
    said = CliRunner().invoke(app, ["verify", str(file)])
    assert re.search(r"nobody checked: give --issuer", said.stdout)
    assert "names and the times of sending and seeing are signed by nobody" in " ".join(said.stdout.split())
    file.write_bytes(b"no receipt")
    assert CliRunner().invoke(app, ["verify", str(file)]).exit_code == 2
