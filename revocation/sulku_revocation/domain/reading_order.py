"""Which waiting mail is read first: a hint from a glance at it. It orders, it never decides.

A mail that only seems urgent costs nothing; one that does not seem so is read in its turn.
"""

from __future__ import annotations

import re
from base64 import b64encode

from sulku_mailbox.domain.glance import glance
from sulku_revocation.domain.wording import may_say_compromise
from sulku_revocation.domain.words import read_words

# Priorities of readings: the lowest goes first.
FIRST = 1
IN_TURN = 5

# The end of "-----BEGIN … PRIVATE KEY-----", as it is and inside base64, where it may begin at any of three letters.
_KEY_LINE = b"PRIVATE KEY-----"
_IN_BASE64 = tuple(b64encode(b"\0" * shift + _KEY_LINE)[shift + 1 : -4] for shift in range(3))
_PRIVATE_KEY = re.compile(b"|".join(map(re.escape, (_KEY_LINE, *_IN_BASE64))) + rb"|\.(?:pfx|p12|jks)\b")


def seems_urgent(beginning: bytes) -> bool:
    """Whether the words of a compromise, in any of our languages, or a private key stand in a mail's first octets."""
    if _PRIVATE_KEY.search(beginning.translate(None, b"\r\n")):
        return True
    return may_say_compromise(read_words(glance(beginning)))
