"""`sulku mail`: mails that came another way than by SMTP, LMTP or IMAP."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from sulku_desk.cli.opening import opened
from sulku_desk.cli.output import Json, emit, err, say, speaks_plainly

app = typer.Typer(no_args_is_help=True, help="Mails that came another way.")


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
