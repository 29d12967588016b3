"""Signed statements "the chain ended here then", kept in a second place.

Without them a chain whose tail was cut, or that was rewritten from some entry on, verifies like a whole one. Each line
of `checkpoints.jsonl` is one statement; the folder belongs on another disk or host. Signed with Ed25519 (RFC 8032).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from sulku_kernel.clock import from_text, to_text
from sulku_kernel.columns import canonical_json
from sulku_kernel.crash_points import crossing
from sulku_kernel.errors import ConfigurationError
from sulku_kernel.secret_file import write_secret

FILE_NAME = "checkpoints.jsonl"
_TAIL = 4_096  # octets that hold a dozen lines


@dataclass(frozen=True)
class Checkpoint:
    """At `at` the chain's last entry was `seq` with `digest`."""

    seq: int
    digest: str
    at: datetime

    def signed_bytes(self) -> bytes:
        """What the signature covers."""
        return canonical_json(["sulku checkpoint v1", self.seq, self.digest, to_text(self.at)]).encode()


def load_signing_key(path: Path) -> Ed25519PrivateKey:
    """The instance's key for checkpoints; made on first use, readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = Ed25519PrivateKey.generate()
        write_secret(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key_read = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key_read, Ed25519PrivateKey):
        raise ConfigurationError(
            f"{path} holds no Ed25519 key", next_step="Restore the key of the checkpoints from the backup."
        )
    return key_read


@crossing("checkpoint_written")
def write_checkpoint(folder: Path, checkpoint: Checkpoint, key: Ed25519PrivateKey) -> None:
    """Append one statement and have it on disk before returning."""
    folder.mkdir(parents=True, exist_ok=True)
    line = {
        "seq": checkpoint.seq,
        "digest": checkpoint.digest,
        "at": to_text(checkpoint.at),
        "signature": key.sign(checkpoint.signed_bytes()).hex(),
    }
    with (folder / FILE_NAME).open("a+b") as file:
        # A line that a crash tore must not swallow this one.
        begin = b"\n" if _ends_within_a_line(file) else b""
        file.write(begin + canonical_json(line).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _ends_within_a_line(file: BinaryIO) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def read_checkpoints(folder: Path, key: Ed25519PublicKey) -> tuple[list[Checkpoint], list[str]]:
    """All statements whose signature holds, and a sentence for each line that is not one."""
    path = folder / FILE_NAME
    if not path.exists():
        return [], []
    found: list[Checkpoint] = []
    faults: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        checkpoint = _read_line(line, key)
        if checkpoint is None:
            faults.append(f"line {number} of {path.name} is not a checkpoint signed by this desk")
        else:
            found.append(checkpoint)
    return found, faults


def last_checkpoint(folder: Path, key: Ed25519PublicKey) -> Checkpoint | None:
    """The last statement whose signature holds, from the file's end alone: after a year it has half a million lines."""
    try:
        with (folder / FILE_NAME).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return None
    return next((found for line in reversed(lines) if (found := _read_line(line, key)) is not None), None)


def _read_line(line: str, key: Ed25519PublicKey) -> Checkpoint | None:
    try:
        fields = json.loads(line)
        checkpoint = Checkpoint(int(fields["seq"]), str(fields["digest"]), from_text(fields["at"]))
        key.verify(bytes.fromhex(fields["signature"]), checkpoint.signed_bytes())
    except (ValueError, KeyError, TypeError, InvalidSignature):
        return None
    return checkpoint
