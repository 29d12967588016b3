"""`sulku doctor`: which part is unwell, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sulku_desk.cli.output import Json, emit, print_table, say, speaks_plainly

if TYPE_CHECKING:
    from sulku_desk.doctor import Finding


def add_to(app: typer.Typer) -> None:
    """Register the command at the top level."""
    app.command("doctor")(doctor)


@speaks_plainly
def doctor(
    skip: Annotated[list[str] | None, typer.Option(help="Leave this part out: it lies on another machine.")] = None,
    json_: Json = False,
) -> None:
    """Look at every part of the desk and say which is unwell and what to do. Changes nothing.

    Exit code 0 when the desk is well (also when something will need care soon), 1 when a part is unwell.
    """
    from sulku_desk.doctor import Level, Part, worst
    from sulku_desk.examining_all import examine
    from sulku_desk.settings import load_settings
    from sulku_kernel.clock import SystemClock
    from sulku_kernel.errors import InputError

    unknown = sorted(set(skip or ()) - set(Part))
    if unknown:
        raise InputError(f"there is no part {unknown[0]}", next_step=f"Parts: {', '.join(Part)}.")
    findings = [one for one in examine(load_settings(), SystemClock()) if one.part not in (skip or ())]
    level = worst(findings)

    def text() -> None:
        shown = {Level.WELL: "well", Level.SOON: "soon", Level.UNWELL: "UNWELL"}
        print_table(("part", "", "what"), [(f.part, shown[f.level], f.what) for f in findings], empty="")
        for finding in findings:
            if finding.next_step:
                say(f"{finding.part}: {finding.next_step}")
        say({"well": "The desk is well.", "soon": "The desk is well for now."}.get(level, "The desk is not well."))

    emit({"level": level, "findings": [_as_json(finding) for finding in findings]}, as_json=json_, text=text)
    if level is Level.UNWELL:
        raise typer.Exit(1)


def _as_json(finding: Finding) -> dict[str, str]:
    return {"part": finding.part, "level": finding.level, "what": finding.what, "next_step": finding.next_step}
