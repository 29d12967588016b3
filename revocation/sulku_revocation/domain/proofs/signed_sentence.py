"""Our own sentence, signed with the key: what a reply of the desk asks for when nobody can send anything better.

    This key is compromised. sulku-S26-000012-6a0c…

The nonce (40 hex digits) is the time and an HMAC over the ticket's number and that time, so that none has to be stored
to be known again. It counts for its ticket only, once, and for 24 hours. Who signs the nonce without the sentence has
shown that they hold the key, not that it leaked.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.cms_signature import UnsupportedSignatureError, is_intact
from sulku_revocation.domain.cms_signed_data import read_signed_data
from sulku_revocation.domain.proofs.bounds import RefusedError
from sulku_revocation.domain.proofs.claim import Refusal
from sulku_revocation.domain.proofs.shapes import Shape, shape_of
from sulku_revocation.domain.proofs.signature import is_signed_by, load_public_key

STATEMENT = "This key is compromised. "
VALID_FOR = timedelta(hours=24)
_NONCE = re.compile(r"sulku-(S[0-9]{2}-([0-9]{6,18}))-([0-9a-f]{8})([0-9a-f]{32})(?![0-9a-f])")
_LINE_ENDS = (b"", b"\n", b"\r\n")
_MOST = 5


@dataclass(frozen=True, slots=True)
class Nonces:
    """Makes the sentence of a ticket and knows it again. `key`: 32 secret octets."""

    key: bytes

    def sentence(self, number: str, at: datetime) -> str:
        """What is to be signed for the ticket of that number."""
        moment = f"{int(at.timestamp()):08x}"
        return f"{STATEMENT}sulku-{number}-{moment}{self._code(number, moment)}"

    def refusal(self, sentence: str, tickets: frozenset[int], now: datetime) -> Refusal | None:
        """Why the sentence does not count; None when it does. `tickets`: ids of those that the mail belongs to."""
        found = _NONCE.search(sentence)
        if found is None:
            return Refusal.NONCE_UNKNOWN
        number, ticket_id, moment, code = found.groups()
        if not hmac.compare_digest(code, self._code(number, moment)):
            return Refusal.NONCE_UNKNOWN
        if int(ticket_id) not in tickets:
            return Refusal.OTHER_TICKET
        at = datetime.fromtimestamp(int(moment, 16), UTC)
        return None if at <= now < at + VALID_FOR else Refusal.NONCE_EXPIRED

    def _code(self, number: str, moment: str) -> str:
        return hmac.new(self.key, f"sulku nonce v1|{number}|{moment}".encode(), hashlib.sha256).hexdigest()[:32]


def sentences_in(text: str) -> Iterator[str]:
    """Each sentence of ours, and each bare nonce, that stands in a text; blanks and broken lines are mended."""
    if "sulku-" not in text:
        return
    flat = " ".join(text.replace(">", " ").split())
    for at, found in enumerate(_NONCE.finditer(flat)):
        if at >= _MOST:
            return
        begin = found.start() - len(STATEMENT)
        is_whole = begin >= 0 and flat[begin : found.start()] == STATEMENT
        yield (STATEMENT if is_whole else "") + found[0]


def verify_sentence(sentence: bytes, signature: bytes, spki: bytes) -> bytes:
    """The key, when it signed the sentence. Raises RefusedError and UnreadableError."""
    key = load_public_key(spki)
    is_signed = _in_cms if shape_of(signature) is Shape.CONTENT_INFO else is_signed_by
    if not any(is_signed(key, sentence + end, signature) for end in _LINE_ENDS):
        nonce = sentence.removeprefix(STATEMENT.encode())
        if any(is_signed(key, nonce + end, signature) for end in _LINE_ENDS):
            raise RefusedError(Refusal.CONTROL_ONLY)
        raise RefusedError(Refusal.BAD_SIGNATURE)
    if not sentence.startswith(STATEMENT.encode()):
        raise RefusedError(Refusal.CONTROL_ONLY)
    return spki


def _in_cms(key: PublicKeyTypes, message: bytes, cms: bytes) -> bool:
    """The same in CMS (RFC 5652), with the message inside or beside it, as `openssl cms -sign` writes it."""
    try:
        data = read_signed_data(cms)
        fits = data.content is None or data.content == message
        return fits and any(is_intact(data, signer, key, message) for signer in data.signers)
    except (UnreadableError, UnsupportedSignatureError):
        return False


def nonce_of(sentence: str) -> str:
    """The nonce in a sentence, under which its use is noted; empty when there is none."""
    found = _NONCE.search(sentence)
    return found[0] if found else ""
