"""`sulku application`: certificate applications and their stages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sulku_desk.cli.opening import acting, opened
from sulku_desk.cli.output import Json, emit, print_table, say, speaks_plainly

app = typer.Typer(no_args_is_help=True, help="Certificate applications.")


@app.command("import")
@speaks_plainly
def import_(file: Annotated[Path, typer.Argument(help="JSON list from the e-service.")], json_: Json = False) -> None:
    """Enter applications; those that are known already stay as they are."""
    from sulku_applications.applications import receive
    from sulku_applications.import_applications import read_applications

    new = read_applications(file)
    with opened() as instance, acting(instance) as tx:
        rows = [receive(tx, one, instance.application_links) for one in new]
        numbers = dict.fromkeys(row["number"] for row in rows)
        entered = len({row["number"] for row in rows if row["received_at"] == tx.now})
    emit(
        {"applications": list(numbers), "entered": entered},
        as_json=json_,
        text=lambda: say(f"Applications entered: {entered}; known before: {len(numbers) - entered}."),
    )


@app.command()
@speaks_plainly
def event(
    application: Annotated[str, typer.Argument(metavar="ID", help="Number, id or reference.")],
    stage: Annotated[str, typer.Argument(help="The stage it has reached.")],
    note: Annotated[str, typer.Option(help="What the applicant should know; needed for a return or a rejection.")] = "",
    json_: Json = False,
) -> None:
    """Bring an application to a stage; the applicant and the technical contact are told."""
    from sulku_applications.applications import find_application, move
    from sulku_applications.domain.stages import parse_stage

    wanted = parse_stage(stage)
    with opened() as instance, acting(instance) as tx:
        found = find_application(tx.connection, application)
        row = move(tx, found["id"], wanted, note, instance.application_links)
    emit(dict(row), as_json=json_, text=lambda: say(f"{row['number']}: {row['state'].replace('_', ' ')}."))


@app.command("list")
@speaks_plainly
def list_(json_: Json = False) -> None:
    """List applications, the latest change first."""
    from sulku_applications.applications import list_applications

    with opened() as instance, instance.storage.desk.reading() as connection:
        rows = list_applications(connection)
    shown = [
        (r["number"], r["state"], r["organisation"], r["common_name"], f"{r['changed_at']:%Y-%m-%d}") for r in rows
    ]
    emit(
        rows,
        as_json=json_,
        text=lambda: print_table(
            ("number", "stage", "organisation", "for", "changed"), shown, empty="There are no applications."
        ),
    )


@app.command()
@speaks_plainly
def show(application: Annotated[str, typer.Argument(metavar="ID")], json_: Json = False) -> None:
    """Show an application and its history."""
    from sulku_applications.applications import find_application, stages_of

    with opened() as instance, instance.storage.desk.reading() as connection:
        row = find_application(connection, application)
        history = stages_of(connection, row["id"])
        link = instance.application_links.url(row["id"])

    def text() -> None:
        for name, value in row.items():
            say(f"{name.replace('_', ' '):<18} {value}")
        for entry in history:
            say(f"{entry.at:%Y-%m-%d %H:%M}Z  {entry.action}  {entry.actor}")
        say(f"The applicant's page: {link}")

    data = {**row, "url": link, "history": [{"at": e.at, "action": e.action, "actor": e.actor} for e in history]}
    emit(data, as_json=json_, text=text)
