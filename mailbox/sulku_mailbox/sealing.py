"""Mails at rest are sealed with AES-256-GCM (NIST SP 800-38D) under the instance's data key.

The key lies in a file of its own, 32 octets, readable by its owner only, never in the database: who has only a backup
of the database reads nothing. Several keys may lie side by side (`mail-0001.key`, `mail-0002.key`): the last one seals,
all of them open.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sulku_kernel.errors import ConfigurationError, SulkuError

KEY_SIZE = 32
NONCE_SIZE = 12  # SP 800-38D, 5.2.1.1: 96 bits, here random: safe for 2^32 chunks under one key (8.3)


class SealBrokenError(SulkuError):
    """Sealed bytes cannot be opened: they were changed, moved to another row, or their key is missing."""


class DataKeys:
    """The keys of this instance. Make one with `load`."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.current = current

    @property
    def ids(self) -> frozenset[str]:
        """Which keys are here."""
        return frozenset(self._ciphers)

    @classmethod
    def load(cls, folder: Path, *, used: Collection[str] = ()) -> Self:
        """Read the keys in `folder`; make the first one when there is none and none was ever `used`.

        Raises ConfigurationError when a used key is missing, when a file is not a key, or when others can read it.
        """
        files = sorted(folder.glob("mail-*.key"))
        if not files:
            if used:
                raise ConfigurationError(
                    f"there is no key in {folder}, but the inbox holds mails sealed with {', '.join(sorted(used))}",
                    next_step="Restore the folder of keys from the backup; a new key cannot open them.",
                )
            files = [_make_key(folder)]
        keys = {_key_id(key): key for key in map(_read_key, files)}
        missing = sorted(set(used) - set(keys))
        if missing:
            raise ConfigurationError(
                f"{folder} lacks the key {', '.join(missing)}, with which mails in the inbox are sealed",
                next_step="Restore the key file from the backup.",
            )
        return cls(keys, list(keys)[-1])

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        """Nonce and ciphertext. `bound_to` must be given again to open it (and is not stored with it)."""
        nonce = os.urandom(NONCE_SIZE)
        return nonce + self._ciphers[self.current].encrypt(nonce, plain, _associated(self.current, bound_to))

    def open(self, key_id: str, sealed: bytes, bound_to: str) -> bytes:
        """The plain bytes. Raises SealBrokenError."""
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealBrokenError(
                f"the key {key_id} is not here", next_step="Restore the folder of keys from the backup."
            )
        try:
            return cipher.decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], _associated(key_id, bound_to))
        except (InvalidTag, ValueError):
            raise SealBrokenError(
                f"stored bytes of {bound_to} were changed", next_step="Restore the inbox from the backup."
            ) from None


def _associated(key_id: str, bound_to: str) -> bytes:
    return f"sulku mail v1|{key_id}|{bound_to}".encode()


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"sulku key id v1|" + key).hexdigest()[:16]


def _read_key(file: Path) -> bytes:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        key = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"the key {file} cannot be read: {error.strerror}", next_step="Run the desk as the owner of its keys."
        ) from None
    if mode & 0o077:
        raise ConfigurationError(
            f"the key {file} is open to other users (mode {mode:04o})", next_step=f"Run: chmod 600 {file}"
        )
    if len(key) != KEY_SIZE:
        raise ConfigurationError(
            f"{file} is not a key: it has {len(key)} octets, not {KEY_SIZE}",
            next_step="Restore the key file from the backup.",
        )
    return key


def _make_key(folder: Path) -> Path:
    """A new first key, durable before anything is sealed with it; of two processes that start at once one wins."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    final = folder / "mail-0001.key"
    draft = folder / f".mail-{os.getpid()}-{os.urandom(4).hex()}.draft"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, os.urandom(KEY_SIZE))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(draft, final)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return final
