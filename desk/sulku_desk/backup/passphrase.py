"""Seals the pieces of a backup under a passphrase: who steals it reads nothing, who alters it is found out.

scrypt (RFC 7914) makes the keys; AES-256-GCM seals each piece in chunks, bound to the piece's name, to the chunk's
place and to whether it is the last one, so that nothing can be exchanged, moved or cut off.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sulku_kernel.errors import InputError

SHORTEST = 12
_CHUNK = 1_048_576
_NONCE = 12
_LENGTH = struct.Struct(">I")
_COST, _BLOCK, _PARALLEL = 2**16, 8, 1  # 64 MiB and some tenths of a second for each guess
_LONGEST_CHUNK = _CHUNK + 16
_ALTERED = "Take another copy of the backup."


@dataclass(frozen=True)
class Sealer:
    """The keys made of one passphrase and salt. Make one with `new` or `again`."""

    salt: bytes
    _cipher: AESGCM
    _mac_key: bytes

    @classmethod
    def new(cls, passphrase: bytes) -> Self:
        """For a new backup."""
        return cls._derive(passphrase, os.urandom(16))

    @classmethod
    def again(cls, passphrase: bytes, described: Mapping[str, Any]) -> Self:
        """For a backup whose manifest says how it was sealed. Raises InputError when it says something else."""
        try:
            salt, cost = bytes.fromhex(described["salt"]), (described["n"], described["r"], described["p"])
        except (KeyError, TypeError, ValueError):
            raise InputError("the manifest does not say how it was sealed", next_step=_ALTERED) from None
        # A stranger's numbers would make us work for hours.
        if cost != (_COST, _BLOCK, _PARALLEL) or len(salt) != 16:
            raise InputError("the backup was sealed in a way this program does not know", next_step=_ALTERED)
        return cls._derive(passphrase, salt)

    @classmethod
    def _derive(cls, passphrase: bytes, salt: bytes) -> Self:
        keys = Scrypt(salt=salt, length=64, n=_COST, r=_BLOCK, p=_PARALLEL).derive(passphrase)
        return cls(salt, AESGCM(keys[:32]), keys[32:])

    def described(self) -> dict[str, Any]:
        """How the manifest says it."""
        return {"kdf": "scrypt", "salt": self.salt.hex(), "n": _COST, "r": _BLOCK, "p": _PARALLEL}

    def mac(self, content: bytes) -> str:
        """Proves that who wrote `content` had the passphrase (HMAC-SHA-256, hex)."""
        return hmac.new(self._mac_key, content, hashlib.sha256).hexdigest()

    def has_mac(self, content: bytes, mac: object) -> bool:
        """Whether `mac` is that of `content`."""
        return isinstance(mac, str) and hmac.compare_digest(self.mac(content).encode(), mac.encode())

    def seal(self, source: BinaryIO, target: BinaryIO, name: str) -> None:
        """Write `source` sealed; the memory needed does not depend on its size."""
        for number, (chunk, is_last) in enumerate(_chunks(source)):
            nonce = os.urandom(_NONCE)
            sealed = self._cipher.encrypt(nonce, chunk, _bound_to(name, number, is_last=is_last))
            target.write(_LENGTH.pack(len(sealed)) + nonce + sealed)

    def open(self, source: BinaryIO, target: BinaryIO, name: str) -> None:
        """The inverse of `seal`. Raises InputError when the passphrase is wrong or anything was altered."""
        number, ahead = 0, _read_chunk(source)
        while ahead is not None:
            (nonce, sealed), ahead = ahead, _read_chunk(source)
            try:
                target.write(self._cipher.decrypt(nonce, sealed, _bound_to(name, number, is_last=ahead is None)))
            except InvalidTag:
                raise InputError(f"{name} in the backup was altered or cut off", next_step=_ALTERED) from None
            number += 1
        if number == 0:
            raise InputError(f"{name} in the backup is empty", next_step=_ALTERED)


def read_passphrase(file: Path) -> bytes:
    """The passphrase in a file, without its line end. Raises InputError when there is none or a very short one."""
    try:
        passphrase = file.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}", next_step="Check the path of the passphrase.") from None
    if len(passphrase) < SHORTEST:
        raise InputError(
            f"the passphrase in {file} is shorter than {SHORTEST} characters",
            next_step="Make a long one, for example: openssl rand -base64 32 > passphrase",
        )
    return passphrase


def _chunks(source: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """At least one chunk, even of nothing; and whether it is the last."""
    chunk = source.read(_CHUNK)
    while True:
        following = source.read(_CHUNK)
        yield chunk, not following
        if not following:
            return
        chunk = following


def _read_chunk(source: BinaryIO) -> tuple[bytes, bytes] | None:
    length = source.read(_LENGTH.size)
    if not length:
        return None
    size = _LENGTH.unpack(length)[0] if len(length) == _LENGTH.size else _LONGEST_CHUNK + 1
    nonce, sealed = source.read(_NONCE), source.read(min(size, _LONGEST_CHUNK))
    if len(nonce) != _NONCE or len(sealed) != size:
        raise InputError("a piece of the backup is cut off", next_step=_ALTERED)
    return nonce, sealed


def _bound_to(name: str, number: int, *, is_last: bool) -> bytes:
    return f"sulku backup v1|{name}|{number}|{'last' if is_last else 'more'}".encode()
