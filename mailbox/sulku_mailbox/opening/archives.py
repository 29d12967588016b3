"""Archives: zip (also encrypted by AES or the old way), 7z, tar and what is compressed alone, read as a stream."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO, cast

import py7zr
import py7zr.io
import pyzipper

from sulku_mailbox.domain.file_kinds import Kind
from sulku_mailbox.domain.mail import Attachment, Why
from sulku_mailbox.opening.inside import (
    LARGEST_FILE,
    MOST_FILES,
    MOST_OCTETS,
    CannotOpenError,
    Inside,
    Shut,
    read_bounded,
)
from sulku_mailbox.opening.office import open_office

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_DIRECTORY_ENTRY = b"PK\x01\x02"
_MOST_ENTRIES = 10_000
# Each try costs a third of a second: 7z derives its key by half a million rounds.
_MOST_7Z_PASSWORDS = 4
_UNPACKED = 48 * 1_048_576
# A frame says how much of what it unpacked must be kept: 32 MiB is what `zstd` makes unless it is told to make more.
_LOOKS_BACK: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 25}
_STREAM_OF: dict[Kind, Callable[[IO[bytes]], IO[bytes]]] = {
    Kind.GZIP: lambda packed: cast("IO[bytes]", gzip.GzipFile(fileobj=packed)),
    Kind.BZIP2: bz2.BZ2File,
    Kind.XZ: lzma.LZMAFile,
    Kind.ZSTANDARD: lambda packed: cast("IO[bytes]", zstd.ZstdFile(packed, options=_LOOKS_BACK)),
}
_ENDINGS = (".gz", ".bz2", ".xz", ".zst")


def open_zip(file: Attachment, passwords: Sequence[str]) -> Iterator[Inside | Shut]:
    """The files of a zip; of an office document its text."""
    if file.content.count(_DIRECTORY_ENTRY) > _MOST_ENTRIES:
        raise CannotOpenError(Why.LIMIT)
    with pyzipper.AESZipFile(io.BytesIO(file.content)) as archive:
        members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        if "[Content_Types].xml" in members or "mimetype" in members:
            yield from open_office(list(members), lambda name: _read_member(archive, members[name], []))
            return
        keys = [*_as_octets(passwords)]
        for name, info in list(members.items())[:MOST_FILES]:
            yield _member(archive, name, info, keys)
        if len(members) > MOST_FILES:
            raise CannotOpenError(Why.LIMIT)


def _as_octets(passwords: Sequence[str]) -> Iterator[bytes]:
    """Windows' own zip takes the old code page, everything else UTF-8."""
    for password in passwords:
        yield password.encode()
        if not password.isascii():
            yield password.encode("cp437", errors="ignore")


def _member(archive: pyzipper.AESZipFile, name: str, info: pyzipper.ZipInfo, keys: list[bytes]) -> Inside | Shut:
    try:
        return Inside(name, _read_member(archive, info, keys))
    except CannotOpenError as error:
        return Shut(name, error.why)
    except NotImplementedError:
        return Shut(name, Why.UNKNOWN)


def _read_member(archive: pyzipper.AESZipFile, info: pyzipper.ZipInfo, keys: list[bytes]) -> bytes:
    """The content. The key that fits is put first among `keys`."""
    if info.file_size > LARGEST_FILE:
        raise CannotOpenError(Why.LIMIT)
    if not info.flag_bits & 1:
        with archive.open(info) as stream:
            return read_bounded(cast("IO[bytes]", stream))
    for key in list(keys):
        try:
            with archive.open(info, pwd=key) as stream:
                content = read_bounded(cast("IO[bytes]", stream))
        except (RuntimeError, pyzipper.BadZipFile, EOFError, OSError, ValueError, lzma.LZMAError) as error:
            # One key in 256 passes the old way's check and fails at the checksum.
            if isinstance(error, NotImplementedError):
                raise
            continue
        keys.remove(key)
        keys.insert(0, key)
        return content
    raise CannotOpenError(Why.PASSWORD)


def open_compressed(file: Attachment, kind: Kind) -> Iterator[Inside | Shut]:
    """What was compressed alone; of a compressed tar its files, without keeping the tar."""
    with _Bounded(_STREAM_OF[kind](io.BytesIO(file.content))) as stream:
        if stream.peek(512)[257:262] == b"ustar":
            yield from _open_tar(stream)
        else:
            yield Inside(_bare_name(file.name), read_bounded(stream))


def open_tar(file: Attachment) -> Iterator[Inside | Shut]:
    """The files of a tar."""
    yield from _open_tar(io.BytesIO(file.content))


def _open_tar(stream: IO[bytes]) -> Iterator[Inside | Shut]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for number, member in enumerate(archive):
            if number >= MOST_FILES:
                raise CannotOpenError(Why.LIMIT)
            if not member.isreg():
                continue
            if member.size > LARGEST_FILE:
                yield Shut(member.name, Why.LIMIT)
            elif (content := archive.extractfile(member)) is not None:
                yield Inside(member.name, read_bounded(content))


def _bare_name(name: str) -> str:
    bare = name[: name.rfind(".")] if name.lower().endswith(_ENDINGS) else name
    return bare or "content"


class _Bounded(io.BufferedReader):
    """A stream that ends with CannotOpenError (limit) when more comes out of it than anybody may unpack."""

    def __init__(self, raw: IO[bytes]) -> None:
        super().__init__(_Counted(raw), buffer_size=65_536)


class _Counted(io.RawIOBase):
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = _UNPACKED

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands in
        piece = self._stream.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise CannotOpenError(Why.LIMIT)
        buffer[: len(piece)] = piece
        return len(piece)


def open_seven_zip(file: Attachment, passwords: Sequence[str]) -> Iterator[Inside | Shut]:
    """The files of a 7z. One that is encrypted is tried with the first few passwords."""
    try:
        yield from _read_seven_zip(file.content, None)
    except py7zr.PasswordRequired:
        for password in passwords[:_MOST_7Z_PASSWORDS]:
            try:
                yield from _read_seven_zip(file.content, password)
            except CannotOpenError:
                raise
            except Exception:  # noqa: BLE001, S112  # a wrong key makes rubbish, over which any codec may stumble
                continue
            return
        raise CannotOpenError(Why.PASSWORD) from None


def _read_seven_zip(content: bytes, password: str | None) -> list[Inside | Shut]:
    """All or nothing, because a wrong password shows only at the end."""
    try:
        with py7zr.SevenZipFile(io.BytesIO(content), password=password, max_extract_size=MOST_OCTETS) as archive:
            if password is None and archive.needs_password():
                raise py7zr.PasswordRequired("", "the header is readable, the files are not")
            files = [one for one in archive.list() if one.is_file]
            wanted = [one.filename for one in files if one.uncompressed <= LARGEST_FILE][:MOST_FILES]
            kept = _Kept()
            archive.extract(targets=wanted, factory=kept)
    except py7zr.exceptions.DecompressionBombError as error:
        raise CannotOpenError(Why.LIMIT) from error
    shut: list[Inside | Shut] = [Shut(one.filename, Why.LIMIT) for one in files if one.filename not in set(wanted)]
    return [*(Inside(name, bytes(one.content)) for name, one in kept.files.items()), *shut]


class _KeptFile(py7zr.io.Py7zIO):
    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, s: bytes | bytearray) -> int:
        self.content += s
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        return bytes(self.content[:size])

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002  # the library's interface
        return 0

    def flush(self) -> None:
        """Nothing waits."""

    def size(self) -> int:
        return len(self.content)


class _Kept(py7zr.io.WriterFactory):
    """Where the library puts files: into memory."""

    def __init__(self) -> None:
        self.files: dict[str, _KeptFile] = {}

    def create(self, filename: str) -> py7zr.io.Py7zIO:
        return self.files.setdefault(filename, _KeptFile())
