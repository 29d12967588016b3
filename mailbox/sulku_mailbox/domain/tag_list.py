"""Tag lists: `v=DKIM1; k=rsa; p=…` (RFC 6376, 3.2), as DKIM, ARC and DMARC write them."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")
_BLANK = re.compile(r"[ \t\r\n]+")
_MOST_TAGS = 50


class TagListError(ValueError):
    """Not a tag list. Nothing of it is used, as its clause demands (RFC 6376, 3.2)."""


def read_tags(text: str) -> dict[str, str]:
    """The tags in their order. A tag that stands twice spoils the whole list, so that nobody reads the other one."""
    tags: dict[str, str] = {}
    for piece in text.split(";", _MOST_TAGS + 1):
        if not piece.strip(" \t\r\n"):
            continue
        name, equals, value = piece.partition("=")
        name = name.strip(" \t\r\n")
        if not equals or not _NAME.fullmatch(name) or name in tags or len(tags) >= _MOST_TAGS:
            raise TagListError("not a tag list")
        tags[name] = value.strip(" \t\r\n")
    return tags


def without_blanks(value: str) -> str:
    """A value in which folding white space means nothing: base64, lists of names."""
    return _BLANK.sub("", value)
