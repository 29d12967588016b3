"""Whether an HTML text can be parsed in linear time, seen before it is parsed.

The tree that the HTML standard prescribes costs the square of the nesting and of the attributes in one tag, and
formatting elements left open are repeated in every paragraph: 200,000 open `<div>` took Lexbor 104 seconds, and 60 KB
of `<p><b a=1><b a=2>…<p>…` 1.8 GB. What is built like that was not written by a mail program; its text is then taken
out without a tree.
"""

from __future__ import annotations

import html
import re
from collections import Counter

_FEW_TAGS = 300  # what has fewer and is not long costs nothing worth counting
_SHORT = 65_536
_NESTING = 1_000
_ATTRIBUTES = 500
_REPEATED_PER_TAG = 8
_REPEATED = 300_000

_ATTRIBUTE = r"[\s/]*+(?:=?[^\s/>=]++|=)(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>\"'][^\s>]*+)?)?"
_ATTRIBUTES_OF_TAG = re.compile(_ATTRIBUTE)
_TAG = re.compile(rf"<!--(?:-?>|.*?(?:--!?>|\Z))|<(/?)([a-zA-Z][^\s/>]*+)((?:{_ATTRIBUTE})*+)[\s/]*+>?", re.DOTALL)
_RAW_TEXT = frozenset({"script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"})
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
# closed by the next of their kind or by their parent: they nest only inside others, which are counted
_CLOSED_BY_OTHERS = frozenset({"p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dd", "dt", "option"})
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)

_SCRIPT = re.compile(r"<(script|style)\b.*?(?:</\1[^<>]*>?|\Z)", re.DOTALL | re.IGNORECASE)
_LINE_TAG = re.compile(r"</?(?:p|div|br|tr|table|li|h[1-6]|blockquote|pre)\b[^<>]*>", re.IGNORECASE)
_CELL_TAG = re.compile(r"<t[dh]\b[^<>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>?")


def is_linear(text: str) -> bool:
    """Whether building the tree of `text` costs about its length. One pass over the tags."""
    if len(text) <= _SHORT and text.count("<") <= _FEW_TAGS:
        return True
    shape = _Shape()
    position = 0
    while found := _TAG.search(text, position):
        position = max(found.end(), found.start() + 1)
        name = (found[2] or "").lower()
        attributes = found[3] or ""
        if len(attributes) > _ATTRIBUTES and len(_ATTRIBUTES_OF_TAG.findall(attributes)) > _ATTRIBUTES:
            return False
        step = shape.add(name, is_closing=bool(found[1]))
        if shape.depth > _NESTING:
            return False
        if step == 1 and name in _RAW_TEXT:
            position = _end_of_raw_text(text, name, position)
    return shape.repeated <= min(_REPEATED_PER_TAG * shape.tags, _REPEATED)


class _Shape:
    """What the tags so far would make of a tree; upper bounds."""

    def __init__(self) -> None:
        self.tags = 0
        self.depth = 0
        self.repeated = 0  # formatting elements that are made again because a block ended inside them
        self._formatting = 0
        self._open: Counter[str] = Counter()

    def add(self, name: str, *, is_closing: bool) -> int:
        """One tag. Gives the step in depth: 1, 0 or -1."""
        self.tags += 1
        if not name or name in _VOID:
            return 0
        if name not in _FORMATTING:
            self.repeated += self._formatting
        if name in _CLOSED_BY_OTHERS or (is_closing and not self._open[name]):
            return 0
        step = -1 if is_closing else 1
        self._open[name] += step
        self.depth += step
        self._formatting += step if name in _FORMATTING else 0
        return step


def _end_of_raw_text(text: str, name: str, position: int) -> int:
    end = re.compile(f"</{name}", re.IGNORECASE).search(text, position)
    return end.start() if end else len(text)


def text_without_tree(text: str) -> str:
    """The text with its tags taken out, lines and cells kept apart. Hidden text is seen too: nothing is lost."""
    text = _SCRIPT.sub(" ", text)
    text = _CELL_TAG.sub("\t", _LINE_TAG.sub("\n", text))
    return html.unescape(_ANY_TAG.sub("", text))
