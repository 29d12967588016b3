"""The file of a backup: a tar with `manifest.json` first and the pieces behind it, each with its SHA-256.

It becomes visible under its name only when it is whole and on disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from sulku_desk.backup.passphrase import Sealer
from sulku_kernel.columns import canonical_json
from sulku_kernel.errors import InputError
from sulku_mailbox.storage_faults import is_disk_full

FORMAT = "sulku backup 1"
MANIFEST = "manifest.json"
_LONGEST_MANIFEST = 4_000_000
# A place below a folder, whatever its names: none begins with a dot, so that none leads out of it.
_NAME = re.compile(r"[^./\\\0][^/\\\0]*(?:/[^./\\\0][^/\\\0]*)*")
_OTHER_COPY = "Take another copy of the backup."


@dataclass(frozen=True)
class Piece:
    """One file in the backup: its place in the instance, and the bytes as they stand in the archive."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `head` is the end of the audit chain, `faults` what was wrong with the instance then."""

    made_at: str
    program: str
    database: str
    schema: dict[str, str]
    head: dict[str, Any]
    deliveries: int
    has_keys: bool
    columns: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    sealed: dict[str, Any] | None = None
    pieces: list[Piece] = field(default_factory=list)
    format: str = FORMAT

    def signed_bytes(self) -> bytes:
        """What the MAC covers: everything."""
        return canonical_json(asdict(self)).encode()


def write_archive(
    target: Path, manifest: Manifest, folder: Path, names: Sequence[str], sealer: Sealer | None
) -> Manifest:
    """Pack the files `names` of `folder`, sealing each; they are removed as they are packed. Returns the manifest."""
    pieces = [_seal_in_place(folder, name, sealer) for name in names]
    whole = replace(manifest, pieces=pieces, sealed=None if sealer is None else sealer.described())
    head = {**asdict(whole), "mac": None if sealer is None else sealer.mac(whole.signed_bytes())}
    draft = target.with_name(f".{target.name}.part")
    try:
        with open_private(draft) as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                _add(tar, MANIFEST, io.BytesIO(json.dumps(head, indent=1).encode()))
                for piece in pieces:
                    with (folder / piece.name).open("rb") as content:
                        _add(tar, piece.name, content)
                    (folder / piece.name).unlink()
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return whole


def open_private(path: Path) -> BinaryIO:
    """A new file that only its owner may read."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w+b")


@contextmanager
def opened_archive(file: Path) -> Iterator[tuple[Manifest, object, tarfile.TarFile]]:
    """The manifest, its MAC and the archive behind it. Raises InputError when it is no backup.

    A disk that is full where it is unpacked is no fault of the file: that error goes on as it is.
    """
    try:
        with tarfile.open(file, mode="r:") as tar:
            first = tar.next()
            if first is None or first.name != MANIFEST or first.size > _LONGEST_MANIFEST:
                raise InputError(f"{file} is no backup of this desk", next_step="Give a file made by sulku backup.")
            content = tar.extractfile(first)
            assert content is not None
            manifest, mac = _read_manifest(content.read(), file)
            yield manifest, mac, tar
    except OSError as error:
        if is_disk_full(error):
            raise
        raise InputError(f"{file}: {error.strerror or error}", next_step="Check the path.") from None
    except tarfile.TarError:
        raise InputError(f"{file} is no backup, or is cut off", next_step=_OTHER_COPY) from None


def unpack(manifest: Manifest, tar: tarfile.TarFile, folder: Path, sealer: Sealer | None) -> None:
    """Every piece, checked against the manifest and opened, into `folder`. Raises InputError on any difference."""
    for piece in manifest.pieces:
        member = tar.next()
        content = None if member is None or member.name != piece.name else tar.extractfile(member)
        if content is None:
            raise InputError(f"{piece.name} is missing in the backup", next_step=_OTHER_COPY)
        packed = folder / f"{piece.name}.packed"
        packed.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open_private(packed) as file:
            if _copy(content, file) != (piece.size, piece.sha256):
                raise InputError(f"{piece.name} in the backup is not what its manifest says", next_step=_OTHER_COPY)
        if sealer is None:
            packed.rename(folder / piece.name)
        else:
            with packed.open("rb") as source, open_private(folder / piece.name) as target:
                sealer.open(source, target, piece.name)
            packed.unlink()


def _read_manifest(content: bytes, file: Path) -> tuple[Manifest, object]:
    try:
        fields = json.loads(content)
        mac = fields.pop("mac")
        pieces = [Piece(**piece) for piece in fields.pop("pieces")]
        manifest = Manifest(**fields, pieces=pieces)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise InputError(f"the manifest of {file} cannot be read", next_step=_OTHER_COPY) from None
    if manifest.format != FORMAT:
        raise InputError(f"{file} has another format", next_step=f"It was written by program {manifest.program}.")
    for piece in pieces:
        if not _NAME.fullmatch(piece.name):
            raise InputError(f"{file} names a piece {piece.name!r}", next_step=_OTHER_COPY)
    return manifest, mac


def _seal_in_place(folder: Path, name: str, sealer: Sealer | None) -> Piece:
    path = folder / name
    if sealer is not None:
        sealed = folder / f"{name}.sealed"
        with path.open("rb") as source, open_private(sealed) as target:
            sealer.seal(source, target, name)
        sealed.replace(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Piece(name, path.stat().st_size, digest)


def _add(tar: tarfile.TarFile, name: str, content: BinaryIO) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = content.seek(0, os.SEEK_END), 0o600
    content.seek(0)
    tar.addfile(info, content)


def _copy(source: Any, target: BinaryIO) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while part := source.read(1_048_576):
        target.write(part)
        digest.update(part)
        size += len(part)
    return size, digest.hexdigest()
