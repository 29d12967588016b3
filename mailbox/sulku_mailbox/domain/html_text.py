"""HTML to the text that a person would see, with table cells in their order and quotations marked.

Parsed by Lexbor (selectolax), which reads what browsers read in linear time; walked without recursion.
"""

from __future__ import annotations

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sulku_mailbox.domain.characters import lowered_octets
from sulku_mailbox.domain.html_shape import is_linear, text_without_tree
from sulku_mailbox.domain.limits import LIMITS

_UNSEEN_TAGS = "head script style template noscript title meta link object svg math select datalist iframe"
_BLOCKS_TAGS = (
    "address article aside blockquote body center dd details div dl dt fieldset figure footer form h1 "
    "h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody tfoot thead tr ul "
    "caption"
)
_PARAGRAPHS_TAGS = "p h1 h2 h3 h4 h5 h6 table blockquote ul ol pre"
_UNSEEN = frozenset(_UNSEEN_TAGS.split())
_MOSTLY_UNSEEN = ["head", "style", "script"]
# What most mail programs write. A tag ends at the first `>` or later, so that nothing that is seen is taken for one.
_ORDINARY_TAG = re.compile(
    r"<(?:/?(?:p|div|span|br|a|b|i|u|em|strong|font|table|tbody|tr|td|th|ul|ol|li|h[1-6]|hr|img|pre|blockquote|html|head|body"
    r"|meta)(?=[\s/>])[^<>]*+>|style(?=[\s>])[^<>]*+>[^<]*+</style>)",
    re.IGNORECASE | re.ASCII,
)
_BLOCKS = frozenset(_BLOCKS_TAGS.split())
_PARAGRAPHS = frozenset(_PARAGRAPHS_TAGS.split())
_HIDEABLE = frozenset({"p", "div", "span", "td", "tr", "table", "font"})
# What is struck out stays to be read, between these marks.
STRUCK = "~~"
_STRIKING = frozenset({"s", "strike", "del"})
_STRUCK_STYLE = "line-through"
_STRIKING_TAG = re.compile(rb"<(?:s[ >]|strike|del)")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE)
# Gmail, Proton Mail, Thunderbird's own style; others draw the bar at the left in the element itself
_QUOTING_CLASSES = ("gmail_quote", "protonmail_quote", "moz-quote", "zmail_extra")
_QUOTING_STYLE = re.compile(r"border-left(?!\s*:\s*(?:none|0))", re.IGNORECASE)
_OUTLOOKS_RULE = "_" * 32
_BLANKS = re.compile(r"[ \t\r\n\f]+")


def html_to_text(html: str) -> str:
    """The visible text. Lines of quoted mail begin with `> `, cells of one row are parted by a tab. Never raises.

    Words that are struck out stand between `~~` and `~~`.
    """
    html = html[: LIMITS.html_bytes].replace("\0", "")
    root = LexborHTMLParser(html).root if is_linear(html) else None
    if root is None:
        return text_without_tree(html)
    page = _Page(may_strike=may_strike_out(html))
    _walk(root, page)
    return page.text()


def may_strike_out(html: str) -> bool:
    """Whether anything in it may be struck out."""
    markup = lowered_octets(html)
    return _STRUCK_STYLE.encode() in markup or _STRIKING_TAG.search(markup) is not None


def html_to_words(html: str) -> str:
    """The text with some of what is hidden in it, and no blanks between its pieces.

    Cheaper, and never less than is seen.
    """
    html = html[: LIMITS.html_bytes].replace("\0", "")
    words = _ORDINARY_TAG.sub("", html)
    if "<" not in words:
        return unescape(words)
    if not is_linear(html):
        return text_without_tree(html)
    page = LexborHTMLParser(html)
    page.strip_tags(_MOSTLY_UNSEEN)
    return "" if page.root is None else page.root.text(deep=True, separator="", strip=False)


def _walk(root: LexborNode, page: _Page) -> None:
    """Depth first, each node entered and left once."""
    node: LexborNode | None = root
    while node is not None:
        child = node.child if page.enter(node) else None
        if child is not None:
            node = child
            continue
        while node is not None:
            page.leave(node)
            if node.mem_id == root.mem_id:
                return
            following = node.next
            if following is not None:
                node = following
                break
            node = node.parent


class _Page:
    """The text so far. A block asks for a line break, made only when more text comes: so cells stay in their row."""

    def __init__(self, *, may_strike: bool = False) -> None:
        self._may_strike = may_strike
        self._struck = 0  # how many open elements strike out what is in them
        self._lines: list[str] = []
        self._open: list[str] = []  # pieces of the line that is being written
        self._has_text = False  # whether they hold more than blanks
        self._line_quotes = 0  # how deep in quotations it began
        self._wanted = 0  # line breaks before the next text: 1, or 2 for an empty line
        self._is_fresh_cell = False  # a cell has begun and has no text yet
        self._quotes = 0
        self._pre = 0
        self._size = 0

    def enter(self, node: LexborNode) -> bool:
        """Takes a node in; False when what is inside it is not seen."""
        if node.is_text_node:
            text = node.text_content or ""
            self._add(_strike(text) if self._struck else text)
            return False
        tag = node.tag or ""
        if tag in _UNSEEN or not node.is_element_node:
            return tag not in _UNSEEN and node.is_document_node
        if tag in _HIDEABLE and _is_hidden(node):
            return False
        self._struck += self._may_strike and _strikes(node, tag)
        if tag == "br":
            self._break()
        elif tag in {"td", "th"}:
            self._cell()
        elif tag in _BLOCKS:
            self._enter_block(node, tag)
        return self._size < LIMITS.text_chars

    def leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if self._struck and _strikes(node, tag) and not (tag in _HIDEABLE and _is_hidden(node)):
            self._struck -= 1
        if tag in _BLOCKS and node.is_element_node and not (tag in _HIDEABLE and _is_hidden(node)):
            self._want(tag)
            if tag == "tr":
                self._wanted = 1  # whatever the last cell ended with
            self._pre -= tag == "pre" and self._pre > 0
            self._quotes -= _is_quotation(node) and self._quotes > 0

    def text(self) -> str:
        self._flush()
        if self._has_text:
            self._end_line()
        text = "\n".join(self._lines).strip("\n")
        return text.replace(STRUCK * 2, "") if self._may_strike else text

    def _enter_block(self, node: LexborNode, tag: str) -> None:
        self._want(tag)
        if tag == "div" and node.attributes.get("id") == "divRplyFwdMsg":
            self._add(_OUTLOOKS_RULE)  # as Outlook writes it into plain text, above the header it quotes
            self._want(tag)
        self._pre += tag == "pre"
        self._quotes += _is_quotation(node)
        if tag in {"table", "tr", "li"}:
            self._flush()
        if tag == "li":
            self._write("- ")

    def _cell(self) -> None:
        """A new cell: neither the end of what is in the last one nor the start of what is in this one ends the row."""
        if self._has_text:
            self._wanted = 0
            self._open.append("\t")
        self._is_fresh_cell = True

    def _add(self, text: str) -> None:
        self._size += len(text)
        if self._pre:
            self._flush()
            *whole, rest = text.replace("\r\n", "\n").split("\n")
            for line in whole:
                self._write(line)
                self._end_line()
            text = rest
        else:
            text = _BLANKS.sub(" ", text)
            if not self._has_text or self._wanted:
                text = text.lstrip(" ")
        if text.strip():
            self._flush()
            self._is_fresh_cell = False
        if text and not self._wanted:
            self._write(text)

    def _write(self, text: str) -> None:
        if not self._open:
            self._line_quotes = self._quotes
        self._open.append(text)
        self._has_text = self._has_text or bool(text.strip())

    def _want(self, tag: str) -> None:
        if self._is_fresh_cell and tag in {"p", "div"}:
            return
        self._is_fresh_cell = False
        self._wanted = max(self._wanted, 2 if tag in _PARAGRAPHS else 1)

    def _break(self) -> None:
        self._flush()
        if not self._open:
            self._line_quotes = self._quotes
        self._end_line()

    def _flush(self) -> None:
        """Makes the line breaks that were asked for."""
        if not self._wanted:
            return
        if self._has_text:
            self._end_line()
        self._open.clear()
        if self._wanted > 1 and self._lines and self._lines[-1].strip("> "):
            self._lines.append(_marks(min(self._line_quotes, self._quotes)))
        self._wanted = 0

    def _end_line(self) -> None:
        self._lines.append(_marks(self._line_quotes) + "".join(self._open).rstrip())
        self._open.clear()
        self._has_text = False


def _marks(quotes: int) -> str:
    return "> " * min(quotes, LIMITS.quotation_depth)


def _strikes(node: LexborNode, tag: str) -> bool:
    if tag in _STRIKING or not node.is_element_node:
        return node.is_element_node
    return _STRUCK_STYLE in (node.attributes.get("style") or "").lower()


def _strike(text: str) -> str:
    bare = text.strip()
    return text.replace(bare, f"{STRUCK}{bare}{STRUCK}") if bare else text


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    style = attributes.get("style")
    return "hidden" in attributes or bool(style and _HIDDEN.search(style[:2000]))


def _is_quotation(node: LexborNode) -> bool:
    """The element in which a mail program puts what it quotes; a bare blockquote is also how people indent."""
    if node.tag == "blockquote":
        attributes = node.attributes
        if (attributes.get("type") or "").lower() == "cite" or _QUOTING_STYLE.search(attributes.get("style") or ""):
            return True
        return any(name in (attributes.get("class") or "") for name in _QUOTING_CLASSES)
    return node.tag == "div" and "yahoo_quoted" in (node.attributes.get("class") or "")
