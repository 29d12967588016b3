"""`sulku audit`: is the history whole, and what happened?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from sulku_desk.cli.opening import opened
from sulku_desk.cli.output import Json, emit, print_table, say, speaks_plainly

app = typer.Typer(no_args_is_help=True, help="The audit trail.")


@app.command()
@speaks_plainly
def verify(json_: Json = False) -> None:
    """Verify the whole chain, its checkpoints, and every row against its events. Exit code 1 when one does not hold."""
    from sulku_desk.checking import verify_audit

    with opened() as instance:
        report = verify_audit(instance)

    def text() -> None:
        say(f"{report.entries} entries, {report.rows} rows, {report.checkpoints} signed checkpoints.")
        for fault in report.faults:
            say(f"FAULT: {fault}")
        say("Everything holds." if report.is_ok else "The audit trail does not hold. Keep the database as it is.")

    emit({"ok": report.is_ok, **asdict(report)}, as_json=json_, text=text)
    if not report.is_ok:
        raise typer.Exit(1)


@app.command()
@speaks_plainly
def checkpoint(json_: Json = False) -> None:
    """Sign where the chain ends now and write it to the second place."""
    from sulku_desk.checking import sign_checkpoint

    with opened() as instance:
        written = sign_checkpoint(instance)
    emit({"written": written}, as_json=json_, text=lambda: say("Signed." if written else "Nothing new to sign."))


@app.command("log")
@speaks_plainly
def log_(
    after: Annotated[int, typer.Option(help="Only entries behind this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 100,
    json_: Json = False,
) -> None:
    """Print entries in order."""
    from sulku_kernel.events import read_events

    with opened() as instance, instance.storage.desk.reading() as connection:
        found = read_events(connection, after=after, limit=limit)
    rows = [(e.seq, f"{e.at:%Y-%m-%d %H:%M:%S}Z", e.actor, f"{e.subject.kind} {e.subject.id}", e.action) for e in found]
    emit(
        [asdict(event) for event in found],
        as_json=json_,
        text=lambda: print_table(("entry", "time", "by", "about", "what"), rows, empty="No entries."),
    )
