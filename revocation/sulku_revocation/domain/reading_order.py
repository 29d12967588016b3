"""Which waiting mail is read first: a hint from a glance at it. It orders, it never decides.

A mail that only seems urgent costs nothing; one that does not seem so is read in its turn.
"""

from __future__ import annotations

import re
from base64 import b64encode

from sulku_mailbox.domain.glance import glance
from sulku_revocation.domain.proofs.signs import shows_key_in_hex
from sulku_revocation.domain.wording import may_say_compromise
from sulku_revocation.domain.words import bits_of_text

# Priorities of readings: the lowest goes first. What nobody has glanced at to the end, since its worker died, may be as
# urgent as any: it goes before what does not seem so. A large mail takes as long as hundreds of others: unless it seems
# urgent it goes behind them, or a few hundred of 5 MB would keep on-call from hearing of anything for minutes.
FIRST = 1
NOT_GLANCED_AT = 2
IN_TURN = 5
LARGE_IN_TURN = 6

# The end of "-----BEGIN … PRIVATE KEY-----" and the name of a request that proves a compromise: as they are and inside
# base64, where they may begin at any of three letters.
_LINES = (b"PRIVATE KEY-----", b"Proof of Key Comp")
_IN_BASE64 = tuple(b64encode(b"\0" * shift + line)[shift + 1 : -4] for line in _LINES for shift in range(3))
_TOLD_BY_LINES = (*_LINES, *_IN_BASE64, b"PuTTY-User-Key-File-", b"Private-Key:", b"<RSAKeyValue>")
_KEY_FILE = re.compile(rb"\.(?:pfx|p12|jks|jceks|ppk)\b")
# The beginning of a bare key in base64: DER whose first value is its version, 0 or 1 (RFC 5958, RFC 8017, RFC 5915).
_BARE_KEY = re.compile(rb"M(?<![A-Za-z0-9+/]M)(?:II..[AQgw]IBA|I[GH].AgE[AB]|[A-H].CAQ)")
_FILE = re.compile(rb"name\*?[0-9*]*=[^\r\n]{0,200}\.(?:pdf|zip|7z|docx|odt|eml)\b", re.IGNORECASE)


def seems_urgent(beginning: bytes) -> bool:
    """Whether a mail's first octets show words of a compromise, in any of our languages, a key, or a proof of one.

    A mail without a word of its own, but with a file that may say anything (our own form, say), counts as urgent too.
    """
    joined = beginning.translate(None, b"\r\n")
    if any(map(joined.__contains__, _TOLD_BY_LINES)) or _KEY_FILE.search(joined):
        return True
    if _BARE_KEY.search(beginning) or shows_key_in_hex(beginning):
        return True
    seen = glance(beginning)
    if b"name" in beginning.lower() and _FILE.search(beginning) and not any(map(str.isalpha, seen.partition("\n")[2])):
        return True
    return may_say_compromise(bits_of_text(seen))
