"""The files an import reads: named ones, folders, and zip archives, unpacked within bounds and never into one another.

Sizes are counted while reading: what an archive says of itself is not believed.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from sulku_revocation.domain import certificate_list
from sulku_revocation.domain.certificate_files import MAXIMUM_BYTES

SUFFIXES = frozenset({".pem", ".crt", ".cer", ".der", ".ca", ".p7b", ".p7c", ".csv", ".zip"})

MOST_ARCHIVE_BYTES = 200_000_000
MOST_MEMBERS = 100_000
MOST_UNPACKED_BYTES = 500_000_000
# Certificates are mostly keys and signatures, which do not shrink; a list of them shrinks twentyfold at best.
MOST_RATIO = 100
_RATIO_COUNTS_FROM = 1_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """A file's name, as people know it, and its bytes."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file. `place` is a line, a certificate, a member, or empty for the file as a whole."""

    file: str
    place: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}, {self.place}: {self.why}" if self.place else f"{self.file}: {self.why}"


def find_files(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """The files to read, in order, and the names that were passed over.

    What is named is read whatever it is called; of a folder, and the folders in it, what ends in one of SUFFIXES.
    """
    files: list[Path] = []
    passed_over: list[str] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        for folder, inner, names in os.walk(path):
            inner.sort()
            for name in sorted(names):
                found = Path(folder, name)
                if _is_wanted(name):
                    files.append(found)
                else:
                    passed_over.append(_shown(str(found)))
    return files, passed_over


def _is_wanted(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def read_sources(files: Iterable[Path]) -> Iterator[Source | Fault]:
    """The bytes of each file, of an archive those of each member."""
    for path in files:
        name = _shown(str(path))
        try:
            is_archive = zipfile.is_zipfile(path)
            data = _read(path, MOST_ARCHIVE_BYTES if is_archive else _limit(path.name))
        except OSError as error:
            yield Fault(name, "", error.strerror or type(error).__name__)
            continue
        if data is None:
            yield Fault(name, "", "far too large for what it should be")
        elif is_archive:
            yield from unpack(name, data)
        else:
            yield Source(name, data)


def _shown(name: str) -> str:
    """A file's name as it can be printed and stored: whoever made an archive chose it."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)


def _read(path: Path, limit: int) -> bytes | None:
    """The file, or None when it is larger than `limit`."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    return data if len(data) <= limit else None


def _limit(name: str) -> int:
    return certificate_list.MAXIMUM_BYTES if name.lower().endswith(".csv") else MAXIMUM_BYTES


def unpack(name: str, data: bytes) -> Iterator[Source | Fault]:
    """The members of a zip archive that look like what an import reads."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            yield from _members(name, archive)
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        yield Fault(name, "", f"not a zip archive that can be read: {error}")


def _members(name: str, archive: zipfile.ZipFile) -> Iterator[Source | Fault]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MOST_MEMBERS:
        yield Fault(name, "", f"more than {MOST_MEMBERS} files in one archive")
        return
    left = MOST_UNPACKED_BYTES
    for member in members:
        inside = _shown(member.filename)
        if not _is_wanted(Path(inside).name):
            continue
        if inside.lower().endswith(".zip"):
            yield Fault(name, inside, "an archive inside an archive is not unpacked")
            continue
        try:
            data = _read_member(archive, member, min(left, _limit(inside)))
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            yield Fault(name, inside, f"cannot be unpacked: {error}")
            continue
        if data is None:
            yield Fault(name, inside, "unpacks to far more than certificates need")
            return
        left -= len(data)
        yield Source(f"{name}:{inside}", data)


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> bytes | None:
    """The member, or None when it grows beyond `limit` or out of all proportion."""
    within = max(_RATIO_COUNTS_FROM, member.compress_size * MOST_RATIO)
    limit = min(limit, within)
    with archive.open(member) as file:
        data = file.read(limit + 1)
    return data if len(data) <= limit else None
