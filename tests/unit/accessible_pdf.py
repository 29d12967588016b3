"""What a machine can check of PDF/UA-1 (ISO 14289-1), by the numbers of the Matterhorn Protocol 1.1.

Checked is what our pages can have: text, tables, links, fields, attached files. Whether a heading says what follows, and
the like, only a person can tell.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pypdf
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, IndirectObject

STANDARD_TYPES = {
    "Document", "Part", "Art", "Sect", "Div", "BlockQuote", "Caption", "P", "H1", "H2", "H3", "H4", "H5", "H6", "L",
    "LI", "Lbl", "LBody", "Table", "TR", "TH", "TD", "THead", "TBody", "TFoot", "Span", "Link", "Form", "Figure",
    "NonStruct",
}  # fmt: skip
PARENTS = {
    "TR": {"Table", "THead", "TBody", "TFoot"}, "TH": {"TR"}, "TD": {"TR"},
    "THead": {"Table"}, "TBody": {"Table"}, "TFoot": {"Table"}, "LI": {"L"}, "LBody": {"LI"}, "Lbl": {"LI"},
}  # fmt: skip
PAINTS = frozenset(b"Tj TJ ' \" S s f F f* B B* b b* sh Do BI".split())


def faults_of(pdf: bytes) -> list[str]:
    """Every fault, beginning with its number; none in a page that can be read aloud."""
    reader = pypdf.PdfReader(io.BytesIO(pdf), strict=True)
    if reader.is_encrypted:
        return ["26-001: it is encrypted"]
    return list(_faults(reader))


def _faults(reader: pypdf.PdfReader) -> Iterator[str]:
    root: Any = reader.root_object
    yield from _document_faults(root)
    if "/StructTreeRoot" not in root:
        return
    tree = root["/StructTreeRoot"]
    elements = list(_elements(tree, ""))
    yield from _element_faults(elements)
    yield from _heading_faults([kind for kind, _, _ in elements])
    yield from _table_faults(tree, elements)
    yield from _content_faults(reader, tree, elements)
    yield from _annotation_faults(reader, elements)
    yield from _font_faults(reader)
    yield from _file_faults(root)


def _document_faults(root: Any) -> Iterator[str]:
    xmp = root["/Metadata"].get_data().decode() if "/Metadata" in root else ""
    if 'pdfuaid:part="1"' not in xmp:
        yield "06-002: it does not say that it is PDF/UA-1"
    if "<dc:title>" not in xmp:
        yield "06-003: its metadata have no title"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        yield "07-001: a viewer shows the file's name, not the title"
    if not root.get("/Lang"):
        yield "11-001: its language is not declared"
    marked = root.get("/MarkInfo", {})
    if not marked.get("/Marked") or marked.get("/Suspects"):
        yield "01-006: it is not marked as tagged"
    if "/StructTreeRoot" not in root:
        yield "01-005: it has no structure"
    if "/XFA" in root.get("/AcroForm", {}):
        yield "25-001: it has a dynamic form"


def _kids(element: Any) -> list[Any]:
    kids = element.get("/K", ArrayObject())
    resolved = kids.get_object() if isinstance(kids, IndirectObject) else kids
    return list(resolved) if isinstance(resolved, ArrayObject) else [resolved]


def _elements(element: Any, kind: str) -> Iterator[tuple[str, str, Any]]:
    """(type, type of its parent, element) in the order they are read."""
    for kid in map(_resolved, _kids(element)):
        if isinstance(kid, DictionaryObject) and kid.get("/Type") != "/OBJR":
            own = str(kid["/S"]).removeprefix("/")
            yield own, kind, kid
            yield from _elements(kid, own)


def _resolved(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value


def _element_faults(elements: list[tuple[str, str, Any]]) -> Iterator[str]:
    for kind, parent, _ in elements:
        if kind not in STANDARD_TYPES:
            yield f"02-001: {kind} is no standard type"
        if kind in PARENTS and parent not in PARENTS[kind]:
            yield f"09-004: {kind} stands in {parent}"


def _heading_faults(kinds: list[str]) -> Iterator[str]:
    level = 0
    for heading in (int(kind[1]) for kind in kinds if kind[0] == "H" and kind[1:].isdigit()):
        if heading > level + 1:
            yield f"14-003: H{heading} follows H{level}"
        level = heading
    if level == 0:
        yield "14-002: it has no heading"


def _table_faults(tree: Any, elements: list[tuple[str, str, Any]]) -> Iterator[str]:
    names = tree.get("/IDTree", {}).get("/Names", [])[::2]
    if list(names) != sorted(names):
        yield "15-003: the index of headings is not sorted"
    for kind, _, element in elements:
        attributes = element.get("/A", {})
        if kind == "TH" and attributes.get("/Scope") not in {"/Row", "/Column"}:
            yield "15-003: a heading of a table has no scope"
        if kind == "TD" and not attributes.get("/Headers"):
            yield "15-003: a cell has no heading"
        if not set(attributes.get("/Headers", [])) <= set(names):
            yield "15-003: the heading of a cell is not found"


def _content_faults(reader: pypdf.PdfReader, tree: Any, elements: list[tuple[str, str, Any]]) -> Iterator[str]:
    """Whatever is painted is read or is an artifact."""
    read = {id(element): [kid for kid in _kids(element) if isinstance(kid, int)] for _, _, element in elements}
    owners: dict[int, Any] = dict(
        zip(tree["/ParentTree"]["/Nums"][::2], tree["/ParentTree"]["/Nums"][1::2], strict=True)
    )
    for number, page in enumerate(reader.pages, start=1):
        owned = [_resolved(one) for one in _resolved(owners.get(page["/StructParents"], ArrayObject()))]
        for at in _painted(page):
            if at is None:
                yield f"01-005: something on page {number} is neither read nor an artifact"
            elif at >= 0 and (at >= len(owned) or at not in read.get(id(owned[at]), [])):
                yield f"01-005: something on page {number} is tagged, and hangs on nothing"


def _painted(page: pypdf.PageObject) -> Iterator[int | None]:
    """For everything painted the number of its content, -1 for an artifact, None for what is neither."""
    contents = page.get_contents()
    inside: list[int | None] = []
    for operands, operator in ContentStream(contents, page.pdf).operations if contents is not None else ():
        if operator in {b"BDC", b"BMC"}:
            properties = operands[1] if len(operands) > 1 else {}
            inside.append(-1 if operands[0] == "/Artifact" else properties.get("/MCID"))
        elif operator == b"EMC":
            inside.pop()
        elif operator in PAINTS:
            yield inside[-1] if inside else None


def _annotation_faults(reader: pypdf.PdfReader, elements: list[tuple[str, str, Any]]) -> Iterator[str]:
    holders = {
        id(_resolved(kid["/Obj"])): kind
        for kind, _, element in elements
        for kid in map(_resolved, _kids(element))
        if isinstance(kid, DictionaryObject) and kid.get("/Type") == "/OBJR"
    }
    for page in reader.pages:
        annotations = [_resolved(one) for one in page.get("/Annots", [])]
        if annotations and page.get("/Tabs") != "/S":
            yield "28-008: the tab key does not follow the structure"
        for one in annotations:
            kind, described = (
                ("Form", one.get("/TU")) if one["/Subtype"] == "/Widget" else ("Link", one.get("/Contents"))
            )
            if holders.get(id(one)) != kind:
                yield f"28-010: an annotation is not held by {kind}"
            if one.get("/F", 0) & 0b100110 != 0b100:
                yield "28-005: an annotation is hidden from some"
            if not described:
                yield "28-004: an annotation is not described"


def _font_faults(reader: pypdf.PdfReader) -> Iterator[str]:
    root: Any = reader.root_object
    resources = [page["/Resources"] for page in reader.pages] + [root.get("/AcroForm", {}).get("/DR", {})]
    fonts = {name: _resolved(font) for one in resources for name, font in one.get("/Font", {}).items()}
    for font in fonts.values():
        if "/ToUnicode" not in font:
            yield f"10-001: the letters of {font['/BaseFont']} stand for nothing"
        below = _resolved(font["/DescendantFonts"][0]) if "/DescendantFonts" in font else font
        if not {"/FontFile", "/FontFile2", "/FontFile3"} & below.get("/FontDescriptor", {}).keys():
            yield f"31-009: {font['/BaseFont']} is not embedded"


def _file_faults(root: Any) -> Iterator[str]:
    names = root.get("/Names", {}).get("/EmbeddedFiles", {}).get("/Names", [])
    if list(names[::2]) != sorted(names[::2]):
        yield "21-001: the index of the attached files is not sorted"
    for file in map(_resolved, names[1::2]):
        if not file.get("/F") or not file.get("/UF"):
            yield "21-001: an attached file has no name"
        if not file.get("/Desc") or not file.get("/AFRelationship"):
            yield "21-001: nothing tells what an attached file is"
