"""Our own signed tokens: how a reply finds its ticket, whatever its subject says.

A token of 25 octets stands in the reply address (`vptuotanto+<token>@vrk.fi`) and in the Message-ID of a mail of ours:

    ticket id (4) · tag of the recipient (5) · HMAC-SHA-256 over purpose, key id, ticket, recipient, effect, cut to 16

The 128 bits of the HMAC make it unforgeable; the tag, an HMAC too, tells whether the one who writes is the one we wrote
to. In lower-case base32 these are exactly 40 characters, so that every changed character changes an octet, and the
local part stays within 64 octets (RFC 5321, 4.5.3.1.1). Upper and lower case are the same, as mail systems fold them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sulku_kernel.errors import ConfigurationError
from sulku_mailbox.domain.mail import Envelope, Mail

TICKET_OCTETS = 4
TAG_OCTETS = 5
MAC_OCTETS = 16
TOKEN_CHARS = 40
LONGEST_LOCAL_PART = 64
SHORTEST_KEY = 16
# More tokens than this are in no mail of a person; each costs a few HMACs.
MOST_TOKENS = 300

_REPLY = b"reply address"
_MESSAGE_ID = b"message id"
_IN_ADDRESS = re.compile(r"[^@]+\+([a-z2-7]{40})@[^@]+", re.IGNORECASE | re.ASCII)
_IN_MESSAGE_ID = re.compile(r"<([a-z2-7]{40})\.([a-z2-7]{16})@[^<>@\s]+>", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class JoinCandidate:
    """A ticket that a mail may belong to, by a token of ours. `sender_fits`: its sender is whom the token was for."""

    ticket_id: int
    sender_fits: bool


class ReplyTokens:
    """Makes and reads tokens. `keys` by id; `current` names the one that signs, the others are only read.

    `address` is the desk's own; raises ConfigurationError when no token fits into its local part or a key is unusable.
    """

    def __init__(self, keys: Mapping[str, bytes], current: str, address: str) -> None:
        local, at, domain = address.rpartition("@")
        longest = LONGEST_LOCAL_PART - TOKEN_CHARS - 1
        if not (local and at and domain) or len(local.encode()) > longest:
            raise ConfigurationError(
                f"'{address}' cannot carry a reply token",
                next_step=f"Put an address first in desk.addresses with at most {longest} octets before the @.",
            )
        if current not in keys or any(len(key) < SHORTEST_KEY for key in keys.values()):
            raise ConfigurationError(
                "the keys that sign reply addresses are missing or too short",
                next_step=f"Give each at least {SHORTEST_KEY} random octets, and name one of them as the current one.",
            )
        self._keys = dict(keys)
        self._current = current
        self._local, self._domain = local.lower(), domain.lower()

    def reply_address(self, ticket_id: int, recipient: str) -> str:
        """The address that answers to a mail to `recipient` about this ticket come back to."""
        return f"{self._local}+{self._token(_REPLY, ticket_id, recipient)}@{self._domain}"

    def message_id(self, ticket_id: int | None, recipient: str, effect_key: str) -> str:
        """The Message-ID of the mail that an effect causes: the same effect, the same one, however often it is sent.

        Without a ticket it is only unique, and joins nothing.
        """
        effect = _effect_digest(effect_key)
        if ticket_id is None:
            return f"<{_text(effect)}.{_text(_effect_digest(recipient.lower()))}@{self._domain}>"
        return f"<{self._token(_MESSAGE_ID, ticket_id, recipient, effect)}.{_text(effect)}@{self._domain}>"

    def candidates(self, mail: Mail, envelope: Envelope) -> tuple[JoinCandidate, ...]:
        """The tickets whose tokens this mail carries, the surest place first: envelope, To, In-Reply-To, References.

        What is forged, cut, altered or signed with another key is nothing.
        """
        found: dict[int, bool] = {}
        for purpose, token, effect in _tokens_in(mail, envelope):
            read = self._read(purpose, token, effect)
            if read is None:
                continue
            ticket_id, key_id, tag = read
            sender = mail.header_from
            fits = sender is not None and hmac.compare_digest(tag, self._tag(key_id, ticket_id, sender))
            found[ticket_id] = found.get(ticket_id, False) or fits
        return tuple(JoinCandidate(ticket_id, fits) for ticket_id, fits in found.items())

    def _token(self, purpose: bytes, ticket_id: int, recipient: str, effect: bytes = b"") -> str:
        head = ticket_id.to_bytes(TICKET_OCTETS, "big") + self._tag(self._current, ticket_id, recipient)
        return _text(head + self._mac(purpose, self._current, head, effect))

    def _read(self, purpose: bytes, token: str, effect: bytes) -> tuple[int, str, bytes] | None:
        octets = base64.b32decode(token.upper())
        head, mac = octets[:-MAC_OCTETS], octets[-MAC_OCTETS:]
        for key_id in self._keys:
            if hmac.compare_digest(mac, self._mac(purpose, key_id, head, effect)):
                return int.from_bytes(head[:TICKET_OCTETS], "big"), key_id, head[TICKET_OCTETS:]
        return None

    def _tag(self, key_id: str, ticket_id: int, recipient: str) -> bytes:
        return self._hmac(key_id, b"recipient", str(ticket_id).encode(), recipient.lower().encode())[:TAG_OCTETS]

    def _mac(self, purpose: bytes, key_id: str, head: bytes, effect: bytes) -> bytes:
        return self._hmac(key_id, purpose, head, effect)[:MAC_OCTETS]

    def _hmac(self, key_id: str, *parts: bytes) -> bytes:
        # Each part with its length, so that no two lists of parts read the same.
        said = b"".join(len(part).to_bytes(4, "big") + part for part in (key_id.encode(), *parts))
        return hmac.digest(self._keys[key_id], said, "sha256")


def _tokens_in(mail: Mail, envelope: Envelope) -> Iterator[tuple[bytes, str, bytes]]:
    left = MOST_TOKENS
    for address in (*envelope.rcpt_to, *mail.header_to):
        if left and "+" in address and (found := _IN_ADDRESS.fullmatch(address.strip())):
            left -= 1
            yield _REPLY, found[1], b""
    bounced = mail.bounce.original_message_id if mail.bounce is not None else None
    for message_id in (*mail.in_reply_to, *reversed(mail.references), bounced or ""):
        if left and (found := _IN_MESSAGE_ID.fullmatch(message_id.strip())):
            left -= 1
            yield _MESSAGE_ID, found[1], base64.b32decode(found[2].upper())


def _effect_digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()[:10]


def _text(octets: bytes) -> str:
    return base64.b32encode(octets).decode("ascii").lower()
