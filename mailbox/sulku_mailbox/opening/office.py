"""Office documents that are zips (docx, xlsx, pptx, odt, ods): their text, and the files embedded in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from sulku_mailbox.domain.mail import Why
from sulku_mailbox.domain.office_text import NotReadableError, text_of_xml
from sulku_mailbox.opening.inside import CannotOpenError, Inside, Shut

_TEXTS = re.compile(
    r"content\.xml|word/(?:document|header\d*|footer\d*|footnotes|comments)\.xml|"
    r"xl/(?:sharedStrings|worksheets/sheet\d{1,3})\.xml|ppt/slides/slide\d{1,3}\.xml"
)
_EMBEDDED = re.compile(r"(?:word|xl|ppt)/embeddings/[^/]+")
_PICTURES = re.compile(r"(?:word/media|xl/media|ppt/media|Pictures)/[^/]+")
_MOST_TEXTS = 200
_MOST_EMBEDDED = 50
FEWEST_LETTERS = 20
"""A document that says less beside a picture is a picture."""


def open_office(names: Sequence[str], read: Callable[[str], bytes]) -> Iterator[Inside | Shut]:
    """The document's text as one file, then what is embedded. Raises CannotOpenError when its XML is not readable."""
    try:
        texts = [text_of_xml(read(name)) for name in [n for n in names if _TEXTS.fullmatch(n)][:_MOST_TEXTS]]
    except NotReadableError as error:
        raise CannotOpenError(Why.DAMAGED) from error
    text = "\n\n".join(filter(None, texts))
    if text:
        yield Inside("text", text.encode(), is_text=True)
    for name in [n for n in names if _EMBEDDED.fullmatch(n)][:_MOST_EMBEDDED]:
        yield Inside(name.rpartition("/")[2], read(name))
    if has_few_letters(text) and any(map(_PICTURES.fullmatch, names)):
        raise CannotOpenError(Why.PICTURE)


def has_few_letters(text: str) -> bool:
    """Whether a text says next to nothing."""
    return sum(map(str.isalnum, text)) < FEWEST_LETTERS
