"""Private keys as `openssl rsa|ec|pkey -text` prints them: a label, and below it the octets with colons.

Rows may be quoted, joined or pulled apart; each label is looked for by itself. What is printed is loaded as any other
key, so the public half above a secret of somebody else is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519

from sulku_revocation.domain.proofs.bounds import MOST_RSA_BITS, RefusedError
from sulku_revocation.domain.proofs.claim import Refusal
from sulku_revocation.domain.proofs.key_numbers import EdwardsKey, edwards_key, elliptic_key, rsa_key
from sulku_revocation.domain.proofs.private_keys import PrivateKey, load_key, require_signing

# In every such text stands one of these.
SIGNS = ("privateExponent:", "priv:")
_LABEL = re.compile(r"(?<![A-Za-z])(modulus|publicExponent|privateExponent|prime[12]|priv|pub|ASN1 OID)[ \t]{0,3}:")
_BEGINS = frozenset({"modulus", "priv"})
_DECIMAL = re.compile(r"[ \t]*([0-9]{1,20})[ \t]*\(0x")
_OCTETS = re.compile(r"(?:[\s:>|]{0,60}+[0-9A-Fa-f]{2}(?![G-Zg-z]))*+")
_CURVE = re.compile(r"[ \t]*([A-Za-z0-9-]{4,30})")
_NOT_HEX = re.compile(r"[^0-9A-Fa-f]+")
_MOST_LABELS = 400  # of some fifty keys
# Names of curves in OpenSSL; without one the size of the point tells which of the common ones it is.
_CURVES: Mapping[str, ec.EllipticCurve] = {
    "prime256v1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
    "secp224r1": ec.SECP224R1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
    "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
}
_BY_SIZE = {65: "prime256v1", 97: "secp384r1", 133: "secp521r1"}
_EDWARDS: Mapping[int, type[EdwardsKey]] = {32: ed25519.Ed25519PrivateKey, 57: ed448.Ed448PrivateKey}

Printed = Mapping[str, bytes]


def printed_keys_in(text: str) -> Iterator[Printed]:
    """The parts of each private key that is printed in a text, by their labels. None of them is loaded."""
    if not any(map(text.__contains__, SIGNS)):
        return
    parts: dict[str, bytes] = {}
    for label in islice(_LABEL.finditer(text), _MOST_LABELS):
        if label[1] in _BEGINS and parts:
            if is_private(parts):
                yield parts
            parts = {}
        parts.setdefault(label[1], _value(label[1], text, label.end()))
    if is_private(parts):
        yield parts


def is_private(parts: Printed) -> bool:
    """Whether it is more than the word: there are octets behind it."""
    return bool(parts.get("privateExponent") or parts.get("priv"))


def load_printed(parts: Printed, challenge: bytes) -> PrivateKey:
    """The private key. Raises RefusedError and UnreadableError; what does not fit together is INVALID_KEY."""
    if any(len(octets) * 8 > MOST_RSA_BITS + 8 for octets in parts.values()):
        raise RefusedError(Refusal.KEY_TOO_LARGE)
    try:
        if "priv" not in parts:
            return load_key(_rsa(parts), (), challenge)
        is_edwards = len(parts["priv"]) == len(parts.get("pub", b"")) and "ASN1 OID" not in parts
        return require_signing(_edwards(parts) if is_edwards else _elliptic(parts), challenge)
    except (KeyError, UnsupportedAlgorithm):
        raise RefusedError(Refusal.UNSUPPORTED) from None
    except ValueError:
        raise RefusedError(Refusal.INVALID_KEY) from None


def _value(label: str, text: str, at: int) -> bytes:
    if label == "ASN1 OID":
        name = _CURVE.match(text, at)
        return name[1].encode() if name else b""
    if decimal := _DECIMAL.match(text, at):
        return int(decimal[1]).to_bytes(9, "big")
    octets = _OCTETS.match(text, at)
    with suppress(ValueError):
        return bytes.fromhex(_NOT_HEX.sub("", octets[0] if octets else ""))
    return b""


def _rsa(parts: Printed) -> bytes:
    def number(label: str) -> int:
        return int.from_bytes(parts[label], "big")

    n, e, d = (number(label) for label in ("modulus", "publicExponent", "privateExponent"))
    has_primes = parts.get("prime1") and parts.get("prime2")
    return rsa_key(n, e, d, (number("prime1"), number("prime2")) if has_primes else None)


def _elliptic(parts: Printed) -> ec.EllipticCurvePrivateKey:
    point = parts["pub"]
    curve = _CURVES[parts["ASN1 OID"].decode() if "ASN1 OID" in parts else _BY_SIZE[len(point)]]
    public = ec.EllipticCurvePublicKey.from_encoded_point(curve, point).public_numbers()
    return elliptic_key(int.from_bytes(parts["priv"], "big"), public)


def _edwards(parts: Printed) -> EdwardsKey:
    return edwards_key(_EDWARDS[len(parts["priv"])], parts["priv"], parts["pub"])
