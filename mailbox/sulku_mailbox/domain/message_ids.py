"""Message identifiers (RFC 5322, 3.6.4). They are kept with their angle brackets, as header fields write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sulku_mailbox.domain.limits import LIMITS

_IDENTIFIER = re.compile(r"<[^<>\s]{1,900}>")
_BARE = re.compile(r"[^<>\s,;]{1,400}@[^<>\s,;@]{1,400}")


def read_message_ids(values: Iterable[bytes]) -> tuple[str, ...]:
    """Every `<id>` in these fields, each once, in order; a field that forgot the brackets is understood too."""
    found: dict[str, None] = {}
    for value in values:
        text = value[: LIMITS.field_chars].decode("ascii", "replace")
        identifiers = _IDENTIFIER.findall(text)
        if not identifiers and (bare := _BARE.fullmatch(text.strip())):
            identifiers = [f"<{bare[0]}>"]
        found.update(dict.fromkeys(identifiers))
        if len(found) > 4 * LIMITS.references:
            break
    return tuple(found)[-LIMITS.references :]
