"""Draws a page as a PDF that can be read aloud (PDF/UA-1, ISO 14289-1), with files in it where there are any.

WeasyPrint draws and tags; what it leaves out of the standard, as of version 70, is put in here before the file is
written: page numbers as artifacts, the scope of headings in tables, an index of their names, what an attached file is
to the page, the mark that links are printed. A table that goes on over several pages is one table on each of them, with
its headings.

WeasyPrint is loaded when something is drawn, not before: it wants Debian's Pango and half a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, cast

import jinja2

_PAGES = Path(__file__).parent / "page"
_PAGE_NUMBER = b"<</Type /Pagination>>"


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file in a PDF."""

    name: str
    content: bytes
    description: str


@cache
def page_template(name: str) -> jinja2.Template:
    """A template of a page by its name."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGES),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def draw(
    html: str, *, files: tuple[AttachedFile, ...] = (), at: datetime | None = None, has_form: bool = False
) -> bytes:
    """The PDF of a page. `at`: the time of the attached files; `has_form`: its fields can be filled in."""
    import weasyprint

    attachments = [
        weasyprint.Attachment(string=one.content, name=one.name, description=one.description, created=at, modified=at)
        for one in sorted(files, key=lambda one: one.name)  # a name tree is sorted (ISO 32000-1, 7.9.6)
    ]
    page = weasyprint.HTML(string=html, url_fetcher=_fetch_nothing)
    pdf = page.write_pdf(attachments=attachments, pdf_variant="pdf/ua-1", pdf_forms=has_form, finisher=_finish)
    return cast("bytes", pdf)


def _fetch_nothing(url: str, *_: object, **__: object) -> NoReturn:
    """A page of ours needs no file and no network."""
    raise ValueError(f"the page refers to {url}")


def _finish(document: object, pdf: Any) -> None:  # noqa: ARG001  the library's
    """Put in what is missing; `pdf` is a `pydyf.PDF`."""
    elements = list(_elements(pdf, _object(pdf, pdf.catalog["StructTreeRoot"])))
    _unread_page_numbers(pdf, {element.reference for element in elements})
    _scope_headings(elements)
    _index_names(pdf, elements)
    _relate_files(pdf)
    _print_links(pdf)


def _object(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _elements(pdf: Any, element: Any) -> Iterator[Any]:
    """The structure elements below one, in the order they are read."""
    for kid in element.get("K", ()):
        if isinstance(kid, bytes) and _object(pdf, kid).get("Type") == "/StructElem":
            yield _object(pdf, kid)
            yield from _elements(pdf, _object(pdf, kid))


def _unread_page_numbers(pdf: Any, read: set[bytes]) -> None:
    """What stands in a margin is tagged but hangs on nothing: an artifact, which is not read (ISO 14289-1, 7.1)."""
    owners = _object(pdf, _object(pdf, pdf.catalog["StructTreeRoot"])["ParentTree"])["Nums"]
    by_page = dict(zip(owners[::2], owners[1::2], strict=True))
    for page in (_object(pdf, reference) for reference in pdf.page_references):
        owned = by_page[page["StructParents"]]
        stream = _object(pdf, page["Contents"]).stream
        for at, operator in enumerate(stream):
            if operator == b"BDC" and owned[stream[at - 1]["MCID"]] not in read:
                owned[stream[at - 1]["MCID"]] = "null"
                stream[at - 2], stream[at - 1] = "/Artifact", _PAGE_NUMBER


def _scope_headings(elements: list[Any]) -> None:
    """A heading in the head of a table is one of its column, another one of its row (ISO 32000-1, table 349)."""
    heads = {element.reference for element in elements if element["S"] == "/THead"}
    rows = {element.reference for element in elements if element["S"] == "/TR" and element["P"] in heads}
    for element in elements:
        if element["S"] == "/TH":
            element["A"]["Scope"] = "/Column" if element["P"] in rows else "/Row"


def _index_names(pdf: Any, elements: list[Any]) -> None:
    """Elements that others refer to by name are found by it (ISO 32000-1, table 322: IDTree)."""
    import pydyf

    named = sorted((element["ID"].string, element.reference) for element in elements if "ID" in element)
    if not named:
        return
    names = [part for name, reference in named for part in (pydyf.String(name), reference)]
    tree = pydyf.Dictionary({"Names": pydyf.Array(names)})
    pdf.add_object(tree)
    _object(pdf, pdf.catalog["StructTreeRoot"])["IDTree"] = tree.reference


def _relate_files(pdf: Any) -> None:
    """What is attached belongs to the whole, as what supports it (ISO 32000-2, 7.11.3 and 14.13)."""
    import pydyf

    files: list[Any] = [one for one in pdf.objects if isinstance(one, dict) and one.get("Type") == "/Filespec"]
    for one in files:
        one["AFRelationship"] = "/Supplement"
    if files:
        pdf.catalog["AF"] = pydyf.Array([one.reference for one in files])


def _print_links(pdf: Any) -> None:
    """What is read on the screen is on the paper, too (ISO 32000-1, table 165: bit 3)."""
    for one in pdf.objects:
        if isinstance(one, dict) and one.get("Subtype") == "/Link":
            one["F"] = 4
