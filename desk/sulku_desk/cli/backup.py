"""`sulku backup` and `sulku restore`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from sulku_desk.cli.opening import opened
from sulku_desk.cli.output import Json, emit, say, speaks_plainly

PassphraseFile = Annotated[
    Path | None, typer.Option(help="Seal or open with the passphrase in this file (12 characters or more).")
]


def add_to(app: typer.Typer) -> None:
    """Register these commands at the top level."""
    app.command("backup")(backup)
    app.command("restore")(restore)


@speaks_plainly
def backup(
    target: Annotated[Path, typer.Argument(help="A new file, or a folder in which one is made, named by its time.")],
    passphrase_file: PassphraseFile = None,
    without_keys: Annotated[bool, typer.Option("--without-keys", help="Leave keys and settings out.")] = False,
    json_: Json = False,
) -> None:
    """Write everything the instance holds to one file, while the desk runs, and verify it.

    Exit code 1 when the instance itself has a fault, which is named; the backup is kept all the same.
    """
    from sulku_desk.backup.making import make_backup
    from sulku_desk.backup.passphrase import read_passphrase

    passphrase = None if passphrase_file is None else read_passphrase(passphrase_file)
    with opened() as instance:
        made = make_backup(instance, target, passphrase, with_keys=not without_keys)
    manifest = made.manifest

    def text() -> None:
        say(f"{made.file}: {made.size} octets, {len(manifest.pieces)} pieces, written and read again.")
        say(f"{manifest.deliveries} mails, history up to entry {manifest.head['seq']}.")
        _say_faults(manifest.faults)
        say(
            "Sealed: keep the passphrase in another place."
            if manifest.sealed
            else "Not sealed: who reads it, reads all."
        )

    data: dict[str, Any] = {"file": str(made.file), "size": made.size, **_summary(asdict(manifest))}
    emit(data, as_json=json_, text=text)
    if manifest.faults:
        raise typer.Exit(1)


@speaks_plainly
def restore(
    file: Annotated[Path, typer.Argument(help="A file that sulku backup wrote.")],
    passphrase_file: PassphraseFile = None,
    json_: Json = False,
) -> None:
    """Make an instance of a backup in SULKU_HOME, which must be empty (and the database too), and verify it.

    Exit code 1 when something does not hold. Start the desk only when what is to be reconciled was looked at.
    """
    from sulku_desk.backup.passphrase import read_passphrase
    from sulku_desk.backup.restoring import restore as restore_backup
    from sulku_desk.settings import default_home

    passphrase = None if passphrase_file is None else read_passphrase(passphrase_file)
    restored = restore_backup(file, default_home(), passphrase)

    def text() -> None:
        say(f"Restored into {restored.home}, as it was at {restored.manifest.made_at}.")
        _say_faults(restored.faults)
        say("Before you start the desk:")
        for sentence in restored.reconcile:
            say(f"- {sentence}")

    summary = _summary(asdict(restored.manifest))
    data = {"home": str(restored.home), **summary, "faults": restored.faults, "reconcile": restored.reconcile}
    emit(data, as_json=json_, text=text)
    if restored.faults:
        raise typer.Exit(1)


def _summary(manifest: dict[str, Any]) -> dict[str, Any]:
    left_out = {"pieces", "columns", "sealed", "format"}
    kept = {name: value for name, value in manifest.items() if name not in left_out}
    return {**kept, "pieces": len(manifest["pieces"]), "is_sealed": manifest["sealed"] is not None}


def _say_faults(faults: list[str]) -> None:
    for fault in faults:
        say(f"FAULT: {fault}")
    say("The stores agree and the audit trail holds." if not faults else "Keep the database as it is and ask for help.")
