"""What a key costs before it is loaded: its size, its kind and its rounds of derivation, read from the DER alone.

A PEM of 11 KB (RSA-14336) takes 22 s to load, 20 million rounds of PBKDF2 as long, and an EC key with parameters of its
own may claim any curve. All of them are refused here, by a walk that never recurses.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sulku_revocation.domain import certificate_der as der
from sulku_revocation.domain.certificate_der import UnreadableError, Value
from sulku_revocation.domain.proofs.claim import Refusal

MOST_RSA_BITS = 8_192
# PKCS#8 of RSA-8192 is 4.7 KB; what is larger is no key that we load, encrypted or not.
LARGEST_KEY = 5_200
LARGEST_CONTAINER = 262_144
MOST_ROUNDS = 1_000_000
_MOST_VALUES = 20_000
_DEEPEST = 24
_EC_OID = bytes.fromhex("2a8648ce3d0201")


class RefusedError(Exception):
    """This is no proof, for the reason in `refusal`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


def require_loadable(data: bytes, *, largest: int = LARGEST_KEY) -> None:
    """Nothing, when a key (or a container of keys) may be loaded. Raises RefusedError and UnreadableError."""
    if len(data) > largest:
        raise RefusedError(Refusal.KEY_TOO_LARGE)
    rounds = 0
    for parent in _sequences(data):
        inside = list(_tolerant(parent.contents))
        rounds += _rounds_of(inside)
        if rounds > MOST_ROUNDS:
            raise RefusedError(Refusal.TOO_COSTLY)
        if any(v.tag == der.INTEGER and _bits(v) > MOST_RSA_BITS for v in inside):
            raise RefusedError(Refusal.KEY_TOO_LARGE)
        if _has_own_curve(inside):
            raise RefusedError(Refusal.EXPLICIT_PARAMETERS)


def require_known_curve(spki: bytes) -> None:
    """The same for a public key. Raises RefusedError and UnreadableError."""
    der.only_value(spki, der.SEQUENCE)
    require_loadable(spki)


def _bits(integer: Value) -> int:
    return len(integer.contents.lstrip(b"\0")) * 8


def _rounds_of(inside: list[Value]) -> int:
    """Rounds of a PBKDF2 or PKCS#12 parameter: a salt and behind it a number (RFC 8018, A.2; RFC 7292, 4)."""
    for salt, rounds in pairwise(inside):
        if salt.tag == der.OCTET_STRING and rounds.tag == der.INTEGER and len(rounds.contents) <= 9:
            return int.from_bytes(rounds.contents, "big")
    return 0


def _has_own_curve(inside: list[Value]) -> bool:
    """id-ecPublicKey with a SEQUENCE of parameters in place of a named curve (RFC 5480, 2.1.1), or SEC 1's own."""
    if len(inside) == 2 and inside[0].tag == der.OID and inside[0].contents == _EC_OID:
        return inside[1].tag != der.OID
    if len(inside) > 2 and inside[0].contents == b"\1" and inside[1].tag == der.OCTET_STRING and inside[2].tag == 0xA0:
        return inside[2].contents[:1] != bytes((der.OID,))
    return False


def _sequences(data: bytes) -> Iterator[Value]:
    """Every SEQUENCE in `data`, also those inside OCTET STRINGs, as containers and PKCS#8 have them."""
    waiting = [(der.read_value(data)[0], 0)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if seen > _MOST_VALUES or depth > _DEEPEST:
            raise RefusedError(Refusal.TOO_COSTLY)
        if value.tag == der.SEQUENCE:
            yield value
        if value.tag & 0x20 or (value.tag == der.OCTET_STRING and value.contents[:1] == b"\x30"):
            waiting.extend((inner, depth + 1) for inner in _tolerant(value.contents))


def _tolerant(contents: bytes) -> Iterator[Value]:
    """The values up to the first that is none: the octets of a string may only look like DER."""
    try:
        yield from der.values(contents)
    except UnreadableError:
        return
