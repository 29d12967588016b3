"""Mails that lie in files, read one by one without any inbox, for `sulku mail read`."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from sulku_kernel.errors import NotFoundError
from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.reader import Reader


def mail_files(path: Path) -> list[tuple[str, Path]]:
    """What `path` stands for: itself, or every plain file of the folder however deep, in the order of the names.

    Each with its name, which for a folder's files is the path from the folder. Links to folders are not followed, and
    pipes and devices are left out, as reading them may never end. Raises NotFoundError when there is no such path.
    """
    if not path.exists():
        raise NotFoundError(f"{path} does not exist", next_step="Name a mail in a file, or a folder of them.")
    if not path.is_dir():
        return [(_shown(path.name), path)]
    found = sorted(path.rglob("*"), key=lambda file: file.relative_to(path).parts)
    return [(_shown(file.relative_to(path).as_posix()), file) for file in found if _is_plain_file(file)]


def read_files(path: Path, reader: Reader) -> Iterator[tuple[str, Mail | OSError]]:
    """Every mail of `path` under its name, as it is read; in place of a file that cannot be opened, the reason.

    Raises NotFoundError when there is no such path, ReaderUnavailableError when the jailed child cannot be started.
    """
    for name, file in mail_files(path):
        try:
            with file.open("rb") as opened:
                raw = opened.read(LIMITS.size + 1)  # the reader refuses what is longer
        except OSError as error:
            yield name, error
        else:
            yield name, reader.read(raw)


def _is_plain_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _shown(name: str) -> str:
    r"""A file name may hold octets that are no UTF-8; they are shown as `\xe4`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
