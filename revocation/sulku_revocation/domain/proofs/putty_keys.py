"""Private keys as PuTTY keeps them (PPK 2 and 3: PuTTY's manual, appendix C), in a file or pasted.

The file's own code (Private-MAC) is not asked: a mail program may have mended the comment that it covers, and whether
the secret belongs to the public half is found out by loading both. A wrong password leaves no sound private half.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.argon2 import Argon2d, Argon2i, Argon2id

from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.proofs.bounds import RefusedError
from sulku_revocation.domain.proofs.claim import Refusal
from sulku_revocation.domain.proofs.key_numbers import EdwardsKey, edwards_key, elliptic_key, rsa_key
from sulku_revocation.domain.proofs.private_keys import PrivateKey, load_key, require_signing

SIGN = "PuTTY-User-Key-File-"
_FILE = re.compile(r"PuTTY-User-Key-File-([0-9]):[ \t]{0,9}([a-z0-9-]{1,40})")
_FIELD = re.compile(
    r"\b(Encryption|Key-Derivation|Argon2-[A-Za-z]{1,20}|(?:Public|Private)-Lines):\s{0,9}([A-Za-z0-9-]{1,200})"
)
_ENDS = re.compile(r"Key-Derivation:|Private-(?:Lines|MAC):|---")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")
_LONGEST = 20_000
_MOST_FILES = 20
_BLOCK = 16
_VERSIONS = frozenset({"2", "3"})
_DERIVATIONS: Mapping[str, type[Argon2d | Argon2i | Argon2id]] = {
    "Argon2id": Argon2id,
    "Argon2i": Argon2i,
    "Argon2d": Argon2d,
}
# PuTTY takes 8 MiB and as many passes as fit into 100 ms. Kibibytes, and those times passes.
_MOST_MEMORY, _MOST_WORK = 32_768, 1_048_576
_CURVES: Mapping[bytes, ec.EllipticCurve] = {
    b"nistp256": ec.SECP256R1(),
    b"nistp384": ec.SECP384R1(),
    b"nistp521": ec.SECP521R1(),
}
_EDWARDS: Mapping[str, type[EdwardsKey]] = {
    "ssh-ed25519": ed25519.Ed25519PrivateKey,
    "ssh-ed448": ed448.Ed448PrivateKey,
}


@dataclass(frozen=True, slots=True)
class PuttyKey:
    """One file: its version, the algorithm's name in SSH, its header lines and both halves as they stand there."""

    version: str
    algorithm: str
    fields: Mapping[str, str]
    public: bytes
    private: bytes


def putty_keys_in(text: str) -> Iterator[PuttyKey]:
    """Each such file in a text. None of them is loaded."""
    if SIGN not in text:
        return
    for begin in islice(_FILE.finditer(text), _MOST_FILES):
        piece = text[begin.end() : begin.end() + _LONGEST].partition(SIGN)[0]
        fields = {field[1]: field for field in _FIELD.finditer(piece)}
        public, private = (_half(piece, fields.get(name)) for name in ("Public-Lines", "Private-Lines"))
        yield PuttyKey(begin[1], begin[2], {name: field[2] for name, field in fields.items()}, public, private)


def load_putty(key: PuttyKey, passwords: Iterable[str], challenge: bytes) -> PrivateKey:
    """The private key. Raises RefusedError and UnreadableError; what does not fit together is INVALID_KEY."""
    encryption = key.fields.get("Encryption")
    if key.version not in _VERSIONS or encryption not in {"none", "aes256-cbc"}:
        raise RefusedError(Refusal.UNSUPPORTED)
    try:
        private = _private_half(key, passwords) if encryption != "none" else _strings(key.private, _parts(key))
        return _loaded(key, private, challenge)
    except (KeyError, UnsupportedAlgorithm):
        raise RefusedError(Refusal.UNSUPPORTED) from None
    except ValueError:
        raise RefusedError(Refusal.INVALID_KEY) from None


def _private_half(key: PuttyKey, passwords: Iterable[str]) -> list[bytes]:
    """The strings of the private half, with the first password that leaves any."""
    for password in passwords:
        with suppress(UnreadableError):
            return _strings(_decrypted(key, password.encode()), _parts(key))
    raise RefusedError(Refusal.PASSWORD_NEEDED)


def _parts(key: PuttyKey) -> int:
    return 4 if key.algorithm == "ssh-rsa" else 1


def _half(piece: str, lines: re.Match[str] | None) -> bytes:
    if lines is None:
        return b""
    end = _ENDS.search(piece, lines.end())
    bare = _NOT_BASE64.sub("", piece[lines.end() : end.start() if end else len(piece)])
    bare = bare[: len(bare) - 1] if len(bare) % 4 == 1 else bare
    return base64.b64decode(bare + "=" * (-len(bare) % 4))


def _strings(octets: bytes, count: int) -> list[bytes]:
    """So many strings or numbers behind their lengths (RFC 4251, 5). Raises UnreadableError."""
    found, at = [], 0
    for _ in range(count):
        begin = at + 4
        at = begin + int.from_bytes(octets[at:begin], "big")
        if at > len(octets) or begin > len(octets):
            raise UnreadableError("a string that is cut off")
        found.append(octets[begin:at])
    return found


def _decrypted(key: PuttyKey, password: bytes) -> bytes:
    secret, start = _old_key(password) if key.version == "2" else _new_key(key.fields, password)
    whole = len(key.private) // _BLOCK * _BLOCK
    return Cipher(AES(secret), CBC(start)).decryptor().update(key.private[:whole])


def _old_key(password: bytes) -> tuple[bytes, bytes]:
    """Key and first block of version 2."""
    digests = (hashlib.sha1(bytes((0, 0, 0, at)) + password).digest() for at in (0, 1))  # noqa: S324  the format's own
    return b"".join(digests)[:32], bytes(_BLOCK)


def _new_key(fields: Mapping[str, str], password: bytes) -> tuple[bytes, bytes]:
    """The same of version 3 (RFC 9106). Raises RefusedError when it would take too long, KeyError and ValueError."""
    memory, passes, lanes = (int(fields[f"Argon2-{name}"]) for name in ("Memory", "Passes", "Parallelism"))
    if memory > _MOST_MEMORY or memory * passes > _MOST_WORK:
        raise RefusedError(Refusal.TOO_COSTLY)
    derivation = _DERIVATIONS[fields["Key-Derivation"]]
    salt = bytes.fromhex(fields["Argon2-Salt"])
    octets = derivation(salt=salt, length=80, iterations=passes, lanes=lanes, memory_cost=memory).derive(password)
    return octets[:32], octets[32:48]


def _loaded(key: PuttyKey, private: list[bytes], challenge: bytes) -> PrivateKey:
    if key.algorithm == "ssh-rsa":
        _, e, n = _numbers(_strings(key.public, 3))
        d, p, q, _ = _numbers(private)
        return load_key(rsa_key(n, e, d, (p, q)), (), challenge)
    if key.algorithm in _EDWARDS:
        public = _strings(key.public, 2)[1]
        return require_signing(
            edwards_key(_EDWARDS[key.algorithm], private[0].ljust(len(public), b"\0"), public), challenge
        )
    _, curve, point = _strings(key.public, 3)
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[curve], point).public_numbers()
    return require_signing(elliptic_key(int.from_bytes(private[0], "big"), numbers), challenge)


def _numbers(strings: Iterable[bytes]) -> list[int]:
    return [int.from_bytes(octets, "big") for octets in strings]
