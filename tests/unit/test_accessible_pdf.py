"""Receipts and the form can be read aloud: what a machine can check of PDF/UA-1 holds, in all three languages."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, NameObject
from tests.unit.accessible_pdf import faults_of
from tests.unit.filled_form import blank_form
from tests.unit.test_campaign_receipt import receipt as campaign_receipt
from tests.unit.test_receipt import receipt

from sulku_kernel.language import Language

PAGES: dict[str, Callable[[Language], bytes]] = {
    "receipt": receipt,
    "campaign_receipt": campaign_receipt,
    "form": blank_form,
}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("page", PAGES)
def test_everything_that_the_desk_draws_can_be_read_aloud(page: str, language: Language) -> None:
    assert faults_of(PAGES[page](language)) == []


@cache
def drawn(page: str) -> bytes:
    return PAGES[page](Language.SV)


def _element(root: Any, kind: str) -> Any:
    """The first element of a kind."""
    waiting = [root["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop(0).get_object()
        if element.get("/S") == f"/{kind}":
            return element
        waiting += [kid for kid in element.get("/K", []) if not isinstance(kid, int) and hasattr(kid, "get_object")]
    raise LookupError(kind)


def _file(root: Any) -> Any:
    return root["/Names"]["/EmbeddedFiles"]["/Names"][1].get_object()


def _annotation(writer: pypdf.PdfWriter) -> Any:
    return writer.pages[0]["/Annots"][0].get_object()  # type: ignore[index]


def _untag_a_word(writer: pypdf.PdfWriter) -> None:
    drawn_anew = DecodedStreamObject()
    data = writer.pages[0].get_contents().get_data()  # type: ignore[union-attr]
    drawn_anew.set_data(data.replace(b"<<\n/MCID 1\n>>\nBDC", b"<<>>\nBDC").replace(b"<</MCID 1>>", b"<<>>"))
    writer.pages[0][NameObject("/Contents")] = writer._add_object(drawn_anew)  # pypdf names no other way


def _unsort_names(root: Any) -> None:
    names = root["/StructTreeRoot"]["/IDTree"]["/Names"]
    names[0], names[2] = names[2], names[0]


PLANTED: dict[str, tuple[str, Callable[[pypdf.PdfWriter, Any], object]]] = {
    "01-005": ("receipt", lambda writer, root: _untag_a_word(writer)),
    "01-006": ("form", lambda writer, root: root.pop("/MarkInfo")),
    "02-001": ("form", lambda writer, root: _element(root, "H1").update({NameObject("/S"): NameObject("/Big")})),
    "06-002": ("form", lambda writer, root: root.pop("/Metadata")),
    "07-001": ("form", lambda writer, root: root["/ViewerPreferences"].pop("/DisplayDocTitle")),
    "09-004": ("receipt", lambda writer, root: _element(root, "P").update({NameObject("/S"): NameObject("/TD")})),
    "10-001": ("receipt", lambda writer, root: _font(writer).pop("/ToUnicode")),
    "11-001": ("form", lambda writer, root: root.pop("/Lang")),
    "14-003": ("receipt", lambda writer, root: _element(root, "H2").update({NameObject("/S"): NameObject("/H3")})),
    "15-003": ("campaign_receipt", lambda writer, root: _unsort_names(root)),
    "15-003 scope": ("receipt", lambda writer, root: _element(root, "TH")["/A"].pop("/Scope")),
    "21-001": ("receipt", lambda writer, root: _file(root).pop("/AFRelationship")),
    "28-004": ("form", lambda writer, root: _annotation(writer).pop("/Contents")),
    "28-005": ("form", lambda writer, root: _annotation(writer).pop("/F")),
    "28-008": ("form", lambda writer, root: writer.pages[0].pop("/Tabs")),
    "28-010": ("form", lambda writer, root: _element(root, "Form").update({NameObject("/S"): NameObject("/Span")})),
    "31-009": ("receipt", lambda writer, root: _descriptor(writer).pop("/FontFile2")),
}  # fmt: skip


def _font(writer: pypdf.PdfWriter) -> Any:
    fonts: Any = writer.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    return next(iter(fonts.values())).get_object()


def _descriptor(writer: pypdf.PdfWriter) -> Any:
    return _font(writer)["/DescendantFonts"][0].get_object()["/FontDescriptor"]


@pytest.mark.parametrize("number", PLANTED)
def test_each_fault_would_be_found(number: str) -> None:
    page, plant = PLANTED[number]
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(drawn(page)))
    plant(writer, writer.root_object)
    out = io.BytesIO()
    writer.write(out)
    assert any(fault.startswith(number[:6]) for fault in faults_of(out.getvalue()))
