"""The embedded CA's files: read, locked, and written whole or not at all."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from cryptography import x509

from sulku_kernel.errors import ConfigurationError, UnavailableError
from sulku_revocation.domain.library_errors import UNREADABLE


def read_certificate(file: Path) -> x509.Certificate:
    """The certificate in `file` (DER). Raises ConfigurationError."""
    try:
        return x509.load_der_x509_certificate(file.read_bytes())
    except (OSError, *UNREADABLE) as error:
        raise ConfigurationError(
            f"{file} is no certificate that can be read", next_step="Restore it from the backup."
        ) from error


def lock_folder(folder: Path) -> int:
    """The descriptor that holds the lock; closing it (or dying) lets go. Raises UnavailableError."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise UnavailableError(
            f"another process has the CA in {folder} open", next_step="Stop it first: the CA has one writer."
        ) from None
    return descriptor


def write_file(file: Path, content: bytes) -> None:
    """Durably, whole or not at all."""
    draft = file.with_name(f".{file.name}.draft")
    with draft.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
