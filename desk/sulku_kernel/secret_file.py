"""A secret that is made once: durable, its owner's alone, and the same for all processes that make it at once."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_secret(file: Path, content: bytes) -> None:
    """Store durably, readable by the owner alone from the first byte on; an existing file is never overwritten.

    The file is there whole or not at all: a process that looks while another one writes, or after it was killed, must
    not take an empty file for a secret.
    """
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # another process was first: its secret counts
    finally:
        draft.unlink()
    _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
