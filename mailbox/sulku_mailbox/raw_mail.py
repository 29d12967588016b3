"""The bytes of one mail on their way into the inbox: in memory when small, in an unlinked temporary file when not."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

SMALL = 65_536
PIECE = 1_048_576


class RawMail:
    """Finished bytes. `pieces` gives them once or many times; `close` gives the temporary file back."""

    def __init__(self, sha256: str, size: int, content: bytes | IO[bytes]) -> None:
        self.sha256 = sha256
        self.size = size
        self._content = content

    @classmethod
    def of(cls, content: bytes) -> RawMail:
        """Bytes that are in memory anyway."""
        return cls(hashlib.sha256(content).hexdigest(), len(content), content)

    @property
    def is_small(self) -> bool:
        """Whether it is stored as a single chunk."""
        return self.size <= SMALL

    def pieces(self) -> Iterator[bytes]:
        """The bytes from the start: one piece when small (even when empty), else pieces of 1 MiB."""
        if isinstance(self._content, bytes):
            if self.is_small:
                yield self._content
            else:
                for start in range(0, self.size, PIECE):
                    yield self._content[start : start + PIECE]
        else:
            self._content.seek(0)
            while piece := self._content.read(PIECE):
                yield piece

    def read(self) -> bytes:
        """All of it at once; for small mails and tests."""
        return b"".join(self.pieces())

    def close(self) -> None:
        """Give the temporary file back. Harmless when repeated."""
        if not isinstance(self._content, bytes):
            self._content.close()


class RawMailWriter:
    """Takes a mail in pieces of any size and never holds more than 64 KiB of it in memory.

    `folder` holds the temporary file, which has no name (O_TMPFILE or unlinked at once), so that a crash leaves
    nothing behind. Writing raises OSError when the disk is full.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, piece: bytes) -> None:
        """Append a piece."""
        self.size += len(piece)
        self._digest.update(piece)
        if self._file is not None:
            _write_all(self._file, piece)
            return
        self._memory += piece
        if len(self._memory) > SMALL:
            # Unbuffered: the pieces are large, and a full disk must show here, not when the file is closed.
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115  lives until close()
            _write_all(self._file, bytes(self._memory))
            self._memory.clear()

    def finish(self) -> RawMail:
        """The whole mail. The writer is spent."""
        content: bytes | IO[bytes] = bytes(self._memory) if self._file is None else self._file
        self._file = None
        return RawMail(self._digest.hexdigest(), self.size, content)

    def discard(self) -> None:
        """Throw away what was written."""
        self._memory.clear()
        if self._file is not None:
            self._file.close()
            self._file = None


def _write_all(file: IO[bytes], piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[file.write(view) :]
