"""Header text: RFC 2047 encoded words, raw 8-bit octets, and what senders write instead of either."""

from __future__ import annotations

import binascii
import re

from sulku_mailbox.domain.charsets import decode_text, is_utf8
from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.limits import LIMITS

_WORD = re.compile(rb"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*(?:\?(?![=bBqQ])[^?]*)?)\?=")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def decode_header(value: bytes, findings: Findings, *, fallback: str = "") -> str:
    """The text of an unfolded field value. Never raises; line breaks that were encoded stay in it (see `one_line`).

    `fallback` is the charset of the text below, in which a sender that writes raw octets most likely writes these too.

    Neighbouring encoded words of one charset are joined before decoding: senders cut inside a character, though
    RFC 2047, 5 forbids it.
    """
    if b"=?" not in value:
        is_useless = is_utf8(value) or fallback.lower().startswith("utf")
        return decode_text(value, "" if is_useless else fallback, findings)
    pieces: list[tuple[str, bytes]] = []
    position = 0
    for count, found in enumerate(_WORD.finditer(value)):
        between = value[position : found.start()]
        if count >= LIMITS.encoded_words:
            findings.add(Defect.ENCODED_WORDS_LIMIT)
            break
        if between and (between.strip() or count == 0):
            pieces.append(("", between))
        charset = found[1].partition(b"*")[0].decode("ascii", "replace").lower()
        word = _decode_word(found[2], found[3])
        if pieces and pieces[-1][0] == charset and found.start() - position == len(between) and not between.strip():
            pieces[-1] = (charset, pieces[-1][1] + word)
        else:
            pieces.append((charset, word))
        position = found.end()
    if position < len(value):
        pieces.append(("", value[position:]))
    return "".join(decode_text(raw, charset, findings) for charset, raw in pieces)


def _decode_word(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"qQ":
        return _HEX.sub(lambda found: bytes([int(found[1], 16)]), text.replace(b"_", b" "))
    letters = _NOT_BASE64.sub(b"", text)
    letters = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
