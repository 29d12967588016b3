"""`sulku mail`: mails in files, taken in or only read."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from sulku_desk.cli.opening import opened
from sulku_desk.cli.output import Json, emit, err, say, speaks_plainly
from sulku_kernel.errors import InputError

if TYPE_CHECKING:
    from sulku_mailbox.domain.mail import Mail

app = typer.Typer(no_args_is_help=True, help="Mails in files: take them in, or only read them.")


@app.command()
@speaks_plainly
def ingest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Mails, mbox files, maildirs, folders.")],
    json_: Json = False,
) -> None:
    """Take mails in from files. What the inbox holds already is passed over."""
    from sulku_mailbox.inbox import open_inbox
    from sulku_mailbox.ingest import ingest as take_in

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with opened() as instance, Progress(*columns, console=err, transient=True, disable=json_) as progress:
        inbox = open_inbox(instance.storage.inbox, instance.settings.keys_folder, instance.clock)
        task = progress.add_task("Taking in", total=None)
        report = take_in(
            inbox, files, instance.clock, lambda done, all_: progress.update(task, completed=done, total=all_)
        )
    emit(
        asdict(report),
        as_json=json_,
        text=lambda: say(
            f"{report.mails} mails in {report.files} files: {report.stored} stored, {report.duplicates} known already."
        ),
    )


@app.command()
@speaks_plainly
def read(
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A mail in a file, or a folder of them.")],
    json_: Json = False,
) -> None:
    """Show what mails say, as the desk reads them. Needs no instance and keeps nothing; with --json one line a mail."""
    from sulku_mailbox.domain.mail_json import mail_to_json
    from sulku_mailbox.mail_files import read_files
    from sulku_mailbox.reader import Reader

    unread: list[str] = []
    with Reader() as reader:
        for name, mail in read_files(path, reader):
            if isinstance(mail, OSError):
                unread.append(f"{name}: {mail.strerror}")
            elif json_:
                sys.stdout.write(json.dumps(mail_to_json(mail, file=name), ensure_ascii=False) + "\n")
                sys.stdout.flush()
            else:
                _show(name, mail)
    if unread:
        raise InputError(
            f"{len(unread)} files could not be opened: {'; '.join(unread[:10])}",
            next_step="All others were read. Give yourself the right to read these.",
        )


def _show(name: str, mail: Mail) -> None:
    """One mail for people."""
    from sulku_mailbox.domain.defects import MEANINGS, Defect

    say(f"== {name}")
    say(f"from {mail.header_from or f'nobody who can be named ({mail.header_from_shown})'}: {mail.subject}")
    written = "without a date" if mail.date is None else f"{mail.date:%d.%m.%Y %H:%M} UTC"
    say(f"{written}, language {mail.language or 'unknown'}, automatic: {mail.automatic.replace('_', ' ')}")
    for recipient in () if mail.bounce is None else mail.bounce.recipients:
        say(f"not delivered to {recipient.address} ({recipient.status or 'no status'}, {recipient.action or 'failed'})")
    for attachment in mail.attachments:
        say(f"attached: {attachment.name or 'without a name'}, {attachment.content_type}, {attachment.size} octets")
    for word in mail.defects:
        say(f"odd: {MEANINGS[Defect(word)]}")
    say(f"\n{mail.new_text}\n")
    if mail.quoted_text:
        say(f"({mail.quoted_text.count(chr(10)) + 1} lines of quotation and signature are left out.)\n")
