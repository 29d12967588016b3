"""Received private keys are sealed to the recovery key, whose private half the desk's processes do not have.

X25519 with a key of its own for each seal, HKDF-SHA256, AES-256-GCM: what RFC 9180 does, in the base mode and with its
parts. Opening takes the administrator and the file that `sulku init` wrote for them to carry away.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sulku_kernel.errors import ConfigurationError, InputError

_MARK = b"sulku key seal v1"
_PUBLIC, _NONCE = 32, 12
PUBLIC_FILE, PRIVATE_FILE = "recovery.pub", "recovery.key"


def new_recovery_key() -> tuple[bytes, bytes]:
    """A new recovery key: private and public half, 32 octets each."""
    key = X25519PrivateKey.generate()
    return key.private_bytes_raw(), key.public_key().public_bytes_raw()


def make_recovery_key(keys_folder: Path, recovery_folder: Path) -> Path | None:
    """Make the recovery key of a new instance: its public half stays, its private half lies in the other folder.

    Returns the file with the private half, or None when there is a recovery key already.
    """
    public_file, private_file = keys_folder / PUBLIC_FILE, recovery_folder / PRIVATE_FILE
    if public_file.exists():
        return None
    private, public = new_recovery_key()
    recovery_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(private_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{private.hex()}\n")
        file.flush()
        os.fsync(file.fileno())
    public_file.write_text(f"{public.hex()}\n", encoding="ascii")
    return private_file


def load_recovery_key(keys_folder: Path) -> bytes | None:
    """The public half; None for an instance that has none, whose received keys are only attested and not kept."""
    file = keys_folder / PUBLIC_FILE
    return read_half(file) if file.exists() else None


def read_half(file: Path) -> bytes:
    """One half of a recovery key from its file. Raises ConfigurationError."""
    try:
        half = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        half = b""
    if len(half) != _PUBLIC:
        raise ConfigurationError(
            f"{file} is not a half of a recovery key", next_step="Give the file as `sulku init` wrote it."
        )
    return half


def seal_key(plain: bytes, recovery: bytes) -> bytes:
    """`plain` so that only the private half of `recovery` (its public half) opens it."""
    ephemeral = X25519PrivateKey.generate()
    own = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(recovery))
    nonce = os.urandom(_NONCE)
    return own + nonce + _cipher(shared, own, recovery).encrypt(nonce, plain, _MARK)


def open_sealed(sealed: bytes, private: bytes) -> bytes:
    """The key (PKCS#8, DER). Raises InputError when this recovery key does not open it."""
    own, nonce = sealed[:_PUBLIC], sealed[_PUBLIC : _PUBLIC + _NONCE]
    try:
        key = X25519PrivateKey.from_private_bytes(private)
        shared = key.exchange(X25519PublicKey.from_public_bytes(own))
        cipher = _cipher(shared, own, key.public_key().public_bytes_raw())
        return cipher.decrypt(nonce, sealed[_PUBLIC + _NONCE :], _MARK)
    except (InvalidTag, ValueError):
        raise InputError(
            "this recovery key does not open it", next_step="Give the file that `sulku init` wrote for this instance."
        ) from None


def _cipher(shared: bytes, own: bytes, recovery: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=_MARK + own + recovery).derive(shared))
