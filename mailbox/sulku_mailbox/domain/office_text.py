"""What the XML of an office document says (ECMA-376 WordprocessingML and SpreadsheetML; OpenDocument 1.3).

Read as a stream of events; a document type declaration ends it, so that no entity is ever expanded.
"""

from __future__ import annotations

from xml.parsers import expat

# Elements whose text counts, by local name: Word and Excel, OpenDocument.
_SAYING = frozenset({"t", "delText", "p", "h", "v"})
_OPEN_DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_LINES = frozenset({"p", "h", "row", "si", "br", "line-break", "cr"})
_GAPS = frozenset({"tab", "tc", "c", "table-cell", "s"})
MOST_CHARS = 500_000


class NotReadableError(ValueError):
    """The XML is broken, declares a document type, or says more than the limit."""


def text_of_xml(xml: bytes) -> str:
    """The text, a line for each paragraph or row, a tab between cells. Raises NotReadableError."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.buffer_text = True
    try:
        parser.Parse(xml, True)  # noqa: FBT003  # the library's interface
    except expat.ExpatError as error:
        raise NotReadableError(str(error)) from error
    return reader.said()


def _refuse(*_: object) -> None:
    raise NotReadableError("a document type declaration")


class _Reader:
    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._inside: list[bool] = []
        self._chars = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        says = local in _SAYING and (local not in {"p", "h"} or space == _OPEN_DOCUMENT)
        # what stands inside a paragraph of OpenDocument (spans, links) is its text; in Word only w:t says something
        self._inside.append(says or (bool(self._inside) and self._inside[-1] and space == _OPEN_DOCUMENT))
        if local in _GAPS:
            self._pieces.append("\t")

    def end(self, name: str) -> None:
        self._inside.pop()
        if name.rpartition(" ")[2] in _LINES:
            self._pieces.append("\n")

    def text(self, text: str) -> None:
        if self._inside and self._inside[-1]:
            self._chars += len(text)
            if self._chars > MOST_CHARS:
                raise NotReadableError("more text than anybody reads")
            self._pieces.append(text)

    def said(self) -> str:
        """The lines without blanks at their ends, and without empty ones."""
        lines = (line.strip() for line in "".join(self._pieces).split("\n"))
        return "\n".join(line for line in lines if line)
