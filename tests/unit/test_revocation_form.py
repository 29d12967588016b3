"""The desk's own form: accessible, fillable, and understood when it comes back in a mail without a word (M6)."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pypdf
import pytest
from tests.corpus.test_corpus import explain
from tests.unit.filled_form import blank_form, choices, fill, mail_with

from sulku_kernel.language import Language
from sulku_kernel.revocation_form import FIELDS, field_name
from sulku_templates.form_words import form_parts

SERIAL = "0100000168f0a805c366b43b5de968c691fb"
HOLDER = {"organisation": "Rantalan keskussairaala", "requester_name": "Veikko Virtanen", "phone": "040 123 4567"}
REASONS = ["keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation", None]


def explain_form(language: Language, **values: str) -> dict[str, Any]:
    return explain(mail_with("lomake.pdf", fill(language, {**HOLDER, **values})))


@pytest.mark.parametrize("language", Language)
def test_the_form_is_accessible_and_has_every_field_under_its_label(language: Language) -> None:
    reader = pypdf.PdfReader(io.BytesIO(blank_form(language)))
    root: Any = reader.root_object
    fields: Any = reader.get_fields()
    assert set(fields) == {field_name(name) for name in FIELDS}
    for part in form_parts(language):
        for one in part.fields:
            assert fields[field_name(one.name)]["/TU"] == one.label
    assert root["/Lang"] == language.value
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert len(reader.pages) == 1


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("at", range(len(REASONS)))
def test_a_filled_form_says_all_without_a_mail_around_it(language: Language, at: int) -> None:
    explained = explain_form(language, serial_number=SERIAL, reason=choices(language, "reason")[at])
    assert explained["class"] == "revocation_request"
    assert explained["outcome"] == "matched"
    assert [match["serial"] for match in explained["matches"]] == [SERIAL.lstrip("0")]
    assert explained["reason"] == REASONS[at]
    assert explained["urgency"] == ("P1" if at == 0 else "P2")
    assert "readable_mail" not in explained["needs"]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("field", ["replacement", "relation", "certificate_type"])
def test_no_other_choice_of_the_form_is_taken_for_a_reason(language: Language, field: str) -> None:
    for choice in choices(language, field):
        explained = explain_form(language, serial_number=SERIAL, **{field: choice})
        assert explained["urgency"] == "P2", choice
        # a certificate whose replacement is in use is superseded, whether or not somebody says so
        is_replaced = choice == choices(language, "replacement")[0]
        assert explained["reason"] == ("superseded" if is_replaced else None), choice


@pytest.mark.parametrize(
    ("language", "wanted"),
    [(Language.FI, "1.12.2026 klo 12"), (Language.SV, "1.12.2026 kl. 12"), (Language.EN, "1 Dec 2026 at 12:00")],
)
def test_the_wished_time_of_a_form_is_the_wished_time(language: Language, wanted: str) -> None:
    explained = explain_form(language, serial_number=SERIAL, wanted_at=wanted)
    assert datetime.fromisoformat(explained["wanted_at"]) == datetime(2026, 12, 1, 10, 0, tzinfo=UTC)


def test_an_identity_code_in_a_form_is_shown_to_nobody() -> None:
    explained = explain_form(Language.FI, serial_number=SERIAL, requester_name="131052-308T", reason="131052-308T")
    assert "131052-308T" not in str(explained)


def test_a_form_that_was_printed_and_scanned_goes_to_a_person() -> None:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(width=595, height=842)
    scan = io.BytesIO()
    writer.write(scan)
    explained = explain(mail_with("scan.pdf", scan.getvalue()))
    assert "readable_mail" in explained["needs"]
    assert explained["urgency"] == "P2"
