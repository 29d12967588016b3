"""RSA keys as .NET writes them (`RSA.ToXmlString`): RSAKeyValue (RFC 3275, 4.4.2.2) with its secrets."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from itertools import islice

from sulku_revocation.domain.proofs.bounds import RefusedError
from sulku_revocation.domain.proofs.claim import Refusal
from sulku_revocation.domain.proofs.key_numbers import rsa_key
from sulku_revocation.domain.proofs.private_keys import PrivateKey, load_key

SIGN = "<RSAKeyValue>"
_PART = re.compile(r"<(Modulus|Exponent|[DPQ])>([A-Za-z0-9+/=\s>|]{1,3000})</")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_LONGEST = 12_000
_MOST_KEYS = 20

XmlKey = Mapping[str, str]


def xml_keys_in(text: str) -> Iterator[XmlKey]:
    """The parts of each private key in a text, by the names of their elements. None of them is loaded."""
    for piece in islice(text.split(SIGN, _MOST_KEYS), 1, None):
        parts = {part[1]: part[2] for part in _PART.finditer(piece.partition("</RSAKeyValue>")[0][:_LONGEST])}
        if parts.keys() & {"D", "P"}:
            yield parts


def load_xml(parts: XmlKey, challenge: bytes) -> PrivateKey:
    """The private key. Raises RefusedError and UnreadableError; what does not fit together is INVALID_KEY."""
    try:
        n, e, d = (_number(parts[name]) for name in ("Modulus", "Exponent", "D"))
        primes = (_number(parts["P"]), _number(parts["Q"])) if "P" in parts and "Q" in parts else None
        return load_key(rsa_key(n, e, d, primes), (), challenge)
    except KeyError:
        raise RefusedError(Refusal.UNSUPPORTED) from None
    except ValueError:  # binascii.Error is one
        raise RefusedError(Refusal.INVALID_KEY) from None


def _number(octets: str) -> int:
    return int.from_bytes(base64.b64decode(_NOT_BASE64.sub("", octets)), "big")
