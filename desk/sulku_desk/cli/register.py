"""`sulku register`: the issuers and certificates on file. docs/register.md has the formats."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sulku_desk.cli.opening import acting, opened
from sulku_desk.cli.output import Json, emit, err, print_table, say, speaks_plainly
from sulku_kernel.errors import InputError
from sulku_kernel.serial_number import whole_octets

if TYPE_CHECKING:
    from sulku_revocation.domain.record import CertificateRecord
    from sulku_revocation.register_import import ImportReport

app = typer.Typer(no_args_is_help=True, help="The register of issuers and certificates.")

_SHOWN = 20


@app.command("import")
@speaks_plainly
def import_(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders: PEM, DER, PKCS#7, zip, CSV.")],
    test: Annotated[
        bool, typer.Option("--test", help="The issuers are test CAs, though their names lack TEST.")
    ] = False,
    json_: Json = False,
) -> None:
    """Enter certificates and their issuers; all of them, or nothing when something is wrong."""
    from sulku_desk.on_call_file import OnCallFile
    from sulku_revocation.blocked_certificates import open_cases
    from sulku_revocation.certificate_sources import SUFFIXES, find_files, read_sources
    from sulku_revocation.domain.certificate_reading import TypeRules
    from sulku_revocation.register import DatabaseRegister
    from sulku_revocation.register_import import FaultyInputError, import_certificates

    files, passed_over = find_files(paths)
    if not files:
        raise InputError(
            f"{', '.join(map(str, paths))}: nothing that could hold certificates",
            next_step=f"Name the files, or a folder with files that end in {', '.join(sorted(SUFFIXES))}.",
        )
    with opened() as instance, acting(instance) as tx, _progress(len(files)) as progress:
        try:
            rules = TypeRules(all_test=test)
            report = import_certificates(tx, read_sources(files), rules=rules, progress=progress)
            tx.flush()
            open_cases(tx, DatabaseRegister(tx.connection), OnCallFile(instance.settings.on_call_file))
        except FaultyInputError as error:
            refused = error.report
            emit(_as_json(refused, passed_over), as_json=json_, text=lambda: _print_faults(refused))
            raise
    emit(_as_json(report, passed_over), as_json=json_, text=lambda: _print_report(report, passed_over))


def _as_json(report: ImportReport, passed_over: list[str]) -> dict[str, Any]:
    return {**asdict(report), "passed_over": passed_over}


def _print_faults(report: ImportReport) -> None:
    for fault in report.faults[1:]:
        say(f"Also: {fault}")


def _print_report(report: ImportReport, passed_over: list[str]) -> None:
    say(
        f"{report.files} files, {report.certificates} certificates: {report.new} new, {report.updated} updated,"
        f" {report.known} known; {report.issuers} new issuers."
    )
    for remark in report.remarks:
        say(f"Note: {remark}")
    for name in passed_over[:_SHOWN]:
        say(f"Passed over: {name}")
    if len(passed_over) > _SHOWN:
        say(f"… and {len(passed_over) - _SHOWN} more; name a file to have it read whatever it is called.")


@contextmanager
def _progress(files: int) -> Iterator[Callable[[ImportReport], None]]:
    """A progress bar on a terminal, on stderr; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("files"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[found]} certificates")
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("files", total=files, found=0)
        # An archive is one file to the bar and many to the report.
        yield lambda report: bar.update(task, completed=min(report.files, files), found=report.certificates)


@app.command("list")
@speaks_plainly
def list_(json_: Json = False) -> None:
    """List the issuers and how many certificates each has on file."""
    from sulku_revocation.register_overview import list_issuers

    with opened() as instance, instance.storage.desk.reading() as connection:
        rows = list_issuers(connection)
    shown = [
        (row["id"], row["name"], row["key_identifier"][:16], "test" if row["is_test"] else "", row["certificates"])
        for row in rows
    ]
    columns = ("id", "issuer", "key", "", "certificates")
    emit(rows, as_json=json_, text=lambda: print_table(columns, shown, empty="There are no issuers yet."))


@app.command()
@speaks_plainly
def sync(
    ca: Annotated[list[str] | None, typer.Option(help="Only this CA (sulku ca list); repeat for more.")] = None,
    json_: Json = False,
) -> None:
    """Take over now what the CAs have issued; the desk does it by itself every five minutes. For administrators."""
    from sulku_desk.authorities import take_over
    from sulku_desk.login import logged_in

    with opened() as instance:
        reports, cases = take_over(instance, logged_in(instance), ca)

    def text() -> None:
        for report in reports:
            say(f"{report.ca}: {report.seen} certificates, {report.new} of them new.")
            for serial, common_name in report.without_holder[:_SHOWN]:
                say(f"  Nobody on file has {whole_octets(serial)} {common_name}")
            for fault in report.faults[:_SHOWN]:
                say(f"  Left out: {fault}")
        for number in cases:
            say(f"On a blocked key: ticket {number} is open, and on-call is paged.")

    emit({"cas": [asdict(report) for report in reports], "tickets": cases}, as_json=json_, text=text)


@app.command()
@speaks_plainly
def unassigned(json_: Json = False) -> None:
    """List valid certificates that belong to no holder on file: issued elsewhere, or to somebody new."""
    from sulku_revocation.register_overview import list_unassigned

    with opened() as instance, instance.storage.desk.reading() as connection:
        rows = list_unassigned(connection, instance.clock.now())
    shown = [(f"id:{row['id']}", whole_octets(row["serial"]), row["common_name"], row["organisation"]) for row in rows]
    columns = ("id", "serial number", "common name", "organisation")
    empty = "Every certificate has a holder."
    emit(rows, as_json=json_, text=lambda: print_table(columns, shown, empty=empty, whole=columns[:2]))


@app.command()
@speaks_plainly
def show(
    certificate: Annotated[str, typer.Argument(metavar="SERIAL", help="Serial number, fingerprint or id:….")],
    json_: Json = False,
) -> None:
    """Show one certificate, its holder and the holder's contacts."""
    from sulku_revocation.naming import certificate_named
    from sulku_revocation.register import DatabaseRegister

    with opened() as instance, instance.storage.desk.reading() as connection:
        register = DatabaseRegister(connection)
        record = certificate_named(register, certificate)
        holder = None if record.account_id is None else register.account(record.account_id)
    data = {**_certificate_as_json(record), "holder": None if holder is None else asdict(holder)}

    def text() -> None:
        for name, value in _certificate_as_json(record).items():
            if value not in (None, "", []):
                say(f"{name.replace('_', ' '):<18} {_shown(name, value)}")
        say(f"{'holder':<18} {f'{holder.organisation} ({holder.business_id})' if holder else 'not known'}")
        for contact in holder.contacts if holder else ():
            say(f"{'contact':<18} {contact.name} {contact.email} {contact.phone} {', '.join(sorted(contact.roles))}")

    emit(data, as_json=json_, text=text)


@app.command()
@speaks_plainly
def find(
    text: Annotated[str, typer.Argument(help="Serial, fingerprint, host or common name, OID, Y-tunnus, organisation.")],
    json_: Json = False,
) -> None:
    """Search for certificates; what is only a slip away is shown as such."""
    from sulku_revocation.register import DatabaseRegister
    from sulku_revocation.searching import search

    with opened() as instance, instance.storage.desk.reading() as connection:
        records, is_exact = search(DatabaseRegister(connection), text)
    rows = [
        (f"id:{r.id}", str(r.serial), r.common_name, r.organisation, f"{r.not_after:%Y-%m-%d}" if r.not_after else "")
        for r in records
    ]

    def print_found() -> None:
        if records and not is_exact:
            say("Nothing has exactly that. Similar:")
        columns = ("id", "serial number", "common name", "organisation", "until")
        print_table(columns, rows, empty="Nothing was found.", whole=("id", "serial number"))

    found = [_certificate_as_json(record) for record in records]
    emit({"exact": is_exact, "certificates": found}, as_json=json_, text=print_found)


def _shown(name: str, value: Any) -> Any:
    if name == "serial":
        return whole_octets(value)
    return " ".join(value) if isinstance(value, list) else value


def _certificate_as_json(record: CertificateRecord) -> dict[str, Any]:
    return {**asdict(record), "serial": record.serial.hex, "host_names": list(record.host_names)}
