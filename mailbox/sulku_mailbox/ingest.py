"""Takes mails in that came another way: files, folders of `.eml`, mbox files and maildirs.

The bytes are kept as they lie there. There is no envelope: who sent it is only what the mail itself says, and it counts
from now. What the inbox holds already is passed over, so that an ingest that was cut short can be repeated.
"""

from __future__ import annotations

import mailbox
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from sulku_kernel.clock import Clock
from sulku_kernel.errors import InputError, UnavailableError
from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.inbox import Delivery, Inbox
from sulku_mailbox.raw_mail import PIECE, RawMail, RawMailWriter
from sulku_mailbox.storage_faults import is_disk_full

MAILS_AT_ONCE = 256
OCTETS_AT_ONCE = 32 * 1_048_576

# RFC 5322, 2.2: a header field begins with its name and a colon.
_FIELD = re.compile(rb"^[!-9;-~]{1,76}[ \t]*:", re.MULTILINE)
_HEAD = 8_192

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class IngestReport:
    """What became of the mails that were found; `duplicates` were in the inbox already, or came twice."""

    files: int
    mails: int
    stored: int
    duplicates: int


def ingest(
    inbox: Inbox, paths: Sequence[Path], clock: Clock, on_progress: OnProgress = lambda _done, _all: None
) -> IngestReport:
    """Store every mail of `paths`. `on_progress` is told how many octets of how many are done.

    Raises InputError naming the file when one is not there, cannot be read or is no mail; all are looked at before the
    first one is stored. Raises UnavailableError when the inbox cannot be written; what was stored until then stays.
    """
    files = [file for path in paths for file in _files_in(path)]
    sizes = {file: _look_at(file) for file in files}
    total = sum(sizes.values())
    mails = stored = done = 0
    for batch in _batches(_mails_in(sizes)):
        try:
            stored += _store(inbox, [raw for raw, _ in batch], clock)
        finally:
            for raw, _ in batch:
                raw.close()
        mails += len(batch)
        done += sum(octets for _, octets in batch)
        on_progress(min(done, total), total)
    return IngestReport(len(sizes), mails, stored, mails - stored)


# --- which files ---------------------------------------------------------------------------------------------------


def _files_in(path: Path) -> list[Path]:
    """The files a path stands for: itself, or what a folder holds however deep."""
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*") if _is_wanted(file))
    if not files:
        raise InputError(
            f"{path} holds no mails", next_step="Give files, a folder with .eml or .mbox files, or a maildir."
        )
    return files


def _is_wanted(file: Path) -> bool:
    if not file.is_file():
        return False
    is_in_maildir = file.parent.name in {"cur", "new"} and (file.parent.parent / "tmp").is_dir()
    return is_in_maildir or file.suffix.lower() in {".eml", ".mbox"}


def _look_at(file: Path) -> int:
    """The size of a file that can be read and begins like a mail. Raises InputError."""
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
            size = opened.seek(0, 2)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}", next_step="Correct the path, or make it readable.") from None
    if not _FIELD.search(head):
        raise InputError(f"{file} is not a mail: it has no header", next_step="Leave it out. Nothing of it was stored.")
    return size


# --- which mails ---------------------------------------------------------------------------------------------------


def _mails_in(sizes: dict[Path, int]) -> Iterator[tuple[RawMail, int]]:
    """Each mail, and how many octets of progress it is."""
    for file, size in sizes.items():
        try:
            if _is_mbox(file):
                yield from _mails_of_mbox(file)
            else:
                yield _mail_of_file(file), size
        except OSError as error:
            raise InputError(
                f"{file}: {error.strerror}", next_step="Make it readable and repeat: what is stored is passed over."
            ) from None


def _is_mbox(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(5) == b"From "


def _mails_of_mbox(file: Path) -> Iterator[tuple[RawMail, int]]:
    box = mailbox.mbox(file, create=False)
    try:
        for key in box.keys():  # noqa: SIM118  iterating the box itself would parse every mail
            content = box.get_bytes(key)
            yield RawMail.of(content), len(content)
    finally:
        box.close()


def _mail_of_file(file: Path) -> RawMail:
    writer = RawMailWriter()
    try:
        with file.open("rb") as opened:
            while piece := opened.read(PIECE):
                writer.write(piece)
        return writer.finish()
    finally:
        writer.discard()  # nothing is left in it when it was finished


# --- storing -------------------------------------------------------------------------------------------------------


def _batches(mails: Iterable[tuple[RawMail, int]]) -> Iterator[list[tuple[RawMail, int]]]:
    batch: list[tuple[RawMail, int]] = []
    octets = 0
    for raw, progress in mails:
        batch.append((raw, progress))
        octets += raw.size
        if len(batch) >= MAILS_AT_ONCE or octets >= OCTETS_AT_ONCE:
            yield batch
            batch, octets = [], 0
    if batch:
        yield batch


def _store(inbox: Inbox, raws: Sequence[RawMail], clock: Clock) -> int:
    """Store those that are new, in one transaction; how many they were."""
    by_digest = {raw.sha256: raw for raw in raws}
    envelope = Envelope(mail_from="", rcpt_to=(), received_at=clock.now(), via=Via.INGEST)
    try:
        known = inbox.first_deliveries(by_digest)
        new = [raw for digest, raw in by_digest.items() if digest not in known]
        inbox.add([Delivery(raw, envelope, (Anomaly.NO_ENVELOPE,)) for raw in new])
    except sa.exc.OperationalError as error:
        raise UnavailableError(
            "the disk is full" if is_disk_full(error) else f"the inbox cannot be written ({type(error.orig).__name__})",
            next_step="Check the database and its disk, then repeat: what is stored already is passed over.",
        ) from None
    return len(new)
