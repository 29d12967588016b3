"""PEM that stands in base64 once more, as in the secrets of Kubernetes and in the settings of build servers.

`tls.key: LS0tLS1CRUdJTi…` is a private key like any other, and shows as little of it to whoever looks for «BEGIN».
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

# `-----BEGIN` in base64.
SIGN = "LS0tLS1CRUdJTi"
# The rest of it, over several lines while they are long: a word below is none of it.
_ROW = r"[ \t]*\r?\n[ \t>|]*"
_WRAPPED = re.compile(rf"{SIGN}[A-Za-z0-9+/]*(?:{_ROW}[A-Za-z0-9+/]{{40,}})*(?:{_ROW}[A-Za-z0-9+/]+={{1,2}})?={{0,2}}")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


def unwrap(text: str) -> str:
    """The text with such PEM as it is. Total."""
    return _replace(text, lambda pem, _: pem)


def without_wrapped_keys(text: str, instead: str) -> str:
    """The text with `instead` where a private key stood in this way; all else as it was. Total."""
    return _replace(text, lambda pem, as_it_was: instead if "PRIVATE KEY" in pem else as_it_was)


def _replace(text: str, choose: Callable[[str, str], str]) -> str:
    if SIGN not in text:
        return text
    return _WRAPPED.sub(lambda found: choose(_decode(found[0]), found[0]), text)


def _decode(wrapped: str) -> str:
    bare = _NOT_BASE64.sub("", wrapped)
    try:
        return base64.b64decode(bare[: len(bare) // 4 * 4] or "====").decode("latin-1")
    except binascii.Error:
        return ""
