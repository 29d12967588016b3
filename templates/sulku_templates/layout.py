"""From what a template says to text and HTML: one source, so that the two never differ.

A template's first line is `Subject: …`. What follows are lines; an empty line ends a block:

    ## Heading
    - an item of a list
    | Label | value            a fact
    => Label | https://…       a link
    anything else              a paragraph, wrapped in text

Text that a person wrote (`{{ text | as_written }}`) keeps its lines and is never read as one of these.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

WIDTH = 76
LONGEST_SUBJECT = 150
# Stands before a line that a person wrote; no value can hold it, since `plain` takes control characters out.
WRITTEN = "\x1f"

_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Block:
    """`kind`: heading, paragraph, items, facts, links or written. `rows`: one tuple of cells for each line."""

    kind: str
    rows: tuple[tuple[str, ...], ...]


def plain(text: str) -> str:
    """A value on one line: control characters, line breaks, surrogates and marks of direction are blanks."""
    if text.isprintable() and text.isascii():
        return text
    return "".join(" " if _is_unsafe(character) else character for character in text)


def as_written(text: str) -> str:
    """Lines that a person wrote, each marked so that it is only shown."""
    return "\n".join(WRITTEN + plain(line) for line in text.strip().splitlines())


def _is_unsafe(character: str) -> bool:
    return character in _DIRECTION_MARKS or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def one_line(subject: str) -> str:
    """A subject: one line, single blanks, of a length that lists show."""
    return textwrap.shorten(plain(subject), LONGEST_SUBJECT, placeholder=" …")


def split_subject(rendered: str) -> tuple[str, str]:
    """Subject and body. Raises ValueError when the first line is no subject."""
    first, _, body = rendered.lstrip().partition("\n")
    word, colon, subject = first.partition(":")
    if word != "Subject" or not colon or not subject.strip():
        raise ValueError("the first line is not a subject")
    return one_line(subject), body


def read_blocks(body: str) -> tuple[Block, ...]:
    """The blocks of a body. Lines of one kind that follow each other are one block."""
    lines = (_line(line) for line in body.split("\n"))
    grouped = groupby(lines, key=lambda line: line[0])
    return tuple(Block(kind, tuple(cells for _, cells in rows)) for kind, rows in grouped if kind)


def _line(line: str) -> tuple[str, tuple[str, ...]]:
    text = line.strip()
    if line.startswith(WRITTEN):
        return "written", (line[1:].rstrip(),)
    if text.startswith("## "):
        return "heading", (text[3:].strip(),)
    if text.startswith("- "):
        return "items", (text[2:].strip(),)
    if text.startswith("| "):
        label, _, value = text[2:].partition(" | ")
        return "facts", (label.strip(), value.strip())
    if text.startswith("=> "):
        label, _, url = text[3:].rpartition(" | ")
        if url.startswith(("https://", "http://")):  # one that a browser could take for a script is only shown
            return "links", (label.strip(), url.strip())
    return ("paragraph", (text,)) if text else ("", ())


def write_text(blocks: tuple[Block, ...]) -> str:
    """The text part."""
    return "\n\n".join("\n".join(_WRITERS[block.kind](block)) for block in blocks) + "\n"


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _paragraphs(block: Block) -> Iterator[str]:
    return (_wrapped(row[0]) for row in block.rows)


def _items(block: Block) -> Iterator[str]:
    return (_wrapped(row[0], "- ", "  ") for row in block.rows)


def _facts(block: Block) -> Iterator[str]:
    return (_wrapped(f"{label}: {value}", rest="    ") for label, value in block.rows)


def _links(block: Block) -> Iterator[str]:
    return (f"{label}:\n{url}" for label, url in block.rows)


def _as_they_are(block: Block) -> Iterator[str]:
    return (row[0] for row in block.rows)


_WRITERS: dict[str, Callable[[Block], Iterator[str]]] = {
    "heading": _as_they_are,
    "paragraph": _paragraphs,
    "items": _items,
    "facts": _facts,
    "links": _links,
    "written": _as_they_are,
}
