"""`sulku accounts`: certificate holders and their contacts. docs/register.md has the format."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sulku_desk.cli.opening import acting, opened
from sulku_desk.cli.output import Json, emit, print_table, say, speaks_plainly
from sulku_kernel.errors import InputError

app = typer.Typer(no_args_is_help=True, help="Certificate holders and their contacts.")


@app.command("import")
@speaks_plainly
def import_(file: Annotated[Path, typer.Argument(help="JSON list of holders.")], json_: Json = False) -> None:
    """Enter holders, contacts, and which certificates are theirs; the whole file, or nothing."""
    from sulku_revocation.accounts_import import import_accounts
    from sulku_revocation.domain.accounts_file import MAXIMUM_BYTES, read_accounts

    try:
        with file.open("rb") as stream:
            data = stream.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}", next_step="Check the path.") from None
    entries = read_accounts(data, str(file))
    with opened() as instance, acting(instance) as tx:
        report = import_accounts(tx, entries, name=str(file), sha256=hashlib.sha256(data).hexdigest())

    def text() -> None:
        say(
            f"{report.accounts} holders: {report.new} new, {report.updated} updated, {report.known} known;"
            f" {report.contacts} contacts; {report.linked} certificates have a holder now"
            f" ({report.moved} had another)."
        )

    emit(asdict(report), as_json=json_, text=text)


@app.command("list")
@speaks_plainly
def list_(json_: Json = False) -> None:
    """List the holders by name."""
    from sulku_revocation.register_overview import list_accounts

    with opened() as instance, instance.storage.desk.reading() as connection:
        rows = list_accounts(connection)
    names = ("organisation", "business_id", "oid", "language", "contacts", "certificates")
    shown = [tuple(row[name] for name in names) for row in rows]
    columns = ("holder", "Business ID", "OID", "language", "contacts", "certificates")
    emit(rows, as_json=json_, text=lambda: print_table(columns, shown, empty="There are no holders yet."))
